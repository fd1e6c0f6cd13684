"""Memory and time that the jobs of the workflow ask for.

A cluster has to know both before a job starts, and ends a job that takes more. They follow from the pixels that a step
works on, by figures of benchmarks/README.md. The pixels are those of the image that a mask is made from, not of the
step's own inputs: of the jobs that are submitted together only the first has its inputs by then.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from skerry.errors import SkerryError
from skerry.field.plan import beam_of_target

if TYPE_CHECKING:
    from skerry.config.options import MaskingOptions
    from skerry.field.keys import FieldConfig

__all__ = [
    "SNAKEMAKE_MB",
    "STEPS",
    "Needs",
    "image_megapixels",
    "memory_mb",
    "minutes",
    "needs_like",
    "step_mb",
    "step_megapixels",
]

SNAKEMAKE_MB = 300
"""Memory of a job beside its step: on a cluster two Snakemakes, srun and shells wait for it."""
MOST_MB = 4000
"""A step keeps within any memory: beyond this, more of it saves no time."""
LEAST_MINUTES = 3
"""A job starts Python three times, on a file system that many use; a chain of steps has this of each."""
SLACK = 10
"""Times what was measured: slower cores and disks, larger boxes, more scales and sources."""

_BYTES_PER_PIXEL = 4
_PACKED = {".gz": 4, ".fz": 6}
"""Pixels of a packed file over those of a plain one of the same size. Noise packs little, blank borders do."""


_REMEMBERED: dict[str, float] = {}


class Needs(NamedTuple):
    """What a step needs, with the costliest of its options."""

    base_mb: float
    mb_per_megapixel: float
    seconds_per_megapixel: float
    """Of one core."""


STEPS = {
    "noise": Needs(300, 0.8, 0.07),
    "signal": Needs(250, 0.2, 0.03),
    "snr-mask": Needs(250, 0.2, 0.03),
    "flood": Needs(500, 1.0, 0.15),
    "erode": Needs(350, 0.6, 0.04),
    "mask": Needs(500, 1.0, 0.29),
    "scale-mask": Needs(600, 3.0, 0.25),
    "extract-beam": Needs(350, 0.3, 0.04),
    "edit": Needs(350, 2.0, 0.05),
    "mosaic": Needs(500, 0.3, 0.2),
    "check": Needs(250, 0.5, 0.01),
    "check-clean": Needs(250, 0.2, 0.03),
    "split-scales": Needs(250, 0.2, 0.01),
    "report": Needs(400, 0.2, 0.03),
}


def needs_like(step: str, options: MaskingOptions) -> str:
    """Step that another one needs as much as, by its options: one process needs most where it smooths to each scale."""
    return "scale-mask" if step == "mask" and options.convolve_first else step


def step_mb(step: str, megapixels: float) -> int:
    """Memory in MB that a step is given at the first attempt.

    Parameters
    ----------
    step : str
        Name of the subcommand.
    megapixels : float
        Of all images that it works on.

    Returns
    -------
    int
        At most `MOST_MB`.

    Raises
    ------
    SkerryError
        If there is no such step in the workflow.
    """
    needs = _needs(step)
    return round(min(needs.base_mb + needs.mb_per_megapixel * megapixels, MOST_MB))


def memory_mb(step: str, megapixels: float, attempt: int = 1) -> int:
    """Memory in MB that the job of a step asks for, Snakemake's with it; parameters and errors as of `minutes`."""
    return (step_mb(step, megapixels) + SNAKEMAKE_MB) * attempt


def minutes(step: str, megapixels: float, attempt: int = 1) -> int:
    """Time limit in minutes that the job of a step asks for.

    Parameters
    ----------
    step : str
        Name of the subcommand.
    megapixels : float
        Of all images that it works on.
    attempt : int
        From 1: a job that was ended asks for twice, then three times as much.

    Returns
    -------
    int
        Rounded up.

    Raises
    ------
    SkerryError
        If there is no such step in the workflow.
    """
    taken = _needs(step).seconds_per_megapixel * megapixels
    return math.ceil((LEAST_MINUTES + SLACK * taken / 60) * attempt)


