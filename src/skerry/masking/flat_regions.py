"""Blank regions: padding round an image that holds a constant, or next to nothing but one, in place of NaN.

They are no data. Taken for it, they lower the noise of whatever lies beside them, and the rim of the image floods.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.filters.dilation import dilated
from skerry.filters.islands import large_islands
from skerry.kernels.boxes import maximum_of_rows, minimum_of_rows
from skerry.kernels.levels import flat_rows
from skerry.planes.bands import each_band
from skerry.planes.bits import BitMask
from skerry.planes.computed import window, windowed
from skerry.planes.masks import both, valid_pixels
from skerry.planes.order_statistics import median
from skerry.planes.plane import Floats
from skerry.planes.sample import few_rows

__all__ = ["flat_limit", "flat_regions", "flat_with_neighbours", "regions_of_flat"]

_FLAT = 1e-3  # of the typical range of 3 x 3 pixels
_ROUNDING = 1e-5  # of a pixel: a range below this says nothing of the noise
_LEAST_PIXELS = 64
_SAMPLED_ROWS = 128
_PIXELS_AT_ONCE = 1 << 16


def flat_regions(image: Floats) -> BitMask:
    """Find where an image is flat: where pixels differ from their neighbours by a thousandth of what is typical.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        Any unit; invalid pixels (NaN or infinite) are not looked at.

    Returns
    -------
    BitMask, shape (ny, nx)
        Regions of at least 64 pixels; never an invalid pixel. All valid pixels of an image that is flat throughout.
    """
    return regions_of_flat(image, _flat(image, flat_limit(image)))


def regions_of_flat(image: Floats, flat: BitMask) -> BitMask:
    """Flat regions of an image whose flat pixels are known, as `skerry.kernels.levels.flat_rows` gives them."""
    blank = _with_neighbours(image, flat)
    return large_islands(blank, min(_LEAST_PIXELS, _count_valid(image))) if blank.any() else blank


def flat_with_neighbours(image: Floats, limit: float) -> BitMask:
    """Valid pixels in any 3 x 3 whose valid ones differ by no more than a limit."""
    return _with_neighbours(image, _flat(image, limit))


def _flat(image: Floats, limit: float) -> BitMask:
    return BitMask.of(windowed(partial(_flat_pixels, limit=limit), image, before=1, after=1, dtype=bool))


def _with_neighbours(image: Floats, flat: BitMask) -> BitMask:
    if not flat.any():
        return flat
    # A flat pixel's neighbours are as flat as it is, though their own neighbours may not be.
    return BitMask.of(both(dilated(flat, 1), valid_pixels(image)))


def flat_limit(image: Floats) -> float:
    """Range of 3 x 3 pixels that is next to nothing."""
    ny, nx = image.shape
    rows = range(0, ny, ny // few_rows(image.shape, _SAMPLED_ROWS))
    at_once = max(1, _PIXELS_AT_ONCE // max(1, nx))
    sampled = np.concatenate([_ranges(image, rows[n : n + at_once]) for n in range(0, len(rows), at_once)])
    return _FLAT * median(sampled) if sampled.size else 0.0


def _ranges(image: Floats, rows: Sequence[int]) -> NDArray[np.float32]:
    """Ranges of 3 x 3 pixels in some rows that are more than rounding."""
    windows = [window(image, row, row + 1, 1, 1) for row in rows]
    # The windows lie below each other: only what is in the middle of one is asked for, which sees no other.
    band = np.concatenate([pixels for pixels, _ in windows])
    tops = np.cumsum([0, *(len(pixels) for pixels, _ in windows[:-1])])
    middle = tops + [within.start for _, within in windows]
    every = slice(0, len(band))
    with np.errstate(invalid="ignore"):
        spread = maximum_of_rows(band, every, 3)[middle] - minimum_of_rows(band, every, 3)[middle]
    pixels = band[middle]
    valid = np.isfinite(pixels)
    spread, pixels = spread[valid], pixels[valid]
    return np.asarray(spread[spread > _ROUNDING * np.abs(pixels)])


def _flat_pixels(image: NDArray[np.float32], rows: slice, limit: float) -> NDArray[np.bool_]:
    """Pixels of some rows of a band that differ from all their neighbours in it by no more than a limit."""
    flat, _ = flat_rows(image, rows, limit)
    return flat


def _count_valid(image: Floats) -> int:
    """Count valid pixels of an image, but no more of them than a region needs."""
    count = 0
    for _, band in each_band(image):
        count += int(np.count_nonzero(np.isfinite(band)))
        if count >= _LEAST_PIXELS:
            break
    return count
