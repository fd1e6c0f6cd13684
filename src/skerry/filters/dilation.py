"""Dilation of a mask by a square: set pixels, and those near them."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.kernels.erosion import dilate_rows
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed

__all__ = ["dilated"]


def dilated(mask: BitMask, reach: int) -> Computed:
    """Pixels of a mask, and those up to `reach` rows and columns away from one; bool."""
    rows = partial(_dilated_rows, mask, reach)
    return Computed(mask.shape, bool, rows, [mask], around=2 * reach)


def _dilated_rows(mask: BitMask, reach: int, start: int, stop: int) -> NDArray[np.bool_]:
    nx, first = mask.shape[1], max(0, start - reach)
    square = np.array([(down, -reach, 2 * reach + 1) for down in range(-reach, reach + 1)], np.int32)
    bits = dilate_rows(mask.bits[first : stop + reach], nx, square, slice(start - first, stop - first))
    return np.unpackbits(bits, axis=1, count=nx).view(np.bool_)
