"""How bright a pixel of a picture is: asinh about the noise, so that noise, faint and bright sources are seen at once.

Lupton et al. (1999, AJ 118, 1406): linear within some sigma of the level, logarithmic far above.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.planes.order_statistics import median
from skerry.planes.plane import Floats
from skerry.planes.sample import sampled_rows

__all__ = ["Level", "Stretch", "level_of", "stretch_of"]

_SIGMA_PER_MAD = 1.4826
_CLIP, _PASSES = 3.0, 4
_LINEAR = 2.0
"""Sigma."""
_BELOW = 3.0
"""Sigma below the level at which a picture is as bright as it gets."""
_LEAST_RANGE, _MOST_RANGE = 12.0, 1000.0
"""Sigma from the level to the darkest: below, noise would look like sources; above, faint sources would vanish."""
_QUANTILE = 99.95


class Level(NamedTuple):
    """Background and noise of an image, in its unit."""

    level: float
    noise: float


class Stretch(NamedTuple):
    """Values between which a picture goes from its brightest to its darkest, and how far it is linear."""

    lowest: float
    highest: float
    linear: float
    is_clipped: bool
    """Whether there are pixels above the highest."""

    def shades(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Shade of each pixel from 0, at the lowest, to 1, at the highest; NaN of invalid ones."""
        clipped = np.clip(values.astype(np.float64), self.lowest, self.highest)
        low, high, stretched = (np.arcsinh(n / self.linear) for n in (self.lowest, self.highest, clipped))
        return np.asarray((stretched - low) / (high - low), np.float32)


def level_of(image: Floats | NDArray[np.float32]) -> Level:
    """Level and noise of an image, of rows all over it: median and 1.4826 times the median deviation, clipped.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        NaN and infinite pixels are invalid.

    Returns
    -------
    Level
        NaN without a valid pixel; the noise is never 0: of an image without noise it is a thousandth of its peak.
    """
    sample = sampled_rows(image)
    pixels = sample[np.isfinite(sample)]
    if not pixels.size:
        return Level(np.nan, np.nan)
    for _ in range(_PASSES):
        middle = median(pixels)
        deviation = np.abs(pixels - np.float32(middle))
        noise = _SIGMA_PER_MAD * median(deviation)
        kept = pixels[deviation <= _CLIP * noise]
        if not noise or kept.size == pixels.size:
            break
        pixels = kept
    if noise:
        return Level(float(middle), float(noise))
    farthest = float(np.abs(sample[np.isfinite(sample)] - np.float32(middle)).max())
    return Level(float(middle), 1e-3 * farthest or abs(float(middle)) or 1.0)


def stretch_of(shown: NDArray[np.float32]) -> Stretch:
    """Stretch for the pixels of a picture.

    Parameters
    ----------
    shown : ndarray of float32, shape (ny, nx)
        As of `skerry.pictures.blocks.notable_of_blocks`, whose noise is another than that of the image.

    Returns
    -------
    Stretch
        From 3 sigma below the level to the brightest pixels, but 12 to 1000 sigma above it.
    """
    level, noise = level_of(shown)
    if not np.isfinite(level):
        return Stretch(0.0, 1.0, 1.0, False)
    valid = shown[np.isfinite(shown)]
    peak = float(valid.max())
    bright = max(float(np.percentile(valid, _QUANTILE)), level + 0.2 * (peak - level))
    highest = level + min(max(bright - level, _LEAST_RANGE * noise), _MOST_RANGE * noise)
    return Stretch(level - _BELOW * noise, highest, _LINEAR * noise, peak > highest)
