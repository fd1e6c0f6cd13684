"""What a run of a field is expected to take, by the formulas that its jobs ask for memory and time by."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from skerry.config.chain import chain_of
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
    """A job's step on an image."""

    step: str
    megapixels: float
    """By which it asks for memory and time."""
    on_mosaic: bool
    """Whether it works alone, on as many cores as there are."""


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
    rounds = field.plan.masked_rounds
    work = [one for k in rounds for one in _work(field, k)]
    alone = [step_mb(one.step, one.megapixels) for one in work if one.on_mosaic]
    beside = sorted(step_mb(one.step, one.megapixels) for one in work if not one.on_mosaic)[-cores:]
    masks = sum(_beams(field, k) for k in rounds) * BYTES["mask"] / 1e3
    return Expected(
        cpu=sum(STEPS[one.step].seconds_per_megapixel * one.megapixels for one in work),
        memory=(max([*alone, sum(beside)]) + SNAKEMAKE_MB) / 1e3,
        masks=masks,
        products=sum(_products(field, k) for k in rounds) / 1e3 + (masks if field.plan.on_mosaic else 0),
    )


def _work(field: FieldConfig, k: int) -> list[_Work]:
    """Steps of a round, as its jobs do them."""
    plan = field.plan
    found = [_Work("mosaic", _beams(field, k), True)] if plan.co_adds else []
    for target in plan.targets_of(k):
        names = [step.name for step in plan.chain(k)]
        found += [_Work(name, step_megapixels(field, name, k, target), target == "mosaic") for name in names]
    if plan.on_mosaic:
        windows = [step_megapixels(field, "extract-beam", k, f"beam{beam}") for beam in field.beams]
        found += [_Work("extract-beam", pixels, False) for pixels in windows]
    return found


def _products(field: FieldConfig, k: int) -> float:
    """Megabytes that single steps make in a round, but for what is extracted out of a mosaic."""
    plan = field.plan
    names = [name for step in chain_of(plan.options_for_round(k), plan.given_noise) for name in step.products]
    return sum(
        step_megapixels(field, "flood", k, target)
        * (sum(map(BYTES.__getitem__, names)) + (BYTES["image"] if target == "mosaic" and plan.co_adds else 0))
        for target in plan.targets_of(k)
    )


def _beams(field: FieldConfig, k: int) -> float:
    """Megapixels of all images of beams that a round's masks are for."""
    return step_megapixels(field, "mosaic", k, "mosaic")
