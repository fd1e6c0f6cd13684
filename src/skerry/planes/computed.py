"""Planes that are computed of others when their rows are asked for: the words in which a step says what it does.

A word takes a function of arrays and the planes it is of. So what happens to the pixels stands in a function that knows
no band, and what it takes to compute rows follows from the planes and types.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from skerry.planes.bands import for_each_band
from skerry.planes.plane import Plane, needs_of_work

__all__ = ["PIXELS_PER_STRIP", "Computed", "by_strips", "collect", "pixelwise", "window", "windowed"]

PIXELS_PER_STRIP = 1 << 16
"""Of which several arrays fit into the cache of a core."""


class Computed:
    """A plane whose rows are computed when they are asked for.

    Where a word does, `pixelwise` or `windowed`, it says more.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).
    dtype : dtype
        Of the rows that `rows` gives.
    rows : callable
        Rows from `start` up to `stop`, as an array; called by several threads at once.
    sources : sequence of Plane
        What it reads the same rows of, one plane after the other.
    around : int
        Rows of the first of them that it reads beyond those, above and below together.
    cost, cost_around : int
        Bytes that it takes for each pixel of the rows asked for, and for each pixel of these and of those around,
        beyond what it reads and the result.
    into : callable, optional
        Puts the same rows, from `start` up to `stop`, into a contiguous array.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: DTypeLike,
        rows: Callable[[int, int], NDArray[Any]],
        sources: Sequence[Plane] = (),
        *,
        around: int = 0,
        cost: int = 0,
        cost_around: int = 0,
        into: Callable[[int, int, NDArray[Any]], object] | None = None,
    ) -> None:
        self.shape = (shape[0], shape[1])
        self.dtype = np.dtype(dtype)
        around, result = min(around, self.shape[0]), self.dtype.itemsize
        self.needs = needs_of_work(sources, around=around, cost=cost, cost_around=cost_around, result=result)
        self._rows, self.into = rows, into

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        start, stop, _ = rows.indices(self.shape[0])
        return self._rows(start, max(start, stop))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """The whole plane, for `numpy.asarray`."""
        return np.asarray(collect(self), dtype)


def pixelwise(
    function: Callable[..., NDArray[Any]], *planes: Plane, dtype: DTypeLike, at_once: bool = False
) -> Computed:
    """Plane of which a pixel is made of the same pixel of others.

    Parameters
    ----------
    function : callable
        Of arrays, some rows of each plane; gives as many.
    *planes : Plane
        All of one shape.
    dtype : dtype
        Of what the function gives.
    at_once : bool
        Whether the function makes nothing on the way, and may as well be given all rows at once.

    Returns
    -------
    Computed
        The plane.

    Notes
    -----
    The function is given a few rows at a time, so that what it makes on the way stays in the cache of the processor and
    counts for nothing beside the rows of the planes.

    Examples
    --------
    >>> import numpy as np
    >>> plane = pixelwise(np.add, np.arange(6).reshape(3, 2), np.ones((3, 2), int), dtype=int)
    >>> plane[1:3]
    array([[3, 4],
           [5, 6]])
    """

    def rows(start: int, stop: int) -> NDArray[Any]:
        bands = [plane[start:stop] for plane in planes]
        return np.asarray(function(*bands), dtype) if at_once else by_strips(function, *bands, dtype=dtype)

    return Computed(planes[0].shape, dtype, rows, planes)


def windowed(
    function: Callable[..., NDArray[Any]],
    plane: Plane,
    *beside: Plane,
    before: int,
    after: int,
    dtype: DTypeLike,
    cost: int = 0,
    cost_around: int = 0,
) -> Computed:
    """Plane of which a pixel is made of the rows round it.

    Parameters
    ----------
    function : callable
        Of rows of the plane with those around them, as far as there are any; a slice that says where in them those lie
        that are asked for; and of these rows of the planes beside. Gives these rows.
    plane : Plane
        What is looked at.
    *beside : Plane
        Further planes, of the same shape.
    before, after : int
        Rows that are needed above and below a pixel.
    dtype : dtype
        Of what the function gives.
    cost, cost_around : int
        Bytes that the function takes for each pixel that it gives, and for each that it is given of the plane, beyond
        these themselves.

    Returns
    -------
    Computed
        The plane.

    Examples
    --------
    >>> import numpy as np
    >>> def highest(band, rows):
    ...     return np.array([band[max(y - 1, 0) : y + 2].max(axis=0) for y in range(rows.start, rows.stop)])
    >>> image = np.array([[1, 5], [2, 0], [9, 0], [0, 3]])
    >>> windowed(highest, image, before=1, after=1, dtype=int)[2:4]
    array([[9, 3],
           [9, 3]])
    """

    def rows(start: int, stop: int) -> NDArray[Any]:
        return function(*window(plane, start, stop, before, after), *(other[start:stop] for other in beside))

    sources, around = [plane, *beside], before + after
    return Computed(plane.shape, dtype, rows, sources, around=around, cost=cost, cost_around=cost_around)


def window(plane: Plane, start: int, stop: int, before: int, after: int) -> tuple[NDArray[Any], slice]:
    """Rows of a plane with those around them, as far as there are any, and where in them the rows asked for lie."""
    first = max(0, start - before)
    return plane[first : min(plane.shape[0], stop + after)], slice(start - first, stop - first)


def by_strips(function: Callable[..., NDArray[Any]], *bands: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """Do a function of pixels for a few rows of some arrays at a time, as `pixelwise` does."""
    ny, nx = bands[0].shape
    height = max(1, PIXELS_PER_STRIP // max(1, nx))
    if ny <= height or isinstance(function, np.ufunc):
        return np.asarray(function(*bands), dtype)
    whole = np.empty((ny, nx), dtype)
    for top in range(0, ny, height):
        strip = slice(top, top + height)
        whole[strip] = function(*(band[strip] for band in bands))
    return whole


def collect(plane: Plane) -> NDArray[Any]:
    """Compute the whole of a plane as an array; an array is given back as it is."""
    if isinstance(plane, np.ndarray):
        return plane
    whole = np.empty(plane.shape, dtype=plane.dtype)

    def put(rows: slice) -> None:
        whole[rows] = plane[rows]

    for_each_band(put, plane)
    return whole
