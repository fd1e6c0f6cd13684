"""Tables of what the pixels of islands are, gathered by strips of rows: sums, moments, peaks, what lies beside them.

Each is a `skerry.filters.island_tables.Table`. Pixels of runs are looked at a few rows at a time, so that what is made
on the way takes no memory that the image decides; a run lies in one row, so no sum depends on how rows are cut.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from skerry.filters.island_tables import Growing, Runs, Table
from skerry.filters.ranks import Ranks
from skerry.planes import computed
from skerry.planes.plane import Floats, Plane

__all__ = ["Bits", "Centres", "Highest", "ImageSums", "Measures"]


class Bits(Table):
    """Bits that any pixel has in another plane, one of integers: the scales of a scale mask; int32."""

    def __init__(self, mask: Plane) -> None:
        super().__init__(np.int32, np.bitwise_or, source=mask)

    def of_runs(self, runs: Runs) -> Sequence[NDArray[Any]]:
        """The bits of each run."""
        found = np.zeros(runs.starts.size, np.int32)
        band = self.source[runs.rows]  # type: ignore[index]
        for strip in _strips(runs):
            values = band[strip.rows, strip.columns].astype(np.int32)
            found[strip.runs] = np.bitwise_or.reduceat(values, strip.firsts)
        return [found]


class Highest(Table):
    """Highest valid value of another plane, float32; minus infinity where none is valid.

    Parameters
    ----------
    values : Plane of float32
        The plane.
    both_signs : bool
        Whether it is the highest absolute value.
    """

    def __init__(self, values: Floats, *, both_signs: bool = False) -> None:
        super().__init__(np.float32, np.maximum, -np.inf, values)
        self._both_signs = both_signs

    def of_runs(self, runs: Runs) -> Sequence[NDArray[Any]]:
        """The highest of each run."""
        found = np.full(runs.starts.size, -np.inf, np.float32)
        band = self.source[runs.rows]  # type: ignore[index]
        for strip in _strips(runs):
            values = np.asarray(band[strip.rows, strip.columns], np.float32)
            values = np.abs(values) if self._both_signs else values
            values = np.where(np.isfinite(values), values, np.float32(-np.inf))
            found[strip.runs] = np.maximum.reduceat(values, strip.firsts)
        return [found]


class _Mixed(Table):
    """A table with columns of several types."""

    def __init__(self, columns: Sequence[tuple[DTypeLike, np.ufunc, float]], source: Plane | None = None) -> None:
        super().__init__(np.float64, np.add, source=source, columns=0)
        self._columns = [(Growing(dtype), join, fill) for dtype, join, fill in columns]
        self.cost = -(-sum(np.dtype(dtype).itemsize for dtype, _, _ in columns) // 2)

    def add(self, labels: NDArray[np.intp], entries: Sequence[NDArray[Any]], count: int) -> None:
        """Join the entries of runs to those of their labels, of which there are `count` now."""
        for (column, join, fill), entry in zip(self._columns, entries, strict=True):
            column.extend(count, fill)
            join.at(column.array, labels, entry)

    def finish(self, island: NDArray[np.int32], count: int) -> None:
        """Join the entries of labels to those of their islands."""
        labels = island.astype(np.intp)
        for column, join, fill in self._columns:
            column.extend(labels.size, fill)
            table = np.full(count + 1, fill, dtype=column.array.dtype)
            join.at(table, labels, column.array[: labels.size])
            self.by_label.append(table)
        self._columns = []


class Centres(_Mixed):
    """Sums of the columns and of the rows of pixels, float64: whole numbers, whose sum is exact in any order."""

    def __init__(self) -> None:
        super().__init__([(np.float64, np.add, 0)] * 2)
        self.cost = 12  # With the lengths.

    def of_runs(self, runs: Runs) -> Sequence[NDArray[Any]]:
        """Both sums of each run."""
        down = np.repeat(np.arange(runs.rows.start, runs.rows.stop, dtype=np.float64), runs.per_row)
        length = np.subtract(runs.ends, runs.starts, dtype=np.float64)
        along = np.add(runs.starts, runs.ends, dtype=np.float64)
        along -= 1
        along *= 0.5
        along *= length
        down *= length
        return [along, down]


class ImageSums(NamedTuple):
    """Sums over the valid pixels of an image, in and out of a mask."""

    valid: int
    """Pixels that are neither NaN nor infinite."""
    positive: float
    negative: float
    """Sums of the positive and of the negative ones, in the unit of the pixels."""


class Measures(_Mixed):
    """Sums, moments and extremes of the valid pixels of an image, and whether an invalid one touches.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        The image.
    both_signs : bool
        Whether the lowest pixel is found too.
    """

    def __init__(self, image: Floats, *, both_signs: bool = False) -> None:
        self._ranks = Ranks(image.shape, last=False, nothing=np.nan)
        sums: list[tuple[DTypeLike, np.ufunc, float]] = [(np.float64, np.add, 0)] * 4
        extremes = [(self._ranks.dtype, self._ranks.join, self._ranks.fill)] * (1 + both_signs)
        super().__init__(
            [(np.int64, np.add, 0), *sums, (np.uint8, np.bitwise_or, 0), *extremes],
            source=image,
        )
        self._both_signs = both_signs
        self._rows: list[NDArray[np.float64]] = []

    def of_runs(self, runs: Runs) -> Sequence[NDArray[Any]]:
        """Entries of each run; and the sums of each row, which are those of no run."""
        image, count, rows = self.source, runs.starts.size, runs.rows
        assert image is not None
        band, asked = computed.window(image, rows.start, rows.stop, 1, 1)
        entries = [np.zeros(count, column.array.dtype) for column, _, _ in self._columns]
        for strip in _strips(runs):
            for entry, found in zip(entries, self._of_strip(band, asked.start, strip, rows.start), strict=True):
                entry[strip.runs] = found
        return [*entries, _sums_of_rows(band[asked])]

    def _of_strip(self, band: NDArray[np.float32], above: int, strip: _Strip, first_row: int) -> Iterator[NDArray[Any]]:
        """Columns of the table, of the runs of a strip; the band has `above` rows before those of its own."""
        values = np.asarray(band[strip.rows + above, strip.columns], np.float32)
        valid = np.isfinite(values)
        all_valid = bool(valid.all())
        known = (values if all_valid else np.where(valid, values, np.float32(0))).astype(np.float64)
        yield np.add.reduceat(valid.astype(np.int64), strip.firsts)
        yield np.add.reduceat(known, strip.firsts)
        yield np.add.reduceat(np.maximum(known, 0), strip.firsts)
        yield np.add.reduceat(known * strip.columns, strip.firsts)
        yield np.add.reduceat(known * (strip.rows + first_row), strip.firsts)
        yield _any_invalid_near(band, above, strip)
        row = strip.rows[strip.firsts] + first_row
        for signed in (values, -values) if self._both_signs else (values,):
            rank = np.where(valid, self._ranks.in_rows(signed, strip.columns), np.uint64(0))
            yield self._ranks.in_image(np.maximum.reduceat(rank, strip.firsts), row)

    def add(self, labels: NDArray[np.intp], entries: Sequence[NDArray[Any]], count: int) -> None:
        """Join the entries of runs to those of their labels, and keep those of the rows."""
        super().add(labels, entries[:-1], count)
        self._rows.append(entries[-1])

    def image_sums(self) -> ImageSums:
        """Sums over the whole image."""
        valid, positive, negative = np.concatenate(self._rows, axis=1)
        return ImageSums(int(valid.sum()), math.fsum(positive), math.fsum(negative))

    def extreme(self, column: int) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.intp]]:
        """Value, row and column of the highest pixel by label, or with `column` 1 of the lowest, negated."""
        return self._ranks.values_and_places(self.by_label[6 + column])


class _Strip(NamedTuple):
    """Pixels of the runs of a few rows."""

    runs: slice
    """Which of the runs they are."""
    rows: NDArray[np.int32]
    """Of each pixel, from the first of the band."""
    columns: NDArray[np.int32]
    firsts: NDArray[np.intp]
    """The first pixel of each run."""


def _strips(runs: Runs) -> Iterator[_Strip]:
    """Pixels of some runs, a few rows at a time; of rows without any there is no strip."""
    if not runs.starts.size:
        return
    height = max(1, computed.PIXELS_PER_STRIP // max(1, int(runs.ends.max())))
    before = np.concatenate([[0], np.cumsum(runs.per_row, dtype=np.intp)])
    for top in range(0, len(runs.per_row), height):
        bottom = min(top + height, len(runs.per_row))
        some = slice(int(before[top]), int(before[bottom]))
        if some.start == some.stop:
            continue
        part = Runs(slice(top, bottom), None, runs.bits, runs.per_row[top:bottom], runs.starts[some], runs.ends[some])
        lengths = (part.ends - part.starts).astype(np.intp)
        yield _Strip(some, *part.pixels(), np.cumsum(lengths) - lengths)


def _any_invalid_near(band: NDArray[np.float32], above: int, strip: _Strip) -> NDArray[np.uint8]:
    """1 where a run has an invalid pixel, or one that touches it, at a corner too."""
    first = max(0, int(strip.rows[0]) + above - 1)
    invalid = ~np.isfinite(band[first : int(strip.rows[-1]) + above + 2])
    if not invalid.any():
        return np.zeros(strip.firsts.size, np.uint8)
    near = np.pad(invalid, 1)
    near = near[:-2] | near[1:-1] | near[2:]
    near = near[:, :-2] | near[:, 1:-1] | near[:, 2:]
    touches = near[strip.rows + above - first, strip.columns]
    return np.bitwise_or.reduceat(touches.view(np.uint8), strip.firsts)


def _sums_of_rows(band: NDArray[np.float32]) -> NDArray[np.float64]:
    """Number of the valid pixels of each row, and sums of the positive and of the negative ones, shape (3, rows)."""
    sums = np.zeros((3, len(band)))
    height = max(1, computed.PIXELS_PER_STRIP // max(1, band.shape[1]))
    for top in range(0, len(band), height):
        some = slice(top, min(top + height, len(band)))
        rows = np.asarray(band[some], np.float32)
        valid = np.isfinite(rows)
        if not valid.all():
            rows = np.where(valid, rows, np.float32(0))
        sums[0, some] = np.count_nonzero(valid, axis=1)
        sums[1, some] = np.maximum(rows, 0).sum(axis=1, dtype=np.float64)
        sums[2, some] = np.minimum(rows, 0).sum(axis=1, dtype=np.float64)
    return sums
