"""Files that belong together: an image, its noise and background, its masks; and what each of them is.

They are compared by grid and by unit, as far as their headers tell: maps of other programs often have neither. A file
in the wrong place is refused by what it is, for of the right size it would give a mask that is empty, or full.
"""

from __future__ import annotations

import math
import os
import warnings
from typing import TYPE_CHECKING

from skerry.errors import SkerryError, SkerryNote, SkerryWarning
from skerry.io.fits import OpenImage, check_same_size, open_image
from skerry.io.headers import is_mask_header, is_signal_header
from skerry.masking.companions import (
    HIGH,
    LOW,
    NoiseFacts,
    in_another_unit,
    is_zero,
    is_zeros_and_ones,
    noise_facts,
    scatter,
)
from skerry.planes.sample import sampled_rows
from skerry.sky.grid_difference import centres_apart, grid_cards, grid_shift, has_celestial_grid

if TYPE_CHECKING:
    from pathlib import Path

    from skerry.io.pixel_units import PixelUnit
    from skerry.planes.plane import Plane

__all__ = [
    "check_noise",
    "check_same_grid",
    "in_unit",
    "is_mask_file",
    "refuse_mask",
    "require_image",
    "require_signal",
]

_TOLERANCE = 0.5
"""Pixels: each is still the nearest to its own. Programs round their keywords; MIMAS is off by a whole one."""


def check_same_grid(image: OpenImage, other: OpenImage) -> None:
    """Check that the pixels of two images lie at the same places, as far as both headers tell.

    Parameters
    ----------
    image, other : OpenImage
        The two; the error is about the other one. One without celestial coordinates need only have the same size.

    Raises
    ------
    SkerryError
        If they do not.
    """
    check_same_size(image, other)
    if grid_cards(image.header) == grid_cards(other.header):
        return
    if not (has_celestial_grid(image.header) and has_celestial_grid(other.header)):
        return
    (ny, nx), names = image.data.shape, (str(other.path), str(image.path))
    grids = (other.header, image.header, (ny, nx), (ny, nx), names)
    shift = grid_shift(*grids, tolerance=_TOLERANCE)
    if shift is None:
        return
    apart = centres_apart(*grids)
    distance = "" if math.isnan(apart) else f", their centres {_angle(apart)} apart on the sky"
    if math.isinf(shift.largest):
        where = f"lies in another part of the sky than {image.path}{distance}"
    else:
        how = "is shifted" if shift.alike else "is shifted, or has pixels of another size, angle or projection"
        where = f"{how}: up to {shift.largest:.3g} pixels from the same pixels of {image.path}{distance}"
    raise SkerryError(f"{other.path}: {where}; give files of the same grid")


def _angle(degrees: float) -> str:
    return f"{degrees * 3600:.3g} arcsec" if degrees < 1 / 60 else f"{degrees:.4g} deg"


def in_unit(image: OpenImage, unit: PixelUnit, of: Path) -> Plane:
    """Pixels of an image in the unit of another file, converted if the two differ by a factor.

    Parameters
    ----------
    image : OpenImage
        Where it has no unit it is taken to have the other's, or the reverse; a `SkerryNote` tells of a conversion.
    unit : PixelUnit
        Of the other file.
    of : Path
        That file.

    Returns
    -------
    Plane of float32, shape (ny, nx)
        The pixels.

    Raises
    ------
    SkerryError
        If there is no such factor, as from sigma to Jy/beam.
    """
    factor = image.unit.factor_to(unit)
    if factor is None:
        raise SkerryError(f"{image.path}: is in {image.unit}, but {of} in {unit}; bring them to one unit (BUNIT)")
    if factor == 1:
        return image.data
    told = f"{image.path}: is converted from {image.unit} to {unit}, the unit of {of}"
    warnings.warn(told, SkerryNote, stacklevel=3)
    return in_another_unit(image.data, factor)


def refuse_mask(image: OpenImage, what: str = "image") -> None:
    """Refuse a mask where an image is due.

    Parameters
    ----------
    image : OpenImage
        What was given.
    what : str
        What is due, for the error.

    Raises
    ------
    SkerryError
        If it is a mask, by the header of skerry's own or by its pixels.
    """
    if what == "background" and is_zero(image.data):
        return
    if is_mask_header(image.header):
        why = f"'skerry {image.header['SKCMD']}' made it"
    elif is_zeros_and_ones(image.data):
        why = "its pixels are 0 and 1 only"
    else:
        return
    raise SkerryError(f"{image.path}: is a mask, for {why}; give the {what} there")


