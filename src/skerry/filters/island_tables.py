"""Islands joined from run to run in one pass over a mask, band by band.

Of a whole image only bits, a number for each run of pixels and tables by island are kept. Bands are turned into runs
on several threads; runs are joined with those of the row above in order, so that nothing depends on the bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from skerry.kernels import runs as kernels
from skerry.planes.bands import bands, in_order
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed
from skerry.planes.plane import Floats, Plane

__all__ = ["Boxes", "Islands", "Peaks", "Pixels", "Seeded", "Sums", "Table"]

_BYTES_OF_RUNS = 6
"""A pixel of a band, at most: every second one may be a run."""
_GROWTH = 1.25
_RANK_OF_NOTHING = 0x007FFFFF << 32
"""That of minus infinity at the first pixel."""


class Runs(NamedTuple):
    """Runs of the set pixels of some rows, in raster order."""

    rows: slice
    band: NDArray[Any]
    """The pixels, of which those that are not 0 are set."""
    bits: NDArray[np.uint8]
    per_row: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    """The first column beyond each."""


class Table:
    """Something about each island, made of the same about its runs.

    Parameters
    ----------
    dtype : dtype
        Of an entry.
    join : ufunc
        Of two entries of one island. They are joined in raster order, so sums do not depend on the bands.
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
        self._join, self._fill = join, fill
        self._labels = [_Growing(dtype) for _ in range(columns)]
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


class Pixels(Table):
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
        return [kernels.sums_of_runs(_pixels(self.source, runs.rows), runs.per_row, runs.starts, runs.ends)]


class Seeded(Table):
    """Whether a pixel has a bit."""

    def __init__(self, bit: int) -> None:
        super().__init__(np.uint8, np.bitwise_or)
        self._bit = bit

    def of_runs(self, runs: Runs) -> Sequence[NDArray[Any]]:
        """The bit, where a pixel has it."""
        return [kernels.any_of_runs(runs.band, runs.per_row, runs.starts, runs.ends) & np.uint8(self._bit)]


class Boxes(Table):
    """First row and column, and the last row and column negated: the least of each."""

    def __init__(self) -> None:
        super().__init__(np.int32, np.minimum, np.iinfo(np.int32).max, columns=4)

    def of_runs(self, runs: Runs) -> Sequence[NDArray[Any]]:
        """Row, first column, and the row and last column negated."""
        row = np.repeat(np.arange(runs.rows.start, runs.rows.stop, dtype=np.int32), runs.per_row)
        return [row, runs.starts, -row, 1 - runs.ends]


class Peaks(Table):
    """Rank of the highest pixel of another plane, and of the last in raster order where several are."""

    def __init__(self, values: Floats) -> None:
        if values.shape[0] * values.shape[1] > 1 << 32:
            raise ValueError("peaks: more than 2**32 pixels")
        super().__init__(np.uint64, np.maximum, _RANK_OF_NOTHING, values)
        self._nx = values.shape[1]

    def of_runs(self, runs: Runs) -> Sequence[NDArray[Any]]:
        """Ranks."""
        pixels = _pixels(self.source, runs.rows)
        return [kernels.ranks_of_runs(pixels, runs.rows.start, runs.per_row, runs.starts, runs.ends)]

    def values_and_places(self) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
        """Highest value by label, minus infinity for nothing, and its row and column, shape (count + 1, 2)."""
        rank = self.by_label[0]
        word = (rank >> np.uint64(32)).astype(np.uint32)
        positive = (word >> np.uint32(31)).astype(bool)
        value = np.where(positive, word ^ np.uint32(1 << 31), ~word).view(np.float32)
        return value, np.stack(np.divmod((rank & np.uint64(0xFFFFFFFF)).astype(np.intp), self._nx), axis=1)


