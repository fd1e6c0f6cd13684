"""The pixels of a region file as a mask, and what its user is told of the file."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from skerry.io.fits import OpenImage
from skerry.planes.bits import BitMask
from skerry.steps.region_account import RegionsOfImage
from skerry.steps.step_files import StepFiles

__all__ = ["mask_of_regions"]

_LOG = logging.getLogger("skerry")
_MOST_TOLD = 5
"""Lines of a file, for a list of sources may lie outside of the image by the thousand."""


def mask_of_regions(files: StepFiles, path: Path, subject: OpenImage) -> tuple[BitMask, str]:
    """Find the pixels that the regions of a file have in an image.

    Parameters
    ----------
    files : StepFiles
        Of the step, whose user is warned of regions without pixels and of lines that are not understood.
    path : Path
        The region file.
    subject : OpenImage
        The image or mask.

    Returns
    -------
    BitMask, shape (ny, nx)
        In the order of the file regions put pixels in, and those that exclude take them out again.
    str
        How many regions have pixels, in words.

    Raises
    ------
    SkerryError
        If the file cannot be read, or is no text.
    """
    regions = RegionsOfImage.of_plane(path, subject)
    mask = regions.mask()
    for used in regions.used:
        does = "has" if used.region.include else "excludes"
        told = used.reason or f"{does} {used.pixels} pixels"
        _LOG.info("%s: line %d: %s: %s", path.name, used.region.line, used.region.text, told)
    for told in (f"{path.name}: {told}" for told in _warnings(regions)):
        if told not in files.warned:
            files.warn(told)
    return mask, f"{regions.touched} of {len(regions.used)} regions"


def _warnings(regions: RegionsOfImage) -> Iterator[str]:
    """What is amiss, a clause for each line."""
    lines = [(lost.line, f"'{lost.text}' is not understood: {lost.reason}") for lost in regions.not_understood]
    lines += [(used.region.line, f"changes nothing: {used.reason}") for used in regions.used if not used.pixels]
    for number, told in sorted(lines)[:_MOST_TOLD]:
        yield f"line {number}: {told}"
    if len(lines) > _MOST_TOLD:
        yield f"{len(lines) - _MOST_TOLD} more of its lines change nothing, or are not understood"
    if not regions.used:
        yield "holds no region"
    if regions.hint:
        yield regions.hint
