"""Outlines of islands as polygons along the edges of pixels, one for each island, which hold just its pixels.

A hole is part of the polygon, by a slit of no width that leads into it along one line and back along the same: so an
island that lies in the hole of another is no part of it, in any program that knows polygons and nothing else. Formats
of regions have no holes, and regions that exclude would take away what lies in the hole too.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.filters.connected_pixels import Islands

__all__ = ["Outline", "island_outlines"]

_PIXELS_AT_ONCE = 1 << 20
"""Of islands that are outlined together, so that what is made on the way does not grow with the image."""
_OF_AN_ISLAND = 15
"""Pixels for which an outline counts beside those of its island: a million of single pixels are as much to keep."""
_ROWS_AT_ONCE = 1 << 10
_PARTS = 4
"""Of a pixel, in which corners are counted."""
_SLIT = 1
"""Parts from the edge above at which a slit lies in its row of pixels: neither on an edge nor at a centre."""


class Outline(NamedTuple):
    """Outline of an island."""

    number: int
    """Of the island."""
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    """Corners, from 0 at the centre of the first pixel: those of that pixel are at -0.5 and 0.5. The last leads to the
    first."""


def island_outlines(
    islands: Islands, size: NDArray[np.int64], top: NDArray[np.int32], bottom: NDArray[np.int32]
) -> Iterator[Outline]:
    """Outline the islands of a mask.

    Parameters
    ----------
    islands : Islands
        Of the mask, 8-connected.
    size : ndarray of int, shape (n,)
        Pixels of each, in the order of their numbers.
    top, bottom : ndarray of int, shape (n,)
        First and last row of each.

    Yields
    ------
    Outline
        Of each island, in the order of their numbers. A pixel belongs to the island if a line from its centre crosses
        the outline an odd number of times.
    """
    cost = size + _OF_AN_ISLAND
    before = np.cumsum(cost) - cost
    group = before // _PIXELS_AT_ONCE
    bounds = [*np.flatnonzero(np.diff(group, prepend=-1)).tolist(), size.size]
    for chosen in map(slice, bounds, bounds[1:]):
        rows = slice(int(top[chosen].min()), int(bottom[chosen].max()) + 1)
        yield from _outlined(*_runs_of(islands, rows, chosen.start + 1, chosen.stop))


def _runs_of(islands: Islands, rows: slice, first: int, last: int) -> tuple[NDArray[np.int32], ...]:
    """Runs in some rows of the islands with the numbers from `first` up to and with `last`."""
    found = []
    for start in range(rows.start, rows.stop, _ROWS_AT_ONCE):
        runs = islands.runs(slice(start, min(start + _ROWS_AT_ONCE, rows.stop)))
        wanted = (runs[3] >= first) & (runs[3] <= last)
        found.append(tuple(column[wanted] for column in runs))
    return tuple(np.concatenate(column) for column in zip(*found, strict=True))


def _outlined(
    row: NDArray[np.int32], start: NDArray[np.int32], end: NDArray[np.int32], number: NDArray[np.int32]
) -> Iterator[Outline]:
    """Outline islands, of all their runs in raster order."""
    x, y = np.stack([start, end], axis=1).ravel(), np.repeat(row, 2)
    rings = _Rings(x, y)
    outlines = {int(number[edge >> 1]): rings.corners(edge) for edge in rings.outer}
    for island in sorted(outlines):
        corners = np.frombuffer(outlines.pop(island), np.intc).reshape(-1, 2) / _PARTS - 0.5
        yield Outline(island, corners[:, 0], corners[:, 1])


class _Rings:
    """Closed lines along the edges of pixels.

    What is numbered are the vertical edges, two for each run of pixels: the even one on its left, the odd one on its
    right. Lines go down along the first and up along the second.

    Parameters
    ----------
    x, y : ndarray of int, shape (edges,)
        Column to the right of each edge, and its row.
    """

    def __init__(self, x: NDArray[np.int32], y: NDArray[np.int32]) -> None:
        next_edge = _next_edges(x, y)
        # Their items are numbers of Python, of which lists would need five times the memory.
        self._x, self._y, self._next = x.data, y.data, next_edge.data
        self.outer: list[int] = []
        """The first edge of each line round an island."""
        self._hole_at: dict[int, int] = {}
        """Edge of a hole to which the slit from an edge leads."""
        seen = bytearray(x.size)
        for first in range(x.size):
            if seen[first]:
                continue
            leftmost = edge = first
            while not seen[edge]:
                seen[edge] = 1
                if self._x[edge] < self._x[leftmost]:
                    leftmost = edge
                edge = self._next[edge]
            # Whatever is found first lies on the left: of an island it is the left of a run, of a hole the right.
            if first % 2 == 0:
                self.outer.append(first)
            else:
                # The run that ends there begins at an edge that lies farther left than any of this hole.
                self._hole_at[leftmost - 1] = leftmost

    def corners(self, first: int) -> array[int]:
        """Column and row of corners, in parts of a pixel, of the line that begins with an edge.

        With the slits and the holes that they lead to.
        """
        found = array("i")
        within: list[tuple[int, int]] = []
        edge, done = first, False
        while not done:
            hole = self._hole_at.get(edge) if edge % 2 == 0 else None
            if hole is not None:
                self._add_slit(found, edge, hole)
                within.append((hole, edge))
                edge = hole
            edge = self._leave(found, edge)
            while within and edge == within[-1][0]:
                hole, outside = within.pop()
                self._add_slit(found, hole, outside)
                edge = self._leave(found, outside)
            done = not within and edge == first
        return found

    def _leave(self, found: array[int], edge: int) -> int:
        """Go from an edge to the next; where that is not straight on there are two corners."""
        after: int = self._next[edge]
        if self._x[after] != self._x[edge]:
            y = _PARTS * (self._y[edge] + (1 if edge % 2 == 0 else 0))
            found.extend((_PARTS * self._x[edge], y, _PARTS * self._x[after], y))
        return after

    def _add_slit(self, found: array[int], edge: int, other: int) -> None:
        y = _PARTS * self._y[edge] + _SLIT
        found.extend((_PARTS * self._x[edge], y, _PARTS * self._x[other], y))


def _next_edges(x: NDArray[np.int32], y: NDArray[np.int32]) -> NDArray[np.intp]:
    """Edge that follows each one.

    On the line between two rows the ends of edges come in pairs, from left to right: between the two of a pair a pixel
    on one side is set and that on the other is not. Where pixels touch at a corner alone, two ends lie at one place;
    with the left of a run first the line goes round both.
    """
    edges = np.arange(x.size)
    is_right = edges % 2
    # The upper end of an edge is twice its number, the lower one that and 1.
    place = np.stack([y, y + 1], axis=1).astype(np.int64) * (int(x.max(initial=0)) + 1) + x[:, np.newaxis]
    order = np.argsort((place * 2 + is_right[:, np.newaxis]).ravel(), kind="stable")
    other = np.empty_like(order)
    other[order[0::2]], other[order[1::2]] = order[1::2], order[0::2]
    return np.asarray(other[2 * edges + 1 - is_right] // 2)
