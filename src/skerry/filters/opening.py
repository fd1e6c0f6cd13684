"""Closing and opening of masks by squares, and opening by any shape; all are cut at the edges of the image."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.filters.chords import chords_of
from skerry.filters.erosion import ErosionOfRows
from skerry.kernels.erosion import dilate_rows
from skerry.kernels.shapes import closed_rows
from skerry.planes.bands import for_each_band
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed, windowed
from skerry.planes.plane import Flags

__all__ = ["closed", "opened", "opened_by_shape"]


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


def opened_by_shape(mask: BitMask, shape: NDArray[np.bool_]) -> BitMask:
    """Pixels of a mask that lie in a shape of it.

    Parameters
    ----------
    mask : BitMask, shape (ny, nx)
        The mask.
    shape : ndarray of bool, odd shape
        Symmetric about its central pixel, which lies within the image; what of it is outside is cut off.

    Returns
    -------
    BitMask, shape (ny, nx)
        The pixels.
    """
    if shape.all() and shape.shape[0] == shape.shape[1]:
        return BitMask.of(opened(mask, shape.shape[0]))
    (ny, nx), reach, erosion = mask.shape, shape.shape[0] // 2, ErosionOfRows(shape, beyond=True)
    row, start, length = chords_of(shape)
    chords = np.stack([row - reach, start - shape.shape[1] // 2, length], axis=1).astype(np.int32)
    found = BitMask(mask.shape)

    def open_rows(rows: slice) -> None:
        first = max(0, rows.start - reach)
        centres = erosion.eroded(mask, slice(first, min(ny, rows.stop + reach)))
        found.bits[rows] = dilate_rows(centres, nx, chords, slice(rows.start - first, rows.stop - first))

    for_each_band(open_rows, mask, around=erosion.around + 2 * reach, cost_around=erosion.cost)
    return found
