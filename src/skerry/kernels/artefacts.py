"""Artefacts round bright sources: how deep the signal is in each ring and sector, and the level that follows.

Places are rows and columns in a band, int64 of shape (n, 2). `ring_of` has the ring of each squared distance in pixels,
up to twice the square of `reach`, uint16.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = ["PixelsByRow", "level_round", "sector_depths"]


class PixelsByRow(NamedTuple):
    """Some pixels of a band, row by row."""

    starts: NDArray[np.int64]
    """The first of each row, and behind them how many there are."""
    columns: NDArray[np.int32]
    """Ascending in a row."""
    values: NDArray[np.float32]


def sector_depths(
    pixels: PixelsByRow,
    places: NDArray[np.signedinteger[Any]],
    ring_of: NDArray[np.uint16],
    reach: int,
    shape: tuple[int, int],
) -> NDArray[np.float32]:
    """Depth of the deepest pixel of each sector and ring round some places.

    Parameters
    ----------
    pixels : PixelsByRow
        Those that count, and how deep they are.
    places, ring_of : ndarray
        As said above; places are those of rows of the pixels.
    reach : int
        As said above.
    shape : tuple of int
        Number of sectors, and of rings.

    Returns
    -------
    ndarray of float32, shape (n, sectors, rings)
        0 where there is none.
    """
    depth = np.zeros((len(places), *shape), dtype=np.float32)
    compiled.sector_depths(*pixels, np.ascontiguousarray(places, np.int64), ring_of, reach, depth)
    return depth


def level_round(
    places: NDArray[np.signedinteger[Any]],
    ring_of: NDArray[np.uint16],
    reach: int,
    depth: NDArray[np.float32],
    shape: tuple[int, int],
) -> NDArray[np.float32]:
    """Highest of the depths of all places at the distance of each pixel, 0 out of their reach.

    Parameters
    ----------
    places, ring_of : ndarray
        As said above; places may lie outside of the rows, within reach.
    reach : int
        As said above.
    depth : ndarray of float32, shape (n, rings)
        Of each place.
    shape : tuple of int
        Of the rows.

    Returns
    -------
    ndarray of float32
        Of this shape.
    """
    level = np.zeros(shape, dtype=np.float32)
    compiled.raise_rounds(level, np.ascontiguousarray(places, np.int64), ring_of, reach, depth)
    return level
