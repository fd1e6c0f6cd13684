"""Rims of bright sources: masked pixels near them that do not stand above their artefacts.

CLEAN puts flux wherever a mask lets it, and beside a bright source the artefacts alone pass any clip in sigma. There is
no negative sky, so the deepest negative pixel round a bright one tells how bright they are. Diffuse emission beside a
bright source is fainter than that; but artefacts are of both signs within a beam or two, and a mean over some beams
leaves less of them than of what is extended, which then stands above the deepest negative mean.
"""

from __future__ import annotations

import math

import numpy as np

from skerry.config.options import MaskingOptions
from skerry.filters.gaussian import gaussian_weights
from skerry.kernels.rims import Rims, rimless_rows
from skerry.planes.bands import for_each_band
from skerry.planes.bits import BitMask
from skerry.planes.computed import window
from skerry.planes.masks import set_pixels
from skerry.planes.plane import Floats, Plane
from skerry.planes.rolling import RollingRows, chunks
from skerry.sky.beam import FWHM_PER_SIGMA, beam_fwhm

__all__ = ["without_bright_rims"]

_SIGMAS = 3.0
"""Along each axis, at which the Gaussian is cut."""
_LEAST_WEIGHT = 0.2
"""Of the Gaussian, on pixels that count: a mean of less says nothing of the place."""

_ROWS_AT_ONCE = 128
_ROWS_OF_BAND = 1024
"""At least: rows around a band are computed twice."""
_BYTES_AROUND, _BYTES_SMOOTHED = 24, 28
"""Of a pixel, at most: the signal, with room for more as the window moves on, and levels; once more, with depths, in
a rectangle of bright pixels: means too."""


def without_bright_rims(mask: Plane, signal: Floats, options: MaskingOptions, pixels_per_beam: float) -> BitMask:
    """Mask without the pixels near bright ones that do not stand above the artefacts there.

    The depth at a bright pixel is that of the deepest pixel of a box round it, and the level of any pixel the greatest
    depth of the bright pixels in the same box round that pixel; it is 0 where none is near. A pixel stays where the
    level is 0, or where it exceeds a factor of the level. With smoothing a valid pixel stays also where the smoothed
    signal exceeds a factor of its own level, which is that of the smoothed signal round the same bright pixels.

    Parameters
    ----------
    mask : Plane, shape (ny, nx)
        Set where not 0.
    signal : Plane of float32, shape (ny, nx)
        In sigma, zero mean. Invalid pixels (NaN or infinite) are neither bright nor deep; masked, they stay only where
        the level is 0.
    options : MaskingOptions
        The options called beam_shape_erode_rims: what is bright, the factors, the reach of the box, the smoothing.
    pixels_per_beam : float
        Area of the beam.

    Returns
    -------
    BitMask, shape (ny, nx)
        The mask.

    Notes
    -----
    The smoothed signal is the mean, by the weights of a Gaussian, of the valid pixels but those that exceed a level
    that is not 0; it is 0 where these have less than a fifth of all weight. The Gaussian is cut at 3 sigma along each
    axis.
    """
    rims = _rims(options, beam_fwhm(pixels_per_beam))
    halo = min(rims.halo, signal.shape[0])
    kept, pixels = BitMask(signal.shape), set_pixels(mask)

    def keep(rows: slice) -> None:
        held = RollingRows(signal)
        for chunk in chunks(rows, _ROWS_AT_ONCE):
            flags = pixels[chunk]
            if flags.any():
                band, within = window(held, chunk.start, chunk.stop, halo, halo)
                kept[chunk] = rimless_rows(band, within, flags, rims)

    around, cost = 2 * halo + _ROWS_AT_ONCE, _BYTES_SMOOTHED if rims.weights.size else _BYTES_AROUND
    for_each_band(keep, kept, pixels, around=around, cost_around=cost, multiple_of=_ROWS_OF_BAND)
    return kept


def _rims(options: MaskingOptions, fwhm: float) -> Rims:
    """Those of some options, with a beam of some FWHM in pixels."""
    beams, weights = options.beam_shape_erode_rims_smooth_beams, np.empty(0, np.float32)
    if beams is not None:
        sigma = beams * fwhm / FWHM_PER_SIGMA
        weights = gaussian_weights(sigma, math.floor(_SIGMAS * sigma + 0.5))
    return Rims(
        clip=options.beam_shape_erode_rims_clip,
        factor=options.beam_shape_erode_rims_factor,
        reach=round(options.beam_shape_erode_rims_beams * fwhm),
        weights=weights,
        least=_LEAST_WEIGHT,
        smooth_factor=options.beam_shape_erode_rims_smooth_factor,
    )
