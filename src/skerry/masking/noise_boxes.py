"""Statistics of the boxes of an image: clipped rms and level, measured band by band, filled, filtered and spread.

A row of boxes needs no other, so only the few values of each box are kept of a whole image. What needs the whole mesh
is done as `sep` does it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.kernels.box_noise import measure_boxes
from skerry.kernels.mesh import Spline
from skerry.planes.bands import map_bands
from skerry.planes.order_statistics import median
from skerry.planes.plane import Flags, Floats

__all__ = ["BoxGrid", "BoxValues", "NoiseSplines", "ValidBoxes"]

CLIPPED_SIGMA = 0.9848
"""Rms of Gaussian noise of sigma 1 that is clipped at 3 sigma until nothing is left to clip."""
_BYTES_OF_BOX = 8  # a pixel, of the box that is measured
_FITTED_REACH = 2
"""Boxes to each side of one beyond the valid ones, in which the change of the rms is measured."""
_LEAST_FITTED = 6
"""Of those boxes: twice as many as a plane has parameters."""
_MOST_RISE = 1.5
"""From the nearest valid box to one beyond it."""


class BoxValues(NamedTuple):
    """What is measured in boxes; all of shape (boxes down, boxes across)."""

    rms: NDArray[np.float32]
    level: NDArray[np.float32]
    pixels: NDArray[np.int32]
    """That were used."""
    usable: NDArray[np.bool_]
    """At least half of the pixels could be used; the other values are 0 where not."""

    def with_nearest(self, valid: ValidBoxes) -> BoxValues:
        """Values with those of the nearest valid box in the boxes that are not."""
        if valid.mask.all():
            return self
        nearest = valid.nearest
        return BoxValues(self.rms[nearest], self.level[nearest], self.pixels[nearest], self.usable[nearest])


class ValidBoxes:
    """Boxes that could be measured before emission was left out, and which of them is nearest to each of the others.

    Parameters
    ----------
    mask : ndarray of bool, shape (boxes down, boxes across)
        One at least.
    """

    def __init__(self, mask: NDArray[np.bool_]) -> None:
        self.mask = mask

    @cached_property
    def nearest(self) -> tuple[NDArray[np.intp], ...]:
        """Row and column of the nearest of them, for each box."""
        return tuple(_nearest(self.mask))

    @cached_property
    def rim(self) -> NDArray[np.bool_]:
        """The others that touch one."""
        return (_extreme(self.mask.astype(np.float32), np.maximum) > 0) & ~self.mask

    @cached_property
    def nearest_with_rim(self) -> tuple[NDArray[np.intp], ...]:
        """Row and column of the nearest box of both, for each box."""
        return tuple(_nearest(self.mask | self.rim))


@dataclass(frozen=True)
class BoxGrid:
    """Boxes over an image.

    Attributes
    ----------
    shape : tuple of int
        Of the image.
    height, width : int
        Of the boxes, pixels; the last of a row or column may be smaller.
    """

    shape: tuple[int, ...]
    height: int
    width: int

    @classmethod
    def over(cls, shape: tuple[int, ...], box_size: int) -> BoxGrid:
        """Boxes of at least this size that leave no sliver."""
        return cls(shape, _box_length(shape[0], box_size), _box_length(shape[1], box_size))

    @property
    def mesh(self) -> tuple[int, int]:
        """Boxes down and across."""
        return -(-self.shape[0] // self.height), -(-self.shape[1] // self.width)

    def measure(self, image: Floats, masked: Flags | None, known: BoxValues | None = None) -> BoxValues:
        """Measure all boxes.

        Parameters
        ----------
        image : plane of float32
            Invalid pixels are left out.
        masked : plane of bool, optional
            Pixels that are left out too.
        known : BoxValues, optional
            Of the same image with fewer pixels left out, which serve where no more are now.

        Returns
        -------
        BoxValues
            Of all boxes.

        Raises
        ------
        SkerryError
            If a row of boxes does not fit into the memory.
        """
        cost = math.ceil(_BYTES_OF_BOX * self.width / self.shape[1])

        def measure(rows: slice) -> list[BoxValues]:
            pixels = np.ascontiguousarray(image[rows], np.float32)
            mask = None if masked is None else np.ascontiguousarray(masked[rows])
            return [
                self._measure_row(
                    pixels[start : start + self.height],
                    None if mask is None else mask[start : start + self.height],
                    None if known is None else _row_of(known, (rows.start + start) // self.height),
                )
                for start in range(0, pixels.shape[0], self.height)
            ]

        # A box is a window: if it fits into the memory as the rows around a pixel, so do whole rows of boxes.
        planes, around = [image, *([] if masked is None else [masked])], 2 * (self.height // 2)
        parts = map_bands(measure, *planes, around=around, cost=cost, multiple_of=self.height)
        measured = [row for part in parts for row in part]
        return BoxValues(*(np.array(values) for values in zip(*measured, strict=True)))

    def _measure_row(
        self, band: NDArray[np.float32], masked: NDArray[np.bool_] | None, known: BoxValues | None
    ) -> BoxValues:
        """Measure the boxes in a band of the height of one."""
        before = None if known is None else known[:3]
        rms, level, used = measure_boxes(band, masked, self.width, before)
        area = band.shape[0] * np.diff(np.r_[0 : self.shape[1] : self.width, self.shape[1]])
        return BoxValues(rms, level, used, 2 * used >= area)


class NoiseSplines:
    """Rms and level of boxes, filled, filtered and drawn over an image.

    Parameters
    ----------
    grid : BoxGrid
        The boxes.
    values : BoxValues
        Measured in them; one at least is usable.
    filter_size : int
        Median filter, in boxes.
    valid : ValidBoxes, optional
        By default all. Beyond them the rms goes on as it changes in those around, see `_continued`.
    """

    def __init__(self, grid: BoxGrid, values: BoxValues, filter_size: int, valid: ValidBoxes | None = None) -> None:
        rms, level = (_filtered(_filled(part, values.usable), filter_size // 2) for part in (values.rms, values.level))
        rms /= np.float32(CLIPPED_SIGMA)
        if valid is not None and not valid.mask.all():
            rms = _continued(rms, valid)
        self.middle = median(level)
        """Level of the image as one number."""
        # Unfiltered, the spline swings below zero beside a box of high rms.
        bounds = np.array([_extreme(rms, np.minimum), _extreme(rms, np.maximum)])
        self.rms = Spline(rms, grid.height, grid.width, grid.shape[1], np.maximum(bounds, 0))
        self.level = Spline(level, grid.height, grid.width, grid.shape[1])


def _box_length(length: int, box_size: int) -> int:
    """Shortest box of at least `box_size` pixels that leaves no last box thinner than half of the others.

    A sliver of a box has too few beams for a statistic, and at the edge it is filtered with no neighbour.
    """
    if box_size >= length:
        return length
    return next(n for n in range(box_size, length + 1) if length % n == 0 or length % n > n // 2)


def _row_of(values: BoxValues, row: int) -> BoxValues:
    return BoxValues(*(part[row] for part in values))


def _nearest(usable: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Row and column of a usable box that is no further away than any other, shape (2, boxes down, boxes across).

    Of several the one furthest to the left, and of these the topmost. In its own column the nearest one of each box is
    known; the others are looked at outwards, as long as they can be as near.
    """
    my, mx = usable.shape
    rows, far = np.arange(my)[:, np.newaxis], 2 * (my + mx)
    above = np.maximum.accumulate(np.where(usable, rows, -far), axis=0)
    below = np.minimum.accumulate(np.where(usable, rows, far + my)[::-1], axis=0)[::-1]
    in_column = np.where(rows - above <= below - rows, above, below)
    squares = (in_column - rows) ** 2
    y, x = np.nonzero(~usable)
    column, square = x.copy(), squares[y, x]
    searching, aside = np.arange(y.size), 0
    while searching.size:
        aside += 1
        searching = searching[aside * aside <= square[searching]]
        for step, may_be_as_near in ((-aside, True), (aside, False)):
            at = searching[(x[searching] + step >= 0) & (x[searching] + step < mx)]
            found = squares[y[at], x[at] + step] + aside * aside
            nearer = found < square[at] + may_be_as_near
            column[at[nearer]], square[at[nearer]] = x[at[nearer]] + step, found[nearer]
    nearest = np.array(np.broadcast_arrays(rows, np.arange(mx)))
    nearest[:, y, x] = in_column[y, column], column
    return nearest


