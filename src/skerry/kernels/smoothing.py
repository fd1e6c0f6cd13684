"""Smoothing by a Gaussian in which invalid pixels, and those beyond the edge, have no weight."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from skerry.planes import Computed, Floats, rows_with_halo

__all__ = ["smoothed"]

_SIGMAS_IN_KERNEL = 5.0


def smoothed(image: Floats, sigma: float) -> Computed:
    """Weighted mean of the valid pixels round every pixel, float32; NaN where the image is invalid.

    The weights are a Gaussian of `sigma` pixels, cut at 5 sigma along each axis.
    """
    from scipy import ndimage

    def blurred(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(
            ndimage.gaussian_filter(values, sigma, output=np.float32, mode="constant", truncate=_SIGMAS_IN_KERNEL)
        )

    radius = math.floor(_SIGMAS_IN_KERNEL * sigma + 0.5)

    def rows(start: int, stop: int) -> NDArray[np.float32]:
        band, within = rows_with_halo(image, start, stop, radius, radius)
        valid = np.isfinite(band)
        smooth = blurred(np.where(valid, band, np.float32(0)))
        np.divide(smooth, blurred(valid.astype(np.float32)), out=smooth, where=valid)
        smooth[~valid] = np.nan
        return smooth[within]

    return Computed(image.shape, np.float32, rows, [image], halo=radius, cost=16)
