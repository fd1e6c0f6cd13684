"""Pixels in a polygon, some rows at a time: by the columns at which each row crosses its sides."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["polygon_rows"]

_CROSSINGS = 1 << 18
"""At a time: they take some tens of bytes each."""


def polygon_rows(corners: NDArray[np.float64], rows: slice, columns: slice, on_edge: float) -> NDArray[np.bool_]:
    """Which pixels of a window have their centre in a polygon, or on one of its sides.

    Parameters
    ----------
    corners : ndarray of float, shape (n, 2)
        (x, y) in 0-based pixels, in order; the last is joined to the first. Where the outline crosses itself a place
        is inside that a line from far away reaches over an odd number of sides.
    rows, columns : slice
        The window.
    on_edge : float
        Pixels: a centre as near to a side, along its row, lies on it.

    Returns
    -------
    ndarray of bool, shape (rows, columns)
        Polygons that share a side both have the pixels on it.
    """
    height, width = rows.stop - rows.start, columns.stop - columns.start
    crossed = np.zeros((height, width + 1), np.uint8)
    touched = np.zeros((height, width), dtype=bool)
    start, end = corners, np.roll(corners, -1, axis=0)
    upward = start[:, 1:] <= end[:, 1:]
    low, high = np.where(upward, start, end), np.where(upward, end, start)
    near = (high[:, 1] >= rows.start - on_edge) & (low[:, 1] <= rows.stop - 1 + on_edge)
    low, high = low[near], high[near]
    _touch_level_sides(low, high, touched, rows, columns, on_edge)
    # A side has the row at its lower end, and not that at its upper one: no corner is crossed twice.
    first = np.clip(np.ceil(low[:, 1]), rows.start, rows.stop).astype(int)
    stop = np.clip(np.ceil(high[:, 1]), rows.start, rows.stop).astype(int)
    for low_part, high_part, begun, many in _parts(low, high, first, stop - first):
        side = np.repeat(np.arange(many.size), many)
        y = np.arange(side.size) - np.repeat(np.cumsum(many) - many, many) + begun[side]
        share = (y - low_part[side, 1]) / (high_part[side, 1] - low_part[side, 1])
        x = low_part[side, 0] + share * (high_part[side, 0] - low_part[side, 0]) - columns.start
        column = np.clip(np.ceil(x), 0, width).astype(int)
        np.bitwise_xor.at(crossed, (y - rows.start, column), 1)
        nearest = np.clip(np.round(x), -1, width).astype(int)
        on = (np.abs(x - nearest) <= on_edge) & (nearest >= 0) & (nearest < width)
        touched[y[on] - rows.start, nearest[on]] = True
    inside = np.bitwise_xor.accumulate(crossed[:, :-1], axis=1).view(bool)
    return np.asarray(inside | touched)


def _touch_level_sides(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    touched: NDArray[np.bool_],
    rows: slice,
    columns: slice,
    on_edge: float,
) -> None:
    """Mark the pixels on sides along a row, and those on the upper ends of others."""
    level = np.round(high[:, 1])
    flat = np.abs(low[:, 1] - level) <= on_edge
    ends = (np.abs(high[:, 1] - level) <= on_edge) & (level >= rows.start) & (level < rows.stop)
    left, right = np.minimum(low[:, 0], high[:, 0]), np.maximum(low[:, 0], high[:, 0])
    left, right = np.where(flat, left, high[:, 0]), np.where(flat, right, high[:, 0])
    width = columns.stop - columns.start
    first = np.clip(np.ceil(left - on_edge) - columns.start, 0, width).astype(int)
    stop = np.clip(np.floor(right + on_edge) + 1 - columns.start, 0, width).astype(int)
    for n in np.flatnonzero(ends & (stop > first)):
        touched[int(level[n]) - rows.start, first[n] : stop[n]] = True


def _parts(
    low: NDArray[np.float64], high: NDArray[np.float64], first: NDArray[np.intp], many: NDArray[np.intp]
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp], NDArray[np.intp]]]:
    """Sides, as many at a time as have some number of crossings."""
    total = np.cumsum(many)
    start = 0
    while start < many.size:
        before = total[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(total, before + _CROSSINGS, side="right")))
        part = slice(start, stop)
        yield low[part], high[part], first[part], many[part]
        start = stop
