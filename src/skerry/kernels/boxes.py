"""Statistics of the box round every pixel: its minimum, its maximum, and its share of positive pixels.

A box of n pixels reaches n // 2 pixels before a pixel and n - n // 2 - 1 after it. Boxes are cut at the edge of the
image and at invalid (NaN or infinite) pixels; nothing wraps.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from skerry.kernels.bands import row_bands

__all__ = ["box_maximum", "box_minimum", "is_skewed"]


def box_minimum(image: NDArray[np.float32], box: int) -> NDArray[np.float32]:
    """Minimum of the box round every pixel, shape and dtype as `image`; infinite where no pixel of it is valid."""
    return _box_extremum(image, box, ndimage.minimum_filter1d, np.inf, origin=0)


def box_maximum(image: NDArray[np.float32], box: int) -> NDArray[np.float32]:
    """Maximum of the *reflected* box round every pixel; minus infinity where no pixel of it is valid.

    The reflected box of an even n reaches one pixel less before a pixel than after it: it holds the pixels whose own
    box holds that pixel.
    """
    return _box_extremum(image, box, ndimage.maximum_filter1d, -np.inf, origin=0 if box % 2 else -1)


def is_skewed(image: NDArray[np.float32], box: int, fraction: float) -> NDArray[np.bool_]:
    """Where more than `fraction` of the valid pixels in the box are positive."""
    result = np.empty(image.shape, dtype=bool)
    before, after = box // 2, box - box // 2 - 1
    ny = image.shape[0]
    for rows in row_bands(image.shape):
        first = max(0, rows.start - before)
        band = image[first : min(ny, rows.stop + after)]
        positive = _box_sum(np.isfinite(band) & (band > 0), box, rows.start - first, rows.stop - first)
        valid = _box_sum(np.isfinite(band), box, rows.start - first, rows.stop - first)
        result[rows] = positive > fraction * valid
    return result


def _box_extremum(
    image: NDArray[np.float32], box: int, extremum: Callable[..., None], neutral: float, origin: int
) -> NDArray[np.float32]:
    out: NDArray[np.float32] = np.where(np.isfinite(image), image, np.float32(neutral))
    for axis in (0, 1):
        # A box that reaches past both ends of the axis from everywhere is no different for being larger still.
        size = min(box, 2 * image.shape[axis] + box % 2)
        extremum(out, size, axis=axis, output=out, mode="constant", cval=neutral, origin=origin)
    return out


def _box_sum(flags: NDArray[np.bool_], box: int, start: int, stop: int) -> NDArray[np.int64]:
    """Count of set pixels in the box round each pixel of the rows from `start` to `stop`."""
    before, after = box // 2, box - box // 2 - 1
    ny, nx = flags.shape
    total = np.zeros((ny + 1, nx + 1), dtype=np.int64)
    np.cumsum(flags, axis=0, out=total[1:, 1:])
    np.cumsum(total[1:, 1:], axis=1, out=total[1:, 1:])
    y, x = np.arange(start, stop), np.arange(nx)
    top, bottom = np.maximum(y - before, 0), np.minimum(y + after + 1, ny)
    left, right = np.maximum(x - before, 0), np.minimum(x + after + 1, nx)
    rows: NDArray[np.int64] = total[bottom] - total[top]
    return rows[:, right] - rows[:, left]
