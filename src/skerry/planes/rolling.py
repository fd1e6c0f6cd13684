"""Rows of a plane asked for in order, a few at a time with those round them: none is computed twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skerry.planes.plane import Plane, needs_of

__all__ = ["RollingRows", "chunks"]


class RollingRows:
    """A plane that keeps the rows which it gave last; for one thread.

    Parameters
    ----------
    plane : Plane
        Of which each row is computed once, if the rows that are asked for never go back behind those that are kept.
    behind : int
        Rows that are kept before those that were asked for last.
    """

    def __init__(self, plane: Plane, behind: int = 0) -> None:
        self._plane, self._behind = plane, behind
        self.shape = (plane.shape[0], plane.shape[1])
        self.dtype = plane.dtype
        self.needs = needs_of(plane)
        self._first = 0
        self._rows: NDArray[Any] = np.empty((0, self.shape[1]), self.dtype)

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        start, stop, _ = rows.indices(self.shape[0])
        end = self._first + len(self._rows)
        if not self._first <= start <= end:
            self._first = end = start
            self._rows = self._rows[:0]
        if stop > end:
            first = max(self._first, start - self._behind)
            kept = self._rows[first - self._first :]
            self._rows = np.concatenate([kept, self._plane[end:stop]]) if len(kept) else self._plane[end:stop]
            self._first = first
        return self._rows[start - self._first : stop - self._first]


def chunks(rows: slice, height: int) -> Iterator[slice]:
    """Some rows, a few at a time."""
    for start in range(rows.start, rows.stop, height):
        yield slice(start, min(start + height, rows.stop))
