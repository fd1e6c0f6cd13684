"""Angles as an astronomer types them."""

from __future__ import annotations

import math
import re

from skerry.errors import SkerryError

__all__ = ["parse_angle"]

_ANGLE = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(deg|arcmin|arcsec|amin|asec)?")
_PER_DEGREE = {"deg": 1, "arcmin": 60, "arcsec": 3600, "amin": 60, "asec": 3600}


def parse_angle(text: str, of: str | None = None) -> float:
    """Read an angle.

    Parameters
    ----------
    text : str
        A number with deg, arcmin or arcsec, or WSClean's amin or asec; degrees without, as in FITS headers.
    of : str, optional
        Parameter that is given it, for the error.

    Returns
    -------
    float
        In degrees.

    Raises
    ------
    SkerryError
        If the text is none.

    Examples
    --------
    >>> parse_angle("90 arcmin"), parse_angle("1.5")
    (1.5, 1.5)
    """
    match = _ANGLE.fullmatch(text.strip())
    if match is None or not math.isfinite(float(match[1])):
        what = f"{text!r} is" if of is None else f"`{of}` {text!r}: is"
        raise SkerryError(f"{what} not an angle; give for instance '1.15 deg' (or arcmin, arcsec)")
    return float(match[1]) / _PER_DEGREE[match[2] or "deg"]
