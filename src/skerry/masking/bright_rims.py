"""Rims of bright sources: masked pixels near them that do not stand above their artefacts.

CLEAN puts flux wherever a mask lets it, and beside a bright source the artefacts alone pass any clip in sigma. There is
no negative sky, so the deepest negative pixel round a bright one tells how bright they are. Diffuse emission beside a
bright source is fainter than that; but artefacts are of both signs within a beam or two, and a mean over some beams
leaves less of them than of what is extended, which then stands above the deepest negative mean.
"""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.filters.boxes import windows
from skerry.filters.gaussian import gaussian_weights
from skerry.kernels.boxes import maximum_of_rows, minimum_of_rows
from skerry.kernels.smoothing import means_within
from skerry.masking.threshold import above_clip
from skerry.planes.bands import for_each_band
from skerry.planes.bits import BitMask
from skerry.planes.computed import pixelwise, window
from skerry.planes.masks import set_pixels
from skerry.planes.plane import Floats, Plane
from skerry.planes.rolling import RollingRows, chunks
from skerry.sky.beam import FWHM_PER_SIGMA, beam_fwhm

__all__ = ["without_bright_rims"]

_SIGMAS = 3.0
"""Along each axis, at which the Gaussian is cut."""
_LEAST_WEIGHT = np.float32(0.2)
"""Of the Gaussian, on pixels that count: a mean of less says nothing of the place."""

_ROWS_AT_ONCE = 128
_ROWS_OF_BAND = 1024
"""At least: rows around a band are computed twice."""
_BYTES_AROUND, _BYTES_SMOOTHED = 22, 28
"""Of a pixel, at most: the signal, once more as the window moves on, what is bright, levels and depths; means too."""

_Place: TypeAlias = tuple[slice, slice]
"""Rows and columns of a rectangle, of a band unless something else is said."""


class _Rims(NamedTuple):
    """What is bright, and what stands above the artefacts round it."""

    factor: np.float32
    reach: int
    weights: NDArray[np.float32]
    """Of the Gaussian along an axis; empty if nothing is smoothed."""
    smooth_factor: np.float32

    @classmethod
    def of(cls, options: MaskingOptions, fwhm: float) -> _Rims:
        """Those of some options, with a beam of some FWHM in pixels."""
        beams, weights = options.beam_shape_erode_rims_smooth_beams, np.empty(0, np.float32)
        if beams is not None:
            sigma = beams * fwhm / FWHM_PER_SIGMA
            weights = gaussian_weights(sigma, math.floor(_SIGMAS * sigma + 0.5))
        reach = round(options.beam_shape_erode_rims_beams * fwhm)
        factor = np.float32(options.beam_shape_erode_rims_factor)
        return cls(factor, reach, weights, np.float32(options.beam_shape_erode_rims_smooth_factor))

    @property
    def level_around(self) -> int:
        """Pixels round a masked one at which the level has to be known."""
        # The box of a bright pixel within reach is one of means, each over pixels that do not exceed their level.
        return 2 * self.reach + len(self.weights) // 2 if self.weights.size else 0

    @property
    def halo(self) -> int:
        """Pixels round a masked one that decide about it."""
        # Depth reaches as far from a bright pixel as its box, and the box as far beyond.
        return self.level_around + 2 * self.reach


