"""The floor of islands on signal smoothed by the beam, where faint emission stands out that single pixels hide.

Noise is independent from beam to beam and emission is not, so smoothing by one beam takes noise down and leaves diffuse
emission; and what is narrower than the beam cannot be emission, so an opening takes off the tendrils by which islands
would run into the noise.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from skerry.errors import SkerryError
from skerry.expected import beam_fwhm
from skerry.kernels.boxes import box_minimum
from skerry.minimum import exceeds_level, sigma_of_minimum
from skerry.multiscale import convolve_image_by_scale
from skerry.options import MaskingOptions
from skerry.threshold import snr_mask

__all__ = ["opened", "smoothed_floor", "smoothed_signal"]

_MEDIAN_PER_SIGMA = 0.6745
"""Median of the absolute value of Gaussian noise."""
_PIXELS_FOR_NOISE = 1 << 20


def smoothed_signal(signal: NDArray[np.float32], fwhm: float) -> NDArray[np.float32]:
    """Signal smoothed by a Gaussian, in units of its own noise.

    Parameters
    ----------
    signal : ndarray of float32, shape (ny, nx)
        In sigma; invalid pixels (NaN or infinite) have no weight.
    fwhm : float
        Of the Gaussian, pixels.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        NaN where the signal is invalid. The noise is the median depth of the negative pixels, in which there is no
        emission; it is measured on about a million pixels.
    """
    smooth = convolve_image_by_scale(signal, fwhm, scale_fwhm_factor=1)
    step = max(1, math.isqrt(smooth.size // _PIXELS_FOR_NOISE))
    sample = smooth[::step, ::step]
    negative = sample[sample < 0]
    if negative.size:
        smooth /= np.float32(np.median(-negative) / _MEDIAN_PER_SIGMA)
    return smooth


class SmoothedFloor(NamedTuple):
    """What the smoothed signal says of every pixel; both of shape (ny, nx)."""

    floor: NDArray[np.bool_]
    """An island may grow through it."""
    seeds: NDArray[np.bool_] | None
    """An island may start from it; None without `flood_fill_smooth_seed_factor`."""


def smoothed_floor(
    signal: NDArray[np.float32], options: MaskingOptions, pixels_per_beam: float | None
) -> SmoothedFloor:
    """Pixels that an island may grow through, and start from: above both clips in the smoothed signal.

    An extended source that is too faint for a seed in any single pixel may have one in the smoothed signal, where the
    same clips keep noise and artefacts out.

    Parameters
    ----------
    signal : ndarray of float32, shape (ny, nx)
        In sigma; invalid pixels (NaN or infinite) are never part of the floor.
    options : MaskingOptions
        With `flood_fill_smooth_beams`.
    pixels_per_beam : float
        Area of the beam.

    Returns
    -------
    SmoothedFloor
    """
    if pixels_per_beam is None or options.flood_fill_smooth_beams is None:
        raise SkerryError("flood_fill_smooth_beams: needs the area of the beam, which is not known here")
    fwhm = beam_fwhm(pixels_per_beam)
    smooth = smoothed_signal(signal, options.flood_fill_smooth_beams * fwhm)
    floor = snr_mask(smooth, options.flood_fill_positive_flood_clip)
    floor &= snr_mask(signal, options.flood_fill_pixel_clip)
    level = box_minimum(smooth, options.flood_fill_use_mac_box_size)
    # Where all of a box is positive there is nothing that speaks against it.
    np.maximum(-level, 0, out=level)
    if options.mac_in_sigma:
        level /= np.float32(sigma_of_minimum(options, pixels_per_beam, options.flood_fill_smooth_beams))
    floor &= exceeds_level(smooth, level, options.flood_fill_mac_flood_factor)
    seeds = None
    if options.flood_fill_smooth_seed_factor is not None:
        seeds = exceeds_level(smooth, level, options.flood_fill_smooth_seed_factor)
        seeds &= snr_mask(smooth, options.flood_fill_positive_seed_clip, inclusive=True)
    return SmoothedFloor(opened(floor, max(1, int(fwhm))), seeds)


def opened(mask: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """Pixels of a mask that lie in a square of it; squares are cut at the edges of the image."""
    eroded = ndimage.minimum_filter(mask.view(np.uint8), side, mode="constant", cval=1)
    # A square of even width reaches one pixel further to the left, so its mirror image reaches further to the right.
    mirrored = 0 if side % 2 else -1
    return np.asarray(ndimage.maximum_filter(eroded, side, mode="constant", cval=0, origin=mirrored).view(bool))
