"""Weighted means of the valid pixels around, along both axes, of some rows; at once or over a coarse grid.

A band is float32 and holds the rows of an image of ny from row `first` on, with all that are within the radius of those
that results are centred on. `taps` are the weights along an axis, float32, an odd number of them with a sum of 1 in the
order in which a loop adds them up: 16 at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = ["shrink_rows", "smooth_rows", "spread_rows"]


def smooth_rows(
    band: NDArray[np.float32],
    first: int,
    ny: int,
    taps: NDArray[np.float32],
    step: int,
    start: int,
    count: int,
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Smoothed rows of an image, one every `step`.

    Parameters
    ----------
    band : ndarray of float32, shape (rows, nx)
        As said above.
    first, ny : int
        First row of the band in the image, and rows of the image.
    taps : ndarray of float32, shape (n,)
        As said above.
    step, start, count : int
        The rows are `start` * `step`, (`start` + 1) * `step`, ..., `count` of them.
    out : ndarray of float32, shape (count, nx), optional
        Where to put them; contiguous.

    Returns
    -------
    ndarray of float32, shape (count, nx)
        NaN where the image is invalid.
    """
    out = np.empty((count, band.shape[1]), np.float32) if out is None else out
    compiled.smooth_rows(band, first, ny, taps, step, start, out)
    return out


def shrink_rows(
    band: NDArray[np.float32],
    first: int,
    ny: int,
    taps: NDArray[np.float32],
    step: int,
    pad: int,
    start: int,
    values: NDArray[np.float32],
    weights: NDArray[np.float32],
) -> None:
    """Compute weighted sums, and sums of weights, round the points of a coarse grid.

    Parameters
    ----------
    band : ndarray of float32, shape (rows, nx)
        As said above.
    first, ny : int
        First row of the band in the image, and rows of the image.
    taps : ndarray of float32, shape (n,)
        As said above.
    step : int
        Pixels from one point to the next.
    pad : int
        Points before the first column.
    start : int
        The first row of points lies on row `start` * `step` of the image, or beyond it.
    values, weights : ndarray of float32, shape (count, points)
        Where to put the sums.
    """
    compiled.shrink_rows(band, first, ny, taps, step, pad, start, values, weights)


def spread_rows(
    values: NDArray[np.float32],
    weights: NDArray[np.float32],
    first: int,
    taps: NDArray[np.float32],
    rows: range,
    valid: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Weighted means of rows of an image, from sums on a coarse grid.

    Parameters
    ----------
    values, weights : ndarray of float32, shape (count, points)
        Rows of the grid, as `shrink_rows` computes them.
    first : int
        The interval of the grid, counted in the image's rows, for which the first of them is the first that is needed.
    taps : ndarray of float32, shape (step, n)
        Weights of n points for each place in an interval.
    rows : range
        The rows.
    valid : ndarray of float32, shape (rows, nx)
        The same rows of an image.

    Returns
    -------
    ndarray of float32, shape (rows, nx)
        NaN where `valid` is invalid.
    """
    out = np.empty(valid.shape, np.float32)
    compiled.spread_rows(values, weights, first, taps, rows.start, rows.stop, rows.step, valid, out)
    return out
