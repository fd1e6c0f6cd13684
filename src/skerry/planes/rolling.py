"""Rows of a plane asked for in order, a few at a time with those round them: none is computed twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skerry.planes.plane import Plane, copy_rows, needs_of

__all__ = ["RollingRows", "chunks"]

_ROOM = 1.5
"""Rows that there is room for, over those of a window: rows that are kept move to the front once in a while only."""


class RollingRows:
    """A plane that keeps the rows which it gave last; for one thread.

    Parameters
    ----------
    plane : Plane
        Of which each row is computed once, if the rows that are asked for never go back behind those that are kept.
    behind : int
        Rows that are kept before those that were asked for last.

    Notes
    -----
    Rows that it gave are no longer there when others have been asked for.
    """

    def __init__(self, plane: Plane, behind: int = 0) -> None:
        self._plane, self._behind = plane, behind
        self.shape = (plane.shape[0], plane.shape[1])
        self.dtype = plane.dtype
        self.needs = needs_of(plane)
        self._room: NDArray[Any] = np.empty((0, self.shape[1]), self.dtype)
        self._first = self._end = self._top = 0
        """The rows that are kept, up to the end; and where in the room the first of them is."""

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        start, stop, _ = rows.indices(self.shape[0])
        stop = max(start, stop)
        if not self._first <= start <= self._end:
            self._first = self._end = start
        if stop > self._end:
            self._keep_from(max(self._first, start - self._behind), stop)
            at = self._top + self._end - self._first
            copy_rows(self._plane, self._end, stop, self._room[at : at + stop - self._end])
            self._end = stop
        at = self._top - self._first
        return self._room[at + start : at + stop]

    def _keep_from(self, first: int, stop: int) -> None:
        """Let go of the rows before `first`, and have room for those up to `stop`."""
        self._top += first - self._first
        kept, needed = self._end - first, stop - first
        if self._top + needed > len(self._room):
            old = self._room[self._top : self._top + kept]
            if needed > len(self._room):
                self._room = np.empty((int(_ROOM * needed), self.shape[1]), self.dtype)
            self._room[:kept] = old
            self._top = 0
        self._first = first


def chunks(rows: slice, height: int) -> Iterator[slice]:
    """Some rows, a few at a time."""
    for start in range(rows.start, rows.stop, height):
        yield slice(start, min(start + height, rows.stop))
