"""Values of a signal that a pass over it puts aside, so that it need not be read again for the few pixels of a mask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skerry.filters.island_tables import Peaks, Runs
from skerry.kernels.runs import runs_of_bits
from skerry.planes.bits import BitMask
from skerry.planes.plane import Floats
from skerry.planes.rolling import chunks

__all__ = ["KeptValues", "peaks_of"]

_KEPT_SHARE = 16
"""Pixels of the image for each one that may be kept."""
_ROWS_AT_ONCE = 256
"""Of bits."""
_BYTES_OF_RANKS = 48
"""Of a pixel of the runs, with its place and its value."""


class KeptValues:
    """Values of the pixels of a mask in raster order, unless there are too many.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx) of the image.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = (shape[0], shape[1])
        self._are_kept = False
        self._parts: dict[int, NDArray[np.float32]] = {}

    def keep(self, start: int, values: NDArray[np.float32]) -> None:
        """Keep values of the rows from `start` on; may be called by several threads, each for other rows."""
        if values.size:
            self._parts[start] = values

    @property
    def are_too_many(self) -> bool:
        """Whether there are so many by now that none will be of use."""
        pixels = sum(part.size for part in list(self._parts.values()))
        return pixels > self.shape[0] * self.shape[1] // _KEPT_SHARE

    def finish(self, within: BitMask) -> None:
        """Take a mask for that of the pixels of which the values were kept."""
        if self.are_too_many:
            self._parts = {}
            return
        self._are_kept = True
        self._values = np.empty(sum(part.size for part in self._parts.values()), np.float32)
        at = 0
        for start in sorted(self._parts):
            part = self._parts.pop(start)  # No value is there twice for long.
            self._values[at : at + part.size] = part
            at += part.size
        per_row, starts, ends = runs_of_bits(within.bits, self.shape[1])
        self._first = np.repeat(np.arange(self.shape[0]) * self.shape[1], per_row)
        self._first += starts
        ends -= starts
        self._at = np.zeros(ends.size + 1, np.int64)
        np.cumsum(ends, out=self._at[1:])

    def has(self, mask: BitMask) -> bool:
        """Whether the values of all pixels of a mask are here."""
        return self._are_kept and all(self._have(mask, rows) for rows in chunks(slice(0, self.shape[0]), _ROWS_AT_ONCE))

    def _have(self, mask: BitMask, rows: slice) -> bool:
        """Whether the values of all pixels of a mask in some rows are here: each run is within one of those kept."""
        per_row, starts, ends = runs_of_bits(mask.bits[rows], self.shape[1])
        if not starts.size or not self._first.size:
            return not starts.size
        first = np.repeat(np.arange(rows.start, rows.stop) * self.shape[1], per_row) + starts
        run = np.searchsorted(self._first, first, "right") - 1
        within = self._at[run] + first - self._first[run] + (ends - starts) <= self._at[run + 1]
        return bool(run[0] >= 0) and bool(within.all())

    def at_runs(self, first: NDArray[np.int64], lengths: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[np.float32]]:
        """Places of the pixels of runs in the image, counted in raster order, and their values.

        Parameters
        ----------
        first : ndarray of int64, shape (runs,)
            Place of the first pixel of each run, none of which is beyond the mask.
        lengths : ndarray of int64, shape (runs,)
            Their numbers of pixels.

        Returns
        -------
        place : ndarray of int64, shape (n,)
            Of each pixel.
        value : ndarray of float32, shape (n,)
            Its value.
        """
        run = np.searchsorted(self._first, first, "right") - 1
        before = np.cumsum(lengths) - lengths
        steps = np.arange(int(lengths.sum()))
        place = steps + np.repeat(first - before, lengths)
        return place, self._values[steps + np.repeat(self._at[run] + first - self._first[run] - before, lengths)]


class _KeptPeaks(Peaks):
    """`Peaks` of values that are kept; no plane is read."""

    def __init__(self, kept: KeptValues, signal: Floats) -> None:
        super().__init__(signal)
        self.source, self._kept = None, kept
        self.cost += _BYTES_OF_RANKS

    def of_runs(self, runs: Runs) -> Sequence[NDArray[Any]]:
        """Ranks, as `skerry.kernels.runs.ranks_of_runs` makes them."""
        if not runs.starts.size:
            return [np.empty(0, self._ranks.dtype)]
        row = runs.row()
        before = row.astype(np.int64) * self._kept.shape[1]
        lengths = (runs.ends - runs.starts).astype(np.int64)
        place, value = self._kept.at_runs(before + runs.starts, lengths)
        rank = self._ranks.in_rows(value, place - np.repeat(before, lengths))
        return [self._ranks.in_image(np.maximum.reduceat(rank, np.cumsum(lengths) - lengths), row)]


def peaks_of(mask: BitMask, signal: Floats, kept: KeptValues | None) -> Peaks:
    """Table of the highest pixels of the islands of a mask in a signal, of values that are kept if all are."""
    return Peaks(signal) if kept is None or not kept.has(mask) else _KeptPeaks(kept, signal)
