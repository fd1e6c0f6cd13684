"""What is known of each island, gathered from its runs of pixels while the islands are found.

An island is judged as a whole: by its size, its sum, its highest pixel, whether it has a seed. A table holds one such
thing by island, so that no image has to be gone through again, or kept, to decide which islands stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from skerry.filters.ranks import Ranks
from skerry.kernels import runs as kernels
from skerry.planes.bits import BitMask
from skerry.planes.plane import Floats, Plane

__all__ = ["Extents", "Growing", "Lowest", "Peaks", "Pixels", "Runs", "Seeded", "Shared", "Sizes", "Sums", "Table"]

_GROWTH = 1.25
_BYTES_OF_PIXELS = 20
_BYTES_OF_RANKS = 7
"""Of the rows of runs, and of their ranks within a row."""
_PIXELS_OF_RUN = 2
"""At least, with the pixel that parts it from the next."""


class Runs(NamedTuple):
    """Runs of the set pixels of some rows, in raster order."""

    rows: slice
    band: NDArray[Any] | None
    """The pixels, of which those that are not 0 are set; None of a mask that is kept as bits."""
    bits: NDArray[np.uint8]
    per_row: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    """The first column beyond each."""
    values: NDArray[np.float32] | None = None
    """The rows of an image in which they were found, if there is one."""

    def row(self) -> NDArray[np.int32]:
        """Row of each of them."""
        return np.repeat(np.arange(self.rows.start, self.rows.stop, dtype=np.int32), self.per_row)

    def pixels(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Row and column of each of their pixels, in raster order."""
        return kernels.pixels_of_runs(self.per_row, self.starts, self.ends, self.rows.start)

    def values_of(self, source: Plane | None) -> NDArray[np.float32]:
        """The rows of an image: those that are there, or those of a plane."""
        return _contiguous_pixels(source, self.rows) if self.values is None else self.values


