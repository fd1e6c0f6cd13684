"""Binary erosion by a shape of any size, on runs of set pixels.

Masks cover a small part of an image, and few of their runs are as long as the shape is wide: only there is anything
compared. Each row of the shape is a few chords, and each allows some spans of places in a row; what all of them allow
is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from skerry.filters.chords import Chords
from skerry.kernels.erosion import erode_rows, set_bit
from skerry.planes.bands import for_each_band
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed
from skerry.planes.plane import Flags

__all__ = ["ErosionOfRows", "eroded", "eroded_by_each"]

_BYTES_PER_RUN = 8


def eroded(mask: Flags, shape: NDArray[np.bool_] | Chords, *, beyond: bool = False) -> BitMask:
    """Pixels at which a shape lies wholly on set pixels of a mask.

    Parameters
    ----------
    mask : Plane of bool, shape (ny, nx)
        The mask.
    shape : ndarray of bool, shape (ky, kx), or Chords
        With at least one pixel; the origin of an array is at index (ky // 2, kx // 2).
    beyond : bool
        Whether what is outside the image counts as set.

    Returns
    -------
    BitMask, shape (ny, nx)
        The pixels on which the origin then is.
    """
    bits, chords = BitMask.of(mask), ErosionOfRows(shape, beyond=beyond)
    found = BitMask(mask.shape)

    def erode(rows: slice) -> None:
        found.bits[rows] = chords.eroded(bits, rows)

    for_each_band(erode, bits, around=chords.around, cost_around=chords.cost)
    return found


def eroded_by_each(
    mask: Flags,
    shapes: Sequence[NDArray[np.bool_] | Chords],
    dtype: DTypeLike,
    *,
    first: BitMask | None = None,
    beyond: bool = False,
) -> Computed:
    """Integers whose bit n is set where the mask eroded by the n-th shape is, as `eroded` does it.

    Parameters
    ----------
    mask : Plane of bool, shape (ny, nx)
        The mask.
    shapes : sequence of ndarray of bool or Chords
        As of `eroded`.
    dtype : dtype
        Of the integers.
    first : BitMask, shape (ny, nx), optional
        The mask eroded by the first shape, if that is done already.
    beyond : bool
        As of `eroded`.

    Returns
    -------
    Computed of `dtype`, shape (ny, nx)
        The bits.
    """
    bits, chords = BitMask.of(mask), [ErosionOfRows(shape, beyond=beyond) for shape in shapes]
    around, cost = max(one.around for one in chords), max(one.cost for one in chords)
    rows = partial(_rows_of_bits, bits, chords, first, dtype)
    return Computed(bits.shape, dtype, rows, [bits], around=around, cost_around=cost)


class ErosionOfRows:
    """Erosion by a shape, some rows at a time.

    The shape is chords: the row and the first column of each, counted from the origin, and its length.

    Parameters
    ----------
    shape : ndarray of bool, shape (ky, kx), or Chords
        As of `eroded`.
    beyond : bool
        As of `eroded`.
    """

    def __init__(self, shape: NDArray[np.bool_] | Chords, *, beyond: bool = False) -> None:
        self._beyond = beyond
        down, left, length = shape if isinstance(shape, Chords) else Chords.of(shape)
        # Few runs are as long as the longest chord; after it most places fail at the first and the last row.
        order = np.lexsort((-np.abs(down), np.arange(down.size) != np.argmax(length)))
        self.places = np.stack([down, left, length], axis=1)[order].astype(np.int32)
        self.up, self.down = int(down.min()), int(down.max())
        self.size = (self.down - self.up + 1, int((left + length).max() - left.min()))
        self.around = max(0, -self.up) + max(0, self.down)
        """Rows that it reaches above and below."""
        self.cost = _BYTES_PER_RUN // (int(length.min()) + 1) + 1
        self._aside = -(-max(-int(left.min()), int((left + length).max()) - 1, 0) // 8)
        """Bytes a pixel: what is compared are runs that are no shorter than any chord."""

    def eroded(self, mask: BitMask, rows: slice) -> NDArray[np.uint8]:
        """Bits of some rows of the eroded mask."""
        ny, nx = mask.shape
        top, bottom = rows.start + min(0, self.up), rows.stop + max(0, self.down)
        first, last = max(0, top), min(ny, bottom)
        band, within = mask.bits[first:last], slice(rows.start - first, rows.stop - first)
        if self._beyond:
            return self._eroded_within(band, nx, within, (first - top, bottom - last))
        if self.size[0] > ny or self.size[1] > nx:
            return np.zeros((rows.stop - rows.start, mask.bits.shape[1]), dtype=np.uint8)
        return erode_rows(band, nx, self.places, within)

    def _eroded_within(
        self, band: NDArray[np.uint8], nx: int, within: slice, missing: tuple[int, int]
    ) -> NDArray[np.uint8]:
        """Bits of some rows of a band where all is set beyond it: in rows missing above and below, and aside.

        Whole bytes are put beside the rows, so that no bit has to be shifted.
        """
        aside = self._aside
        wide = np.pad(band, (missing, (aside, aside)), constant_values=0xFF)
        last = 0xFF >> (nx - 1) % 8 + 1
        wide[:, -aside - 1] |= np.uint8(last)
        within = slice(within.start + missing[0], within.stop + missing[0])
        found = erode_rows(wide, 8 * wide.shape[1], self.places, within)[:, aside : aside + band.shape[1]]
        found[:, -1] &= np.uint8(~last & 0xFF)
        return np.ascontiguousarray(found)


def _rows_of_bits(
    mask: BitMask, shapes: Sequence[ErosionOfRows], first: BitMask | None, dtype: DTypeLike, start: int, stop: int
) -> NDArray[np.integer[Any]]:
    """Rows of `eroded_by_each`."""
    out = np.zeros((stop - start, mask.shape[1]), dtype=dtype)
    for n, shape in enumerate(shapes):
        known = None if n or first is None else first.bits[start:stop]
        set_bit(shape.eroded(mask, slice(start, stop)) if known is None else known, n, out)
    return out
