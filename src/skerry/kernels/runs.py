"""Runs of set pixels of some rows of a mask: found, joined to islands, and what is known of each.

Rows of bits have the first pixel of eight in the highest bit, and none set beyond the last column.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = [
    "Row",
    "any_of_runs",
    "any_set_in_runs",
    "clear_runs",
    "find_runs",
    "link_runs",
    "number_islands",
    "paint_runs",
    "pixels_of_runs",
    "ranks_of_runs",
    "runs_of_bits",
    "sums_of_runs",
]


class Row(NamedTuple):
    """Runs of a row, in ascending order."""

    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    """The first column beyond each."""
    labels: NDArray[np.int32]


def find_runs(
    pixels: NDArray[np.bool_] | NDArray[np.uint8], bits: NDArray[np.uint8], *, inverted: bool = False
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Runs of the pixels that are not 0 of some rows, or of those that are.

    Parameters
    ----------
    pixels : ndarray of bool or uint8, shape (ny, nx)
        The rows.
    bits : ndarray of uint8, shape (ny, ceil(nx / 8))
        Where to put them as bits.
    inverted : bool
        Whether the runs are those of the pixels that are 0.

    Returns
    -------
    per_row : ndarray of int32, shape (ny,)
        Number of the runs of each row.
    starts, ends : ndarray of int32, shape (runs,)
        First column of each, and the one beyond its last, row by row.
    """
    per_row = np.empty(len(pixels), dtype=np.int32)
    total = compiled.pack_pixels(pixels, inverted, bits, per_row)
    return per_row, *_ends_of_runs(bits, pixels.shape[1], total)


def runs_of_bits(bits: NDArray[np.uint8], nx: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Runs of rows of `nx` pixels that are there as bits, as `find_runs` gives them."""
    per_row = np.empty(len(bits), dtype=np.int32)
    total = compiled.count_runs(bits, nx, per_row)
    return per_row, *_ends_of_runs(bits, nx, total)


def _ends_of_runs(bits: NDArray[np.uint8], nx: int, total: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    starts, ends = np.empty(total, dtype=np.int32), np.empty(total, dtype=np.int32)
    compiled.find_runs(bits, nx, starts, ends)
    return starts, ends


def pixels_of_runs(
    per_row: NDArray[np.int32], starts: NDArray[np.int32], ends: NDArray[np.int32], first_row: int = 0
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Row and column of each pixel of runs, as `find_runs` gives them, in raster order; rows begin with `first_row`."""
    lengths = ends - starts
    row = np.repeat(np.arange(first_row, first_row + len(per_row), dtype=np.int32), per_row)
    # From one pixel to the next a column is added, and at the beginning of a run as many as lead there.
    before = np.cumsum(lengths, dtype=np.int64) - lengths
    column = np.arange(int(lengths.sum(dtype=np.int64))) + np.repeat(starts - before, lengths)
    return np.repeat(row, lengths), column.astype(np.int32)


def link_runs(
    per_row: NDArray[np.int32],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    above: Row,
    parent: NDArray[np.int32],
    count: int,
    *,
    corners: bool,
) -> tuple[NDArray[np.int32], int]:
    """Label runs as those of the row above that they touch.

    Parameters
    ----------
    per_row, starts, ends : ndarray of int32
        Runs, as `find_runs` gives them.
    above : Row
        Runs of the row above the first of these rows.
    parent : ndarray of int32
        Parent of each label so far, itself or one before it, and room for as many more as there are runs; changed.
    count : int
        How many labels there are so far.
    corners : bool
        Whether pixels touch at their corners too.

    Returns
    -------
    labels : ndarray of int32, shape (runs,)
        Of each run; labels of one island have the same root.
    count : int
        How many there are now.
    """
    labels = np.empty(starts.size, dtype=np.int32)
    return labels, compiled.link_runs(per_row, starts, ends, labels, *above, corners, parent, count)


def number_islands(parent: NDArray[np.int32]) -> int:
    """Put the number of its island, from 1 on, in place of the `parent` of each label; gives how many there are."""
    return compiled.number_islands(parent)


def clear_runs(bits: NDArray[np.uint8], nx: int, labels: NDArray[np.int32], keep: NDArray[np.uint8]) -> None:
    """Unset the runs of rows of `nx` pixels, `bits`, whose label, one of `labels` each, is 0 in `keep`."""
    compiled.clear_runs(bits, nx, labels, keep)


def paint_runs(
    bits: NDArray[np.uint8], nx: int, labels: NDArray[np.int32], island: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Number of its island at each pixel, 0 where there is none.

    Parameters
    ----------
    bits : ndarray of uint8, shape (ny, ceil(nx / 8))
        The rows.
    nx : int
        Pixels of a row.
    labels : ndarray of int32, shape (runs,)
        Of the runs of the rows.
    island : ndarray of int32
        By label.

    Returns
    -------
    ndarray of int32, shape (ny, nx)
        Numbers of islands.
    """
    out = np.zeros((len(bits), nx), dtype=np.int32)
    compiled.paint_runs(bits, labels, island, out)
    return out


def any_of_runs(
    pixels: NDArray[np.uint8], per_row: NDArray[np.int32], starts: NDArray[np.int32], ends: NDArray[np.int32]
) -> NDArray[np.uint8]:
    """Bits that any of the `pixels` of a run has, of runs as `find_runs` gives them."""
    return _of_runs(compiled.any_of_runs, np.uint8, starts.size, pixels, per_row, starts, ends)


def any_set_in_runs(
    bits: NDArray[np.uint8], nx: int, per_row: NDArray[np.int32], starts: NDArray[np.int32], ends: NDArray[np.int32]
) -> NDArray[np.uint8]:
    """1 where any pixel of a run, of runs as `find_runs` gives them, is set in rows of `nx` pixels as bits."""
    return _of_runs(compiled.any_set_in_runs, np.uint8, starts.size, bits, nx, per_row, starts, ends)


def sums_of_runs(
    pixels: NDArray[np.float32], per_row: NDArray[np.int32], starts: NDArray[np.int32], ends: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Sums over the `pixels` of a run, each from left to right, of runs as `find_runs` gives them."""
    return _of_runs(compiled.sums_of_runs, np.float64, starts.size, pixels, per_row, starts, ends)


def ranks_of_runs(
    pixels: NDArray[np.float32], per_row: NDArray[np.int32], starts: NDArray[np.int32], ends: NDArray[np.int32]
) -> NDArray[np.uint64]:
    """Rank of the highest pixel of each run: higher for a higher value, and among equal ones for a later pixel.

    Parameters
    ----------
    pixels : ndarray of float32, shape (ny, nx)
        Rows of an image.
    per_row, starts, ends : ndarray of int32
        Runs, as `find_runs` gives them.

    Returns
    -------
    ndarray of uint64, shape (runs,)
        The column of the pixel in the lower 32 bits, its value as a number that rises with it in the upper ones.
    """
    return _of_runs(compiled.ranks_of_runs, np.uint64, starts.size, pixels, per_row, starts, ends)


def _of_runs(loop: Any, dtype: Any, count: int, *args: Any) -> NDArray[Any]:
    out = np.empty(count, dtype=dtype)
    loop(*args, out)
    return out
