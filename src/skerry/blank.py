"""Blank regions: padding round an image that holds a constant, or next to nothing but one, in place of NaN.

They are no data. Taken for it, they lower the noise of whatever lies beside them, and the rim of the image floods.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.kernels.bands import row_bands
from skerry.kernels.boxes import box_maximum, box_minimum
from skerry.kernels.islands import large_islands

__all__ = ["blank_regions"]

_FLAT = 1e-3  # of the typical range of 3 x 3 pixels
_ROUNDING = 1e-5  # of a pixel: a range below this says nothing of the noise
_LEAST_PIXELS = 64
_SAMPLED_ROWS = 512


def blank_regions(image: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Find where an image is flat: where pixels differ from their neighbours by a thousandth of what is typical.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Any unit; invalid pixels (NaN or infinite) are not looked at.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
        Regions of at least 64 pixels; never an invalid pixel. All valid pixels of an image that is flat throughout.
    """
    step = max(1, image.shape[0] // _SAMPLED_ROWS)
    sampled = np.concatenate([_typical(image, row) for row in range(0, image.shape[0], step)])
    limit = _FLAT * float(np.median(sampled)) if sampled.size else 0.0
    flat = np.empty(image.shape, dtype=bool)
    for rows in row_bands(image.shape):
        flat[rows] = _range(image, rows) <= limit
    flat &= np.isfinite(image)
    if not flat.any():
        return flat
    # A flat pixel's neighbours are as flat as it is, though their own neighbours may not be.
    blank = flat.copy()
    for rows in row_bands(image.shape):
        first = max(0, rows.start - 1)
        blank[rows] = box_maximum(flat[first : rows.stop + 1].astype(np.float32), 3)[_within(rows, first)] > 0
    blank &= np.isfinite(image)
    return large_islands(blank, min(_LEAST_PIXELS, int(np.count_nonzero(np.isfinite(image)))))


def _range(image: NDArray[np.float32], rows: slice) -> NDArray[np.float32]:
    """Highest less lowest of the 3 x 3 pixels round each pixel of some rows."""
    first = max(0, rows.start - 1)
    band = image[first : rows.stop + 1]
    with np.errstate(invalid="ignore"):
        return np.asarray((box_maximum(band, 3) - box_minimum(band, 3))[_within(rows, first)])


def _typical(image: NDArray[np.float32], row: int) -> NDArray[np.float32]:
    """Ranges in one row that are more than rounding."""
    spread, pixels = _range(image, slice(row, row + 1))[0], image[row]
    valid = np.isfinite(pixels)
    spread, pixels = spread[valid], pixels[valid]
    return np.asarray(spread[(spread > 0) & (spread > _ROUNDING * np.abs(pixels))])


def _within(rows: slice, first: int) -> slice:
    """Rows of the image as rows of a band that begins at `first`."""
    return slice(rows.start - first, rows.stop - first)
