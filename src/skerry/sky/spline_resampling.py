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

from skerry.kernels.resampling import SplinePart, spline_coefficients, spread_nodes, spread_powers

__all__ = ["SlowlyVarying", "Window", "reach", "slowly_varying", "spline_part", "within"]

Window: TypeAlias = tuple[slice, slice]
"""Rows and columns."""
Values: TypeAlias = tuple[NDArray[np.float64], ...]

_CELLS = 128, 64, 32, 16, 8
"""Pixels from one node to the next but one: those that are tried, one after the other."""
_MARGIN = 18
"""Pixels beyond the positions: two for the spline; and its prefilter forgets a pixel by a factor of 0.27 for each, so
that 1e-9 of it is left after the others."""
_LEAST_EXPONENT = -700.0
"""Exponentials of less are no longer precise numbers, and nothing can be multiplied up from them."""
_LARGEST_PIXEL = 1e36
"""Of larger ones the coefficients would not be finite, nor those of whatever lies in their row and column."""


class SlowlyVarying:
    """A smooth function of the pixels of a window.

    Parameters
    ----------
    values : ndarray
        At the nodes of whole cells that cover the window, three along each axis of a cell; or at every pixel.
    size : tuple of int
        Rows and columns of the window.
    cell : int, optional
        Pixels of a cell, an even number; None if the values are those of every pixel.
    """

    def __init__(self, values: NDArray[np.float64], size: tuple[int, int], cell: int | None = None) -> None:
        self.values, self._size, self._cell = np.ascontiguousarray(values), size, cell

    @property
    def has_nodes(self) -> bool:
        """Whether the values are interpolated."""
        return self._cell is not None

    def rows(self, start: int, stop: int) -> NDArray[np.float64]:
        """Values in some rows of the window."""
        if self._cell is None:
            return self.values[start:stop]
        return spread_nodes(self.values, self._cell // 2, start, (stop - start, self._size[1]))

    def exponential(self) -> Callable[[int, int], NDArray[np.float64]]:
        """Exponential of the values: a function that gives some rows of the window; 0 where they are NaN."""
        cell = self._cell
        if cell is not None and self.values.min() < _LEAST_EXPONENT:
            return lambda start, stop: np.exp(self.rows(start, stop))
        if cell is None:
            every = np.nan_to_num(np.exp(self.values), nan=0.0)
            return lambda start, stop: every[start:stop]
        nodes = _quadratic(self.values, np.arange(self._size[0], dtype=np.float64), cell, 0)
        first, middle, last = nodes[:, :-1:2], nodes[:, 1::2], nodes[:, 2::2]
        # As a + b u + c u^2 in each cell of a row.
        b = (2 * middle - 1.5 * first - 0.5 * last) / (cell // 2)
        c = (0.5 * first - middle + 0.5 * last) / (cell // 2) ** 2
        start_of, ratio, change = map(np.exp, (first, b + c, 2 * c))
        return lambda start, stop: spread_powers(
            start_of[start:stop], ratio[start:stop], change[start:stop], cell, self._size[1]
        )

    def bounds(self) -> tuple[float, float]:
        """Least and greatest value at the nodes, or of all; the least above the greatest if all are NaN."""
        known = self.values[np.isfinite(self.values)]
        return float(known.min(initial=np.inf)), float(known.max(initial=-np.inf))

    def may_exceed(self, level: float) -> bool:
        """Whether any pixel may be above a level."""
        if self._cell is None:
            return bool((self.values > level).any())
        # A parabola that rises between two nodes rises by less than they differ from their neighbours.
        steps = [np.abs(np.diff(self.values, axis=axis)).max() for axis in (0, 1)]
        return bool(self.values.max() + sum(steps) > level)


def slowly_varying(
    function: Callable[[NDArray[np.float64], NDArray[np.float64]], Values], window: Window, tolerance: float
) -> tuple[SlowlyVarying, ...]:
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
    tuple of SlowlyVarying
        One for each function.
    """
    rows, columns = ((extent.start, extent.stop - extent.start) for extent in window)
    size = (rows[1], columns[1])

    def exact(y: NDArray[np.float64], x: NDArray[np.float64]) -> Values:
        return function(*np.meshgrid(x + columns[0], y + rows[0]))

    for cell in _CELLS:
        (nodes_y, between_y), (nodes_x, between_x) = (_offsets(length, cell) for length in size)
        nodes = exact(nodes_y, nodes_x)
        errors = (
            np.abs(_quadratic(_quadratic(values, between_y, cell, 0), between_x, cell, 1) - expected)
            for values, expected in zip(nodes, exact(between_y, between_x), strict=True)
        )
        if all((error <= tolerance).all() for error in errors):
            return tuple(SlowlyVarying(values, size, cell) for values in nodes)
    every = (np.arange(length, dtype=np.float64) for length in size)
    return tuple(SlowlyVarying(values, size) for values in exact(*every))


def reach(positions: SlowlyVarying, size: int) -> slice | None:
    """Pixels of an axis of an image that its spline at some positions is made of.

    Parameters
    ----------
    positions : SlowlyVarying
        Along the axis.
    size : int
        Pixels of the axis.

    Returns
    -------
    slice or None
        It may begin before the first pixel and end beyond the last; None if no position lies in the image.
    """
    low, high = positions.bounds()
    if not (high >= -0.5 and low <= size - 0.5):
        return None
    first, last = (int(np.floor(min(max(end, 0), size - 1))) for end in (low, high))
    return slice(first - _MARGIN, last + _MARGIN + 1)


def spline_part(
    image: NDArray[np.float32], weight: NDArray[np.float32] | None, window: Window, size: tuple[int, int], above: int
) -> SplinePart | None:
    """Make the spline of a part of an image.

    Parameters
    ----------
    image : ndarray of float32
        Rows of an image that hold the part; pixels that are NaN, infinite or beyond 1e36 are invalid.
    weight : ndarray of float32, optional
        Of the same rows. A pixel is invalid where it is not positive.
    window : tuple of slice
        Rows and columns of the image; both may begin before the first pixel and end beyond the last.
    size : tuple of int
        (ny, nx) of the image.
    above : int
        Rows of the image that are not given, above the first one.

    Returns
    -------
    SplinePart or None
        None if it has no valid pixel.
    """
    rows, columns = (within(extent, length) for extent, length in zip(window, size, strict=True))
    rows = slice(rows.start - above, rows.stop - above)
    cut, given = image[rows], None if weight is None else weight[rows, columns]
    # Beyond its edges the image is mirrored at its outermost pixels.
    beyond = [_beyond(extent, length) for extent, length in zip(window, size, strict=True)]
    if any(map(any, beyond)):
        cut, columns = np.pad(cut[:, columns], beyond, "reflect"), slice(0, window[1].stop - window[1].start)
        given = None if given is None else np.pad(given, beyond, "reflect")
    valid = (cut[:, columns] < _LARGEST_PIXEL) & (cut[:, columns] > -_LARGEST_PIXEL)
    if given is not None:
        valid &= np.isfinite(given) & (given > 0)
        given = np.ascontiguousarray(given)
    whole = bool(valid.all())
    if not valid.any():
        return None
    if not whole:
        cut, columns = _filled(cut[:, columns], valid), slice(0, valid.shape[1])
        given = None if given is None else _filled(given, valid)
    coefficients = spline_coefficients(cut, columns)
    return SplinePart(coefficients, None if whole else valid, given, window[0].start, window[1].start, size)


def _offsets(size: int, cell: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Offsets of the nodes of a window, and of the points half-way between them."""
    nodes = np.arange(2 * -(-size // cell) + 1, dtype=np.float64) * (cell // 2)
    return nodes, nodes[:-1] + cell / 4


def _quadratic(values: NDArray[np.float64], offsets: NDArray[np.float64], cell: int, axis: int) -> NDArray[np.float64]:
    """Interpolate along an axis through the three nodes of each cell."""
    first = 2 * (offsets // cell).astype(np.intp)
    u = np.expand_dims(offsets % cell / (cell // 2), 1 - axis)
    total = np.take(values, first, axis) * ((u - 1) * (u - 2) / 2)
    total += np.take(values, first + 1, axis) * (u * (2 - u))
    total += np.take(values, first + 2, axis) * (u * (u - 1) / 2)
    return np.asarray(total)


def within(extent: slice, size: int) -> slice:
    """The pixels of an extent that an axis of an image has."""
    return slice(max(extent.start, 0), min(extent.stop, size))


def _beyond(extent: slice, size: int) -> tuple[int, int]:
    """Pixels of an extent that lie before an axis of an image, and after it."""
    return max(-extent.start, 0), max(extent.stop - size, 0)


def _filled(image: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Give invalid pixels the value of the nearest valid one, so that the spline does not ring at a step."""
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(~valid, return_distances=False, return_indices=True)
    return np.ascontiguousarray(image[tuple(nearest)])
