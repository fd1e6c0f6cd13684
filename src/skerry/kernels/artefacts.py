"""Artefacts round bright sources: how deep the signal is in each ring and sector, and the level that follows.

Places are rows and columns in a band, int64 of shape (n, 2). `ring_of` has the ring of each squared distance in pixels,
up to twice the square of `reach`, uint16.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = ["level_round", "sector_depths"]


def sector_depths(
    band: NDArray[np.float32],
    places: NDArray[np.signedinteger[Any]],
    ring_of: NDArray[np.uint16],
    reach: int,
    shape: tuple[int, int],
    least: float,
) -> NDArray[np.float32]:
    """Depth of the deepest pixel of each sector and ring round places of a band.

    Parameters
    ----------
    band : ndarray of float32, shape (ny, nx)
        In sigma.
    places, ring_of : ndarray
        As said above; places are those of pixels of the band.
    reach : int
        As said above.
    shape : tuple of int
        Number of sectors, and of rings.
    least : float
        What is less deep does not count.

    Returns
    -------
    ndarray of float32, shape (n, sectors, rings)
        0 where there is none.
    """
    depth = np.zeros((len(places), *shape), dtype=np.float32)
    places = np.ascontiguousarray(places, np.int64)
    compiled.sector_depths(np.ascontiguousarray(band, np.float32), places, ring_of, reach, least, depth)
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
