"""Dilation of a mask by a square, or by any shape: set pixels, and those near them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.filters.chords import chords_of
from skerry.kernels.erosion import dilate_rows
from skerry.planes.bands import for_each_band
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed

__all__ = ["dilated", "dilated_bits", "dilated_by"]


def dilated(mask: BitMask, reach: int) -> Computed:
    """Pixels of a mask, and those up to `reach` rows and columns away from one; bool."""

    def rows(start: int, stop: int) -> NDArray[np.bool_]:
        bits = _dilated_rows(mask, reach, start, stop)
        return np.unpackbits(bits, axis=1, count=mask.shape[1]).view(np.bool_)

    return Computed(mask.shape, bool, rows, [mask], around=_rows_around(mask, reach))


def dilated_bits(mask: BitMask, reach: int) -> BitMask:
    """What `dilated` gives, kept."""
    kept = BitMask(mask.shape)

    def keep(rows: slice) -> None:
        kept.bits[rows] = _dilated_rows(mask, reach, rows.start, rows.stop)

    for_each_band(keep, mask, around=_rows_around(mask, reach))
    return kept


def dilated_by(mask: BitMask, shape: NDArray[np.bool_]) -> BitMask:
    """Pixels that a shape covers as its origin goes over the set pixels of a mask.

    Parameters
    ----------
    mask : BitMask, shape (ny, nx)
        The mask.
    shape : ndarray of bool, shape (ky, kx)
        With at least one pixel; its origin is at index (ky // 2, kx // 2).

    Returns
    -------
    BitMask, shape (ny, nx)
        The pixels.
    """
    row, start, length = chords_of(shape)
    down, left = row - shape.shape[0] // 2, start - shape.shape[1] // 2
    chords = np.stack([down, left, length], axis=1).astype(np.int32)
    above, below = max(0, int(down.max())), max(0, -int(down.min()))
    kept, nx = BitMask(mask.shape), mask.shape[1]

    def keep(rows: slice) -> None:
        first = max(0, rows.start - above)
        within = slice(rows.start - first, rows.stop - first)
        kept.bits[rows] = dilate_rows(mask.bits[first : rows.stop + below], nx, chords, within)

    for_each_band(keep, mask, around=above + below)
    return kept


def _rows_around(mask: BitMask, reach: int) -> int:
    return 2 * min(reach, mask.shape[0])


def _dilated_rows(mask: BitMask, reach: int, start: int, stop: int) -> NDArray[np.uint8]:
    """Bits of some rows: each is spread along itself, then joined with those below, twice as many each time."""
    ny, nx = mask.shape
    along, down = min(reach, nx - 1), min(reach, ny - 1)
    first, last = max(0, start - down), min(ny, stop + down)
    chord = np.array([(0, -along, 2 * along + 1)], np.int32)
    bits = np.zeros((stop - start + 2 * down, mask.bits.shape[1]), np.uint8)
    within = slice(first - start + down, last - start + down)
    bits[within] = dilate_rows(mask.bits[first:last], nx, chord, slice(0, last - first))
    joined, wanted = 1, 2 * down + 1
    while joined < wanted:
        step = min(joined, wanted - joined)
        bits[: len(bits) - step] |= bits[step:]
        joined += step
    return bits[: stop - start]
