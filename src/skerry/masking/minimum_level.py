"""The level of the minimum absolute clip: how deep the deepest pixel of the box round every pixel is.

An image is compared with its level in the rows that the level is computed of, for these may be costly to read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import DTypeLike, NDArray

from skerry.filters.growing_box import GrowingBox
from skerry.kernels.boxes import minimum_at, reach_of
from skerry.kernels.levels import above_level, marks_above_level
from skerry.planes.computed import Computed, window
from skerry.planes.masks import both
from skerry.planes.plane import Flags, Floats

__all__ = ["MinimumLevel"]

_BYTES_OF_RAISING = 1
_BYTES_AMONG = 2
_SPARSE = 128
"""Pixels for each that is looked at, from which on it is quicker to find the level of those alone."""


@dataclass(frozen=True)
class MinimumLevel:
    """Level of the pixels of an image.

    Attributes
    ----------
    image : Plane of float32, shape (ny, nx)
        Zero mean, any unit; invalid pixels (NaN or infinite) do not count.
    box : GrowingBox
        The box, which may be larger for some pixels.
    unit : float
        By which the depth is divided.
    least : Plane of float32, shape (ny, boxes across), optional
        Depth that none is less than, a column for each of the smallest boxes, as `depth_of_noise` gives it. Without it
        the depth is the absolute value of the minimum.
    """

    image: Floats
    box: GrowingBox
    unit: float | None = None
    least: Floats | None = None

    def plane(self) -> Computed:
        """Level itself: float32, in the unit of the image; infinite where no pixel of the box is valid."""
        return self._compared(_level_alone, np.float32)

    def exceeded(self, factor: float, *, among: Flags | None = None) -> Computed:
        """Valid pixels of the image above a factor of their level, bool.

        Parameters
        ----------
        factor : float
            The factor.
        among : Plane of bool, shape (ny, nx), optional
            Pixels that are looked at; by default all. Where they are few, the level is found at them alone.

        Returns
        -------
        Plane of bool, shape (ny, nx)
            The pixels.
        """
        whole = self._compared(partial(above_level, factor=factor), bool)
        if among is None:
            return whole
        if not self.is_of_one_box:
            return both(among, whole)
        rows = partial(self._exceeded_among, among, factor)
        return Computed(self.image.shape, bool, rows, [among, whole], cost=_BYTES_AMONG)

    @property
    def is_of_one_box(self) -> bool:
        """Whether the level of a pixel is that of the box round it, whatever else there is."""
        return len(self.box.boxes) == 1 and self.least is None

    @property
    def reach(self) -> tuple[int, int]:
        """Rows before and after a pixel that its level is made of."""
        return reach_of(self.image.shape, self.box.boxes[-1])

    def _exceeded_among(self, among: Flags, factor: float, start: int, stop: int) -> NDArray[np.bool_]:
        """Pixels of some rows that exceed their level, of those that are set."""
        flags = among[start:stop]
        return self.exceeded_rows(self.image, slice(start, stop), flags, factor) if flags.any() else flags

    def exceeded_rows(self, image: Floats, rows: slice, among: NDArray[np.bool_], factor: float) -> NDArray[np.bool_]:
        """Pixels of some rows above a factor of their level, which is of one box.

        Parameters
        ----------
        image : Plane of float32, shape (ny, nx)
            The image, or a plane that has its rows as far as the box reaches.
        rows : slice
            The rows.
        among : ndarray of bool, shape (rows, nx)
            Pixels that are looked at.
        factor : float
            The factor.

        Returns
        -------
        ndarray of bool, shape (rows, nx)
            The pixels.
        """
        number = np.count_nonzero(among)
        if not number:
            return among
        if number * _SPARSE > among.size:
            strips = self.box.strips(image, rows.start, rows.stop)
            found = among.copy()
            for strip, pixels, minimum in strips:
                level = self._level(strip, minimum)
                found[strip.start - rows.start : strip.stop - rows.start] &= above_level(pixels, level, factor)
            return found
        band, within = window(image, rows.start, rows.stop, *self.reach)
        ys, xs = np.divmod(np.flatnonzero(among), among.shape[1])
        values = np.ascontiguousarray(band[within][ys, xs])
        depth = np.abs(minimum_at(band, np.column_stack([ys + within.start, xs]), self.box.boxes[0]))
        if self.unit is not None:
            depth /= np.float32(self.unit)
        found = np.zeros_like(among)
        found[ys, xs] = above_level(values[np.newaxis], depth[np.newaxis], factor)[0]
        return found

    def flood_marks(self, seed_factor: float, floor_factor: float) -> Computed:
        """Valid pixels above a factor of their level as `FLOOR`, those above another too as `FLOOR | SEED`, uint8."""
        return self._compared(partial(marks_above_level, seed=seed_factor, floor=floor_factor), np.uint8)

    def _compared(
        self,
        compare: Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.generic]],
        dtype: DTypeLike,
    ) -> Computed:
        """Plane of what a function makes of some rows of the image and of their level."""
        dtype = np.dtype(dtype)

        def rows(start: int, stop: int) -> NDArray[np.generic]:
            strips = self.box.strips(self.image, start, stop)
            found = np.empty((stop - start, self.image.shape[1]), dtype)
            for strip, pixels, minimum in strips:
                found[strip.start - start : strip.stop - start] = compare(pixels, self._level(strip, minimum))
            return found

        beside = [] if self.least is None else [self.least]
        raising = 0 if self.least is None else _BYTES_OF_RAISING
        return self.box.computed(self.image, rows, dtype, beside, raising)

    def _level(self, rows: slice, minimum: NDArray[np.float32]) -> NDArray[np.float32]:
        """Level of some rows, of the minimum of their boxes, which it takes the place of."""
        if self.least is None:
            np.abs(minimum, out=minimum)
        else:
            # A box without a valid pixel stays infinitely deep.
            np.negative(minimum, out=minimum, where=minimum < np.inf)
            least = self.least[rows]
            columns = np.minimum(np.arange(minimum.shape[1]) // self.box.boxes[0], least.shape[1] - 1)
            for of_row, of_boxes in zip(minimum, least, strict=True):
                np.maximum(of_row, of_boxes[columns], out=of_row)
        if self.unit is not None:
            minimum /= np.float32(self.unit)
        return minimum


def _level_alone(_image: NDArray[np.float32], level: NDArray[np.float32]) -> NDArray[np.float32]:
    return level
