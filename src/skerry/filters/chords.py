"""A shape as its chords: the runs of pixels in its rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Chords", "chords_of"]


class Chords(NamedTuple):
    """A shape as its runs of pixels, which takes no memory for what is within them."""

    down: NDArray[np.intp]
    """Row of each, counted from the origin."""
    left: NDArray[np.intp]
    """First column of each, counted from the origin."""
    length: NDArray[np.intp]
    """Pixels of each."""

    @classmethod
    def of(cls, shape: NDArray[np.bool_]) -> Chords:
        """Chords of a shape with at least one pixel, whose origin is at index (ky // 2, kx // 2)."""
        row, start, length = chords_of(shape)
        return cls(row - shape.shape[0] // 2, start - shape.shape[1] // 2, length)


def chords_of(shape: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Row, first column and length of each run of set pixels."""
    padded = np.zeros((shape.shape[0], shape.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = shape
    change = np.diff(padded, axis=1)
    (row, start), (_, end) = np.nonzero(change == 1), np.nonzero(change == -1)
    return row, start, end - start
