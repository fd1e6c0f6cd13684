"""Islands of low significance: diffuse emission, which no single pixel betrays.

A low clip alone lets noise in everywhere; what tells emission from noise there is the island as a whole, its size and
the significance of its sum.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.filters.islands import large_islands, significant_islands
from skerry.kernels.islands import marks_above
from skerry.kernels.shapes import closed_rows
from skerry.masking.signal import signal_plane
from skerry.masking.smoothed_signal import smoothed_signal
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed, collect, rows_with_halo
from skerry.planes.plane import Flags, Floats
from skerry.sky.beam import beam_fwhm

__all__ = ["diffuse_islands", "large_faint_islands"]

_CLOSING_SIDE = 5
"""By 2 pixels on each side."""
_AUTOCORRELATION_BEAMS = 2
"""Area of the autocorrelation of noise that a Gaussian beam correlates, in beams."""


def large_faint_islands(
    image: NDArray[np.float32] | None = None,
    rms: NDArray[np.float32] | None = None,
    background: NDArray[np.float32] | None = None,
    signal: NDArray[np.float32] | None = None,
    grow_low_snr: float = 2.0,
    grow_low_island_size: float = 512,
    region_mask: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Large islands of low significance: diffuse emission, which no single pixel betrays.

    Pixels above the clip are closed by 2 pixels, so that noise does not tear an island apart, and islands of at least
    the given size are kept.

    Parameters
    ----------
    image, rms, background : ndarray of float32, shape (ny, nx), optional
        From which the signal is made, if `signal` is not given; no background means 0.
    signal : ndarray of float32, shape (ny, nx), optional
        In sigma; invalid pixels (NaN or infinite) are never masked.
    grow_low_snr : float
        The clip, in sigma.
    grow_low_island_size : float
        The least size, in pixels.
    region_mask : ndarray of bool, shape (ny, nx), optional
        Pixels to leave out before islands are measured.

    Returns
    -------
    ndarray of bool, shape (ny, nx)

    Raises
    ------
    SkerryError
        If neither a signal nor an image with its rms is given.
    """
    if signal is None:
        if image is None or rms is None:
            raise SkerryError("islands of low significance need a signal image, or an image and its rms")
        mask = _above(signal_plane(image, rms, background), grow_low_snr, _CLOSING_SIDE, region_mask)
    else:
        mask = _above(signal, grow_low_snr, _CLOSING_SIDE, region_mask)
    return collect(large_islands(mask, grow_low_island_size))


def diffuse_islands(
    signal: Floats,
    options: MaskingOptions,
    pixels_per_beam: float | None = None,
    region_mask: Flags | None = None,
) -> BitMask:
    """Islands of low significance as the options ask for them.

    Parameters
    ----------
    signal : plane of float32, shape (ny, nx)
        In sigma; invalid pixels (NaN or infinite) are never masked.
    options : MaskingOptions
        The options called grow_low_snr_island.
    pixels_per_beam : float, optional
        Area of the beam, needed for a size in beams, a significance and smoothing.
    region_mask : plane of bool, shape (ny, nx), optional
        Pixels to leave out before islands are measured.

    Returns
    -------
    BitMask, shape (ny, nx)

    Notes
    -----
    The significance of an island is the sum of its signal over that of noise. Noise that a Gaussian beam correlates has
    an autocorrelation whose area is twice the beam's, so its sum over a region of N pixels has a variance of N times
    that; a little less where the region is not much wider than the beam.
    """
    clip, size = options.grow_low_snr_island_clip, least_island_size(options, pixels_per_beam)
    if options.grow_low_snr_island_smooth_beams is None:
        mask = _above(signal, clip, _CLOSING_SIDE, region_mask)
    else:
        fwhm = beam_fwhm(_known("grow_low_snr_island_smooth_beams", pixels_per_beam))
        smooth = smoothed_signal(signal, options.grow_low_snr_island_smooth_beams * fwhm)
        mask = _above(smooth, clip, max(1, int(fwhm)), region_mask, opening=True)
    if options.grow_low_snr_island_significance is None:
        return large_islands(mask, size)
    area = _known("grow_low_snr_island_significance", pixels_per_beam)
    least = options.grow_low_snr_island_significance * math.sqrt(_AUTOCORRELATION_BEAMS * area)
    return significant_islands(mask, signal, size, least)


def least_island_size(options: MaskingOptions, pixels_per_beam: float | None) -> float:
    """Least size of an island of low significance in pixels, from the size in beams if there is one."""
    if options.grow_low_snr_island_beams is None:
        return options.grow_low_snr_island_size
    return options.grow_low_snr_island_beams * _known("grow_low_snr_island_beams", pixels_per_beam)


def _known(option: str, pixels_per_beam: float | None) -> float:
    if pixels_per_beam is None:
        raise SkerryError(f"{option}: needs the area of the beam, which is not known here")
    return pixels_per_beam


def _above(signal: Floats, clip: float, side: int, region_mask: Flags | None, *, opening: bool = False) -> Computed:
    """Valid pixels of the closing, or opening, by a square of those above a clip, less a region."""

    def rows(start: int, stop: int) -> NDArray[np.bool_]:
        band, within = rows_with_halo(signal, start, stop, side - 1, side - 1)
        mask = closed_rows(marks_above(band, math.inf, clip), within, side, opening=opening)
        mask &= np.isfinite(band[within])
        if region_mask is not None:
            mask &= ~np.asarray(region_mask[start:stop], dtype=bool)
        return mask

    sources = [signal] if region_mask is None else [signal, region_mask]
    return Computed(signal.shape, bool, rows, sources, halo=side - 1, cost=3)