def image_megapixels(path: str) -> float:
    """Millions of pixels of an image, by the size of its file.

    Parameters
    ----------
    path : str
        Name of a FITS file. Its pixels count as float32, so that double precision counts twice; a packed file (.gz,
        .fz) counts as a larger one.

    Returns
    -------
    float
        0 if there is no such file yet.
    """
    try:
        size = os.stat(path).st_size  # noqa: PTH116
    except OSError:
        return 0
    return size * _PACKED.get(os.path.splitext(path)[1], 1) / _BYTES_PER_PIXEL / 1e6  # noqa: PTH122


def step_megapixels(field: FieldConfig, step: str, k: int, target: str) -> float:
    """Millions of pixels that a step works on in a round, as far as is known when it is planned.

    An image that is still to be made counts as that of the first round, and a mosaic as the grid round its beams.

    Parameters
    ----------
    field : FieldConfig
        The field.
    step : str
        Name of the subcommand.
    k : int
        Round that the mask is for.
    target : str
        "mosaic", or "beam00", "beam00.own" or "beam00.unedited" for a beam.

    Returns
    -------
    float
        0 if there is no image yet.
    """
    if step == "mosaic":
        return _all_beams(field, k - 1, target)
    if step == "report":
        return _all_images(field)
    if target in field.plan.mosaics:
        return _mosaic(field, k, target)
    beam = beam_of_target(target)
    of_mosaic = _mosaic(field, k, field.plan.mosaic_of(beam)) if step == "extract-beam" else 0
    return _beam(field, k - 1, beam) + of_mosaic


def _all_images(field: FieldConfig) -> float:
    """Megapixels of all images that masks are made for, and of the mosaics."""
    rounds = field.plan.masked_rounds
    mosaics = sum(_mosaic(field, k, mosaic) for k in rounds for mosaic in field.plan.mosaics)
    return mosaics + sum(_beam(field, k - 1, beam, _remembered) for k in rounds for beam in field.each_beam)


def _beam(field: FieldConfig, k: int, beam: str, megapixels: Callable[[str], float] = image_megapixels) -> float:
    """Megapixels of the image of round `k` of a beam."""
    return megapixels(field.files.image_path(k, beam)) or megapixels(field.files.image_path(0, beam))


def _all_beams(field: FieldConfig, k: int, mosaic: str) -> float:
    """Megapixels of the images of round `k` that are in a mosaic."""
    return sum(_beam(field, k, beam, _remembered) for beam in field.plan.beams_of(mosaic))


def _remembered(path: str) -> float:
    """Megapixels of an image, looked up once: every job of a mosaic asks for all beams, maybe on a slow file system."""
    known = _REMEMBERED.get(path) or image_megapixels(path)
    if known:
        _REMEMBERED[path] = known
    return known


def _mosaic(field: FieldConfig, k: int, target: str) -> float:
    """Megapixels of the mosaic that the masks for round `k` are made from."""
    given = field.files.mosaic_path(k - 1, target)
    if given is not None:
        return image_megapixels(given)
    made = (field.files.made_path(n, target, "image") for n in (k, field.plan.masked_rounds[0]))
    known = next(filter(None, map(image_megapixels, made)), 0)
    return known or _mosaic_to_be(field, target) or _all_beams(field, k - 1, target)


def _mosaic_to_be(field: FieldConfig, target: str) -> float:
    """Size of a mosaic that is not made yet, which is that of all rounds, by the headers of the first."""
    from skerry.field.mosaic_size import mosaic_megapixels

    first = field.plan.masked_rounds[0] - 1
    return mosaic_megapixels(field.files.images_of_mosaic(first, target))


def _needs(step: str) -> Needs:
    try:
        return STEPS[step]
    except KeyError:
        raise SkerryError(f"{step!r} is not a step of the workflow; give one of {', '.join(STEPS)}") from None
