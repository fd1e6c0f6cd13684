"""Erosion and dilation of some rows of bits by a shape, given as chords.

Rows of bits have the first pixel of eight in the highest bit, and none set beyond the last column.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = ["dilate_rows", "erode_rows", "set_bit"]


def erode_rows(bits: NDArray[np.uint8], nx: int, chords: NDArray[np.int32], rows: slice) -> NDArray[np.uint8]:
    """Bits of some rows at whose pixels all chords lie on set pixels.

    Parameters
    ----------
    bits : ndarray of uint8, shape (ny, ceil(nx / 8))
        The rows, and those around that the chords reach, as far as there are any.
    nx : int
        Pixels of a row.
    chords : ndarray of int32, shape (n, 3)
        Row and first column of parts of the shape, counted from its origin, and their lengths. They are tried in their
        order, so those at which most places fail come first.
    rows : slice
        Those that are wanted, from a first up to a last one.

    Returns
    -------
    ndarray of uint8, shape (rows, ceil(nx / 8))
        As bits.
    """
    out = np.zeros((rows.stop - rows.start, bits.shape[1]), dtype=np.uint8)
    compiled.erode_bits(bits, nx, chords, rows.start, out)
    return out


def dilate_rows(bits: NDArray[np.uint8], nx: int, chords: NDArray[np.int32], rows: slice) -> NDArray[np.uint8]:
    """Bits of some rows that the chords reach from set pixels; parameters as of `erode_rows`."""
    out = np.zeros((rows.stop - rows.start, bits.shape[1]), dtype=np.uint8)
    compiled.dilate_bits(bits, nx, chords, rows.start, out)
    return out


def set_bit(bits: NDArray[np.uint8], bit: int, out: NDArray[np.integer[Any]]) -> None:
    """Set a `bit` of the whole numbers `out`, uint8, int16 or int32, where rows of `bits` are set."""
    compiled.set_bit(bits, bit, out)
