"""What a run of a field is expected to take, by the formulas that its jobs ask for memory and time by."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from skerry.field.config import load_field
from skerry.field.keys import FieldConfig
from skerry.field.resources import SNAKEMAKE_MB, STEPS, step_mb, step_megapixels

__all__ = ["Expected", "expected"]

BYTES = {"image": 4, "rms": 4, "bkg": 4, "signal": 4, "seeds": 1, "islands": 1, "mask": 1, "scalemask": 4}
"""Of a pixel of a product."""


class Expected(NamedTuple):
    """What a run is expected to take."""

    cpu: float
    """Seconds of the steps, with the costliest of their options; the starts of processes are not in it."""
    memory: float
    """GB that as many jobs as there are cores are given, and Snakemake beside them."""
    masks: float
    """GB of the masks of the beams."""
    products: float
    """GB of the files that all steps make if each writes its own, these masks included."""


class _Work(NamedTuple):
    """A step on an image."""

    step: str
    megapixels: float
    """By which it asks for memory and time."""
    on_mosaic: bool
    """Whether it works alone, on as many cores as there are."""
    made: float
    """Megabytes."""


def expected(field_file: Path, cores: int) -> Expected:
    """What `skerry run FIELD --cores CORES` is expected to take.

    Parameters
    ----------
    field_file : Path
        The YAML file of a field whose images are there.
    cores : int
        Jobs on beams that run side by side.

    Returns
    -------
    Expected
        All rounds together.
    """
    field = load_field(field_file)
    work = [one for k in field.plan.masked_rounds for one in _work(field, k)]
    alone = [step_mb(one.step, one.megapixels) for one in work if one.on_mosaic]
    beside = sorted(step_mb(one.step, one.megapixels) for one in work if not one.on_mosaic)[-cores:]
    return Expected(
        cpu=sum(STEPS[one.step].seconds_per_megapixel * one.megapixels for one in work),
        memory=(max([*alone, sum(beside)]) + SNAKEMAKE_MB) / 1e3,
        masks=sum(_beam_megapixels(field, k) for k in field.plan.masked_rounds) * BYTES["mask"] / 1e3,
        products=sum(one.made for one in work) / 1e3,
    )


def _work(field: FieldConfig, k: int) -> list[_Work]:
    """Steps of a round."""
    plan, found = field.plan, []
    if plan.co_adds:
        made = step_megapixels(field, "noise", k, "mosaic") * BYTES["image"]
        found.append(_Work("mosaic", step_megapixels(field, "mosaic", k, "mosaic"), True, made))
    for target in plan.targets:
        for step in plan.chain(k):
            pixels = step_megapixels(field, step.name, k, target)
            made = pixels * sum(BYTES[product] for product in step.products)
            found.append(_Work(step.name, pixels, target == "mosaic", made))
    if plan.on_mosaic:
        for beam in field.beams:
            pixels = step_megapixels(field, "extract-beam", k, f"beam{beam}")
            made = _beam_megapixels(field, k) / len(field.beams) * BYTES["mask"]
            found.append(_Work("extract-beam", pixels, False, made))
    return found


def _beam_megapixels(field: FieldConfig, k: int) -> float:
    """Of all images of the beams that a round's masks are for."""
    return step_megapixels(field, "mosaic", k, "mosaic")
