"""Islands joined from run to run in one pass over a mask, band by band.

Of a whole image only bits, a number for each run of pixels and tables by island are kept. Bands are turned into runs
on several threads; runs are joined with those of the row above in order, so that nothing depends on the bands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.filters.gaussian import SmoothedSample
from skerry.filters.island_tables import Growing, Runs, Table
from skerry.kernels import runs as kernels
from skerry.planes.bands import check_shape, for_each_band, map_bands
from skerry.planes.bits import BitMask
from skerry.planes.computed import by_strips
from skerry.planes.plane import Floats, Plane
from skerry.planes.rolling import RollingRows

__all__ = ["Islands", "islands_of_each"]

_BYTES_OF_RUNS = 5
"""A pixel of a band, at most: every second one may be a run."""
_MOST_LABELS = (1 << 31) - 1
"""A label is an int32."""
_BYTES_OF_PLACES = 56
"""Of the pixels of islands."""

_Gathered: TypeAlias = tuple[Runs, list[Sequence[NDArray[Any]]]]


class Islands:
    """Sets of pixels of a mask that touch, numbered from 1 by their first pixel in raster order.

    Parameters
    ----------
    mask : Plane
        Bool, or uint8 of which the pixels that are not 0 are set. One that is kept as bits is not copied: it must not
        change as long as the islands are asked for.
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
        self._begin(mask.shape, tables, corners=corners)
        self.mask = mask if isinstance(mask, BitMask) and not inverted else BitMask(mask.shape)
        self._owns = self.mask is not mask

        def gather(rows: slice) -> _Gathered:
            runs = _runs(mask, rows, self.mask.bits[rows], inverted=inverted)
            return runs, [table.of_runs(runs) for table in tables]

        sources = [table.source for table in tables if table.source is not None]
        cost = _BYTES_OF_RUNS + sum(table.cost for table in tables)
        for runs, entries in map_bands(gather, mask, *sources, cost=cost, result=mask.dtype.itemsize):
            self._join(runs, entries)
        self._finish()

    @classmethod
    def _begun(cls, shape: tuple[int, ...], tables: Sequence[Table]) -> Islands:
        """Islands of which no runs are known yet."""
        islands = cls.__new__(cls)
        islands._begin(shape, tables)
        islands.mask, islands._owns = BitMask(shape), True
        return islands

    def _begin(self, shape: tuple[int, ...], tables: Sequence[Table], *, corners: bool = True) -> None:
        check_shape(shape)
        self.shape = (shape[0], shape[1])
        self._tables, self._corners = tables, corners
        self._labels, self._first_run = Growing(np.int32), np.zeros(shape[0] + 1, dtype=np.int64)
        self._count, self._parent = 0, Growing(np.int32)
        none = np.empty(0, dtype=np.int32)
        self._above = kernels.Row(none, none, none)

    def _join(self, runs: Runs, entries: list[Sequence[NDArray[Any]]]) -> None:
        """Join the runs of a band, which follows the one before, and what is known of them."""
        total = runs.starts.size
        if self._count + total > _MOST_LABELS:
            raise SkerryError(f"more than {_MOST_LABELS} runs of pixels are set, too many for islands; raise the clips")
        self._parent.extend(self._count + total)
        found, self._count = kernels.link_runs(
            runs.per_row, runs.starts, runs.ends, self._above, self._parent.array, self._count, corners=self._corners
        )
        in_last = total - int(runs.per_row[-1])
        self._above = kernels.Row(*(of_runs[in_last:].copy() for of_runs in (runs.starts, runs.ends, found)))
        after = slice(runs.rows.start + 1, runs.rows.stop + 1)
        self._first_run[after] = self._labels.size + np.cumsum(runs.per_row, dtype=np.int64)
        self._labels.append(found)
        if self._tables:
            places = found.astype(np.intp)
            for table, entry in zip(self._tables, entries, strict=True):
                table.add(places, entry, self._count)

    def _finish(self) -> None:
        self._island = self._parent.array[: self._count]
        self.count = kernels.number_islands(self._island)
        """How many there are."""
        for table in self._tables:
            table.finish(self._island, self.count)

    def pixels(self, chosen: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.int32]]]:
        """Pixels of some islands, band by band.

        Parameters
        ----------
        chosen : ndarray of bool, shape (count + 1,)
            Which of them, by number.

        Yields
        ------
        tuple of ndarray
            Rows and columns, shape (n, 2), and the number of the island of each.
        """
        by_label = np.asarray(chosen, dtype=bool)[self._island]

        def of_band(rows: slice) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
            bits = self.mask.bits[rows]
            runs = Runs(rows, None, bits, *kernels.runs_of_bits(bits, self.shape[1]))
            labels = self._of_rows(rows.start, rows.stop)
            number = np.repeat(np.where(by_label[labels], self._island[labels], 0), runs.ends - runs.starts)
            places = np.column_stack(runs.pixels())[number > 0].astype(np.intp)
            return places, number[number > 0]

        yield from map_bands(of_band, self.mask, cost=_BYTES_OF_PLACES, result=20)

    def runs(self, rows: slice) -> tuple[NDArray[np.int32], ...]:
        """Runs of pixels of some rows in raster order.

        Parameters
        ----------
        rows : slice
            Which rows.

        Returns
        -------
        tuple of ndarray of int32, shape (runs,)
            Row, first column, the column beyond the last, and the number of the island.
        """
        start, stop, _ = rows.indices(self.shape[0])
        per_row, starts, ends = kernels.runs_of_bits(self.mask.bits[start:stop], self.shape[1])
        row = np.repeat(np.arange(start, stop, dtype=np.int32), per_row)
        return row, starts, ends, self._island[self._of_rows(start, stop)]

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
            Whether the islands are not needed any more: if their mask is their own, it is changed and given.

        Returns
        -------
        BitMask
            Their pixels.
        """
        chosen = self.mask if last and self._owns else self.mask.copy()
        by_label = np.take(np.asarray(keep, dtype=np.uint8), self._island)

        def clear(rows: slice) -> None:
            labels = self._of_rows(rows.start, rows.stop)
            kernels.clear_runs(chosen.bits[rows], self.shape[1], labels, by_label)

        for_each_band(clear, chosen)
        return chosen

    def _of_rows(self, start: int, stop: int) -> NDArray[np.int32]:
        return self._labels.array[self._first_run[start] : self._first_run[stop]]


def islands_of_each(
    image: Floats,
    masks: Sequence[Callable[[NDArray[np.float32]], NDArray[np.bool_]]],
    tables: Sequence[Sequence[Table]],
    sample: SmoothedSample | None = None,
) -> list[Islands]:
    """Islands of several masks that are made of the pixels of one image, which is read once.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        The image.
    masks : sequence of callable
        Pixels of each mask, of some rows of the image.
    tables : sequence of sequence of Table
        For the islands of each mask, filled in the same pass; of values they are given those of the image.
    sample : SmoothedSample, optional
        Of the image, taken in the same pass.

    Returns
    -------
    list of Islands
        Of each mask.
    """
    each = [Islands._begun(image.shape, some) for some in tables]

    def gather(rows: slice) -> list[_Gathered]:
        held = RollingRows(image)
        if sample is not None:
            # It asks for all rows that it needs at once, and they are there for what follows.
            sample.take(rows, held)
        band = np.ascontiguousarray(held[rows], dtype=np.float32)
        found = []
        for islands, mask, some in zip(each, masks, tables, strict=True):
            pixels = by_strips(mask, band, dtype=bool).view(np.uint8)
            bits = islands.mask.bits[rows]
            runs = Runs(rows, None, bits, *kernels.find_runs(pixels, bits), values=band)
            found.append((runs._replace(values=None), [table.of_runs(runs) for table in some]))
        return found

    cost = 1 + sum(_BYTES_OF_RUNS + sum(table.cost for table in some) for some in tables)
    around, cost_around = (0, 0) if sample is None else (sample.around, sample.cost_around)
    for found in map_bands(gather, image, around=around, cost=cost, cost_around=cost_around, result=cost):
        for islands, (runs, entries) in zip(each, found, strict=True):
            islands._join(runs, entries)
    for islands in each:
        islands._finish()
    return each


def _runs(mask: Plane, rows: slice, bits: NDArray[np.uint8], *, inverted: bool) -> Runs:
    """Runs of some rows of a mask, which are put down as bits too where they are not yet."""
    if isinstance(mask, BitMask) and not inverted:
        return Runs(rows, None, bits, *kernels.runs_of_bits(bits, mask.shape[1]))
    band = np.ascontiguousarray(mask[rows]).view(np.uint8)
    return Runs(rows, band, bits, *kernels.find_runs(band, bits, inverted=inverted))
