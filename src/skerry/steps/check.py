"""Whether an imager would take a mask and clean where it says, found out before hours of work.

The contract is that of WSClean 3.1, as measured with the program: it rejects some files only after the first imaging,
and reads others, without a word, as another mask than was meant. So every problem is told at once, and how to mend it.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from skerry.errors import SkerryError, SkerryWarning
from skerry.filters.islands import count_islands
from skerry.io.fits import open_stored, read_header
from skerry.io.headers import mask_scales
from skerry.masking.mask_contents import MaskContents, extent_problems, extent_warnings, take_stock, value_problems
from skerry.sky.grid_difference import Target, grid_problems, target_of_size

if TYPE_CHECKING:
    from astropy.io import fits

    from skerry.io.fits import StoredImage

__all__ = ["CheckedMask", "check_mask", "target_of_image"]

_SPECTRAL = ("FREQ", "VRAD", "FREQ-OBS")
_POLARISATIONS = (*range(-8, 0), *range(1, 5))
_PIXEL_TYPES = {8: "uint8", 16: "int16", 32: "int32", 64: "int64", -32: "float32", -64: "float64"}


class CheckedMask(NamedTuple):
    """Facts of a mask that an imager would take."""

    size: tuple[int, int]
    """Width and height, pixels."""
    planes: int
    """One, or the imager's channels."""
    pixel_type: str
    """Type of the pixels, as NumPy calls it."""
    islands: int
    """8-connected sets of masked pixels, in the first plane."""
    fraction: float
    """Masked pixels over all pixels."""


def check_mask(
    mask: Path,
    *,
    image: Path | None = None,
    size: tuple[int, int] | None = None,
    scale: float | None = None,
    channels: int = 1,
    allow_empty: bool = False,
) -> CheckedMask:
    """Check that an imager would take a mask and clean where it says.

    Parameters
    ----------
    mask : Path
        FITS file, for the imager.
    image : Path, optional
        An image that the imager made with the settings that the mask is for.
    size, scale : tuple of int, float, optional
        In place of `image`: width and height in pixels, and the size of a pixel in degrees, as given to WSClean.
    channels : int
        Output channels of the imager, WSClean's -channels-out. The mask has one plane, or one for each.
    allow_empty : bool
        Whether a mask without a masked pixel is taken.

    Returns
    -------
    CheckedMask

    Raises
    ------
    SkerryError
        Says everything that is wrong with the mask, a line each.
    """
    mask = Path(mask)
    if channels < 1:
        raise SkerryError(f"--channels {channels}: must be 1 or more, as WSClean's -channels-out")
    target = _target(image, size, scale)
    with open_stored(mask) as stored:
        header, shape = stored.header, stored.shape
        problems = [*_name_problems(mask), *_storage_problems(stored), *_keyword_problems(header, target)]
        if len(shape) < 2 or 0 in shape:
            axes = "1 axis" if len(shape) == 1 else f"axes of lengths {shape[::-1]}"
            raise _error(mask, [*problems, f"has {axes}: WSClean wants a width and a height; give a 2-D mask"])
        scales, scale_problems = _scales(header)
        problems += [*scale_problems, *_plane_problems(stored, channels), *grid_problems(mask, header, shape, target)]
        contents = take_stock(stored.planes(), (shape[-2], shape[-1]), 1 if scales is None else 2 ** len(scales) - 1)
    problems += value_problems(contents, integer=header["BITPIX"] > 0)
    problems += extent_problems(contents, allow_empty=allow_empty)
    for warning in (*extent_warnings(contents), *_reading_warnings(contents, scales)):
        warnings.warn(f"{mask}: {warning}", SkerryWarning, stacklevel=2)
    if problems:
        raise _error(mask, problems)
    islands = count_islands(contents.first_plane)
    pixel_type = _PIXEL_TYPES[header["BITPIX"]]
    return CheckedMask((shape[-1], shape[-2]), len(contents.masked), pixel_type, islands, contents.fraction)


def _target(image: Path | None, size: tuple[int, int] | None, scale: float | None) -> Target:
    """Grid that the mask is for."""
    if image is not None and size is None and scale is None:
        return target_of_image(Path(image))
    if image is None and size is not None and scale is not None:
        return target_of_size(size, scale)
    raise SkerryError("give either --image, or --size and --scale, to say which image the mask is for")


def _error(mask: Path, problems: Sequence[str]) -> SkerryError:
    if len(problems) == 1:
        return SkerryError(f"{mask}: {problems[0]}")
    return SkerryError("\n  ".join([f"{mask}: {len(problems)} problems", *problems]))


def _name_problems(mask: Path) -> list[str]:
    """Find a file name that CFITSIO, with which WSClean reads, takes for a name and a selection."""
    if "[" in str(mask) or re.search(r"\+\d+$", str(mask)):
        return ["WSClean cannot open a file name with '[', or with '+' and a number at its end; rename it"]
    return []


