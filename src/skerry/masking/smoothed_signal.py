"""Signal smoothed by a Gaussian, in units of its own noise: faint emission stands out that single pixels hide.

Noise is independent from beam to beam and emission is not, so smoothing by one beam takes noise down and leaves diffuse
emission.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from skerry.filters.gaussian import smoothed
from skerry.planes.bands import map_bands
from skerry.planes.computed import Computed
from skerry.planes.order_statistics import median
from skerry.planes.plane import Floats
from skerry.sky.beam import FWHM_PER_SIGMA

__all__ = ["SmoothedSignal", "smoothed_signal"]

_MEDIAN_PER_SIGMA = 0.6745
"""Median of the absolute value of Gaussian noise."""


_PIXELS_FOR_NOISE = 1 << 20
_ROWS_TOGETHER = 32
"""Sampled rows lie together where they are as close as this, for each is computed of the rows round it."""

_GOLDEN = (math.sqrt(5) - 1) / 2


class SmoothedSignal:
    """How a signal is smoothed by a Gaussian, in units of its own noise.

    Parameters
    ----------
    signal : Plane of float32, shape (ny, nx)
        In sigma; invalid pixels (NaN or infinite) have no weight. Some rows are read for its noise, now.
    fwhm : float
        Of the Gaussian, pixels.
    both_signs : bool
        Whether emission may be negative.
    """

    def __init__(self, signal: Floats, fwhm: float, *, both_signs: bool = False) -> None:
        self._sigma, self._noise = fwhm / FWHM_PER_SIGMA, 1.0
        sample = _sampled_rows(self.of(signal))
        of_noise = np.abs(sample[(sample < 0) | (sample > 0)]) if both_signs else -sample[sample < 0]
        if of_noise.size:
            self._noise = float(np.float32(median(of_noise) / _MEDIAN_PER_SIGMA))
        self.around = self.of(signal).needs.around
        """Rows of the signal that are needed above and below those asked for, together."""

    def of(self, signal: Floats) -> Computed:
        """The smoothed signal, of the signal or of a plane that has its rows."""
        return smoothed(signal, self._sigma, self._noise)


def smoothed_signal(signal: Floats, fwhm: float, *, both_signs: bool = False) -> Computed:
    """Signal smoothed by a Gaussian, in units of its own noise; parameters as of `SmoothedSignal`.

    Returns
    -------
    Plane of float32, shape (ny, nx)
        NaN where the signal is invalid. The noise is the median depth of the negative pixels, in which there is no
        emission; of both signs, the median absolute value. It is measured on rows with about a million pixels.
    """
    return SmoothedSignal(signal, fwhm, both_signs=both_signs).of(signal)


def _sampled_rows(plane: Computed) -> NDArray[np.float32]:
    """Rows all over a plane, or all of a small one."""
    ny, nx = plane.shape
    step = max(1, ny * nx // _PIXELS_FOR_NOISE)
    together = max(1, _ROWS_TOGETHER // step) if step > 1 else 1
    apart = step * together

    def sample(rows: slice) -> NDArray[np.float32]:
        if step == 1:
            return plane[rows]
        tops = [top for top in _tops(ny, apart) if rows.start <= top < rows.stop]
        return np.concatenate([np.empty((0, nx), np.float32), *(plane[top : top + together] for top in tops)])

    return np.concatenate(list(map_bands(sample, plane, result=4)))


def _tops(ny: int, apart: int) -> NDArray[np.intp]:
    """First rows of blocks, one in each so many rows, and nowhere in step with what an image may repeat."""
    number = np.arange(-(-ny // apart))
    return np.asarray(apart * (number + np.modf(_GOLDEN * number)[0]), np.intp)
