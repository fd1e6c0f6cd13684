"""The pixels of a region file as a mask, and what its user is told of the file."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

from skerry.errors import SkerryNote
from skerry.io.fits import OpenImage
from skerry.planes.bits import BitMask
from skerry.steps.region_account import RegionsOfImage
from skerry.steps.step_files import StepFiles

__all__ = ["mask_of_regions"]

_LOG = logging.getLogger("skerry")


def mask_of_regions(files: StepFiles, path: Path, subject: OpenImage) -> tuple[BitMask, str]:
    """Find the pixels that the regions of a file have in an image.

    Parameters
    ----------
    files : StepFiles
        Of the step, whose user is warned of lines that are not understood, and told of regions without pixels.
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
    for message, kind in regions.messages():
        told = f"{path.name}: {message}"
        if kind is SkerryNote:
            warnings.warn(told, SkerryNote, stacklevel=4)
        elif told not in files.warned:
            files.warn(told)
    return mask, f"{regions.touched} of {len(regions.used)} regions"
