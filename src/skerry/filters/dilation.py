"""Dilation of a mask by a square: set pixels, and those near them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.kernels.erosion import dilate_rows
from skerry.planes.bands import for_each_band
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed

__all__ = ["dilated", "dilated_bits"]


def dilated(mask: BitMask, reach: int) -> Computed:
    """Pixels of a mask, and those up to `reach` rows and columns away from one; bool."""

    def rows(start: int, stop: int) -> NDArray[np.bool_]:
        bits = _dilated_rows(mask, reach, start, stop)
        return np.unpackbits(bits, axis=1, count=mask.shape[1]).view(np.bool_)

    return Computed(mask.shape, bool, rows, [mask], around=2 * reach)


def dilated_bits(mask: BitMask, reach: int) -> BitMask:
    """What `dilated` gives, kept."""
    kept = BitMask(mask.shape)

    def keep(rows: slice) -> None:
        kept.bits[rows] = _dilated_rows(mask, reach, rows.start, rows.stop)

    for_each_band(keep, mask, around=2 * reach)
    return kept


def _dilated_rows(mask: BitMask, reach: int, start: int, stop: int) -> NDArray[np.uint8]:
    """Bits of some rows."""
    nx, first = mask.shape[1], max(0, start - reach)
    square = np.array([(down, -reach, 2 * reach + 1) for down in range(-reach, reach + 1)], np.int32)
    return dilate_rows(mask.bits[first : stop + reach], nx, square, slice(start - first, stop - first))
