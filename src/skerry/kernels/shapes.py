"""Closing and opening of some rows of a mask by squares, at the edge of which an image neither gives nor takes.

Both are two dilations, of a mask or of what is not set, and a row of bits is dilated by shifting whole words.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = ["closed_rows"]


def closed_rows(
    band: NDArray[np.bool_] | NDArray[np.uint8], within: slice, side: int, *, opening: bool = False
) -> NDArray[np.bool_]:
    """Close, or open, some rows of a mask by a square.

    Parameters
    ----------
    band : ndarray of bool or uint8, shape (ny, nx)
        The rows, with `side` - 1 rows on each side as far as there are any.
    within : slice
        Where in the band the rows lie.
    side : int
        Pixels. A square of even width reaches one pixel further to the left of a pixel than to its right.
    opening : bool
        Whether they are opened.

    Returns
    -------
    ndarray of bool, shape (rows, nx)
        The rows.
    """
    ny, nx = band.shape
    pixels = np.ascontiguousarray(band).view(np.uint8)
    # A square that is larger than the image is the image, from wherever it is seen.
    before, after = (min(n, max(ny, nx)) for n in (side // 2, side - side // 2 - 1))
    out = np.empty((within.stop - within.start, nx), dtype=bool)
    compiled.close_boxes(pixels, before, after, opening, within.start, out)
    return out
