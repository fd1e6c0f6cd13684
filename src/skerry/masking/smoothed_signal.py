"""Signal smoothed by a Gaussian, in units of its own noise: faint emission stands out that single pixels hide.

Noise is independent from beam to beam and emission is not, so smoothing by one beam takes noise down and leaves diffuse
emission.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from skerry.filters.gaussian import SmoothedSample, smoothed
from skerry.planes.computed import Computed
from skerry.planes.order_statistics import median
from skerry.planes.plane import Floats
from skerry.sky.beam import FWHM_PER_SIGMA

__all__ = ["SmoothedSignal", "smoothed_signal"]

_MEDIAN_PER_SIGMA = 0.6745
"""Median of the absolute value of Gaussian noise."""


_PIXELS_FOR_NOISE = 1 << 20


class SmoothedSignal:
    """How a signal is smoothed, which is gone through for its noise; parameters as of `smoothed_signal`."""

    def __init__(self, signal: Floats, fwhm: float, *, both_signs: bool = False) -> None:
        self._sigma, self._both_signs = fwhm / FWHM_PER_SIGMA, both_signs
        step = max(1, math.isqrt(math.prod(signal.shape) // _PIXELS_FOR_NOISE))
        self.sample = SmoothedSample(signal, self._sigma, step)
        """For the noise: it is taken when that is asked for, if not before, in another pass over the signal."""
        self.around = self.sample.around
        """Rows of the signal that are needed above and below those asked for, together."""

    @cached_property
    def noise(self) -> float:
        """Of the smoothed signal, in sigma."""
        sample = self.sample.values()
        of_noise = np.abs(sample[(sample < 0) | (sample > 0)]) if self._both_signs else -sample[sample < 0]
        return float(np.float32(median(of_noise) / _MEDIAN_PER_SIGMA)) if of_noise.size else 1.0

    def of(self, signal: Floats) -> Computed:
        """The smoothed signal, of the signal or of a plane that has its rows."""
        return smoothed(signal, self._sigma, self.noise)


def smoothed_signal(signal: Floats, fwhm: float, *, both_signs: bool = False) -> Computed:
    """Signal smoothed by a Gaussian, in units of its own noise.

    Parameters
    ----------
    signal : Plane of float32, shape (ny, nx)
        In sigma; invalid pixels (NaN or infinite) have no weight. It is read once for its noise, now.
    fwhm : float
        Of the Gaussian, pixels.
    both_signs : bool
        Whether emission may be negative.

    Returns
    -------
    Plane of float32, shape (ny, nx)
        NaN where the signal is invalid. The noise is the median depth of the negative pixels, in which there is no
        emission; of both signs, the median absolute value. It is measured on about a million pixels.
    """
    return SmoothedSignal(signal, fwhm, both_signs=both_signs).of(signal)
