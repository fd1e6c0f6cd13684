"""The axes of an image beyond those of the sky, each of length 1: some programs want four axes, and some two."""

from __future__ import annotations

import math
import re
from numbers import Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from astropy.io import fits

__all__ = ["frequency_of", "with_axes"]

_OF_OTHER_AXES = (
    r"((CTYPE|CUNIT|CRVAL|CRPIX|CDELT|CROTA|CNAME|CRDER|CSYER)0*([3-9]|\d\d+)[A-Z]?"
    r"|(PC|CD|PV|PS)0*([3-9]|[1-9]\d+)_\d+[A-Z]?|(PC|CD)\d+_0*([3-9]|[1-9]\d+)[A-Z]?"
    r"|(PC|CD)(\d{3}00[3-9]|00[3-9]\d{3}))$"
)
_MATRIX = r"CD0*[12]_0*[12]$"
_FREQUENCIES = ("RESTFRQ", "RESTFREQ", "FREQ", "OBSFREQ")
"""Where a frequency in Hz may stand that no axis has."""
_STOKES = (*range(-8, 0), *range(1, 5))


def with_axes(header: fits.Header, axes: int, order: Sequence[str] = ("FREQ", "STOKES")) -> fits.Header:
    """Header of a plane with two or four axes.

    Parameters
    ----------
    header : Header
        Of a plane, with the sky on its first two axes.
    axes : int
        2 or 4.
    order : sequence of str
        Axes 3 and 4: FREQ and STOKES, in either order.

    Returns
    -------
    Header
        A new one. The frequency is that of `frequency_of`, or 0 if it is not known, and Stokes I unless an axis says
        another; of further axes nothing is kept.
    """
    plain = header.copy()
    for keyword in {keyword for keyword in plain if re.match(_OF_OTHER_AXES, keyword)}:
        plain.remove(keyword, ignore_missing=True, remove_all=True)
    if "WCSAXES" in plain:
        plain["WCSAXES"] = axes
    if axes == 2:
        return plain
    # Beside a matrix CDELT counts for nothing, and what the matrix has not is 0.
    by_matrix = any(re.match(_MATRIX, keyword) for keyword in plain)
    for n, kind in enumerate(order, start=3):
        for keyword, (value, comment) in (_frequency(header) if kind == "FREQ" else _stokes(header)).items():
            plain[f"{keyword}{n}"] = (value, comment)
        if by_matrix:
            plain[f"CD{n}_{n}"] = plain[f"CDELT{n}"]
    return plain


def frequency_of(header: fits.Header) -> float | None:
    """Frequency of a plane in the unit of its axis, which is Hz: of an axis FREQ, or of RESTFRQ; None if not known."""
    return _value(_frequency(header)) or None


def _frequency(header: fits.Header) -> dict[str, tuple[Any, str]]:
    """Cards of an axis of frequency, without its number."""
    axis = _axis(header, "FREQ")
    if axis is not None:
        unit = str(header.get(f"CUNIT{axis}", "")).strip() or "Hz"
        return {**_numbers(header, axis, "FREQ"), "CUNIT": (unit, "")}
    value = next((found for keyword in _FREQUENCIES if (found := _number(header, keyword))), 0.0)
    said = "" if value else "not known"
    cards = {"CTYPE": "FREQ", "CRPIX": 1.0, "CRVAL": value, "CDELT": 1.0, "CUNIT": "Hz"}
    return {keyword: (card, said if keyword == "CRVAL" else "") for keyword, card in cards.items()}


def _stokes(header: fits.Header) -> dict[str, tuple[Any, str]]:
    """Cards of an axis of polarisation, without its number."""
    axis = _axis(header, "STOKES")
    if axis is not None and _value(cards := _numbers(header, axis, "STOKES")) in _STOKES:
        return cards
    return {"CTYPE": ("STOKES", ""), "CRPIX": (1.0, ""), "CRVAL": (1.0, ""), "CDELT": (1.0, "")}


def _numbers(header: fits.Header, axis: int, kind: str) -> dict[str, tuple[Any, str]]:
    """Cards of an axis that a header has; a reference pixel that it does not give is 0, by the standard."""
    step = _number(header, f"CD{axis}_{axis}") or _number(header, f"CDELT{axis}") or 1.0
    numbers = {"CRPIX": _number(header, f"CRPIX{axis}") or 0.0, "CRVAL": float(header[f"CRVAL{axis}"]), "CDELT": step}
    return {"CTYPE": (kind, ""), **{keyword: (number, "") for keyword, number in numbers.items()}}


def _value(cards: Mapping[str, tuple[Any, str]]) -> float:
    """What an axis says of its first pixel."""
    value, pixel, step = (cards[keyword][0] for keyword in ("CRVAL", "CRPIX", "CDELT"))
    return float(value + (1 - pixel) * step)


def _axis(header: fits.Header, kind: str) -> int | None:
    """Number of an axis of a kind, if its value can be read."""
    for n in range(3, 10):
        if str(header.get(f"CTYPE{n}", "")).strip().upper().partition("-")[0] == kind:
            return n if _number(header, f"CRVAL{n}") is not None else None
    return None


def _number(header: fits.Header, keyword: str) -> float | None:
    value = header.get(keyword)
    readable = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if readable else None
