"""East and north in the pixels of an image, at the place where its beam is used.

The position angle of a beam counts from north, which has another direction in the pixels of another part of the sky:
by the difference in right ascension times the sine of the declination. At the reference of a projection it is what
CDELT, CD or PC say; an image that was cut out far from it, or that lies near a pole, has another north in its middle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.sky.celestial import celestial_axes, pixel_to_sky, plane_header
from skerry.sky.plain_header import plain_matrix

if TYPE_CHECKING:
    from astropy.io import fits
    from astropy.wcs import WCS

__all__ = ["frame_matrix", "pixel_matrix"]

_NEAR = 0.1
"""Of the size of an image, from its centre: a reference pixel as near is what the image is centred on."""
_STEP = 0.01
"""Pixels: what the projection bends within it is far below what the matrix is compared to."""
_SAME = 1e-6
_FLAT = 1e-9


def pixel_matrix(header: fits.Header, name: str = "header") -> NDArray[np.float64]:
    """Matrix from pixel offsets (x, y) to sky offsets (east, north) in degrees, in the middle of an image.

    Parameters
    ----------
    header : Header
        With CDELT, CD or PC; without NAXIS1 and NAXIS2 the reference pixel is taken for the middle.
    name : str
        What to call the header in messages, for instance its file.

    Returns
    -------
    ndarray of float, shape (2, 2)
        As of `frame_matrix`.

    Raises
    ------
    SkerryError
        If there is no celestial WCS, or one that maps the pixels to a point or a line.
    """
    shape = header.get("NAXIS2", 0), header.get("NAXIS1", 0)
    plane = plane_header(header, name)
    plain = plain_matrix(plane)
    if plain is not None and _is_centred(np.array([plane["CRPIX1"], plane["CRPIX2"]]), shape):
        return plain
    matrix = frame_matrix(celestial_axes(header, name), shape)
    # TPV without its PV cards maps all pixels to one place.
    if not abs(np.linalg.det(matrix)) > _FLAT * np.abs(matrix).max() ** 2:
        raise SkerryError(
            f"{name}: has no usable celestial WCS: its pixels do not spread over the sky; mend its header"
        )
    return matrix


def frame_matrix(wcs: WCS, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Matrix from pixel offsets (x, y) to sky offsets (east, north) in degrees, in the middle of a grid.

    Parameters
    ----------
    wcs : WCS
        From `skerry.sky.celestial.celestial_axes`.
    shape : tuple of int
        (ny, nx) of the grid; zeros if it is not known.

    Returns
    -------
    ndarray of float, shape (2, 2)
        At the reference pixel where that lies within a tenth of the grid from its centre, as in any image that was not
        cut out of another: there it is the matrix of CDELT, CD or PC, unless LONPOLE turns north. Otherwise at the
        centre, or at the reference if the centre is not on the sky.
    """
    at_reference = np.asarray(wcs.pixel_scale_matrix)[[wcs.wcs.lng, wcs.wcs.lat]]
    reference = np.array(wcs.wcs.crpix)
    place = reference - 1 if _is_centred(reference, shape) else (np.array(shape[::-1]) - 1) / 2
    local = _matrix_at(wcs, *place)
    if local is None or np.abs(local - at_reference).max() <= _SAME * np.abs(at_reference).max():
        return at_reference
    return local


def _is_centred(reference: NDArray[np.float64], shape: tuple[int, int]) -> bool:
    """Whether a reference pixel (x, y), counted from 1, is near the centre of a grid, or the grid is not known."""
    size = np.array(shape[::-1])
    return not size.all() or bool((np.abs(reference - 1 - (size - 1) / 2) <= np.maximum(_NEAR * size, 1)).all())


def _matrix_at(wcs: WCS, x: float, y: float) -> NDArray[np.float64] | None:
    """Matrix at a pixel, by the positions beside it; None where they are undefined, and at a pole: it has no north."""
    steps = _STEP * np.array([[0, 1, -1, 0, 0], [0, 0, 0, 1, -1]])
    lon, lat = map(np.radians, pixel_to_sky(wcs, x + steps[0], y + steps[1]))
    if not np.isfinite(lon).all() or not np.isfinite(lat).all() or np.cos(lat[0]) < 1e-9:
        return None
    on_sphere = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    east = np.array([-np.sin(lon[0]), np.cos(lon[0]), 0])
    north = np.array([-np.sin(lat[0]) * np.cos(lon[0]), -np.sin(lat[0]) * np.sin(lon[0]), np.cos(lat[0])])
    differences = np.stack([on_sphere[:, 1] - on_sphere[:, 2], on_sphere[:, 3] - on_sphere[:, 4]], axis=1)
    return np.asarray(np.degrees(np.stack([east, north]) @ differences) / (2 * _STEP))
