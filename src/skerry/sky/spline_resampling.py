"""Values of an image on a window of another grid, by a bicubic spline.

The positions of the pixels, and all else that changes slowly over the sky, are computed exactly on a coarse grid and
interpolated quadratically, for sky coordinates would take most of the time. Whether that is good enough is looked up
half-way between the exact ones, and if it is not every pixel is computed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from skerry.planes.plane import Floats

__all__ = ["Positions", "Window", "slowly_varying", "spline_values"]

Window: TypeAlias = tuple[slice, slice]
Positions: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Of pixels of the image, x and y."""
Values: TypeAlias = tuple[NDArray[np.float64], ...]

_CELL = 32
_HALF = _CELL // 2
# The prefilter of a cubic spline forgets a pixel by a factor 0.27 per pixel: 1e-9 of it is left beyond the margin.
_MARGIN = 16


def slowly_varying(
    function: Callable[[NDArray[np.float64], NDArray[np.float64]], Values], window: Window, tolerance: float
) -> Values:
    """Smooth functions of the pixels of a window.

    Parameters
    ----------
    function : callable
        From arrays (x, y) of pixels to arrays of values.
    window : tuple of slice
        Rows and columns. The values depend on it, but by no more than the tolerance.
    tolerance : float
        What the values may be wrong by, at most, half-way between those that are computed.

    Returns
    -------
    tuple of ndarray
        Of the shape of the window, one for each function.
    """
    rows, columns = ((extent.start, extent.stop - extent.start) for extent in window)
    (nodes_y, between_y, every_y), (nodes_x, between_x, every_x) = _offsets(rows[1]), _offsets(columns[1])

    def exact(y: NDArray[np.float64], x: NDArray[np.float64]) -> Values:
        return function(*np.meshgrid(x + columns[0], y + rows[0]))

    nodes = exact(nodes_y, nodes_x)
    check = exact(between_y, between_x)
    for values, expected in zip(nodes, check, strict=True):
        error = np.abs(_quadratic(_quadratic(values, between_y, 0), between_x, 1) - expected)
        if not (error <= tolerance).all():
            return exact(every_y, every_x)
    return tuple(_quadratic(_quadratic(values, every_y, 0), every_x, 1) for values in nodes)


def spline_values(
    image: Floats, weight: Floats | None, positions: Positions
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values of an image at some positions close to each other, and their weights.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        NaN and infinite pixels are invalid.
    weight : Plane of float32, shape (ny, nx), optional
        A pixel is invalid where it is not positive.
    positions : tuple of ndarray, shape (n,)
        Finite.

    Returns
    -------
    values : ndarray, shape (n,)
        By a bicubic spline.
    weights : ndarray, shape (n,)
        0 outside the image, and where invalid pixels have more than 1 % of the weight in bilinear interpolation;
        elsewhere the given ones, interpolated bilinearly, or 1.
    """
    from scipy.ndimage import map_coordinates

    ny, nx = image.shape
    x, y = positions
    nothing = np.zeros(x.shape), np.zeros(x.shape)
    inside = (x >= -0.5) & (x <= nx - 0.5) & (y >= -0.5) & (y <= ny - 0.5)
    if not inside.any():
        return nothing
    # The outer half of the outermost pixels has their value.
    x, y = (np.asarray(np.clip(axis, 0, size - 1)) for axis, size in ((x, nx), (y, ny)))
    rows, columns = _around(y[inside], ny), _around(x[inside], nx)
    cut = image[rows][:, columns]
    given = None if weight is None else weight[rows][:, columns]
    valid = np.isfinite(cut)
    if given is not None:
        valid &= np.isfinite(given) & (given > 0)
    if not valid.any():
        return nothing
    there = np.stack([y - rows.start, x - columns.start])
    values = map_coordinates(_filled(cut, valid), there, np.float64, order=3)
    scale: NDArray[np.float64] = (inside & np.isfinite(values)).astype(np.float64)
    if not valid.all():
        scale *= map_coordinates(valid.astype(np.float32), there, np.float64, order=1) > 0.99
    if given is not None:
        scale *= map_coordinates(_filled(given, valid), there, np.float64, order=1)
    return values, scale


def _offsets(size: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Offsets of the nodes of a window, of the points half-way between them, and of all its pixels."""
    nodes = np.arange(2 * -(-size // _CELL) + 1, dtype=np.float64) * _HALF
    return nodes, nodes[:-1] + _HALF / 2, np.arange(size, dtype=np.float64)


def _quadratic(values: NDArray[np.float64], offsets: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Interpolate along an axis through the three nodes of each cell."""
    first = 2 * (offsets // _CELL).astype(np.intp)
    u = np.expand_dims(offsets % _CELL / _HALF, 1 - axis)
    total = np.take(values, first, axis) * ((u - 1) * (u - 2) / 2)
    total += np.take(values, first + 1, axis) * (u * (2 - u))
    total += np.take(values, first + 2, axis) * (u * (u - 1) / 2)
    return np.asarray(total)


def _around(positions: NDArray[np.float64], size: int) -> slice:
    """Pixels round positions on an axis, with those that the spline feels."""
    first = int(np.floor(positions.min())) - _MARGIN
    return slice(max(first, 0), min(int(np.ceil(positions.max())) + _MARGIN + 1, size))


def _filled(image: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Give invalid pixels the value of the nearest valid one, so that the spline does not ring at a step."""
    if valid.all():
        return image
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(~valid, return_distances=False, return_indices=True)
    return np.asarray(image[tuple(nearest)])
