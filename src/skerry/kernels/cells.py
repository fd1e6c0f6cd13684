"""Cells of 4 x 4 pixels: how many of each are positive, which bounds the share of positive pixels in larger boxes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled
from skerry.kernels.boxes import reach_round

__all__ = ["CELL", "count_in_cells", "skew_of_cells"]

CELL = 4
"""Pixels a side."""


def count_in_cells(rows: NDArray[np.float32], positive: NDArray[np.uint8], valid: NDArray[np.uint8]) -> None:
    """Put down how many pixels of each cell of some rows are positive, and how many valid; the first begins a cell."""
    compiled.count_in_cells(np.ascontiguousarray(rows, dtype=np.float32), positive, valid)


def skew_of_cells(
    positive: NDArray[np.uint8],
    valid: NDArray[np.uint8],
    shape: tuple[int, int],
    rows: slice,
    box: int,
    fraction: float,
) -> NDArray[np.uint8]:
    """Whether more than `fraction` is positive in the boxes of the pixels of each cell of some rows of cells.

    Parameters
    ----------
    positive, valid : ndarray of uint8, shape (cells down, cells across)
        Of all cells of an image, as `count_in_cells` gives them.
    shape : tuple of int
        (ny, nx) of that image.
    rows : slice
        Rows of cells.
    box : int
        Pixels a side, as in `skerry.kernels.boxes`.
    fraction : float
        Of the valid pixels of the box.

    Returns
    -------
    ndarray of uint8
        0 where that is so for none of its pixels, 2 where it is for all, and 1 where it is not sure. What is known of
        the box of each pixel of a cell are the cells that lie in all of these boxes; what may be positive besides is no
        more than in the cells round these that any of the boxes meets, and no more than there is room for.
    """
    found = np.empty((rows.stop - rows.start, positive.shape[1]), dtype=np.uint8)
    compiled.skew_of_cells(positive, valid, *shape, rows.start, *reach_round(box), fraction, found)
    return found
