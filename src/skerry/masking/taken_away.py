"""What a step of a mask takes away: pixels, and islands of which nothing is left."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.filters.connected_pixels import Islands
from skerry.filters.island_tables import Shared
from skerry.filters.islands import island_peaks
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed
from skerry.planes.plane import Floats

__all__ = ["Sources", "Taken", "beyond_artefacts", "islands_lost", "lost_sources", "taken_away"]

_LOOKED_AT = 1000
"""The brightest islands, of which it is found out whether they are artefacts."""


class Sources(NamedTuple):
    """Highest pixels of islands."""

    value: NDArray[np.float32]
    place: NDArray[np.intp]
    """Row and column, shape (islands, 2)."""

    def chosen(self, which: slice | list[bool]) -> Sources:
        """Some of them."""
        return Sources(self.value[which], self.place[which])


class Taken(NamedTuple):
    """What was taken away from a mask, and by what."""

    by: str
    """For instance "erosion"."""
    pixels: int
    islands: int
    """Islands of which no pixel is left."""


def taken_away(by: str, before: BitMask, after: BitMask) -> Taken:
    """Compare a mask before and after.

    Parameters
    ----------
    by : str
        What made the difference.
    before, after : BitMask, shape (ny, nx)
        The second within the first.

    Returns
    -------
    Taken
        What was taken away.
    """
    _, lost = islands_lost(before, after)
    return Taken(by, before.count() - after.count(), int(np.count_nonzero(lost)))


def lost_sources(before: BitMask, after: BitMask, signal: Floats, clip: float) -> Sources:
    """Islands of which nothing is left.

    Parameters
    ----------
    before, after : BitMask, shape (ny, nx)
        The second within the first.
    signal : Plane of float32, shape (ny, nx)
        Read only if islands are lost, in their rows.
    clip : float
        That the highest pixel of an island has to reach.

    Returns
    -------
    Sources
        Their highest pixels, in descending order.
    """
    islands, lost = islands_lost(before, after)
    if not lost.any():
        return Sources(np.empty(0, np.float32), np.empty((0, 2), np.intp))
    gone = islands.select(lost, last=True)
    value, place = island_peaks(gone, Computed(gone.shape, np.float32, partial(_rows_with, gone, signal), [signal]))
    order = np.argsort(-value, kind="stable")
    order = order[value[order] >= np.float32(clip)]
    return Sources(value[order], place[order])


def beyond_artefacts(sources: Sources, signal: Floats, reach: int, fraction: float) -> Sources:
    """Sources that are no artefacts of a brighter one; of many only the first are looked at.

    Parameters
    ----------
    sources : Sources
        In descending order.
    signal : Plane of float32, shape (ny, nx)
        The signal that they are in.
    reach : int
        Pixels to either side in which a brighter source is looked for.
    fraction : float
        Of the brighter source, that an artefact does not exceed.

    Returns
    -------
    Sources
        In their order.
    """
    looked_at = zip(sources.value[:_LOOKED_AT], sources.place[:_LOOKED_AT], strict=True)
    kept = [n for n, (value, place) in enumerate(looked_at) if value > fraction * _highest_near(signal, place, reach)]
    return Sources(sources.value[kept], sources.place[kept])


def _rows_with(mask: BitMask, signal: Floats, start: int, stop: int) -> NDArray[np.float32]:
    """Rows of a signal, of which only those from the first to the last in which the mask has pixels are read."""
    rows = np.zeros((stop - start, mask.shape[1]), np.float32)
    found = np.flatnonzero(mask.bits[start:stop].any(axis=1))
    if found.size:
        first, last = int(found[0]), int(found[-1]) + 1
        rows[first:last] = signal[start + first : start + last]
    return rows


def _highest_near(signal: Floats, place: NDArray[np.intp], reach: int) -> float:
    y, x = (int(n) for n in place)
    band = signal[max(0, y - reach) : y + reach + 1][:, max(0, x - reach) : x + reach + 1]
    return float(np.max(band, where=np.isfinite(band), initial=-np.inf))


def islands_lost(before: BitMask, after: BitMask, among: BitMask | None = None) -> tuple[Islands, NDArray[np.bool_]]:
    """Islands of a mask of which nothing is left.

    Parameters
    ----------
    before, after : BitMask, shape (ny, nx)
        The mask, and what is left of it.
    among : BitMask, shape (ny, nx), optional
        Islands without any of these pixels do not count as lost.

    Returns
    -------
    islands : Islands
        Of the mask.
    lost : ndarray of bool, shape (islands + 1,)
        By number, whether no pixel is left.
    """
    tables = [Shared(mask) for mask in (after, among) if mask is not None]
    islands = Islands(before, tables)
    lost = tables[0].by_label[0] == 0
    for counts in tables[1:]:
        lost &= counts.by_label[0] != 0
    lost[0] = False
    return islands, lost