def _filled(values: NDArray[np.float32], usable: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Values with the mean of the nearest usable ones where they are not usable."""
    if usable.all():
        return values
    places = np.argwhere(~usable).T
    squares = ((_nearest(usable)[:, ~usable] - places) ** 2).sum(axis=0)
    order = np.argsort(-squares, kind="stable")
    places, squares = places[:, order], squares[order]
    sums, counts = np.zeros(squares.size), np.zeros(squares.size)
    for down in range(math.isqrt(int(squares[0])) + 1):
        # Those that are nearer to a usable one come last.
        reached = int(np.searchsorted(-squares, -down * down, side="right"))
        across = np.sqrt(squares[:reached] - down * down).round().astype(np.intp)
        on_circle = np.flatnonzero(across**2 == squares[:reached] - down * down)
        for dy in {down, -down}:
            for sign in (1, -1):
                # A distance of 0 across is not counted twice.
                chosen = on_circle[across[on_circle] > 0] if sign < 0 else on_circle
                y, x = places[0, chosen] + dy, places[1, chosen] + sign * across[chosen]
                inside = (y >= 0) & (y < values.shape[0]) & (x >= 0) & (x < values.shape[1])
                chosen, y, x = chosen[inside], y[inside], x[inside]
                sums[chosen] += np.where(usable[y, x], values[y, x], 0)
                counts[chosen] += usable[y, x]
    filled = values.copy()
    filled[places[0], places[1]] = sums / counts
    return filled


def _continued(rms: NDArray[np.float32], valid: ValidBoxes) -> NDArray[np.float32]:
    """Rms that goes on from the valid boxes to those that touch them, and has the nearest of all these further away.

    At the border of a mosaic noise rises from box to box, and what is left of the sky beyond the last box that is half
    full has more than that box. A plane is fitted to the logarithm of the rms in the boxes around. It may not fall
    below all of them: that would be the artefacts of a bright source which end there, and make false islands.
    """
    known, rim, reach = valid.mask & (rms > 0), valid.rim, _FITTED_REACH
    side = (2 * reach + 1, 2 * reach + 1)
    padded, log = np.pad(known, reach), np.pad(np.log(np.where(known, rms, 1).astype(np.float64)), reach)
    inside, values = (np.lib.stride_tricks.sliding_window_view(part, side)[rim] for part in (padded, log))
    planes, is_plane = _planes_in_the_middle(inside, values)
    lowest = np.exp(np.min(values, axis=(1, 2), initial=np.inf, where=inside))
    highest = np.maximum(rms[rim] * _MOST_RISE, lowest)
    continued = rms.copy()
    continued[rim] = np.where(is_plane, np.clip(np.exp(planes), lowest, highest), rms[rim])
    return np.asarray(continued[valid.nearest_with_rim])


def _planes_in_the_middle(
    inside: NDArray[np.bool_], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Planes fitted to values round places, shape (places, n, n), where there are any: their value in the middle.

    And whether there is a plane: enough values, not all in one line. The normal equations have whole numbers on the
    left, so that no rounding decides that.
    """
    reach = inside.shape[1] // 2
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    n, to_y, to_x, yy, xx, xy = (np.sum(inside * part, axis=(1, 2)) for part in (1, y, x, y * y, x * x, x * y))
    total, by_y, by_x = (np.sum(inside * values * part, axis=(1, 2)) for part in (1, y, x))
    minors = yy * xx - xy * xy, to_y * xx - to_x * xy, to_y * xy - to_x * yy
    determinant = n * minors[0] - to_y * minors[1] + to_x * minors[2]
    is_plane = (n >= _LEAST_FITTED) & (determinant > 0)
    middle = (total * minors[0] - by_y * minors[1] + by_x * minors[2]) / np.where(is_plane, determinant, 1)
    return np.where(is_plane, middle, 0), is_plane


def _filtered(values: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """Median of the boxes up to `reach` boxes away; at an edge of the mesh of as many on each side as there are."""
    filtered = np.empty_like(values)
    for up, rows in _reaches(values.shape[0], reach):
        for aside, columns in _reaches(values.shape[1], reach):
            around = values[rows.start - up : rows.stop + up, columns.start - aside : columns.stop + aside]
            windows = np.lib.stride_tricks.sliding_window_view(around, (2 * up + 1, 2 * aside + 1))
            for row, window in enumerate(windows):
                boxes = window.reshape(window.shape[0], -1)
                middle = boxes.shape[1] // 2
                filtered[rows.start + row, columns] = np.partition(boxes, middle, axis=1)[:, middle]
    return filtered


def _reaches(length: int, reach: int) -> list[tuple[int, slice]]:
    """Boxes of a row by how far their windows reach."""
    inner = min(reach, (length - 1) // 2)
    edges = [(near, slice(at, at + 1)) for near in range(inner) for at in (near, length - 1 - near)]
    return [*edges, (inner, slice(inner, length - inner))]


def _extreme(values: NDArray[np.float32], of: np.ufunc) -> NDArray[np.float32]:
    """Lowest or highest of each box and those that touch it."""
    padded = np.pad(values, 1, mode="edge")
    tall = of(of(padded[:-2], padded[1:-1]), padded[2:])
    return np.asarray(of(of(tall[:, :-2], tall[:, 1:-1]), tall[:, 2:]), np.float32)
