"""Closing and opening of some rows of a mask by squares, at the edge of which an image neither gives nor takes.

Both are two dilations, of a mask or of what is not set, and a row of bits is dilated by shifting whole words.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.kernels import _shapes

__all__ = ["closed_rows"]


def closed_rows(
    band: NDArray[np.bool_] | NDArray[np.uint8], within: slice, side: int, *, opening: bool = False
) -> NDArray[np.bool_]:
    """Close, or open, some rows of a mask, given with `side` - 1 rows on each side as far as there are any.

    A square of even width reaches one pixel further to the left of a pixel than to its right.
    """
    ny, nx = band.shape
    pixels = np.ascontiguousarray(band).view(np.uint8)
    # A square that is larger than the image is the image, from wherever it is seen.
    before, after = (min(n, max(ny, nx)) for n in (side // 2, side - side // 2 - 1))
    out = np.empty((within.stop - within.start, nx), dtype=bool)
    _shapes.close(pixels, ny, nx, before, after, opening, within.start, within.stop, out.view(np.uint8))
    return out
