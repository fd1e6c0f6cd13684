"""Statistics of the box round every pixel: its minimum, its maximum, and its share of positive pixels.

A box of n pixels reaches n // 2 pixels before a pixel and n - n // 2 - 1 after it. Boxes are cut at the edge of the
image and at invalid (NaN or infinite) pixels; nothing wraps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skerry.planes import Computed, Floats, rows_with_halo

__all__ = ["box_maximum", "box_minimum", "is_skewed"]


def box_minimum(image: Floats, box: int) -> Computed:
    """Minimum of the box round every pixel, float32; infinite where no pixel of it is valid."""
    from scipy import ndimage

    return _box_extremum(image, box, ndimage.minimum_filter1d, np.inf, (box // 2, box - box // 2 - 1))


def box_maximum(image: Floats, box: int) -> Computed:
    """Maximum of the *reflected* box round every pixel, float32; minus infinity where no pixel of it is valid.

    The reflected box of an even n reaches one pixel less before a pixel than after it: it holds the pixels whose own
    box holds that pixel.
    """
    from scipy import ndimage

    return _box_extremum(image, box, ndimage.maximum_filter1d, -np.inf, (box - box // 2 - 1, box // 2))


def is_skewed(image: Floats, box: int, fraction: float) -> Computed:
    """Where more than `fraction` of the valid pixels in the box are positive."""
    before, after = box // 2, box - box // 2 - 1

    def rows(start: int, stop: int) -> NDArray[np.bool_]:
        band, within = rows_with_halo(image, start, stop, before, after)
        valid = np.isfinite(band)
        count, positive = _box_count(valid, box, within), _box_count((band > 0) & valid, box, within)
        return np.greater(positive, np.multiply(count, fraction))

    return Computed(image.shape, bool, rows, [image], halo=box // 2, cost=24)


def _box_extremum(
    image: Floats, box: int, extremum: Callable[..., None], neutral: float, reach: tuple[int, int]
) -> Computed:
    def rows(start: int, stop: int) -> NDArray[np.float32]:
        band, within = rows_with_halo(image, start, stop, *reach)
        out: NDArray[np.float32] = np.where(np.isfinite(band), band, np.float32(neutral))
        for axis in (0, 1):
            # A box that reaches past both ends of the axis from everywhere is no different for being larger still.
            size = min(box, 2 * band.shape[axis] + box % 2)
            origin = 0 if size % 2 or reach[0] >= reach[1] else -1
            extremum(out, size, axis=axis, output=out, mode="constant", cval=neutral, origin=origin)
        return out[within]

    return Computed(image.shape, np.float32, rows, [image], halo=box // 2, cost=8)


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
