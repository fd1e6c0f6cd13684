"""Diffuse emission scale by scale: islands grown through the image smoothed by several beams.

The noise map of a field of diffuse emission is too high there, for its boxes hold emission, and so is the background,
which is then taken off. So the image is divided by the noise of wide boxes, nothing but one level is taken off, and
each scale is judged by its own noise and its own minima: streaks, which change sign from one to the next, are smoothed
away, and a bowl round an extended source tells how bright what is left of them may be.
"""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.filters.dilation import dilated
from skerry.filters.flood_marks import flood_marks, floor_and_seeds
from skerry.filters.gaussian import smoothed, smoothed_sample
from skerry.filters.islands import seeded_islands
from skerry.filters.opening import opened
from skerry.kernels.boxes import minimum_of_rows, reach_of
from skerry.kernels.islands import FLOOR, SEED
from skerry.kernels.levels import above_level
from skerry.masking.known_area import known_area
from skerry.masking.noise import noise_maps
from skerry.masking.noise_statistics import level_of_count, noise_islands
from skerry.masking.signal import signal_image
from skerry.masking.threshold import above_clip
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed, by_strips, pixelwise, windowed
from skerry.planes.masks import both, either
from skerry.planes.order_statistics import median
from skerry.planes.plane import Floats
from skerry.planes.progress import expect
from skerry.sky.beam import FWHM_PER_SIGMA, beam_fwhm

__all__ = ["grown_by_scales"]

_NOISE_BOX_BEAMS = 64
"""Boxes of the noise by which the image is divided, in beams (FWHM): much wider than the widest scale."""
_MINIMUM_BOX_WIDTHS = 11
"""Boxes of the minimum of a scale, in its FWHM; what the presets have for the image itself, in beams."""
_LEAST_WEIGHT = 0.3
"""Of the smoothing Gaussian on pixels that are not masked yet, for its mean to say something."""
_WIDE_BEAMS, _WIDE_SHARE = 2.0, 0.5
"""An island that holds a square of so many beams, and of this share of the scale, is itself diffuse and may grow: a
point source is that wide only where it is brighter than a hundred times its floor."""
_LEAST_SEED_CLIP = 3.0
_MEDIAN_PER_SIGMA = 0.6745
"""Median of the absolute value of Gaussian noise."""
_PIXELS_FOR_NOISE = 1 << 18
_PASSES_OF_SCALE = 10
"""Over the image, about: for who is told how far the work has come."""


class _Scale(NamedTuple):
    """One scale."""

    fwhm: float
    """Of the Gaussian that smooths, pixels."""
    beams: float
    correlated: float
    """FWHM by which noise is correlated once it is smoothed, pixels."""

    @property
    def sigma(self) -> float:
        """Of the Gaussian, pixels."""
        return self.fwhm / FWHM_PER_SIGMA

    @property
    def box(self) -> int:
        """Of the minimum, pixels; odd."""
        return 2 * int(_MINIMUM_BOX_WIDTHS * self.fwhm / 2) + 1


def grown_by_scales(image: Floats, mask: BitMask, options: MaskingOptions, pixels_per_beam: float | None) -> BitMask:
    """Mask with the diffuse emission that is found at each scale, from the narrowest to the widest.

    At each scale the image without what is masked already is smoothed, by a Gaussian of so many beams. Islands grow
    through what is above a clip in its noise and a factor of the deepest pixel nearby, and start where it reaches a
    clip that noise alone seldom does and a higher factor, or from an island of the mask that is wide itself.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        Any unit; invalid pixels (NaN or infinite) are never masked. Its level may be any.
    mask : BitMask, shape (ny, nx)
        Islands that are known already.
    options : MaskingOptions
        The options called flood_fill_diffuse.
    pixels_per_beam : float
        Area of the beam.

    Returns
    -------
    BitMask, shape (ny, nx)
        The mask, and what is found.
    """
    fwhm = beam_fwhm(known_area(pixels_per_beam, "flood_fill_diffuse_beams"))
    scales = [_Scale(n * fwhm, n, fwhm * math.hypot(1, n)) for n in options.flood_fill_diffuse_beams or ()]
    expect(passes=_PASSES_OF_SCALE * len(scales))
    noise, _ = noise_maps(image, box_size=max(4, round(_NOISE_BOX_BEAMS * fwhm)))
    in_noise = signal_image(image, noise)
    for scale in scales:
        mask = _grown(in_noise, mask, scale, fwhm, options, len(scales))
    return mask