def _storage_problems(stored: StoredImage) -> list[str]:
    """Find what WSClean does not read: another place than the primary HDU, and scaled integers."""
    problems = []
    if stored.place == "extension":
        problems.append("its image is in an extension: WSClean reads the primary HDU only; write it there")
    if stored.place == "compressed":
        problems.append(
            "is tile-compressed: WSClean reads no such file; unpack it with funpack, or compress it with gzip"
        )
    for keyword, plain in (("BSCALE", 1.0), ("BZERO", 0.0)):
        value = stored.header.get(keyword, plain)
        if value != plain:
            found = f"its pixels are scaled ({keyword} = {value}), as FITS stores uint16, int8 and the like"
            problems.append(f"{found}: WSClean rejects that; write them as uint8")
    return problems


def _keyword_problems(header: fits.Header, target: Target) -> list[str]:
    """Find keywords that WSClean rejects, but those that the image has too: then its imager is not WSClean."""
    problems = _rejected_keywords(header)
    if target.header is None:
        return problems
    of_image = _rejected_keywords(target.header)
    return [problem for problem in problems if problem not in of_image]


def _rejected_keywords(header: fits.Header) -> list[str]:
    problems = []
    for keyword, wanted in (("CTYPE1", "RA---SIN"), ("CTYPE2", "DEC--SIN"), ("CUNIT1", "deg"), ("CUNIT2", "deg")):
        value = str(header.get(keyword, wanted)).strip()
        if value != wanted:
            mend = "write it in degrees" if wanted == "deg" else "resample it with 'skerry extract-beam'"
            problems.append(f"{keyword} is {value!r}: WSClean rejects any but {wanted!r}; {mend}")
    equinox = header.get("EQUINOX", 2000.0)
    if isinstance(equinox, int | float) and equinox != 2000.0:
        problems.append(f"EQUINOX is {equinox:g}: WSClean rejects any but 2000; resample it with 'skerry extract-beam'")
    # CFITSIO is asked for axes 3 and 4 even where the image has two.
    for axis in range(3, max(4, header["NAXIS"]) + 1):
        kind = str(header.get(f"CTYPE{axis}", "")).strip()
        needed = ("CRVAL", "CDELT") if kind in (*_SPECTRAL, "TIME") else ("CRVAL",) if kind == "STOKES" else ()
        absent = [f"{key}{axis}" for key in needed if f"{key}{axis}" not in header]
        if absent:
            missing = " and no ".join(absent)
            problems.append(f"has CTYPE{axis} = {kind!r} but no {missing}: WSClean rejects it; add what is missing")
        elif kind == "STOKES" and header[f"CRVAL{axis}"] not in _POLARISATIONS:
            problems.append(f"CRVAL{axis} = {header[f'CRVAL{axis}']} is no STOKES parameter: WSClean rejects it; put 1")
    return problems


def _scales(header: fits.Header) -> tuple[tuple[int, ...] | None, list[str]]:
    """Scales of a scale mask, and what is wrong with the keywords that say so."""
    try:
        return mask_scales(header) or None, []
    except (KeyError, ValueError):
        return None, ["has SKNSCALE, as a scale mask, but not an SKBIT for each scale; make the scale mask again"]


def _plane_problems(stored: StoredImage, channels: int) -> list[str]:
    """Find planes that are not the imager's channels."""
    lengths = {axis: length for axis, length in enumerate(stored.shape[::-1], start=1) if axis > 2 and length > 1}
    if not lengths:
        return []
    axis = min(lengths)
    planes = lengths[axis]
    kind = str(stored.header.get(f"CTYPE{axis}", "")).strip()
    if len(lengths) > 1:
        found = f"has several planes on each of the axes {' and '.join(map(str, lengths))}: WSClean uses the first"
    elif planes != channels:
        made = f"{channels} channel{'s' if channels > 1 else ''}"
        found = f"has {planes} planes, but the imager makes {made} (--channels): WSClean rejects it, or uses the first"
    elif kind not in _SPECTRAL:
        found = f"its {planes} planes are on an axis with CTYPE{axis} = {kind!r}: WSClean rejects it, or uses the first"
    else:
        return []
    return [f"{found}; give one plane, or one for each channel, on an axis of frequency"]


def _reading_warnings(contents: MaskContents, scales: tuple[int, ...] | None) -> list[str]:
    """Say what WSClean makes less of than is there."""
    found = []
    if scales is not None:
        found.append(
            "is a scale mask, of which WSClean 3.1 reads the union: any scale may be cleaned wherever one may; for a "
            "mask of one scale use 'skerry split-scales'"
        )
    if contents.planes_differ:
        found.append("its planes differ, but WSClean before 3.3 uses the first plane for every channel")
    return found


def target_of_image(image: Path) -> Target:
    """Target that is an image of the imager.

    Raises
    ------
    SkerryError
        If it cannot be read, or has no width and height.
    """
    header = read_header(image)
    if header["NAXIS"] < 2:
        raise SkerryError(f"{image}: has 1 axis; give the image that the mask is for")
    return Target(str(image), (header["NAXIS1"], header["NAXIS2"]), image=image, header=header)