class Table:
    """Something about each island, made of the same about its runs.

    Parameters
    ----------
    dtype : dtype
        Of an entry.
    join : ufunc
        Of two entries of one island, or what has its method `at`. They are joined in raster order, so sums do not
        depend on the bands.
    fill : number
        Entry of nothing.
    source : Plane, optional
        Another plane that is looked at.
    columns : int
        Entries of each island.
    """

    def __init__(
        self, dtype: DTypeLike, join: np.ufunc, fill: float = 0, source: Plane | None = None, columns: int = 1
    ) -> None:
        self.source = source
        self.cost = -(-columns * np.dtype(dtype).itemsize // _PIXELS_OF_RUN)
        """Bytes of its entries for a pixel, at most."""
        self._join, self._fill = join, fill
        self._labels = [Growing(dtype) for _ in range(columns)]
        self.by_label: list[NDArray[Any]] = []
        """Columns of the table by label; entry 0 is that of nothing."""

    def of_runs(self, runs: Runs) -> Sequence[NDArray[Any]]:
        """Entries of some runs, by column."""
        raise NotImplementedError

    def add(self, labels: NDArray[np.intp], entries: Sequence[NDArray[Any]], count: int) -> None:
        """Join the entries of runs to those of their labels, of which there are `count` now."""
        for column, entry in zip(self._labels, entries, strict=True):
            column.extend(count, self._fill)
            self._join.at(column.array, labels, entry)

    def finish(self, island: NDArray[np.int32], count: int) -> None:
        """Join the entries of labels to those of their islands."""
        labels = island.astype(np.intp)
        for column in self._labels:
            column.extend(labels.size, self._fill)
            table = np.full(count + 1, self._fill, dtype=column.array.dtype)
            self._join.at(table, labels, column.array[: labels.size])
            self.by_label.append(table)
        self._labels = []


class Sizes(Table):
    """Number of pixels."""

    def __init__(self) -> None:
        super().__init__(np.int64, np.add)

    def of_runs(self, runs: Runs) -> Sequence[NDArray[Any]]:
        """Lengths."""
        return [(runs.ends - runs.starts).astype(np.int64)]


class Sums(Table):
    """Sum of the pixels of another plane, float64."""

    def __init__(self, values: Floats) -> None:
        super().__init__(np.float64, np.add, source=values)

    def of_runs(self, runs: Runs) -> Sequence[NDArray[Any]]:
        """Sums, each from left to right."""
        if not runs.starts.size:
            return [np.empty(0, np.float64)]  # What is not needed is not read.
        return [kernels.sums_of_runs(_contiguous_pixels(self.source, runs.rows), runs.per_row, runs.starts, runs.ends)]


class Seeded(Table):
    """Whether a pixel has a bit."""

    def __init__(self, bit: int) -> None:
        super().__init__(np.uint8, np.bitwise_or)
        self._bit = bit

    def of_runs(self, runs: Runs) -> Sequence[NDArray[Any]]:
        """The bit, where a pixel has it."""
        assert runs.band is not None  # A mask has no such bits.
        return [kernels.any_of_runs(runs.band, runs.per_row, runs.starts, runs.ends) & np.uint8(self._bit)]


class Shared(Table):
    """1 where a pixel of another mask is set, which is kept as bits."""

    def __init__(self, mask: BitMask) -> None:
        super().__init__(np.uint8, np.bitwise_or)
        self._mask = mask

    def of_runs(self, runs: Runs) -> Sequence[NDArray[Any]]:
        """1 where one is."""
        bits = self._mask.bits[runs.rows]
        return [kernels.any_set_in_runs(bits, self._mask.shape[1], runs.per_row, runs.starts, runs.ends)]


class Extents(Table):
    """First row and column, and the last row and column negated: the least of each."""

    def __init__(self) -> None:
        super().__init__(np.int32, np.minimum, np.iinfo(np.int32).max, columns=4)

    def of_runs(self, runs: Runs) -> Sequence[NDArray[Any]]:
        """Row, first column, and the row and last column negated."""
        row = runs.row()
        return [row, runs.starts, -row, 1 - runs.ends]


class Peaks(Table):
    """Rank of the highest pixel of another plane, and of the last in raster order where several are."""

    def __init__(self, values: Floats) -> None:
        self._ranks = Ranks(values.shape, last=True, nothing=-np.inf)
        super().__init__(self._ranks.dtype, self._ranks.join, self._ranks.fill, values)
        self.cost += _BYTES_OF_RANKS

    def of_runs(self, runs: Runs) -> Sequence[NDArray[Any]]:
        """Ranks."""
        if not runs.starts.size:
            return [np.empty(0, self._ranks.dtype)]
        pixels = runs.values_of(self.source)
        rank = kernels.ranks_of_runs(pixels, runs.per_row, runs.starts, runs.ends)
        return [self._ranks.in_image(rank, runs.row())]

    def values_and_places(self) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
        """Highest value by label, minus infinity for nothing, and its row and column, shape (count + 1, 2)."""
        value, *place = self._ranks.values_and_places(self.by_label[0])
        return value, np.stack(place, axis=1)


class Lowest(Table):
    """Lowest of the values in which the runs were found, float32; infinite for nothing."""

    def __init__(self) -> None:
        super().__init__(np.float32, np.minimum, np.inf)

    def of_runs(self, runs: Runs) -> Sequence[NDArray[Any]]:
        """The lowest of each."""
        if not runs.starts.size:
            return [np.empty(0, np.float32)]
        rows, columns = runs.pixels()
        lengths = runs.ends - runs.starts
        values = runs.values_of(None)[rows - runs.rows.start, columns]
        return [np.minimum.reduceat(values, np.cumsum(lengths) - lengths)]


class Pixels(Table):
    """All pixels in raster order: row, column, the value in which it was found, and the number of its island.

    Parameters
    ----------
    most : int
        No more are kept.
    """

    def __init__(self, most: int) -> None:
        super().__init__(np.int32, np.add, columns=0)
        self.cost = _BYTES_OF_PIXELS
        self._most = most
        self._kept = [Growing(np.int32), Growing(np.int32), Growing(np.float32), Growing(np.int32)]
        self.complete = True
        """Whether there were no more; otherwise none are kept."""

    @property
    def rows(self) -> NDArray[np.int32]:
        """Of each pixel."""
        return self.places[0]

    @property
    def places(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Rows and columns."""
        rows, columns = (part.array[: part.size] for part in self._kept[:2])
        return rows, columns

    @property
    def values(self) -> NDArray[np.float32]:
        """Of each pixel."""
        return self._kept[2].array[: self._kept[2].size]

    @property
    def island(self) -> NDArray[np.int32]:
        """Number of the island of each pixel."""
        return self._kept[3].array[: self._kept[3].size]

    def of_runs(self, runs: Runs) -> Sequence[NDArray[Any]]:
        """Rows, columns and values of pixels, and lengths of runs."""
        if not self.complete:
            return []
        rows, columns = runs.pixels()
        return rows, columns, runs.values_of(None)[rows - runs.rows.start, columns], runs.ends - runs.starts

    def add(self, labels: NDArray[np.intp], entries: Sequence[NDArray[Any]], count: int) -> None:  # noqa: ARG002
        """Keep the pixels of runs, and their labels."""
        if not self.complete or not entries:
            return
        *pixels, lengths = entries
        if self._kept[0].size + pixels[0].size > self._most:
            self.complete = False
            self._kept = []
            return
        for kept, part in zip(self._kept, (*pixels, np.repeat(labels, lengths)), strict=True):
            kept.append(part)

    def finish(self, island: NDArray[np.int32], count: int) -> None:  # noqa: ARG002
        """Put the numbers of islands in place of labels."""
        if self.complete:
            self.island[:] = island[self.island]


class Growing:
    """An array that grows at its end; what grows is filled with what it is told, else with zeros."""

    def __init__(self, dtype: DTypeLike) -> None:
        self.array = np.empty(0, dtype=dtype)
        self.size = 0

    def extend(self, size: int, fill: float = 0) -> None:
        """Have entries up to `size`."""
        room = self.array.size
        if size > room:
            # Not a copy: the memory of a large array is extended where it is.
            self.array.resize(max(size, int(_GROWTH * room)), refcheck=False)
            if fill:
                self.array[room:] = fill

    def append(self, entries: NDArray[Any]) -> None:
        """Put entries behind those that were appended before."""
        self.extend(self.size + entries.size)
        self.array[self.size : self.size + entries.size] = entries
        self.size += entries.size


def _contiguous_pixels(plane: Plane | None, rows: slice) -> NDArray[np.float32]:
    assert plane is not None
    return np.ascontiguousarray(plane[rows], dtype=np.float32)
