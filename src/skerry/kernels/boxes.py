"""Statistics of the box round every pixel: its minimum, its maximum, and its share of positive pixels.

A box of n pixels reaches n // 2 pixels before a pixel and n - n // 2 - 1 after it. Boxes are cut at the edge of the
image and at invalid (NaN or infinite) pixels; nothing wraps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skerry.kernels.bands import row_bands

__all__ = ["box_maximum", "box_minimum", "is_skewed"]


def box_minimum(image: NDArray[np.float32], box: int) -> NDArray[np.float32]:
    """Minimum of the box round every pixel, shape and dtype as `image`; infinite where no pixel of it is valid."""
    from scipy import ndimage

    return _box_extremum(image, box, ndimage.minimum_filter1d, np.inf, origin=0)


def box_maximum(image: NDArray[np.float32], box: int) -> NDArray[np.float32]:
    """Maximum of the *reflected* box round every pixel; minus infinity where no pixel of it is valid.

    The reflected box of an even n reaches one pixel less before a pixel than after it: it holds the pixels whose own
    box holds that pixel.
    """
    from scipy import ndimage

    return _box_extremum(image, box, ndimage.maximum_filter1d, -np.inf, origin=0 if box % 2 else -1)


def is_skewed(image: NDArray[np.float32], box: int, fraction: float) -> NDArray[np.bool_]:
    """Where more than `fraction` of the valid pixels in the box are positive."""
    result = np.empty(image.shape, dtype=bool)
    before, after = box // 2, box - box // 2 - 1
    ny = image.shape[0]
    for rows in row_bands(image.shape, halo=box):
        first = max(0, rows.start - before)
        band = image[first : min(ny, rows.stop + after)]
        within = slice(rows.start - first, rows.stop - first)
        valid = np.isfinite(band)
        if valid.all():
            down, across = (_sums(np.ones(n, np.int32), before, after, 0) for n in band.shape)
            count = np.outer(down[within], across)
        else:
            count = _box_count(valid, box, within)
        positive = _box_count((band > 0) & valid, box, within)
        np.greater(positive, np.multiply(count, fraction), out=result[rows])
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


def _box_count(flags: NDArray[np.bool_], box: int, rows: slice) -> NDArray[np.int32]:
    """Count of set pixels in the box round each pixel of some rows."""
    before, after = box // 2, box - box // 2 - 1
    down = _sums(flags, before, after, 0)[rows]
    return _sums(down, before, after, 1)


def _sums(values: NDArray[Any], before: int, after: int, axis: int) -> NDArray[np.int32]:
    """Sum of the values from `before` ahead of each index to `after` behind it, along an axis.

    The running sum may pass the largest int32, but its differences are right all the same.
    """
    running = np.cumsum(values, axis=axis, dtype=np.int32)
    length = values.shape[axis]

    def part(array: NDArray[np.int32], start: int, stop: int) -> NDArray[np.int32]:
        return array[start:stop] if axis == 0 else array[:, start:stop]

    after, before = min(after, length - 1), min(before, length)
    sums = np.empty_like(running)
    part(sums, 0, length - after)[...] = part(running, after, length)
    part(sums, length - after, length)[...] = part(running, length - 1, length)
    part(sums, before + 1, length)[...] -= part(running, 0, max(0, length - before - 1))
    return sums
