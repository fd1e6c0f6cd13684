"""Blank regions: padding round an image that holds a constant, or next to nothing but one, in place of NaN.

They are no data. Taken for it, they lower the noise of whatever lies beside them, and the rim of the image floods.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.filters.islands import large_islands
from skerry.kernels.boxes import maximum_of_rows, minimum_of_rows
from skerry.kernels.levels import flat_rows
from skerry.planes.bands import bands, each_band, in_order
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed, rows_with_halo
from skerry.planes.plane import Floats

__all__ = ["flat_regions"]

_FLAT = 1e-3  # of the typical range of 3 x 3 pixels
_ROUNDING = 1e-5  # of a pixel: a range below this says nothing of the noise
_LEAST_PIXELS = 64
_SAMPLED_ROWS = 512


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
    flat = _flat(image, _limit(image))
    if not flat.any():
        return flat

    def rows(start: int, stop: int) -> NDArray[np.bool_]:
        # A flat pixel's neighbours are as flat as it is, though their own neighbours may not be.
        band, within = rows_with_halo(flat, start, stop, 1, 1)
        return np.asarray(_widened(band)[within] & np.isfinite(image[start:stop]))

    blank = Computed(image.shape, bool, rows, [flat, image], halo=1, cost=3)
    return large_islands(blank, min(_LEAST_PIXELS, _valid_pixels(image)))


def _limit(image: Floats) -> float:
    """Range of 3 x 3 pixels that is next to nothing."""
    step = max(1, image.shape[0] // _SAMPLED_ROWS)
    sampled = np.concatenate([_typical(image, row) for row in range(0, image.shape[0], step)])
    return _FLAT * float(np.median(sampled)) if sampled.size else 0.0


def _typical(image: Floats, row: int) -> NDArray[np.float32]:
    """Ranges of 3 x 3 pixels in one row that are more than rounding."""
    band, within = rows_with_halo(image, row, row + 1, 1, 1)
    with np.errstate(invalid="ignore"):
        spread = (maximum_of_rows(band, within, 3) - minimum_of_rows(band, within, 3))[0]
    pixels = band[within][0]
    valid = np.isfinite(pixels)
    spread, pixels = spread[valid], pixels[valid]
    return np.asarray(spread[(spread > 0) & (spread > _ROUNDING * np.abs(pixels))])


def _flat(image: Floats, limit: float) -> BitMask:
    """Pixels that differ from all their neighbours by no more than a limit."""

    def find(rows: slice) -> NDArray[np.bool_] | None:
        found, count = flat_rows(*rows_with_halo(image, rows.start, rows.stop, 1, 1), limit)
        return found if count else None

    flat = BitMask(image.shape)
    pieces = bands(image, halo=1, cost=1)
    for rows, found in zip(pieces, in_order(find, pieces, image, halo=1, cost=1), strict=True):
        if found is not None:
            flat[rows] = found
    return flat


def _widened(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Set pixels and their neighbours, corners included."""
    down = flags.copy()
    down[1:] |= flags[:-1]
    down[:-1] |= flags[1:]
    wide = down.copy()
    wide[:, 1:] |= down[:, :-1]
    wide[:, :-1] |= down[:, 1:]
    return wide


def _valid_pixels(image: Floats) -> int:
    """Valid pixels of an image, of which no more are counted than a region needs."""
    count = 0
    for _, band in each_band(image):
        count += int(np.count_nonzero(np.isfinite(band)))
        if count >= _LEAST_PIXELS:
            break
    return count
