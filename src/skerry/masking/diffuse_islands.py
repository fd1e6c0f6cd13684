"""Islands of low significance: diffuse emission, which no single pixel betrays.

A low clip alone lets noise in everywhere; what tells emission from noise there is the island as a whole, its size and
the significance of its sum.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.filters.islands import large_islands, significant_islands
from skerry.kernels.islands import marks_above
from skerry.kernels.shapes import closed_rows
from skerry.masking.known_area import known_area
from skerry.masking.smoothed_signal import smoothed_signal
from skerry.planes.arrays import flag_plane, image_plane
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed, windowed
from skerry.planes.masks import without
from skerry.planes.plane import Flags, Floats
from skerry.sky.beam import beam_fwhm

__all__ = ["diffuse_islands", "large_faint_islands"]

_CLOSING_SIDE = 5
"""By 2 pixels on each side."""
_AUTOCORRELATION_BEAMS = 2
"""Area of the autocorrelation of noise that a Gaussian beam correlates, in beams."""


def large_faint_islands(signal: Floats, clip: float = 2.0, size: float = 512, left_out: Flags | None = None) -> BitMask:
    """Large islands of pixels above a low clip.

    Pixels above the clip are closed by 2 pixels, so that noise does not tear an island apart, and islands of at least
    the given size are kept.

    Parameters
    ----------
    signal : Plane of float32, shape (ny, nx)
        In sigma; invalid pixels (NaN or infinite) are never masked.
    clip : float
        The clip, in sigma.
    size : float
        The least size, in pixels.
    left_out : Plane of bool, shape (ny, nx), optional
        Pixels to leave out before islands are measured.

    Returns
    -------
    BitMask, shape (ny, nx)
        The islands.
    """
    left_out = None if left_out is None else flag_plane(left_out)
    return large_islands(_above(image_plane(signal), clip, _CLOSING_SIDE, left_out), size)


def diffuse_islands(
    signal: Floats,
    options: MaskingOptions,
    pixels_per_beam: float | None = None,
    left_out: Flags | None = None,
) -> BitMask:
    """Islands of low significance as the options ask for them.

    Parameters
    ----------
    signal : Plane of float32, shape (ny, nx)
        In sigma; invalid pixels (NaN or infinite) are never masked.
    options : MaskingOptions
        The options called grow_low_snr_island.
    pixels_per_beam : float, optional
        Area of the beam, needed for a size in beams, a significance and smoothing.
    left_out : Plane of bool, shape (ny, nx), optional
        Pixels to leave out before islands are measured.

    Returns
    -------
    BitMask, shape (ny, nx)
        The islands.

    Notes
    -----
    The significance of an island is the sum of its signal over that of noise. Noise that a Gaussian beam correlates has
    an autocorrelation whose area is twice the beam's, so its sum over a region of N pixels has a variance of N times
    that; a little less where the region is not much wider than the beam.
    """
    clip, size = options.grow_low_snr_island_clip, least_island_size(options, pixels_per_beam)
    if options.grow_low_snr_island_smooth_beams is None:
        mask = _above(signal, clip, _CLOSING_SIDE, left_out)
    else:
        fwhm = beam_fwhm(known_area(pixels_per_beam, "grow_low_snr_island_smooth_beams"))
        beams, both_signs = options.grow_low_snr_island_smooth_beams, bool(options.both_signs)
        smooth = smoothed_signal(signal, beams * fwhm, both_signs=both_signs)
        mask = _above(smooth, clip, max(1, int(fwhm)), left_out, opening=True)
    if options.grow_low_snr_island_significance is None:
        return large_islands(mask, size)
    area = known_area(pixels_per_beam, "grow_low_snr_island_significance")
    least = options.grow_low_snr_island_significance * math.sqrt(_AUTOCORRELATION_BEAMS * area)
    return significant_islands(mask, signal, size, least)


def least_island_size(options: MaskingOptions, pixels_per_beam: float | None) -> float:
    """Least size of an island of low significance in pixels, from the size in beams if there is one."""
    if options.grow_low_snr_island_beams is None:
        return options.grow_low_snr_island_size
    return options.grow_low_snr_island_beams * known_area(pixels_per_beam, "grow_low_snr_island_beams")


def _above(signal: Floats, clip: float, side: int, left_out: Flags | None, *, opening: bool = False) -> Computed:
    """Valid pixels of the closing, or opening, by a square of those above a clip, less those that are left out."""
    reach = side - 1
    above = windowed(
        partial(_closed_above, clip=clip, side=side, opening=opening),
        signal,
        before=reach,
        after=reach,
        dtype=bool,
        cost_around=2,
    )
    return above if left_out is None else without(above, left_out)


def _closed_above(
    signal: NDArray[np.float32], rows: slice, clip: float, side: int, *, opening: bool
) -> NDArray[np.bool_]:
    """Valid pixels of the closing, or opening, of those above a clip, for some rows of a signal."""
    mask = closed_rows(marks_above(signal, math.inf, clip), rows, side, opening=opening)
    mask &= np.isfinite(signal[rows])
    return mask
