"""A sample of a plane: rows all over it, or pixels here and there, few enough to cost nothing beside the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skerry.planes.bands import check_rows, for_each_band
from skerry.planes.plane import Floats, Plane

__all__ = ["few_rows", "pixels_at", "sampled_rows"]

_PIXELS = 1 << 18
_LEAST_ROWS = 16
_MOST_PIXELS = 1 << 22
"""Of any sample of rows; only of rows of more than 32 000 pixels there are fewer than are asked for."""
_COPIES = 2
"""Of the rows of a sample: they are read, put together, and compared with something."""
_BYTES_OF_PLACES = 32
"""Of a pixel that is looked at."""


def few_rows(shape: tuple[int, ...], number: int) -> int:
    """How many rows of an image make a sample.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx) of the image.
    number : int
        How many are wanted.

    Returns
    -------
    int
        As many, or as there are; fewer of rows so wide that they would be more than 4 million pixels.

    Examples
    --------
    >>> few_rows((10_000, 10_000), 128), few_rows((10_000, 100_000), 128)
    (128, 41)
    """
    return min(shape[0], number, max(1, _MOST_PIXELS // max(1, shape[1])))


def sampled_rows(plane: Plane) -> NDArray[Any]:
    """Rows at even distances, the first and the last among them; of a small plane all.

    Parameters
    ----------
    plane : Plane, shape (ny, nx)
        The same rows are taken of all planes of one shape.

    Returns
    -------
    ndarray, shape (n, nx)
        At most a quarter of a million pixels, but 16 rows at least, as far as `few_rows` has it.

    Raises
    ------
    SkerryError
        If not even one row fits into the memory.

    Examples
    --------
    >>> import numpy as np
    >>> sampled_rows(np.arange(6).reshape(3, 2)).shape, sampled_rows(np.zeros((2000, 1000))).shape
    ((3, 2), (262, 1000))
    """
    ny, nx = plane.shape
    check_rows(plane, cost=_COPIES * plane.dtype.itemsize)
    number = few_rows(plane.shape, max(_LEAST_ROWS, _PIXELS // max(nx, 1)))
    if number >= ny:
        return np.asarray(plane[0:ny])
    chosen = np.linspace(0, ny - 1, number).astype(int)
    return np.concatenate([plane[n : n + 1] for n in chosen])


def pixels_at(plane: Floats, ys: NDArray[np.intp], xs: NDArray[np.intp]) -> NDArray[np.float32]:
    """Values of a plane at some places, of which each row is read once.

    Parameters
    ----------
    plane : Plane of float32, shape (ny, nx)
        Read where there are places only.
    ys, xs : ndarray of int, shape (n,)
        Rows and columns, which may lie outside.

    Returns
    -------
    ndarray of float32, shape (n,)
        NaN outside the plane.

    Examples
    --------
    >>> import numpy as np
    >>> pixels_at(np.arange(6, dtype=np.float32).reshape(2, 3), np.array([1, 0, 2]), np.array([2, 1, 0]))
    array([ 5.,  1., nan], dtype=float32)
    """
    ny, nx = plane.shape
    values = np.full(ys.shape, np.nan, dtype=np.float32)
    inside = np.flatnonzero((ys >= 0) & (ys < ny) & (xs >= 0) & (xs < nx))
    inside = inside[np.argsort(ys[inside], kind="stable")]
    rows_of = ys[inside]

    def look(rows: slice) -> None:
        first, last = (int(n) for n in np.searchsorted(rows_of, (rows.start, rows.stop)))
        if first == last:
            return
        top, some = int(rows_of[first]), inside[first:last]
        values[some] = plane[top : int(rows_of[last - 1]) + 1][ys[some] - top, xs[some]]

    for_each_band(look, plane, cost=_BYTES_OF_PLACES)
    return values
