"""The grid of a mosaic: it holds all beams of a field, and no pixel of it is coarser than theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs.utils import wcs_to_celestial_frame

from skerry.errors import SkerryError
from skerry.sky.grid import pixel_to_sky

if TYPE_CHECKING:
    from collections.abc import Sequence

    from astropy.wcs import WCS

__all__ = ["TooWideError", "mosaic_grid"]

_MOST_PIXELS = 1 << 31


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
    from reproject.mosaicking import find_optimal_celestial_wcs

    frame = wcs_to_celestial_frame(grids[0])
    centres = []
    for grid, (ny, nx) in zip(grids, shapes, strict=True):
        lon, lat = pixel_to_sky(grid, np.array((nx - 1) / 2), np.array((ny - 1) / 2))
        centres.append(SkyCoord(lon, lat, unit="deg", frame=wcs_to_celestial_frame(grid)).transform_to(frame).frame)
    try:
        reference = SkyCoord(SkyCoord(centres).data.mean(), frame=frame)
        wcs, (ny, nx) = find_optimal_celestial_wcs(
            list(zip(shapes, grids, strict=True)),
            frame=frame,
            projection="SIN",
            reference=reference,
            negative_lon_cdelt=True,
        )
        if ny * nx > _MOST_PIXELS:
            raise ValueError(f"{nx} x {ny} pixels would be needed")
    except ValueError as error:
        raise TooWideError(f"cover too much of the sky for one SIN mosaic ({error})") from error
    return wcs, (ny, nx)
