"""Closing and opening of masks by squares, and opening by any shape; all are cut at the edges of the image."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.filters.erosion import chords_of, eroded
from skerry.kernels.runs import find_runs
from skerry.kernels.shapes import closed_rows
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed, windowed
from skerry.planes.plane import Flags

__all__ = ["closed", "opened", "opened_by_shape"]

_BYTES_OF_RUNS = 10
"""A pixel, at most: runs of centres are at least as far from each other as the shape is wide."""


def closed(mask: Flags, side: int) -> Computed:
    """Pixels that no square of unset pixels holds; squares are cut at the edges of the image."""
    return _shaped(mask, side, opening=False)


def opened(mask: Flags, side: int) -> Computed:
    """Pixels of a mask that lie in a square of it; squares are cut at the edges of the image."""
    return _shaped(mask, side, opening=True)


def _shaped(mask: Flags, side: int, *, opening: bool) -> Computed:
    reach = min(side - 1, mask.shape[0])
    shaped = partial(closed_rows, side=side, opening=opening)
    return windowed(shaped, mask, before=reach, after=reach, dtype=bool, cost_around=1)


def opened_by_shape(mask: BitMask, shape: NDArray[np.bool_]) -> Computed:
    """Pixels of a mask that lie in a shape of it.

    Parameters
    ----------
    mask : BitMask, shape (ny, nx)
        The mask.
    shape : ndarray of bool, odd shape
        Symmetric about its central pixel, which lies within the image; what of it is outside is cut off.

    Returns
    -------
    Plane of bool, shape (ny, nx)
        The pixels.
    """
    if shape.all() and shape.shape[0] == shape.shape[1]:
        return opened(mask, shape.shape[0])
    centres, reach = eroded(mask, shape, beyond=True), shape.shape[0] // 2
    row, start, length = chords_of(shape)
    chords = row - reach, start - shape.shape[1] // 2, length
    rows = partial(_dilated_rows, centres, chords, reach)
    return Computed(mask.shape, bool, rows, [centres], around=2 * reach, cost=4, cost_around=_BYTES_OF_RUNS)


_Chords = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]


def _dilated_rows(mask: BitMask, chords: _Chords, reach: int, start: int, stop: int) -> NDArray[np.bool_]:
    """Pixels of some rows that are in the shape round any pixel of a mask, of which runs of pixels make longer runs."""
    nx, first = mask.shape[1], max(0, start - reach)
    band = mask[first : stop + reach]
    per_row, starts, ends = find_runs(band, np.empty_like(mask.bits[first : stop + reach]))
    row = np.repeat(np.arange(first - start, first - start + len(band)), per_row)
    # Where runs begin and end; how many a pixel is in is the sum up to it.
    change = np.zeros((stop - start, nx + 1), np.int16)
    for down, left, length in zip(*chords, strict=True):
        there = row + down
        inside = (there >= 0) & (there < stop - start)
        begin, end = starts[inside] + left, ends[inside] + left + length - 1
        np.add.at(change, (there[inside], np.clip(begin, 0, nx)), 1)
        np.add.at(change, (there[inside], np.clip(end, 0, nx)), -1)
    return np.cumsum(change[:, :-1], axis=1, dtype=np.int16) > 0
