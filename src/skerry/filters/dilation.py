"""Dilation of a mask by a square: set pixels, and those near them."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed

__all__ = ["dilated"]


def dilated(mask: BitMask, reach: int) -> Computed:
    """Pixels of a mask, and those up to `reach` rows and columns away from one; bool."""
    rows = partial(_dilated_rows, mask, reach)
    return Computed(mask.shape, bool, rows, [mask], around=2 * reach, cost=1)


def _dilated_rows(mask: BitMask, reach: int, start: int, stop: int) -> NDArray[np.bool_]:
    ny, nx = mask.shape
    first = max(0, start - reach)
    bits = mask.bits[first : stop + reach]
    tall = np.zeros((stop - start, bits.shape[1]), np.uint8)
    for shift in range(-reach, reach + 1):
        above, below = max(start + shift, 0), min(stop + shift, ny)
        if above < below:
            tall[above - shift - start : below - shift - start] |= bits[above - first : below - first]
    narrow = np.unpackbits(tall, axis=1, count=nx).view(np.bool_)
    wide = narrow.copy()
    for shift in range(1, reach + 1):
        wide[:, shift:] |= narrow[:, :-shift]
        wide[:, :-shift] |= narrow[:, shift:]
    return wide
