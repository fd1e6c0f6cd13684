"""Statistics of the box round every pixel of some rows: its minimum, its maximum, and its share of positive pixels.

A box of n pixels reaches n // 2 pixels before a pixel and n - n // 2 - 1 after it. Boxes are cut at the edge of the
image and at invalid (NaN or infinite) pixels; nothing wraps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = ["maximum_of_rows", "minimum_at", "minimum_of_rows", "reach_of", "reach_round", "skewed_rows"]


_FARTHEST = 1 << 30
"""No image has as many rows or columns."""


def reach_of(shape: tuple[int, ...], box: int) -> tuple[int, int]:
    """Rows that a box reaches before and after a pixel; no more than there are."""
    return min(box // 2, shape[0]), min(box - box // 2 - 1, shape[0])


def reach_round(box: int) -> tuple[int, int]:
    """Pixels that a box reaches before and after a pixel; no more than a loop counts, which is beyond every image."""
    return min(box // 2, _FARTHEST), min(box - box // 2 - 1, _FARTHEST)


def minimum_of_rows(band: NDArray[np.float32], rows: slice, box: int) -> NDArray[np.float32]:
    """Minimum of the box round the pixels of some rows of a band, which holds the rows around."""
    return _extremum(band, rows, reach_round(box), maximum=False)


def minimum_at(band: NDArray[np.float32], places: NDArray[np.signedinteger[Any]], box: int) -> NDArray[np.float32]:
    """Minimum of the box round some pixels of a band, which holds the rows around: rows and columns, shape (n, 2)."""
    lowest, places = np.empty(len(places), np.float32), np.ascontiguousarray(places, np.int64)
    compiled.box_minimum_at(np.ascontiguousarray(band, np.float32), places, *reach_round(box), lowest)
    return lowest


def maximum_of_rows(band: NDArray[np.float32], rows: slice, box: int) -> NDArray[np.float32]:
    """Maximum of the reflected box round the pixels of some rows of a band, which holds the rows around."""
    return _extremum(band, rows, reach_round(box)[::-1], maximum=True)


def skewed_rows(band: NDArray[np.float32], rows: slice, box: int, fraction: float) -> NDArray[np.bool_]:
    """Where more than `fraction` of the box is positive, for some rows of a band, which holds the rows around."""
    band = _by_rows(band)
    skewed = np.empty((rows.stop - rows.start, band.shape[1]), dtype=bool)
    compiled.box_skewed(band, rows.start, *reach_round(box), fraction, skewed)
    return skewed


def _extremum(band: NDArray[np.float32], rows: slice, reach: tuple[int, int], *, maximum: bool) -> NDArray[np.float32]:
    band = _by_rows(band)
    extremum = np.empty((rows.stop - rows.start, band.shape[1]), dtype=np.float32)
    compiled.box_extremum(band, rows.start, *reach, maximum, extremum)
    return extremum


def _by_rows(band: NDArray[np.float32]) -> NDArray[np.float32]:
    """A band as the loops take it, which may be columns of another one, without a copy."""
    rows, columns = band.strides
    fits = columns == band.itemsize and rows >= columns * band.shape[1] and rows % columns == 0
    return band if fits and band.dtype == np.float32 else np.ascontiguousarray(band, dtype=np.float32)
