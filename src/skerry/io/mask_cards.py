"""Cards that say nothing of where a mask lies, but at which an imager stops: a date, and axes beyond those of the sky.

As measured with WSClean 3.1, which reads them of a mask after the first inversion: it takes any date that casacore
reads, and wants the values of an axis of frequency or polarisation, as numbers.
"""

from __future__ import annotations

import math
import re
from numbers import Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from astropy.io import fits

__all__ = ["SPECTRAL", "axes_in_doubt", "is_readable_date", "leave_out_unreadable", "spectral_axis"]

SPECTRAL = ("FREQ", "VRAD", "FREQ-OBS")
"""Kinds of axes that WSClean takes for one of frequency."""
_POLARISATIONS = (*range(-8, 0), *range(1, 5))
_OF_AXIS = ("CTYPE", "CUNIT", "CRVAL", "CRPIX", "CDELT")
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([EeDd][+-]?\d+)?(\s|$)")
_OLD_DATE = re.compile(r"\d\d.\d\d.\d\d")
_DATE = re.compile(
    r"""
    today|now|[+-]?\d*\.?\d*                                                            # a Julian day, among others
    |\d+([-.]\d+){1,2}([ T-]\d+[:h]\d+([:m](\d+(\.\d*)?)?s?)?)?(Z|[+-]\d+(:\d+)?)?      # with a time, or without
    |\d+-?[A-Za-z]{3,}-?\d+.*                                                           # 1-May-2024
    """,
    re.VERBOSE,
)


def is_readable_date(value: Any) -> bool:
    """Whether an imager reads a value of DATE-OBS: a date of the FITS standard, or what casacore takes for one."""
    if not isinstance(value, str):
        return not isinstance(value, bool)
    text = value.strip()
    if "/" in text:
        return len(text) >= 8 and _OLD_DATE.match(text) is not None
    return _DATE.fullmatch(text) is not None


def axes_in_doubt(header: fits.Header) -> Iterator[tuple[int, str, str]]:
    """Axes beyond those of the sky of which a header does not say what an imager has to know.

    Parameters
    ----------
    header : Header
        Of a mask.

    Yields
    ------
    axis : int
        Its number. Also 3 and 4 of a plane, of which CFITSIO is asked too.
    found : str
        What is wrong with it.
    mend : str
        What to do.
    """
    for axis in range(3, max(4, int(header.get("NAXIS", 0))) + 1):
        kind = str(header.get(f"CTYPE{axis}", "")).strip()
        is_stokes = kind == "STOKES"
        needed = ("CRVAL", "CDELT") if kind in (*SPECTRAL, "TIME") else ("CRVAL",) if is_stokes else ()
        keywords = [f"{key}{axis}" for key in needed]
        absent = [keyword for keyword in keywords if keyword not in header]
        unread = [keyword for keyword in keywords if keyword in header and _number(header[keyword]) is None]
        if absent:
            yield axis, f"has CTYPE{axis} = {kind!r} but no {' and no '.join(absent)}", "add what is missing"
        elif unread:
            yield axis, f"{unread[0]} = {header[unread[0]]!r} is no number", "write the number there"
        elif is_stokes and _number(header[keywords[0]]) not in _POLARISATIONS:
            yield axis, f"{keywords[0]} = {header[keywords[0]]} is no STOKES parameter", "put 1"


def leave_out_unreadable(header: fits.Header) -> list[str]:
    """Take what an imager would stop at out of the header of a mask of one plane.

    Parameters
    ----------
    header : Header
        It is changed: it loses a date that cannot be read, and the cards of an axis that is in doubt.

    Returns
    -------
    list of str
        What was left out, a clause each.
    """
    left_out = []
    if not is_readable_date(header.get("DATE-OBS")):
        left_out.append(f"DATE-OBS = {header['DATE-OBS']!r}, which is no date")
        header.remove("DATE-OBS", remove_all=True)
    for axis, found, _ in list(axes_in_doubt(header)):
        left_out.append(f"axis {axis}, which {found}" if found.startswith("has") else f"axis {axis}, whose {found}")
        for key in _OF_AXIS:
            header.remove(f"{key}{axis}", ignore_missing=True, remove_all=True)
    return left_out


def spectral_axis(header: fits.Header) -> int | None:
    """Number of the axis that a header says is one of frequency; None if it has none."""
    kinds = {axis: str(header.get(f"CTYPE{axis}", "")).strip().upper() for axis in range(3, header["NAXIS"] + 1)}
    return next((axis for axis, kind in kinds.items() if kind in SPECTRAL), None)


def _number(value: Any) -> float | None:
    """Number that CFITSIO, which takes the beginning of a string for one, makes of a value; None if it makes none."""
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    found = _NUMBER.match(value) if isinstance(value, str) else None
    return None if found is None else float(found[0].upper().replace("D", "E"))
