"""A position on the sky as an astronomer types it, and its pixel in an image."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from skerry.errors import SkerryError
from skerry.sky.icrs import IcrsGrid

if TYPE_CHECKING:
    from astropy.wcs import WCS

__all__ = ["SkyPosition", "parse_position", "pixel_of", "place_of"]

_DEGREES = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(?:d|deg)?")
_SIXTIETHS = (
    r"([+-]?)(\d{1,9})(?:\s*{0}|(?::|\s*{0}\s*|\s+)(\d{1,9})(?:\s*m|(?::|\s*m\s*|\s+)(\d+(?:\.\d*)?|\.\d+)\s*s?)?)"
)
"""As 4h, 4h0m or 4:0:0."""
_HOURS, _ANGLES = (re.compile(_SIXTIETHS.replace("{0}", unit)) for unit in "hd")


class SkyPosition(NamedTuple):
    """A position, ICRS, degrees."""

    ra: float
    dec: float


def parse_position(text: str) -> SkyPosition:
    """Read a position.

    Parameters
    ----------
    text : str
        Right ascension and declination with a comma between, ICRS. Both in degrees, or in hours and degrees with
        minutes and seconds: 04:00:12.3,-45:00:05, or 4h0m12.3s,-45d0m5s, or 4h0m,-45d.

    Returns
    -------
    SkyPosition
        With the right ascension from 0 to 360.

    Raises
    ------
    SkerryError
        If the text is none.

    Examples
    --------
    >>> parse_position("60.5,-45.25"), parse_position("04:02:00,-45:15:00")
    (SkyPosition(ra=60.5, dec=-45.25), SkyPosition(ra=60.5, dec=-45.25))
    """
    parts = text.split(",")
    if len(parts) == 2:
        ra, dec = _angle(parts[0].strip(), _HOURS, 15.0), _angle(parts[1].strip(), _ANGLES, 1.0)
        if ra is not None and dec is not None and -360 <= ra <= 360 and -90 <= dec <= 90:
            return SkyPosition(ra % 360, dec)
    raise SkerryError(f"{text!r} is not a position; give for instance 60.05,-45.1 or 04:00:12,-45:06:00")


def _angle(text: str, in_sixtieths: re.Pattern[str], factor: float) -> float | None:
    """An angle in degrees; None if it is none."""
    if (plain := _DEGREES.fullmatch(text)) is not None:
        return float(plain[1]) if math.isfinite(float(plain[1])) else None
    found = in_sixtieths.fullmatch(text)
    if found is None:
        return None
    minutes, seconds = int(found[3] or 0), float(found[4] or 0)
    if minutes >= 60 or seconds >= 60:
        return None
    size = int(found[2]) + minutes / 60 + seconds / 3600
    return factor * (-size if found[1] == "-" else size)


def place_of(position: SkyPosition, wcs: WCS, shape: tuple[int, ...]) -> tuple[float, float]:
    """Find where a position lies among the pixels of an image.

    Parameters
    ----------
    position : SkyPosition
        The position.
    wcs : WCS
        Of the image, from `skerry.sky.grid.celestial_wcs`; in any frame.
    shape : tuple of int
        (ny, nx).

    Returns
    -------
    tuple of float
        0-based x and y, which may lie outside of the image; NaN where the projection does not reach.
    """
    x, y = IcrsGrid(wcs, shape).pixels(np.array([position.ra]), np.array([position.dec]))
    return float(x[0]), float(y[0])


def pixel_of(position: SkyPosition, wcs: WCS, shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Row and column of the pixel that holds a position, from 0; None outside. Parameters as of `place_of`."""
    x, y = place_of(position, wcs, shape)
    inside = -0.5 <= x < shape[1] - 0.5 and -0.5 <= y < shape[0] - 0.5
    return (math.floor(y + 0.5), math.floor(x + 0.5)) if inside else None
