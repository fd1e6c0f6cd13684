"""A box that grows where it is too small a sample of an image, for more than a share of its pixels is positive.

Where that is so is known from counts of positive pixels in cells of 4 x 4, made once for boxes of any size, but for a
few cells whose pixels are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from skerry.filters.boxes import LEAST_WINDOW, is_skewed, windows
from skerry.kernels.boxes import minimum_of_rows, reach_of, skewed_rows
from skerry.kernels.cells import CELL, count_in_cells, skew_of_cells
from skerry.planes.bands import for_each_band, map_bands
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed
from skerry.planes.plane import Floats, Plane

__all__ = ["GrowingBox", "Strip"]

Strip: TypeAlias = tuple[slice, NDArray[np.float32], NDArray[np.float32]]
"""Rows of an image: which, their pixels, and the minimum of the box round each."""
_Place: TypeAlias = tuple[slice, slice]

_PIXELS_PER_STRIP = 1 << 17
_BYTES_OF_STRIPS = 4
"""Of a pixel: of one strip, and the one before it."""
_BYTES_OF_LARGER = 5
"""Of a pixel, for each box that it may be too small for."""
_BYTES_ON_THE_WAY = 5
_SURE = 2


@dataclass(frozen=True)
class GrowingBox:
    """Boxes from small to large, and where each is too small.

    Attributes
    ----------
    boxes : tuple of int
        Pixels a side. The minimum is that of the box that follows the last one that is too small, or of the first.
    fraction : float
        A box is too small in which more than this of the valid pixels is positive.
    cells : tuple of BitMask, shape (ceil(ny / CELL), ceil(nx / CELL))
        For each box but the last: cells of `skerry.kernels.cells` that hold all pixels for which it is too small.
    """

    boxes: tuple[int, ...]
    fraction: float = 1.0
    cells: tuple[BitMask, ...] = ()

    @classmethod
    def of(cls, image: Floats, boxes: Sequence[int], fraction: float) -> GrowingBox:
        """Boxes up to the first one that is too small nowhere.

        Parameters
        ----------
        image : Plane of float32, shape (ny, nx)
            Invalid pixels (NaN or infinite) do not count. Of several boxes it is gone through now.
        boxes : sequence of int
            Pixels a side, from small to large.
        fraction : float
            As of the class.

        Returns
        -------
        GrowingBox
            The first of them at least.
        """
        cells: list[BitMask] = []
        if len(boxes) > 1:
            counts = _Counts(image)
            for box in boxes[:-1]:
                there, is_sure = counts.cells(box, fraction)
                if not (is_sure or _any_skewed(image, box, fraction, there)):
                    break
                cells.append(there)
        return cls(tuple(boxes[: len(cells) + 1]), fraction, tuple(cells))

    def minimum(self, image: Floats) -> Computed:
        """Minimum of the box round every pixel, float32; infinite where no pixel of it is valid."""

        def rows(start: int, stop: int) -> NDArray[np.float32]:
            strips = self.strips(image, start, stop)
            found = np.empty((stop - start, image.shape[1]), np.float32)
            for strip, _, minimum in strips:
                found[strip.start - start : strip.stop - start] = minimum
            return found

        return self.computed(image, rows, np.float32)

    def computed(
        self,
        image: Floats,
        rows: Callable[[int, int], NDArray[Any]],
        dtype: DTypeLike,
        beside: Sequence[Plane] = (),
        cost: int = 0,
    ) -> Computed:
        """Plane of what is made of `strips`; parameters as of `Computed`, with planes beside the image."""
        larger = len(self.boxes) - 1
        return Computed(
            image.shape,
            dtype,
            rows,
            [image, *beside],
            around=sum(reach_of(image.shape, self.boxes[-1])),
            cost=cost + _BYTES_OF_STRIPS + (_BYTES_OF_LARGER * larger + _BYTES_ON_THE_WAY if larger else 0),
        )

    def strips(self, image: Floats, start: int, stop: int) -> Iterator[Strip]:
        """Rows from `start` up to `stop` and the minimum of their boxes, a few at a time; the image is read now."""
        shape, box = image.shape, self.boxes[0]
        places = list(self._places(shape, start, stop))
        spans = [(start, stop, box), *((rows.start, rows.stop, larger) for (rows, _), _, larger in places)]
        reaches = [reach_of(shape, size) for _, _, size in spans]
        first = max(0, min(top - before for (top, _, _), (before, _) in zip(spans, reaches, strict=True)))
        last = min(shape[0], max(end + after for (_, end, _), (_, after) in zip(spans, reaches, strict=True)))
        band = image[first:last]
        larger = _Larger(band, first, places, self.fraction) if places else None
        height = max(box, _PIXELS_PER_STRIP // max(1, shape[1]))

        def each() -> Iterator[Strip]:
            for top in range(start, stop, height):
                strip = slice(top, min(top + height, stop))
                within = slice(strip.start - first, strip.stop - first)
                minimum = minimum_of_rows(band, within, box)
                if larger is not None:
                    larger.put(strip, minimum)
                yield strip, band[within], minimum

        return each()

    def _places(self, shape: tuple[int, ...], start: int, stop: int) -> Iterator[tuple[_Place, int, int]]:
        """Rectangles of some rows that hold all pixels for which a box is too small; that box, and the larger one."""
        for box, larger, cells in zip(self.boxes, self.boxes[1:], self.cells, strict=False):
            first = start // CELL
            flags = cells[first : -(-stop // CELL)]
            for down, across in windows(flags, larger // CELL, least=LEAST_WINDOW // CELL):
                top, end = CELL * (first + down.start), CELL * (first + down.stop)
                columns = slice(CELL * across.start, min(CELL * across.stop, shape[1]))
                yield (slice(max(start, top), min(stop, end)), columns), box, larger


class _Larger:
    """Minima of the larger boxes of some rows, where a smaller one is too small.

    Parameters
    ----------
    band : ndarray of float32
        Rows of an image from `first` on, as far as the boxes reach.
    first : int
        Its row.
    places : list of tuple
        Rectangles, the box that may be too small there, and the larger one; from small boxes to large.
    fraction : float
        As of `GrowingBox`.
    """

    def __init__(
        self,
        band: NDArray[np.float32],
        first: int,
        places: Sequence[tuple[_Place, int, int]],
        fraction: float,
    ) -> None:
        self._found: list[tuple[_Place, NDArray[np.bool_], NDArray[np.float32]]] = []
        for place, box, larger in places:
            skewed = _of_boxes(partial(skewed_rows, fraction=fraction), band, first, place, box)
            for down, columns in windows(skewed, larger):
                here = _shifted(down, place[0].start), _shifted(columns, place[1].start)
                minimum = _of_boxes(minimum_of_rows, band, first, here, larger)
                self._found.append((here, skewed[down, columns], minimum))

    def put(self, strip: slice, minimum: NDArray[np.float32]) -> None:
        """Put them in the place of the minima of the smallest box."""
        for (rows, columns), where, larger in self._found:
            top, end = max(rows.start, strip.start), min(rows.stop, strip.stop)
            if top < end:
                within, to = slice(top - rows.start, end - rows.start), slice(top - strip.start, end - strip.start)
                np.copyto(minimum[to, columns], larger[within], where=where[within])


class _Counts:
    """How many pixels of each cell of an image are positive, and how many valid."""

    def __init__(self, image: Floats) -> None:
        self._shape = (image.shape[0], image.shape[1])
        cells = -(-self._shape[0] // CELL), -(-self._shape[1] // CELL)
        self._positive, self._valid = np.empty(cells, np.uint8), np.empty(cells, np.uint8)

        def count(rows: slice) -> None:
            there = slice(rows.start // CELL, -(-rows.stop // CELL))
            count_in_cells(image[rows], self._positive[there], self._valid[there])

        for_each_band(count, image, cost=1, multiple_of=CELL)

    def cells(self, box: int, fraction: float) -> tuple[BitMask, bool]:
        """Cells that hold all pixels for which a box is too small, and whether there surely are such pixels."""
        found = BitMask(self._positive.shape)

        def find(rows: slice) -> bool:
            skew = skew_of_cells(self._positive, self._valid, self._shape, rows, box, fraction)
            found[rows] = skew
            return bool((skew == _SURE).any())

        return found, any(list(map_bands(find, found, cost=1)))


def _any_skewed(image: Floats, box: int, fraction: float, cells: BitMask) -> bool:
    """Whether a box is too small for any pixel of some cells."""
    skewed = is_skewed(image, box, fraction)

    def look(rows: slice) -> bool:
        return bool(cells.bits[rows.start // CELL : -(-rows.stop // CELL)].any()) and bool(skewed[rows].any())

    return any(map_bands(look, skewed))


def _of_boxes(
    function: Callable[..., NDArray[Any]], band: NDArray[np.float32], first: int, place: _Place, box: int
) -> NDArray[Any]:
    """Function of the boxes of a rectangle, of a band from row `first` on."""
    before, after = box // 2, box - box // 2 - 1
    y, x = _shifted(place[0], -first), place[1]
    top, left = max(0, y.start - before), max(0, x.start - before)
    found = function(band[top : y.stop + after, left : x.stop + after], _shifted(y, -top), box=box)
    return np.ascontiguousarray(found[:, x.start - left : x.stop - left])


def _shifted(span: slice, by: int) -> slice:
    return slice(span.start + by, span.stop + by)
