"""The image of the round before, by which artefacts that have become fainter are told from the sky."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.io.fits import OpenImage
from skerry.masking.faded_islands import without_faded
from skerry.planes.bits import BitMask
from skerry.planes.plane import Plane
from skerry.sky.beam import pixels_per_beam
from skerry.sky.restoring_beam import UnknownBeamError
from skerry.steps.companions import check_same_grid, in_unit, require_image
from skerry.steps.inputs import beam_area
from skerry.steps.mask_account import MaskAccount
from skerry.steps.step_files import StepFiles

__all__ = ["EarlierImage", "open_earlier", "without_faded_islands"]


class EarlierImage(NamedTuple):
    """The image of the round before."""

    pixels: Plane
    """Float32, in the unit of the image that the mask is for, on its grid."""
    beam_area: float | None
    """Of its restoring beam in pixels, if it has one."""


def open_earlier(
    files: StepFiles, path: Path | None, subject: OpenImage, options: MaskingOptions
) -> EarlierImage | None:
    """Open the image of the round before, if it is given.

    Parameters
    ----------
    files : StepFiles
        Of the step.
    path : Path, optional
        The image.
    subject : OpenImage
        The image that the mask is for.
    options : MaskingOptions
        Of the flood.

    Returns
    -------
    EarlierImage, or None
        None also where it lies on another grid, with a warning that the header keeps: rounds may be imaged with
        other sizes, and masks are to be made all the same.

    Raises
    ------
    SkerryError
        If it cannot be read, is no image in the unit of the other, or has no use.
    """
    if path is None:
        return None
    if not (options.uses_mac and options.flood_fill_fading_factor is not None):
        needs = "`flood_fill_fading_factor`, and the statistic mac or both"
        raise SkerryError(f"{path}: the image of the round before has no use without {needs}")
    if os.path.realpath(path) == os.path.realpath(subject.path):
        raise SkerryError(f"{path}: is given as image and as `earlier`; give the image of the round before")
    image = files.open_reference(path, "image of the round before")
    require_image(image, "give the image of the round before")
    try:
        check_same_grid(subject, image)
    except SkerryError:
        files.warn(f"{path.name}: is on another grid than {subject.path.name}, which is not compared with it")
        return None
    try:
        area = pixels_per_beam(image.header, name=str(path))
    except UnknownBeamError:
        area = None
    return EarlierImage(in_unit(image, subject.unit, subject.path), area)


def without_faded_islands(
    files: StepFiles,
    account: MaskAccount,
    islands: BitMask,
    subject: OpenImage,
    earlier: EarlierImage | None,
    options: MaskingOptions,
) -> BitMask:
    """Islands less those that have faded since the round before, of which the account takes note.

    Parameters
    ----------
    files : StepFiles
        Of the step.
    account : MaskAccount
        Of the mask.
    islands : BitMask, shape (ny, nx)
        As they were grown.
    subject : OpenImage
        The image that they are of.
    earlier : EarlierImage, optional
        As `open_earlier` gives it; without it all islands stay.
    options : MaskingOptions
        Of the flood.

    Returns
    -------
    BitMask, shape (ny, nx)
        What is left.
    """
    if earlier is None:
        return islands
    with files.stage("rounds"):
        area = beam_area(subject, options)
        kept = without_faded(islands, subject.data, earlier.pixels, options, area, earlier.beam_area)
        return account.took("fading", islands, kept)
