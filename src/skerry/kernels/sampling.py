"""Nearest pixels of a mask on another grid.

A mask is packed as one bit a pixel, for it is read at random; cells of the grid under which no bit is set, nearly all
of them, are passed over.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = ["WORD", "PackedMask", "nearest_in_cells", "pack_rows", "unpack_rows"]

WORD = 64
"""Pixels in a word of bits."""


class PackedMask(NamedTuple):
    """A mask by its set pixels, those that are not 0."""

    width: int
    """Pixels of a row."""
    bits: NDArray[np.uint64]
    """Shape (ny, words): pixel n of a row in bit n % 64 of word n // 64."""
    constant: int
    """The value of all set pixels, if `values` is empty."""
    values: NDArray[np.integer[Any]]
    """Of the set pixels, row by row, in the type of the mask; empty if they are all the same."""
    starts: NDArray[np.int64]
    """Shape (ny,): set pixels before each row; empty if `values` is."""
    ranks: NDArray[np.uint32]
    """Shape (ny, words): set pixels of the row before each word; empty if `values` is."""


def pack_rows(rows: NDArray[np.integer[Any]], columns: slice, bits: NDArray[np.uint64]) -> tuple[int, int]:
    """Pack rows of a mask.

    Parameters
    ----------
    rows : ndarray of uint8, int16 or int32, shape (ny, nx)
        0 or positive.
    columns : slice
        Those to keep, from a first up to a last one.
    bits : ndarray, shape (ny, words)
        Where to put the bits, as in `PackedMask`.

    Returns
    -------
    tuple of int
        Least and greatest value of the set pixels; 0 if there are none.
    """
    rows = np.ascontiguousarray(rows)
    return compiled.pack_words(rows, columns.start, columns.stop - columns.start, bits)


def unpack_rows(bits: NDArray[np.uint64], width: int) -> NDArray[np.bool_]:
    """Whether each pixel of some rows is set, shape (ny, width)."""
    in_order = bits.astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(in_order, axis=1, count=width, bitorder="little").view(bool)


def nearest_in_cells(
    nodes: tuple[NDArray[np.float64], NDArray[np.float64]],
    bounds: NDArray[np.float64],
    step: int,
    mask: PackedMask,
    start: int,
    out: NDArray[np.integer[Any]],
) -> NDArray[np.bool_]:
    """Give rows of a grid the nearest pixels of a mask.

    Parameters
    ----------
    nodes : tuple of ndarray, shape (down + 1, across + 1)
        Positions (x, y) in the mask of the corners of cells; between them they are interpolated bilinearly.
    bounds : ndarray, shape (down, across)
        Error of the interpolated positions in each cell, pixels; infinite where they mean nothing.
    step : int
        Pixels of the grid along the side of a cell.
    mask : PackedMask
        Counts as 0 outside.
    start : int
        First of the rows, counted from the top of the first row of cells.
    out : ndarray of the type of the mask, shape (ny, nx)
        The rows, all 0; the values are put here.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
        Pixels that need their exact position: the error may put them into a pixel of another value.
    """
    unsure = np.zeros(out.shape, dtype=bool)
    x, y = (np.ascontiguousarray(node) for node in nodes)
    table = (mask.bits, mask.ranks, mask.starts, mask.values, mask.constant, mask.width)
    compiled.sample_cells(x, y, np.ascontiguousarray(bounds), step, *table, start, out, unsure)
    return unsure
