"""What noise alone does: how deep the minimum of a box is, and how many islands reach a clip.

A clip then says what it means whatever the box, the beam and the size of the image are: the expected Euler
characteristic of Gaussian noise above a high level is the number of its islands, and needs no simulation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from skerry.sky.beam import AREA_PER_FWHM2

__all__ = ["box_minimum_depth", "level_of_count", "noise_islands"]

_LEAST_LEVEL, _HIGHEST_LEVEL = 1.0, 40.0
"""In sigma: lower, the Euler characteristic no longer falls; higher, there is nothing."""


_HALVINGS = 60


_DEPTHS = 200


_NOISE_NODES = np.array(
    [
        0.31737009662945237,
        0.953421922932109,
        1.5934804298164202,
        2.2404678516917524,
        2.8977286432233136,
        3.56930676407356,
        4.260383605019905,
        4.97804137463912,
        5.732747175251201,
        6.541675005098634,
        7.437890666021663,
        8.507803519195257,
    ]
)
_NOISE_WEIGHTS = np.array(
    [
        0.6037718421428449,
        0.4047189801605703,
        0.18065110558013295,
        0.05295589223511062,
        0.00996788037903597,
        0.0011648770802427275,
        8.045024864361494e-05,
        3.052220346806378e-06,
        5.683683542388722e-08,
        4.308054103053398e-10,
        9.312059250837578e-13,
        2.3537725005214355e-16,
    ]
)
"""Nodes above zero of the Gauss-Hermite quadrature of 24 points, and weights, for the weight exp(-x^2 / 2): those of
`numpy.polynomial.hermite_e.hermegauss`, whose import takes longer than many a small step."""


_LEAST_FREEDOM = 4.0


@lru_cache
def box_minimum_depth(box: int, fwhm: float) -> float:
    """Median depth of the minimum of a box of noise.

    Parameters
    ----------
    box : int
        Pixels a side.
    fwhm : float
        Of the Gaussian beam by which the noise is correlated, pixels.

    Returns
    -------
    float
        In sigma of the noise, at least 1.

    Notes
    -----
    Half of all boxes are deeper where the expected Euler characteristic of a box (Adler 1981, The Geometry of Random
    Fields; Worsley et al. 1996, Human Brain Mapping 4, 58) is ln 2, of which pixels see a part. Simulated noise has
    the same depth within 1 per cent for beams (FWHM) of 2 to 8 pixels and boxes of 10 or more beams.

    Examples
    --------
    >>> print(f"{box_minimum_depth(35, 3.5):.2f}")
    2.92
    """
    return level_of_count(
        math.log(2), lambda u: float(_euler_characteristic(np.array([u]), box, fwhm)[0]), _LEAST_LEVEL
    )


def noise_islands(
    pixels: int,
    fwhm: float,
    *,
    snr_clip: float = 0.0,
    noise_box: int | None = None,
    noise_filter: int = 1,
    mac_factor: float = 0.0,
    mac_box: int = 1,
) -> float:
    """Expected number of islands that noise alone makes in an image.

    Parameters
    ----------
    pixels : int
        Valid pixels of the image.
    fwhm : float
        Of the Gaussian beam by which the noise is correlated, pixels.
    snr_clip : float
        That an island reaches, in sigma as measured.
    noise_box, noise_filter : int, optional
        Boxes in which the noise was measured, pixels, and the median filter across them, boxes; by default the noise
        is known.
    mac_factor : float
        Of the absolute minimum round it that an island reaches too.
    mac_box : int
        Box of the minimum, pixels.

    Returns
    -------
    float
        The number.

    Notes
    -----
    The density of the Euler characteristic, averaged over how deep a box may be and over how far a measured noise may
    be off: the noise in a box has the variance of the mean subtracted, and scatters with the number of its beams.
    """
    scale, weight = _noise_scatter(fwhm, noise_box, noise_filter)
    levels = snr_clip * scale
    islands = _islands_per_pixel(levels, fwhm)
    if mac_factor > 0:
        depth, share = _box_depths(mac_box, fwhm)
        # An island reaches the higher of two levels.
        by_depth = _islands_by_depth(mac_factor, mac_box, fwhm)
        islands = np.where(levels[:, np.newaxis] > mac_factor * depth, islands[:, np.newaxis], by_depth)
        weight = np.outer(weight, share)
    return float(pixels * np.sum(weight * islands))


@lru_cache
def _islands_by_depth(mac_factor: float, mac_box: int, fwhm: float) -> NDArray[np.float64]:
    """Expected islands above a factor of the minimum of a box, by its depths: the same for each clip that is tried."""
    return _islands_per_pixel(mac_factor * _box_depths(mac_box, fwhm)[0], fwhm)


def level_of_count(wanted: float, count: Callable[[float], float], low: float) -> float:
    """Level, at least `low`, at which a count that falls with the level is no more than what is wanted."""
    if count(low) <= wanted:
        return low
    high = _HIGHEST_LEVEL
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            # Neighbouring numbers: the rest would change nothing.
            break
        low, high = (middle, high) if count(middle) > wanted else (low, middle)
    return high


def _islands_per_pixel(level: NDArray[np.float64], fwhm: float) -> NDArray[np.float64]:
    """Expected islands of noise above a level in sigma, for each pixel."""
    level = np.maximum(level, _LEAST_LEVEL)
    peaks: NDArray[np.float64] = _roughness(fwhm) / (2 * math.pi) ** 1.5 * level * np.exp(-(level**2) / 2)
    peaks *= _share_on_pixels(level, fwhm) ** 2
    return peaks


def _euler_characteristic(level: NDArray[np.float64], box: int, fwhm: float) -> NDArray[np.float64]:
    """Expected Euler characteristic of what is above a level in a box: of its area, its edge and its corners."""
    along: NDArray[np.float64] = math.sqrt(_roughness(fwhm)) / (2 * math.pi) * np.exp(-(level**2) / 2)
    along *= _share_on_pixels(level, fwhm)
    corners = np.array([math.erfc(x / math.sqrt(2)) / 2 for x in level])
    return np.asarray(box**2 * _islands_per_pixel(level, fwhm) + 2 * box * along + corners)


def _share_on_pixels(level: NDArray[np.float64], fwhm: float) -> NDArray[np.float64]:
    """Share of the peaks above a level that are above it on a pixel too, along one axis.

    A peak at u stands above the level by 1 / u on average, exponentially distributed, and falls by u times the
    roughness times half the square of the way to the nearest pixel, which is anything up to half a pixel.
    """
    fall = level * math.sqrt(_roughness(fwhm) / 8)
    return np.array([math.sqrt(math.pi) / 2 * math.erf(x) / x for x in fall.ravel()]).reshape(level.shape)


def _roughness(fwhm: float) -> float:
    """Variance of the slope of noise of variance 1, for each axis."""
    return 4 * math.log(2) / fwhm**2


@lru_cache
def _box_depths(box: int, fwhm: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Depths of the minimum of a box, and the share of boxes with each."""
    middle = box_minimum_depth(box, fwhm)
    bounds = np.linspace(_LEAST_LEVEL, middle + 3, _DEPTHS + 1)
    below = np.exp(-_euler_characteristic(bounds, box, fwhm))
    below[0], below[-1] = 0, 1
    return (bounds[1:] + bounds[:-1]) / 2, np.diff(below)


@lru_cache
def _noise_scatter(fwhm: float, box: int | None, filter_size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Noise as measured over the true one, at a few points, and their weights.

    In a box of N beams the variance has N degrees of freedom, for noise that a Gaussian beam correlates has twice the
    beam as the area of its autocorrelation and once the beam as that of its square. The mean, which is subtracted, has
    two of them; and the median of a chi squared is below its mean.
    """
    if box is None:
        return np.ones(1), np.ones(1)
    freedom = max(_LEAST_FREEDOM, box**2 / (AREA_PER_FWHM2 * fwhm**2))
    mean, spread = math.sqrt(1 - 2 / freedom), 1 / math.sqrt(2 * freedom)
    if filter_size > 1:
        mean *= math.sqrt(1 - 2 / (3 * freedom))
        spread *= math.sqrt(math.pi / 2) / filter_size
    nodes, weights = np.r_[-_NOISE_NODES[::-1], _NOISE_NODES], np.r_[_NOISE_WEIGHTS[::-1], _NOISE_WEIGHTS]
    return mean * np.maximum(1 + spread * nodes, 0), weights / weights.sum()