def is_mask_file(path: Path) -> bool:
    """Whether a file is a mask, as `refuse_mask` finds it."""
    with open_image(path) as image:
        return is_mask_header(image.header) or is_zeros_and_ones(image.data)


def require_image(image: OpenImage, why: str) -> None:
    """Refuse a signal image where an image in its own unit is due; `why` ends the error."""
    if image.unit.kind == "sigma" or is_signal_header(image.header):
        raise SkerryError(f"{image.path}: is a signal image, in sigma; {why}")


def require_signal(image: OpenImage, what_to_do: str) -> None:
    """Refuse an image whose unit says that it is not in sigma, and warn where its pixels do.

    Parameters
    ----------
    image : OpenImage
        The image.
    what_to_do : str
        The end of the error.

    Raises
    ------
    SkerryError
        If BUNIT is another unit than sigma.
    """
    if image.unit.kind not in ("sigma", "none"):
        raise SkerryError(f"{image.path}: is in {image.unit}, not in sigma; {what_to_do}")
    if image.unit.kind == "sigma" or is_signal_header(image.header):
        return
    found = scatter(sampled_rows(image.data))
    if found is not None and not LOW < found < HIGH:
        told = f"has no unit, and a scatter of {found:.2g}, where that of a signal image is about 1"
        warnings.warn(f"{image.path}: {told}; is it one? If not, {what_to_do}", SkerryWarning, stacklevel=3)


def check_noise(image: OpenImage, rms: OpenImage, bkg: OpenImage | None, planes: tuple[Plane, Plane | None]) -> None:
    """Refuse as noise what is no noise map of an image, by a sample of the pixels.

    Parameters
    ----------
    image, rms, bkg : OpenImage
        The files.
    planes : tuple of Plane
        Noise and background in the unit of the image.

    Raises
    ------
    SkerryError
        If the noise map is the image, the background, or a map of zeros or of negative numbers, or so large that no
        pixel of the image stands out of it. A map in another unit by its scatter, or one that is zero in most places,
        is warned of.
    """
    give = "give its noise map, as 'skerry noise' makes it"
    if _same_file(rms.path, image.path):
        raise SkerryError(f"{rms.path}: is given as image and as its noise map; {give}")
    if bkg is not None and _same_file(bkg.path, image.path):
        raise SkerryError(f"{bkg.path}: is given as image and as `bkg`; give its background, or none")
    if bkg is not None and _same_file(bkg.path, rms.path):
        raise SkerryError(f"{rms.path}: is given as `rms` and as `bkg`; {give}")
    facts = noise_facts(image.data, *planes)
    problem = _noise_problem(image, facts, made_by_skerry=rms.header.get("SKCMD") == "noise")
    if problem is not None:
        raise SkerryError(f"{rms.path}: {problem}; {give}")
    for told in _noise_warnings(image, facts):
        warnings.warn(f"{rms.path}: {told}", SkerryWarning, stacklevel=4)


_FEW, _HALF = 0.1, 0.5


def _noise_problem(image: OpenImage, facts: NoiseFacts, *, made_by_skerry: bool) -> str | None:
    """Say what is wrong with a noise map. That of skerry may be zero nearly everywhere, if nearly all is padding."""
    if facts.is_image:
        return f"has the pixels of {image.path}, and is no noise map of it"
    if facts.negative:
        share = f"{100 * facts.negative:.2g} % of its pixels are negative"
        return f"is no noise map: {share}; is it the background, or an image?"
    if facts.positive == 0 or (facts.positive < _FEW and not made_by_skerry):
        where = "no valid pixel" if facts.positive == 0 else f"only {100 * facts.positive:.2g} % of the valid pixels"
        return f"is no noise map: it is above zero in {where} of {image.path}"
    if not facts.reached:
        return f"is larger than every pixel of {image.path}, and is no noise map of it, or is in another unit"
    return None


def _noise_warnings(image: OpenImage, facts: NoiseFacts) -> list[str]:
    told = []
    if facts.positive < _HALF:
        where = f"only {100 * facts.positive:.2g} % of the valid pixels of {image.path}"
        told.append(f"is above zero in {where}; nothing is masked in the others")
    if facts.scatter is not None and not LOW < facts.scatter < HIGH:
        told.append(f"the scatter of {image.path} is {facts.scatter:.2g} of this noise; are the two in one unit?")
    return told


def _same_file(path: Path, other: Path) -> bool:
    return os.path.realpath(path) == os.path.realpath(other)
