"""The nearest pixels of a mask on another grid, exactly, at the cost of interpolated positions.

Positions are interpolated between the nodes of a `skerry.sky.coarse_map.CoarseMap`. Where their error could put a pixel
into one of another value the exact position decides, so that the result is that of exact positions everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed, collect
from skerry.planes.mask_types import MaskArray
from skerry.planes.plane import Plane
from skerry.sky.coarse_map import STEP, CoarseMap
from skerry.sky.mask_window import MaskWindow

if TYPE_CHECKING:
    from astropy.wcs import WCS

    from skerry.sky.grid import PixelMap

__all__ = ["NearestPixels", "extract_nearest"]

_POSITIONS = 1 << 16
"""Exact positions at a time: one takes some hundred bytes."""


class NearestPixels:
    """The nearest pixel of a mask for each pixel of a grid.

    Parameters
    ----------
    mask : Plane of uint8, int16 or int32, shape (my, mx)
        Mask or scale mask. Of the part that the grid covers an eighth of a byte is kept for each pixel, and, if it has
        several values, two bytes more for 32 pixels and the values of those that are set.
    mask_wcs, wcs : WCS
        Of the mask and of the grid, from `skerry.sky.grid.celestial_wcs`; projections and frames may differ.
    shape : tuple of int
        (ny, nx) of the grid.
    union : bool
        Also take the bits of every mask pixel whose centre lies in a pixel of the grid.
    blank_border : int
        Outermost pixels of the mask to leave out.

    Attributes
    ----------
    overlap : bool
        Whether any pixel of the grid lies in the mask.
    any_bits : int
        Bits that any pixel has in the part of the mask that the grid covers.
    plane : Computed of the type of the mask, shape (ny, nx)
        0 outside the mask, where the sky position is undefined, and where the two positions do not map to each other.
    """

    def __init__(
        self,
        mask: Plane,
        mask_wcs: WCS,
        wcs: WCS,
        shape: tuple[int, int],
        *,
        union: bool = False,
        blank_border: int = 0,
    ) -> None:
        self._map = CoarseMap(wcs, mask_wcs, shape, (mask.shape[0], mask.shape[1]))
        self.overlap = self._map.meets
        rows, columns = self._map.window()
        inner = [slice(max(blank_border, 0), max(n - max(blank_border, 0), 0)) for n in mask.shape]
        self._mask = MaskWindow(mask, _overlap(rows, inner[0]), _overlap(columns, inner[1]))
        self.any_bits = self._mask.any_bits
        self._centres = self._centres_by_bit() if union else {}
        self.plane = Computed(shape, mask.dtype, self._rows, [*self._centres.values()], cost=2)

    def _rows(self, start: int, stop: int) -> MaskArray:
        band = np.zeros((stop - start, self._map.shape[1]), self._mask.dtype)
        nodes, bounds, top = self._map.cells(start, stop)
        unsure = np.flatnonzero(self._mask.nearest(nodes, bounds, STEP, start - top, band))
        for first in range(0, unsure.size, _POSITIONS):
            part = unsure[first : first + _POSITIONS]
            y, x = np.divmod(part, band.shape[1])
            band.reshape(-1)[part] = self._exact(x, y + start)
        for bits, centres in self._centres.items():
            band |= centres[start:stop].astype(band.dtype) * band.dtype.type(bits)
        return band

    def _exact(self, x: NDArray[np.intp], y: NDArray[np.intp]) -> MaskArray:
        """Values of some pixels of the grid, by their exact positions."""
        there_x, there_y = self._map.to_target(x.astype(np.float64), y.astype(np.float64))
        values = np.zeros(x.size, self._mask.dtype)
        inside = np.flatnonzero(_inside(there_x, there_y, self._map.target_shape))
        values[inside] = self._mask.at(*_nearest(there_x[inside], there_y[inside]))
        found = np.flatnonzero(values)
        lost = ~_returns(self._map.to_source, there_x[found], there_y[found], x[found], y[found])
        values[found[lost]] = 0
        return values

    def _centres_by_bit(self) -> dict[int, BitMask]:
        """Pixels of the grid that hold the centre of a mask pixel with a bit, by bit; at once if there is one value."""
        every = self.any_bits
        whole = [every] if self._mask.constant else [1 << n for n in range(every.bit_length()) if every >> n & 1]
        centres = {bits: BitMask(self._map.shape) for bits in whole if bits}
        ny, nx = self._mask.shape
        step = max(1, _POSITIONS // max(nx, 1))
        for start in range(0, ny, step):
            y, x = self._mask.set_pixels(start, min(start + step, ny))
            there_x, there_y = self._map.to_source(x.astype(np.float64), y.astype(np.float64))
            inside = np.flatnonzero(_inside(there_x, there_y, self._map.shape))
            there_x, there_y, x, y = there_x[inside], there_y[inside], x[inside], y[inside]
            returned = _returns(self._map.to_target, there_x, there_y, x, y)
            row, column = _nearest(there_x[returned], there_y[returned])
            values = self._mask.at(y[returned], x[returned])
            for bits, kept in centres.items():
                has = (values & bits) != 0
                places = row[has], column[has] // 8
                np.bitwise_or.at(kept.bits, places, np.right_shift(128, column[has] % 8).astype(np.uint8))
        return centres


def _overlap(one: slice, other: slice) -> slice:
    """Part that two extents have in common; empty if there is none."""
    start = max(one.start, other.start)
    return slice(start, max(start, min(one.stop, other.stop)))


def _inside(x: NDArray[np.float64], y: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Whether positions lie in an image; NaN does not."""
    return (x >= -0.5) & (x < shape[1] - 0.5) & (y >= -0.5) & (y < shape[0] - 0.5)


def _nearest(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Index (row, column) of the pixels that hold the positions."""
    return np.floor(y + 0.5).astype(np.intp), np.floor(x + 0.5).astype(np.intp)


def _returns(
    back: PixelMap,
    there_x: NDArray[np.float64],
    there_y: NDArray[np.float64],
    x: NDArray[np.intp],
    y: NDArray[np.intp],
) -> NDArray[np.bool_]:
    """Whether positions map back to where they came from, which those on the far side of the sphere do not."""
    back_x, back_y = back(there_x, there_y)
    return (np.abs(back_x - x) < 1) & (np.abs(back_y - y) < 1)


def extract_nearest(
    mask: MaskArray, mask_wcs: WCS, wcs: WCS, shape: tuple[int, int], *, union: bool = False, blank_border: int = 0
) -> MaskArray:
    """Give each pixel of a grid the nearest pixel of a mask, with all its bits.

    Parameters
    ----------
    mask : ndarray of integers, shape (my, mx)
        Mask or scale mask.
    mask_wcs, wcs : WCS
        Of the mask and of the grid, from `skerry.sky.grid.celestial_wcs`; projections and frames may differ.
    shape : tuple of int
        (ny, nx) of the grid.
    union : bool
        Also take the bits of every mask pixel whose centre lies in a pixel of the grid, so that islands of one pixel
        survive on a coarser grid.
    blank_border : int
        Outermost pixels of the mask to leave out.

    Returns
    -------
    ndarray, shape (ny, nx)
        Of the mask's type. 0 outside the mask, where the sky position is undefined, and where the two positions do
        not map to each other (the far side of the sphere).
    """
    kept = mask if mask.dtype in (np.uint8, np.int16, np.int32) else mask.astype(np.int32)
    found = NearestPixels(kept, mask_wcs, wcs, shape, union=union, blank_border=blank_border)
    return collect(found.plane).astype(mask.dtype, copy=False)
