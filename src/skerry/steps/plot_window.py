"""Part of an image that its user names by a position on the sky and a size."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from skerry.errors import SkerryError
from skerry.io.fits import OpenImage
from skerry.pictures.blocks import Window
from skerry.sky.angle import parse_angle
from skerry.sky.grid import frame_change, sky_to_pixel
from skerry.sky.pixel_frame import pixel_matrix

if TYPE_CHECKING:
    from astropy.wcs import WCS

__all__ = ["parse_position", "zoomed"]

_SEXAGESIMAL = r"([+-]?)(\d+)(?:[:\s]\s*|[hd]\s*)(?:(\d+)(?:(?:[:\s]|m)\s*(\d+(?:\.\d*)?)s?|m)?)?"
_DEGREES = r"([+-]?\d+(?:\.\d*)?)\s*(?:deg)?"


def parse_position(text: str) -> tuple[float, float, float]:
    """Position and size as a user writes them.

    Parameters
    ----------
    text : str
        Right ascension, declination and size, with commas between: as hours and degrees with minutes and seconds, or
        both in degrees; the size as `skerry.sky.angle.parse_angle` reads it.

    Returns
    -------
    tuple of float
        All in degrees.

    Raises
    ------
    SkerryError
        If it is no such text.

    Examples
    --------
    >>> parse_position("04:00:00,-45:30:00,90 arcmin"), parse_position("4h0m0s, -45d30m, 1.5")
    ((60.0, -45.5, 1.5), (60.0, -45.5, 1.5))
    >>> parse_position("60,-45.5,90arcmin")
    (60.0, -45.5, 1.5)
    """
    parts = [part.strip() for part in text.split(",")]
    try:
        ra, dec, size = parts
        lon, lat, side = _angle(ra, 15.0), _angle(dec, 1.0), parse_angle(size)
    except (ValueError, SkerryError) as error:
        raise _no_position(text) from error
    if not -90 <= lat <= 90 or not -360 <= lon <= 360 or not side > 0:
        raise _no_position(text)
    return lon, lat, side


def zoomed(text: str, subject: OpenImage, wcs: WCS | None) -> Window:
    """Part of an image round a position.

    Parameters
    ----------
    text : str
        As of `parse_position`, in ICRS.
    subject : OpenImage
        The image.
    wcs : WCS, optional
        Its coordinates.

    Returns
    -------
    Window
        A square of this size, as far as it lies in the image.

    Raises
    ------
    SkerryError
        If the image has no coordinates, or no pixel there.
    """
    lon, lat, side = parse_position(text)
    if wcs is None:
        raise SkerryError(f"{subject.path}: has no celestial coordinates to look up {text}; leave `zoom` out")
    x, y = _pixel_of(lon, lat, wcs, subject.data.shape)
    scale = math.sqrt(abs(np.linalg.det(pixel_matrix(subject.header, str(subject.path)))))
    half = max(0.5, side / scale / 2)
    shape = subject.data.shape
    if math.isfinite(x) and math.isfinite(y):
        window = Window(
            math.floor(y - half + 0.5), math.ceil(y + half + 0.5), math.floor(x - half + 0.5), math.ceil(x + half + 0.5)
        ).within(shape)
        if min(window.shape) > 0:
            return window
    raise SkerryError(f"{subject.path}: has no pixel within {text}; give a `zoom` that lies in the image")


def _pixel_of(ra: float, dec: float, wcs: WCS, shape: tuple[int, ...]) -> tuple[float, float]:
    """Pixel (x, y) of a position in ICRS, degrees; NaN where the projection does not reach."""
    from astropy.wcs import WCS as Grid

    icrs = Grid(naxis=2)
    icrs.wcs.ctype, icrs.wcs.radesys = ["RA---TAN", "DEC--TAN"], "ICRS"
    icrs.wcs.set()
    change, position = frame_change(icrs, wcs), (np.array([ra]), np.array([dec]))
    lon, lat = position if change is None else change(*position)
    x, y = sky_to_pixel(wcs, lon, lat, (shape[0], shape[1]))
    return float(x[0]), float(y[0])


def _angle(text: str, per_unit: float) -> float:
    """Degrees of an angle in hours or degrees with minutes and seconds, or of one number, which is in degrees."""
    if found := re.fullmatch(_DEGREES, text):
        return float(found[1])
    found = re.fullmatch(_SEXAGESIMAL, text)
    if found is None:
        raise ValueError(text)
    minutes, seconds = int(found[3] or 0), float(found[4] or 0)
    if minutes >= 60 or seconds >= 60:
        raise ValueError(text)
    value = int(found[2]) + minutes / 60 + seconds / 3600
    return (-value if found[1] == "-" else value) * per_unit


def _no_position(text: str) -> SkerryError:
    return SkerryError(f"`zoom` {text!r}: is not RA,DEC,SIZE; write it as 04:00:00,-45:00:00,10arcmin or 60,-45,0.2")
