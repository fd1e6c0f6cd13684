"""What WSClean 3.1 rejects of a mask, and what it reads otherwise than it was meant: sentences for the user.

As measured with the program. It asks of a pixel only whether it is zero: NaN, a BLANK, -1 and 1e-20 all mean "clean
here".
"""

from __future__ import annotations

import re
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from astropy.io import fits

    from skerry.io.fits import StoredImage
    from skerry.masking.mask_contents import MaskContents

__all__ = [
    "content_warnings",
    "extent_problems",
    "keyword_problems",
    "name_problems",
    "plane_problems",
    "storage_problems",
    "value_problems",
]

_SPECTRAL = ("FREQ", "VRAD", "FREQ-OBS")
_POLARISATIONS = (*range(-8, 0), *range(1, 5))
_ANY_NON_ZERO = "WSClean cleans wherever a pixel is not zero"


def name_problems(mask: Path) -> list[str]:
    """Find a file name that CFITSIO, with which WSClean reads, takes for a name and a selection."""
    if "[" in str(mask) or re.search(r"\+\d+$", str(mask)):
        return ["WSClean cannot open a file name with '[', or with '+' and a number at its end; rename it"]
    return []


def storage_problems(stored: StoredImage) -> list[str]:
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


def keyword_problems(header: fits.Header, of_image: fits.Header | None = None) -> list[str]:
    """Find keywords that WSClean rejects, but those that the image has too: then its imager is not WSClean."""
    excused = [] if of_image is None else _rejected_keywords(of_image)
    return [problem for problem in _rejected_keywords(header) if problem not in excused]


def _rejected_keywords(header: fits.Header) -> list[str]:
    problems = []
    for keyword, wanted in (("CTYPE1", "RA---SIN"), ("CTYPE2", "DEC--SIN"), ("CUNIT1", "deg"), ("CUNIT2", "deg")):
        value = str(header.get(keyword, wanted)).strip()
        if value != wanted:
            mend = "write it in degrees" if wanted == "deg" else "resample it with 'skerry extract-beam'"
            problems.append(f"{keyword} is {value!r}: WSClean rejects any but {wanted!r}; {mend}")
    equinox = header.get("EQUINOX", 2000.0)
    if isinstance(equinox, Real) and equinox != 2000.0:
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


def plane_problems(stored: StoredImage, channels: int) -> list[str]:
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
        found = f"has {planes} planes, but the imager makes {made} (`channels`): WSClean rejects it, or uses the first"
    elif kind not in _SPECTRAL:
        found = f"its {planes} planes are on an axis with CTYPE{axis} = {kind!r}: WSClean rejects it, or uses the first"
    else:
        return []
    return [f"{found}; give one plane, or one for each channel, on an axis of frequency"]


def value_problems(contents: MaskContents, *, integer: bool) -> list[str]:
    """Say which values an imager would not read as they were meant; NaN of an `integer` file is its BLANK."""
    problems = []
    for name, number in (("BLANK" if integer else "NaN", contents.nan), ("infinite", contents.infinite)):
        if number:
            problems.append(f"{_pixels(number)} {name}: WSClean takes that for 'clean here'; write 0 there")
    if contents.negative:
        lowest = f"negative, down to {contents.lowest:g}"
        problems.append(f"{_pixels(contents.negative)} {lowest}: {_ANY_NON_ZERO}; write 0 or 1 there")
    if contents.unexpected:
        low, high = contents.unexpected_range
        wanted = "neither 0 nor 1" if contents.largest == 1 else f"no whole numbers from 0 to {contents.largest}"
        values = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        mend = "write 0 and 1" if contents.largest == 1 else "make the scale mask again"
        if contents.largest == 1 and high.is_integer():
            mend += ", or give `nonzero` if that is meant"
        problems.append(f"{_pixels(contents.unexpected)} {wanted} ({values}): {_ANY_NON_ZERO}; {mend}")
    return problems


def extent_problems(contents: MaskContents, *, allow_empty: bool) -> list[str]:
    """Say whether a mask, or a plane of it, masks nothing or everything."""
    problems = []
    empty, full, planes = contents.empty_planes, contents.full_planes, len(contents.masked)
    if empty and not allow_empty:
        problems.append(
            f"no pixel{_of_planes(empty, planes)} is masked: WSClean would clean nothing there and make an empty "
            "model without a word; lower the clips of the mask, or give `allow_empty` if that is meant"
        )
    if full:
        problems.append(
            f"every pixel{_of_planes(full, planes)} is masked, which is the same as no mask: CLEAN may put components "
            "anywhere; write 0 where it may not"
        )
    return problems


def content_warnings(contents: MaskContents, scales: tuple[int, ...] | None) -> list[str]:
    """Say whether a mask may be inverted, and what WSClean makes less of than is there."""
    found = []
    if contents.pixels / 2 < sum(contents.masked) < contents.pixels:
        found.append(f"{100 * contents.fraction:.3g} % of the pixels are masked; is it inverted? 1 means 'clean here'")
    if scales is not None:
        found.append(
            "is a scale mask, of which WSClean 3.1 reads the union: any scale may be cleaned wherever one may; for a "
            "mask of one scale use 'skerry split-scales'"
        )
    if contents.planes_differ:
        found.append("its planes differ, but WSClean before 3.3 uses the first plane for every channel")
    return found


def _pixels(number: int) -> str:
    return "1 pixel is" if number == 1 else f"{number} pixels are"


def _of_planes(planes: list[int], count: int) -> str:
    if count == 1:
        return ""
    return f" of plane{'s' if len(planes) > 1 else ''} {', '.join(map(str, planes))}"
