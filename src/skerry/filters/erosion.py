"""Binary erosion by a kernel of any size, on runs of set pixels.

Masks cover a small part of an image, and few of their runs are as long as the kernel is wide: only there is anything
compared. Each row of the kernel is a few chords, and each allows some spans of places in a row; what all of them allow
is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from skerry.kernels.erosion import erode_rows, set_bit
from skerry.planes.bands import bands, in_order
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed
from skerry.planes.plane import Flags

__all__ = ["erode", "erode_by_each", "eroded_bits"]

_BYTES_PER_RUN = 8


class _Kernel:
    """A kernel as chords: the row and the first column of each, counted from the origin, and its length."""

    def __init__(self, kernel: NDArray[np.bool_]) -> None:
        origin = (kernel.shape[0] // 2, kernel.shape[1] // 2)
        row, start, length = _chords(kernel)
        down, left = row - origin[0], start - origin[1]
        # Few runs are as long as the longest chord; after it most places fail at the first and the last row.
        order = np.lexsort((-np.abs(down), np.arange(row.size) != np.argmax(length)))
        self.chords = np.stack([down, left, length], axis=1)[order].astype(np.int32)
        self.up, self.down = int(down.min()), int(down.max())
        self.shape = (self.down - self.up + 1, int((left + length).max() - left.min()))
        self.reach = max(-self.up, self.down, 0)
        self.cost = _BYTES_PER_RUN // (int(length.min()) + 1) + 1

    def erode(self, mask: BitMask, rows: slice) -> NDArray[np.uint8]:
        """Bits of some rows of the eroded mask."""
        ny, nx = mask.shape
        if self.shape[0] > ny or self.shape[1] > nx:
            return np.zeros((rows.stop - rows.start, mask.bits.shape[1]), dtype=np.uint8)
        first, last = max(0, rows.start + min(0, self.up)), min(ny, rows.stop + max(0, self.down))
        within = slice(rows.start - first, rows.stop - first)
        return erode_rows(mask.bits[first:last], nx, self.chords, within)


def erode(mask: Flags, kernel: NDArray[np.bool_]) -> BitMask:
    """Pixels at which `kernel`, its origin at index shape // 2, lies wholly on set pixels of `mask`.

    What is outside the image is not set. The kernel has at least one pixel.
    """
    return next(erode_by_each(mask, [kernel]))


def erode_by_each(mask: Flags, kernels: Iterable[NDArray[np.bool_]]) -> Iterator[BitMask]:
    """Erode a mask by several kernels, as `erode` does, one after the other."""
    bits = _bits(mask)
    for kernel in map(_Kernel, kernels):
        eroded = BitMask(mask.shape)

        def erode_rows(rows: slice, kernel: _Kernel = kernel, eroded: BitMask = eroded) -> None:
            eroded.bits[rows] = kernel.erode(bits, rows)

        for _ in in_order(erode_rows, bands(bits, halo=kernel.reach, cost=kernel.cost), bits):
            pass
        yield eroded


def eroded_bits(mask: Flags, kernels: Sequence[NDArray[np.bool_]], dtype: DTypeLike) -> Computed:
    """Integers whose bit n is set where the mask eroded by the n-th kernel is, as `erode` does it."""
    bits, shapes = _bits(mask), [_Kernel(kernel) for kernel in kernels]

    def rows(start: int, stop: int) -> NDArray[Any]:
        out = np.zeros((stop - start, bits.shape[1]), dtype=dtype)
        for n, kernel in enumerate(shapes):
            set_bit(kernel.erode(bits, slice(start, stop)), n, out)
        return out

    reach, cost = max(kernel.reach for kernel in shapes), max(kernel.cost for kernel in shapes)
    return Computed(bits.shape, dtype, rows, [bits], halo=reach, cost=cost)


def _bits(mask: Flags) -> BitMask:
    return mask if isinstance(mask, BitMask) else BitMask.of(mask)


def _chords(kernel: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Row, first column and length of each run of set pixels."""
    padded = np.zeros((kernel.shape[0], kernel.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = kernel
    change = np.diff(padded, axis=1)
    (row, start), (_, end) = np.nonzero(change == 1), np.nonzero(change == -1)
    return row, start, end - start
