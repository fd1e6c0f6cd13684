"""A window of a mask that is read at random, though the mask is larger than memory.

It keeps a bit for each pixel, and values only of the pixels that are set, and only if they differ: a mask is 0 almost
everywhere, and one that is not has a single value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skerry.kernels.sampling import WORD, PackedMask, nearest_in_cells, pack_rows, unpack_rows
from skerry.planes.bands import map_bands
from skerry.planes.computed import Computed
from skerry.planes.plane import Plane

__all__ = ["MaskWindow"]

_ROWS_AT_A_TIME = 256


class MaskWindow:
    """The set pixels of a part of a mask.

    Parameters
    ----------
    mask : Plane of uint8, int16 or int32, shape (my, mx)
        0 or positive; read once, band by band.
    rows, columns : slice
        The part to keep, within the mask; all else counts as 0.
    """

    def __init__(self, mask: Plane, rows: slice, columns: slice) -> None:
        self.rows, self.columns = rows, columns
        self.shape = (rows.stop - rows.start, columns.stop - columns.start)
        self.dtype = mask.dtype
        bits = np.zeros((self.shape[0], -(-self.shape[1] // WORD)), np.uint64)
        part = Computed(
            (self.shape[0], mask.shape[1]),
            mask.dtype,
            lambda start, stop: mask[rows.start + start : rows.start + stop],
            [mask],
        )

        def pack(piece: slice) -> tuple[slice, tuple[int, int, NDArray[np.integer[Any]]]]:
            band = part[piece]
            lowest, highest = pack_rows(band, columns, bits[piece])
            kept = band[:, columns] if lowest < highest else band[:0]
            return piece, (lowest, highest, kept[kept != 0])

        found = map_bands(pack, part, cost=1 + self.dtype.itemsize, result=self.dtype.itemsize) if bits.size else ()
        self._packed = _packed(bits, self.shape[1], self.dtype, list(found))

    @property
    def constant(self) -> int:
        """The value of all set pixels; 0 if they differ, or there are none."""
        return self._packed.constant

    @property
    def any_bits(self) -> int:
        """Bits that any of the values has."""
        return self.constant or int(np.bitwise_or.reduce(self._packed.values, initial=0))

    def at(self, y: NDArray[np.intp], x: NDArray[np.intp]) -> NDArray[np.integer[Any]]:
        """Values of pixels of the mask, by row and column; 0 outside the window."""
        mask, values = self._packed, np.zeros(y.shape, self.dtype)
        y, x = y - self.rows.start, x - self.columns.start
        inside = np.flatnonzero((y >= 0) & (y < self.shape[0]) & (x >= 0) & (x < self.shape[1]))
        y, x = y[inside], x[inside]
        words, bit = mask.bits[y, x // WORD], np.left_shift(np.uint64(1), (x % WORD).astype(np.uint64))
        is_set = np.flatnonzero(words & bit)
        found = inside[is_set]
        if not mask.values.size:
            values[found] = mask.constant
            return values
        y, x = y[is_set], x[is_set]
        before = np.bitwise_count(words[is_set] & (bit[is_set] - np.uint64(1)))
        values[found] = mask.values[mask.starts[y] + mask.ranks[y, x // WORD] + before]
        return values

    def set_pixels(self, start: int, stop: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Row and column in the mask of the set pixels of some rows of the window."""
        y, x = np.nonzero(unpack_rows(self._packed.bits[start:stop], self.shape[1]))
        return y + (self.rows.start + start), x + self.columns.start

    def nearest(
        self,
        nodes: tuple[NDArray[np.float64], NDArray[np.float64]],
        bounds: NDArray[np.float64],
        step: int,
        start: int,
        out: NDArray[np.integer[Any]],
    ) -> NDArray[np.bool_]:
        """Do `skerry.kernels.sampling.nearest_in_cells`, with positions in the mask."""
        there = nodes[0] - self.columns.start, nodes[1] - self.rows.start
        return nearest_in_cells(there, bounds, step, self._packed, start, out)


def _packed(
    bits: NDArray[np.uint64],
    width: int,
    dtype: np.dtype[Any],
    parts: list[tuple[slice, tuple[int, int, NDArray[np.integer[Any]]]]],
) -> PackedMask:
    """Join what was found in bands of rows: least and greatest value, and the values if they differ."""
    found = {value for _, (lowest, highest, _) in parts for value in (lowest, highest)} - {0}
    if len(found) < 2:
        constant = max(found, default=0)
        return PackedMask(width, bits, constant, np.empty(0, dtype), np.empty(0, np.int64), np.empty((0, 0), np.uint32))
    ranks = np.zeros(bits.shape, np.uint32)
    counts = np.zeros(len(bits), np.int64)
    for start in range(0, len(bits), _ROWS_AT_A_TIME):
        rows = slice(start, start + _ROWS_AT_A_TIME)
        in_words = np.cumsum(np.bitwise_count(bits[rows]), axis=1, dtype=np.uint32)
        ranks[rows, 1:], counts[rows] = in_words[:, :-1], in_words[:, -1]
    ends = np.cumsum(counts)
    values = np.empty(ends[-1], dtype)
    for rows, (lowest, highest, own) in parts:
        values[ends[rows.start] - counts[rows.start] : ends[rows.stop - 1]] = own if lowest < highest else highest
    return PackedMask(width, bits, 0, values, ends - counts, ranks)