class _Band(NamedTuple):
    """Rows of a signal image with those around, of which some are asked for; where they are bright, and the level."""

    signal: NDArray[np.float32]
    rows: slice
    bright: NDArray[np.bool_]
    level: NDArray[np.float32]

    def means(self, place: _Place, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """Smoothed signal at the pixels of a rectangle."""
        around = _grown(place, len(weights) // 2, self.signal.shape)
        values, level = self.signal[around], self.level[around]
        left = np.where((level > 0) & (values > level), np.float32(np.nan), values)
        return means_within(left, _within(place, around), weights, _LEAST_WEIGHT)


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
    rims = _Rims.of(options, beam_fwhm(pixels_per_beam))
    halo = min(rims.halo, signal.shape[0])
    kept, pixels = BitMask(signal.shape), set_pixels(mask)

    def keep(rows: slice) -> None:
        held = RollingRows(signal)
        is_bright = partial(above_clip, clip=options.beam_shape_erode_rims_clip)
        bright = RollingRows(pixelwise(is_bright, held, dtype=bool))
        for chunk in chunks(rows, _ROWS_AT_ONCE):
            flags = np.array(pixels[chunk])
            if flags.any():
                band, within = window(held, chunk.start, chunk.stop, halo, halo)
                around = bright[chunk.start - within.start : chunk.start - within.start + len(band)]
                kept[chunk] = _without_rims(band, within, around, flags, rims)

    around, cost = 2 * halo + _ROWS_AT_ONCE, _BYTES_SMOOTHED if rims.weights.size else _BYTES_AROUND
    for_each_band(keep, kept, pixels, around=around, cost_around=cost, multiple_of=_ROWS_OF_BAND)
    return kept


def _without_rims(
    signal: NDArray[np.float32], rows: slice, bright: NDArray[np.bool_], kept: NDArray[np.bool_], rims: _Rims
) -> NDArray[np.bool_]:
    """Pixels of some rows of a mask, `kept`, that stand above the artefacts round bright ones; it is changed."""
    asked, ahead = (rows, slice(0, signal.shape[1])), rims.reach + rims.level_around
    near = [
        around
        for around in windows(bright, rims.reach)
        if kept[_within(_grown(around, ahead, signal.shape), asked)].any()
    ]
    if not near:
        return kept
    level = np.empty(signal.shape, np.float32)
    for around in near:
        # Nothing asks for it elsewhere.
        level[_grown(around, rims.reach + len(rims.weights) // 2, signal.shape)] = 0
    for around in near:
        place = _grown(around, rims.reach, signal.shape)
        depth = _depth_round(signal[place], bright[around], _within(around, place), rims.reach)
        np.maximum(level[place], depth, out=level[place])
    faint = np.zeros(kept.shape, bool)
    places = [_within(_grown(around, rims.reach, signal.shape), asked) for around in near]
    for place in places:
        values, least = signal[rows][place], level[rows][place]
        valid = np.isfinite(values)
        below = (least > 0) & ~(valid & (values > rims.factor * least))
        faint[place] |= kept[place] & below & valid
        kept[place] &= ~below
    if rims.weights.size and faint.any():
        _leave_extended(faint, _Band(signal, rows, bright, level), near, rims)
        for place in places:
            kept[place] |= faint[place]
    return kept


def _leave_extended(faint: NDArray[np.bool_], band: _Band, near: list[_Place], rims: _Rims) -> None:
    """Clear those of the faint pixels, of the rows that are asked for, that do not stand out of the smoothed signal."""
    shape, rows, reach = band.signal.shape, band.rows, rims.reach
    for y, x in near:
        # Bright pixels beyond are too far from the rows.
        around = slice(max(y.start, rows.start - reach), min(y.stop, rows.stop + reach)), x
        place, asked = _grown(around, reach, shape), (rows, slice(0, shape[1]))
        here, there = _within(place, asked), _within(asked, place)
        if faint[here].any():
            means = band.means(place, rims.weights)
            depth = _depth_round(means, band.bright[around], _within(around, place), reach)
            # To exceed the greatest depth is to exceed that of each window.
            faint[here] &= means[there] > rims.smooth_factor * depth[there]


def _depth_round(
    values: NDArray[np.float32], bright: NDArray[np.bool_], window: _Place, reach: int
) -> NDArray[np.float32]:
    """Greatest depth of the artefacts of bright pixels in a window of an array, at the pixels within reach of them.

    The array has the pixels within reach of the window, and no others.
    """
    box = 2 * reach + 1
    depth = np.zeros(values.shape, np.float32)
    np.copyto(depth[window], -minimum_of_rows(values, window[0], box)[:, window[1]], where=bright)
    np.maximum(depth, 0, out=depth)
    return maximum_of_rows(depth, slice(0, len(values)), box)


def _grown(place: _Place, by: int, shape: tuple[int, ...]) -> _Place:
    """Rectangle with the pixels round it, as far as there are any."""
    y, x = place
    return (
        slice(max(0, y.start - by), min(y.stop + by, shape[0])),
        slice(max(0, x.start - by), min(x.stop + by, shape[1])),
    )


def _within(place: _Place, other: _Place) -> _Place:
    """Where in another rectangle one lies, as far as it does."""
    (y, x), (to_y, to_x) = place, other
    return (
        slice(max(0, y.start - to_y.start), max(0, min(y.stop, to_y.stop) - to_y.start)),
        slice(max(0, x.start - to_x.start), max(0, min(x.stop, to_x.stop) - to_x.start)),
    )