class Islands:
    """Sets of pixels of a mask that touch, numbered from 1 by their first pixel in raster order.

    Parameters
    ----------
    mask : Plane
        Bool, or uint8 of which the pixels that are not 0 are set.
    tables : sequence of Table
        Filled in the same pass.
    corners : bool
        Whether pixels touch at their corners too.
    inverted : bool
        Whether the islands are those of the pixels that are not set.
    """

    def __init__(
        self, mask: Plane, tables: Sequence[Table] = (), *, corners: bool = True, inverted: bool = False
    ) -> None:
        ny, nx = mask.shape
        self.shape = (ny, nx)
        self.mask = BitMask(mask.shape)
        self._labels, self._first_run = _Growing(np.int32), np.zeros(ny + 1, dtype=np.int64)
        labels, parent = 0, _Growing(np.int32)
        none = np.empty(0, dtype=np.int32)
        above = kernels.Row(none, none, none)

        def gather(rows: slice) -> tuple[Runs, list[Sequence[NDArray[Any]]]]:
            runs = _runs(mask, rows, self.mask.bits[rows], inverted=inverted)
            return runs, [table.of_runs(runs) for table in tables]

        sources = [mask, *(table.source for table in tables if table.source is not None)]
        work = Computed(mask.shape, mask.dtype, lambda a, b: mask[a:b], sources, cost=_BYTES_OF_RUNS)
        for runs, entries in in_order(gather, bands(work), work):
            total = runs.starts.size
            parent.extend(labels + total)
            found, labels = kernels.link_runs(
                runs.per_row, runs.starts, runs.ends, above, parent.array, labels, corners=corners
            )
            in_last = total - int(runs.per_row[-1])
            above = kernels.Row(*(of_runs[in_last:].copy() for of_runs in (runs.starts, runs.ends, found)))
            after = slice(runs.rows.start + 1, runs.rows.stop + 1)
            self._first_run[after] = self._labels.size + np.cumsum(runs.per_row, dtype=np.int64)
            self._labels.append(found)
            if tables:
                places = found.astype(np.intp)
                for table, entry in zip(tables, entries, strict=True):
                    table.add(places, entry, labels)
        self._island = parent.array[:labels]
        self.count = kernels.number_islands(self._island)
        """How many there are."""
        for table in tables:
            table.finish(self._island, self.count)

    def labels(self, rows: slice) -> NDArray[np.int32]:
        """Number of the island of each pixel of some rows, int32; 0 where there is none."""
        start, stop, _ = rows.indices(self.shape[0])
        stop = max(start, stop)
        return kernels.paint_runs(self.mask.bits[start:stop], self.shape[1], self._of_rows(start, stop), self._island)

    def select(self, keep: NDArray[np.bool_], *, last: bool = False) -> BitMask:
        """Islands as a mask.

        Parameters
        ----------
        keep : ndarray of bool, shape (count + 1,)
            Which of them, by number.
        last : bool
            Whether the islands are not needed any more: their own mask is then changed and given.
        """
        chosen = self.mask
        if not last:
            chosen = BitMask(self.shape)
            chosen.bits[:] = self.mask.bits
        by_label = np.take(np.asarray(keep, dtype=np.uint8), self._island)

        def clear(rows: slice) -> None:
            labels = self._of_rows(rows.start, rows.stop)
            kernels.clear_runs(chosen.bits[rows], self.shape[1], labels, by_label)

        for _ in in_order(clear, bands(chosen), chosen):
            pass
        return chosen

    def _of_rows(self, start: int, stop: int) -> NDArray[np.int32]:
        return self._labels.array[self._first_run[start] : self._first_run[stop]]


class _Growing:
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


def _runs(mask: Plane, rows: slice, bits: NDArray[np.uint8], *, inverted: bool) -> Runs:
    """Runs of some rows of a mask, which are put down as bits too."""
    band = np.ascontiguousarray(mask[rows]).view(np.uint8)
    return Runs(rows, band, bits, *kernels.find_runs(band, bits, inverted=inverted))


def _pixels(plane: Plane | None, rows: slice) -> NDArray[np.float32]:
    assert plane is not None
    return np.ascontiguousarray(plane[rows], dtype=np.float32)
