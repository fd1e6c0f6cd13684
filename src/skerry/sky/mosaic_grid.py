"""The grid of a mosaic: it holds all beams of a field, and no pixel of it is coarser than theirs."""

from __future__ import annotations

import math
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from skerry.errors import SkerryError
from skerry.sky.grid import frame_change, pixel_to_sky, sky_frame, sky_to_pixel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from astropy.wcs import WCS
    from numpy.typing import NDArray

__all__ = ["TooWideError", "mosaic_grid"]

_MOST_PIXELS = 1 << 31
_MOST_EMPTY = 1000
"""Pixels of a mosaic over those of its images: they are not of one field."""
_FEW_PIXELS = 1 << 24
"""Of a mosaic, of which it is of no matter how empty it is."""
_LEAST_MEAN = 1e-6
"""Of unit vectors: what lies all round the sky has no middle."""


class TooWideError(SkerryError):
    """No SIN projection holds all the images; the message does not name the files."""


def mosaic_grid(grids: Sequence[WCS], shapes: Sequence[tuple[int, int]]) -> tuple[WCS, tuple[int, int]]:
    """Grid in SIN projection round some images, in the frame of the first one, with the smallest pixels of all.

    Parameters
    ----------
    grids : sequence of WCS
        Of the images, from `skerry.sky.grid.celestial_wcs`.
    shapes : sequence of tuple of int
        (ny, nx) of each.

    Returns
    -------
    wcs : WCS
        Its reference is the middle of the images' centres.
    shape : tuple of int
        (ny, nx).

    Raises
    ------
    TooWideError
        If they cover too much of the sky.
    """
    first = grids[0]
    corners, centres = (
        np.concatenate(found, axis=1) for found in zip(*map(_seen, grids, shapes, repeat(first)), strict=True)
    )
    mean = centres.mean(axis=1)
    try:
        if not (np.isfinite(corners).all() and np.linalg.norm(mean) > _LEAST_MEAN):
            raise ValueError("they have no common middle")
        wcs = _sin_grid(first)
        size = min(np.sqrt((grid.pixel_scale_matrix**2).sum(axis=0)).min() for grid in grids)
        wcs.wcs.crval = [
            np.degrees(np.arctan2(mean[1], mean[0])) % 360,
            np.degrees(np.arctan2(mean[2], np.hypot(*mean[:2]))),
        ]
        wcs.wcs.cunit, wcs.wcs.cdelt, wcs.wcs.crpix = ["deg", "deg"], [-size, size], [1, 1]
        x, y = sky_to_pixel(wcs, *corners)
        if not np.isfinite([x, y]).all():
            raise ValueError("part of them lies beyond the horizon of its middle")
        nx, ny = (round(float(axis.max() - axis.min())) for axis in (x, y))
        if ny * nx > _MOST_PIXELS:
            raise ValueError(f"{nx} x {ny} pixels would be needed")
        if ny * nx > max(_FEW_PIXELS, _MOST_EMPTY * sum(math.prod(shape) for shape in shapes)):
            raise ValueError(f"of {nx} x {ny} pixels nearly all would be empty")
    except ValueError as error:
        raise TooWideError(f"cover too much of the sky for one SIN mosaic ({error})") from error
    # The outer edges of the outermost pixels are those of the images.
    wcs.wcs.crpix = [0.5 - x.min(), 0.5 - y.min()]
    return wcs, (ny, nx)


def _sin_grid(first: WCS) -> WCS:
    """WCS in SIN projection and the frame of an image, with nothing else set."""
    frame = sky_frame(first)
    if frame is None:
        from astropy.wcs.utils import celestial_frame_to_wcs, wcs_to_celestial_frame

        return celestial_frame_to_wcs(wcs_to_celestial_frame(first), projection="SIN")
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---SIN", "DEC--SIN"] if frame.kind == "RA--" else ["GLON-SIN", "GLAT-SIN"]
    if frame.system:
        wcs.wcs.radesys = frame.system
    if frame.system not in ("", "ICRS"):
        wcs.wcs.equinox = frame.equinox or (2000.0 if frame.system == "FK5" else 1950.0)
    return wcs


def _seen(grid: WCS, shape: tuple[int, int], first: WCS) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude of the corners of an image in the frame of the first, and its middle as a unit vector."""
    ny, nx = shape
    x = np.array([-0.5, nx - 0.5, nx - 0.5, -0.5, (nx - 1) / 2])
    y = np.array([-0.5, -0.5, ny - 0.5, ny - 0.5, (ny - 1) / 2])
    lon, lat = pixel_to_sky(grid, x, y)
    change = frame_change(grid, first)
    if change is not None:
        lon, lat = change(lon, lat)
    east, north = np.radians(lon[4]), np.radians(lat[4])
    middle = [np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)]
    return np.stack([lon[:4], lat[:4]]), np.array(middle)[:, np.newaxis]