def _grown(image: Floats, mask: BitMask, scale: _Scale, fwhm: float, options: MaskingOptions, scales: int) -> BitMask:
    """Mask with what is found at one scale."""
    kept = _Kept.of(image, mask, fwhm)
    sample = kept.sample(scale)
    if sample.size < 2:
        return mask
    level = median(sample)
    depth = level - sample[sample < level]
    noise = median(depth) / _MEDIAN_PER_SIGMA if depth.size else 0.0
    if not noise > 0:
        return mask
    pixels = mask.shape[0] * mask.shape[1]
    allowed = (options.flood_fill_false_islands or 1.0) / scales
    clip = level_of_count(
        allowed, lambda clip: noise_islands(pixels, scale.correlated, snr_clip=clip), _LEAST_SEED_CLIP
    )
    values = pixelwise(
        partial(_in_sigma, level=np.float32(level), noise=np.float32(noise)), *kept.smoothed(scale), dtype=np.float32
    )
    before, after = reach_of(values.shape, scale.box)
    marks = partial(_marks_of_rows, box=scale.box, clip=clip, options=options)
    floor, seeds = floor_and_seeds(windowed(marks, values, before=before, after=after, dtype=np.uint8, cost=4))
    floor = BitMask.of(opened(either(floor, mask), max(1, int(scale.fwhm))))
    wide = BitMask.of(opened(mask, max(1, int(max(_WIDE_BEAMS, _WIDE_SHARE * scale.beams) * fwhm))))
    near = dilated(wide, max(1, int(scale.fwhm / 2)))
    grown = seeded_islands(flood_marks(either(floor, near), either(seeds, wide)))
    return BitMask.of(either(mask, both(grown, floor)))


class _Kept(NamedTuple):
    """Pixels of an image that are not masked yet; both NaN where the image is invalid."""

    values: Floats
    """0 where masked."""
    weights: Floats
    """1, and 0 where masked."""

    @classmethod
    def of(cls, image: Floats, mask: BitMask, fwhm: float) -> _Kept:
        near = dilated(mask, max(1, round(fwhm)))
        return cls(
            pixelwise(_values, image, near, dtype=np.float32), pixelwise(_weights, image, near, dtype=np.float32)
        )

    def smoothed(self, scale: _Scale) -> tuple[Computed, Computed]:
        """Both smoothed."""
        return smoothed(self.values, scale.sigma), smoothed(self.weights, scale.sigma)

    def sample(self, scale: _Scale) -> NDArray[np.float32]:
        """Values of the smoothed image, for its level and noise."""
        step = max(1, math.isqrt(math.prod(self.values.shape) // _PIXELS_FOR_NOISE))
        values, weights = (smoothed_sample(plane, scale.sigma, step) for plane in self)
        sample = _mean(values, weights)
        return sample[np.isfinite(sample)]


def _values(image: NDArray[np.float32], masked: NDArray[np.bool_]) -> NDArray[np.float32]:
    return np.where(masked & np.isfinite(image), np.float32(0), image)


def _weights(image: NDArray[np.float32], masked: NDArray[np.bool_]) -> NDArray[np.float32]:
    return np.where(np.isfinite(image), (~masked).astype(np.float32), np.float32(np.nan))


def _mean(values: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of the pixels that have weight; NaN where there are too few."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(weights >= np.float32(_LEAST_WEIGHT), values / weights, np.float32(np.nan))


def _in_sigma(
    values: NDArray[np.float32], weights: NDArray[np.float32], level: np.float32, noise: np.float32
) -> NDArray[np.float32]:
    mean = _mean(values, weights)
    mean -= level
    mean /= noise
    return mean


def _marks_of_rows(
    values: NDArray[np.float32], rows: slice, box: int, clip: float, options: MaskingOptions
) -> NDArray[np.uint8]:
    """Marks of some rows of a scale, of which those around are given too."""
    minimum = minimum_of_rows(values, rows, box)
    return by_strips(partial(_marks_of_pixels, clip=clip, options=options), values[rows], minimum, dtype=np.uint8)


def _marks_of_pixels(
    values: NDArray[np.float32], minimum: NDArray[np.float32], clip: float, options: MaskingOptions
) -> NDArray[np.uint8]:
    """Marks of pixels by both clips of a scale."""
    # Where all of a box is positive there is nothing that speaks against it.
    level = np.maximum(np.negative(minimum), 0)
    floor = above_level(values, level, options.flood_fill_diffuse_flood_factor)
    floor &= above_clip(values, options.flood_fill_diffuse_clip)
    seeds = above_level(values, level, options.flood_fill_diffuse_seed_factor)
    seeds &= above_clip(values, clip, inclusive=True)
    return floor * np.uint8(FLOOR) | seeds * np.uint8(SEED)
