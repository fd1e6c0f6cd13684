"""Islands joined from run to run in one pass over a mask, band by band.

Of a whole image only bits, a number for each run of pixels and tables by island are kept. Bands are turned into runs
on several threads; runs are joined with those of the row above in order, so that nothing depends on the bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skerry.filters.island_tables import Growing, Runs, Table
from skerry.kernels import runs as kernels
from skerry.planes.bands import for_each_band, map_bands
from skerry.planes.bits import BitMask
from skerry.planes.plane import Plane

__all__ = ["Islands"]

_BYTES_OF_RUNS = 5
"""A pixel of a band, at most: every second one may be a run."""


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
        self._labels, self._first_run = Growing(np.int32), np.zeros(ny + 1, dtype=np.int64)
        labels, parent = 0, Growing(np.int32)
        none = np.empty(0, dtype=np.int32)
        above = kernels.Row(none, none, none)

        def gather(rows: slice) -> tuple[Runs, list[Sequence[NDArray[Any]]]]:
            runs = _runs(mask, rows, self.mask.bits[rows], inverted=inverted)
            return runs, [table.of_runs(runs) for table in tables]

        sources = [table.source for table in tables if table.source is not None]
        cost = _BYTES_OF_RUNS + sum(table.cost for table in tables)
        for runs, entries in map_bands(gather, mask, *sources, cost=cost, result=mask.dtype.itemsize):
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

        Returns
        -------
        BitMask
            Their pixels.
        """
        chosen = self.mask if last else self.mask.copy()
        by_label = np.take(np.asarray(keep, dtype=np.uint8), self._island)

        def clear(rows: slice) -> None:
            labels = self._of_rows(rows.start, rows.stop)
            kernels.clear_runs(chosen.bits[rows], self.shape[1], labels, by_label)

        for_each_band(clear, chosen)
        return chosen

    def _of_rows(self, start: int, stop: int) -> NDArray[np.int32]:
        return self._labels.array[self._first_run[start] : self._first_run[stop]]


def _runs(mask: Plane, rows: slice, bits: NDArray[np.uint8], *, inverted: bool) -> Runs:
    """Runs of some rows of a mask, which are put down as bits too."""
    if isinstance(mask, BitMask) and not inverted:
        bits[:] = mask.bits[rows]
        return Runs(rows, None, bits, *kernels.runs_of_bits(bits, mask.shape[1]))
    band = np.ascontiguousarray(mask[rows]).view(np.uint8)
    return Runs(rows, band, bits, *kernels.find_runs(band, bits, inverted=inverted))
