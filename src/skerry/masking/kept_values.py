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

__all__ = ["KeptValues", "peaks_of"]

_KEPT_SHARE = 16
"""Pixels of the image for each one that may be kept."""
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
        self._within: BitMask | None = None
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
        self._within = within
        parts = [self._parts[start] for start in sorted(self._parts)]
        self._values = np.concatenate([*parts, np.empty(0, np.float32)])
        self._parts = {}
        per_row, starts, ends = runs_of_bits(within.bits, self.shape[1])
        self._first = np.repeat(np.arange(self.shape[0]) * self.shape[1], per_row) + starts
        lengths = (ends - starts).astype(np.int64)
        self._at = np.cumsum(lengths) - lengths

    def has(self, mask: BitMask) -> bool:
        """Whether the values of all pixels of a mask are here."""
        return self._within is not None and not (mask.bits & ~self._within.bits).any()

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
            return [np.empty(0, np.uint64)]
        nx = self._kept.shape[1]
        rows = np.arange(runs.rows.start, runs.rows.stop, dtype=np.int64)
        first = np.repeat(rows * nx, runs.per_row) + runs.starts.astype(np.int64)
        lengths = (runs.ends - runs.starts).astype(np.int64)
        place, value = self._kept.at_runs(first, lengths)
        word = (value + np.float32(0)).view(np.uint32)  # Both zeros are one.
        word ^= np.where(word >> np.uint32(31), np.uint32(0xFFFFFFFF), np.uint32(1 << 31))
        rank = word.astype(np.uint64) << np.uint64(32)
        rank |= place.astype(np.uint64)
        return [np.maximum.reduceat(rank, np.cumsum(lengths) - lengths)]


def peaks_of(mask: BitMask, signal: Floats, kept: KeptValues | None) -> Peaks:
    """Table of the highest pixels of the islands of a mask in a signal, of values that are kept if all are."""
    return Peaks(signal) if kept is None or not kept.has(mask) else _KeptPeaks(kept, signal)
