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
    wide = tall.copy()
    for shift in range(1, reach + 1):
        wide |= _shifted(tall, shift)
        wide |= _shifted(tall, -shift)
    return np.unpackbits(wide, axis=1, count=nx).view(np.bool_)


def _shifted(bits: NDArray[np.uint8], shift: int) -> NDArray[np.uint8]:
    """Rows of bits by so many pixels further to the right; those beyond the last column may be set."""
    bytes_, rest = divmod(abs(shift), 8)
    moved = np.zeros_like(bits)
    width = bits.shape[1] - bytes_
    if width <= 0:
        return moved
    near, far = (np.s_[:, bytes_:], np.s_[:, :width]) if shift > 0 else (np.s_[:, :width], np.s_[:, bytes_:])
    moved[near] = bits[far] >> rest if shift > 0 else bits[far] << rest
    if rest and width > 1:
        if shift > 0:
            moved[:, bytes_ + 1 :] |= bits[:, : width - 1] << (8 - rest)
        else:
            moved[:, : width - 1] |= bits[:, bytes_ + 1 :] >> (8 - rest)
    return moved
