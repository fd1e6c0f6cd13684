"""Part of an image that its user names by a position on the sky and a size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from skerry.errors import SkerryError
from skerry.io.fits import OpenImage
from skerry.pictures.blocks import Window
from skerry.sky.angle import parse_angle
from skerry.sky.pixel_frame import pixel_matrix
from skerry.sky.position import SkyPosition, parse_position, place_of

if TYPE_CHECKING:
    from astropy.wcs import WCS

__all__ = ["parse_zoom", "zoomed"]


def parse_zoom(text: str) -> tuple[float, float, float]:
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
    >>> parse_zoom("04:00:00,-45:30:00,90 arcmin"), parse_zoom("4h0m0s, -45d30m, 1.5")
    ((60.0, -45.5, 1.5), (60.0, -45.5, 1.5))
    >>> parse_zoom("60,-45.5,90arcmin")
    (60.0, -45.5, 1.5)
    """
    place, _, size = text.rpartition(",")
    try:
        position, side = parse_position(place), parse_angle(size)
    except SkerryError as error:
        raise _no_position(text) from error
    if not side > 0:
        raise _no_position(text)
    return position.ra, position.dec, side


def zoomed(text: str, subject: OpenImage, wcs: WCS | None) -> Window:
    """Part of an image round a position.

    Parameters
    ----------
    text : str
        As of `parse_zoom`, in ICRS.
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
    lon, lat, side = parse_zoom(text)
    if wcs is None:
        raise SkerryError(f"{subject.path}: has no celestial coordinates to look up {text}; leave `zoom` out")
    x, y = place_of(SkyPosition(lon, lat), wcs, subject.data.shape)
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


def _no_position(text: str) -> SkerryError:
    return SkerryError(f"`zoom` {text!r}: is not RA,DEC,SIZE; write it as 04:00:00,-45:00:00,10arcmin or 60,-45,0.2")
