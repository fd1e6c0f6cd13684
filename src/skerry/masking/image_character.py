"""What kind of image one is: how much of it is diffuse emission, and how strong its artefacts are.

Both are measured on a sample of smoothed pixels, without a mask, and say which preset is for the image.
"""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.filters.gaussian import smoothed_sample
from skerry.masking.known_area import known_area
from skerry.masking.noise import noise_maps
from skerry.masking.signal import signal_image
from skerry.planes.arrays import image_plane
from skerry.planes.bands import each_band
from skerry.planes.computed import pixelwise
from skerry.planes.order_statistics import median
from skerry.planes.plane import Floats
from skerry.sky.beam import FWHM_PER_SIGMA, beam_fwhm

__all__ = ["ImageCharacter", "choose_preset", "image_character"]

_NOISE_BOX_BEAMS = 64
"""Boxes of the noise, in beams (FWHM): much wider than the scale, so that little of it passes for noise."""
_SCALE_BEAMS = 8
"""Scale at which emission counts as diffuse, in beams."""
_CAP = 5.0
"""No pixel counts more than this, sigma: sources that are bright and compact are not diffuse for that."""
_DIFFUSE_CLIP = 5.0
"""Above so many sigma of the noise that a scale has where pixels are noise, it is emission."""
_DIFFUSE_SHARE = 0.1
"""Of the image, from which on the field is one of diffuse emission."""
_SAMPLE = 1 << 18
_ARTEFACT_DEPTH = 6.0
"""Sigma: noise alone is that deep in one of 10^9 pixels."""
_ARTEFACT_FRACTION = 0.01
"""Of the peak of the brightest source, from which on its artefacts are those of a round that is not calibrated."""


class ImageCharacter(NamedTuple):
    """What was measured of an image."""

    fwhm: float
    """Of the beam, pixels."""
    diffuse_share: float
    """Of the image that is above 5 sigma when it is smoothed by 8 beams."""
    skew: float
    """How far the highest hundredth of it is above its level, over how far the lowest is below."""
    depth: float
    """Of the deepest pixel, sigma."""
    peak: float
    """Of the highest pixel, sigma."""


def image_character(image: Floats, pixels_per_beam: float) -> ImageCharacter:
    """Measure what kind of image one is.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        Any unit and level; invalid pixels (NaN or infinite) do not count. It is read a few times, in bands.
    pixels_per_beam : float
        Area of the beam.

    Returns
    -------
    ImageCharacter
        All 0 but the beam, for an image without noise.

    Raises
    ------
    NoValidPixelError
        If the image has no valid pixel.
    """
    image = image_plane(image)
    fwhm = beam_fwhm(known_area(pixels_per_beam, "preset auto"))
    noise, _ = noise_maps(image, box_size=max(4, round(_NOISE_BOX_BEAMS * fwhm)))
    in_noise = signal_image(image, noise)
    level, depth, peak = _level_and_extremes(in_noise)
    capped = pixelwise(partial(_capped, level=level), in_noise, dtype=np.float32)
    step = max(1, math.isqrt(math.prod(image.shape) // _SAMPLE))
    smooth = smoothed_sample(capped, _SCALE_BEAMS * fwhm / FWHM_PER_SIGMA, step)
    smooth = smooth[np.isfinite(smooth)]
    if not smooth.size:
        return ImageCharacter(fwhm, 0.0, 0.0, 0.0, 0.0)
    middle = median(smooth)
    clip = middle + _DIFFUSE_CLIP / math.hypot(1, _SCALE_BEAMS)
    low, high = np.percentile(smooth, (1, 99))
    skew = (high - middle) / (middle - low) if middle > low else 0.0
    return ImageCharacter(fwhm, float(np.mean(smooth > clip)), float(skew), depth, peak)


def choose_preset(character: ImageCharacter) -> str:
    """Name of the preset that is for an image of some character.

    Parameters
    ----------
    character : ImageCharacter
        As measured.

    Returns
    -------
    str
        "galactic-plane" where a tenth of the image or more is diffuse emission, "early-round" where artefacts are a
        hundredth of the brightest source or more, and "late-round" elsewhere.

    Examples
    --------
    >>> choose_preset(ImageCharacter(fwhm=3.3, diffuse_share=0.18, skew=2.0, depth=9.5, peak=288))
    'galactic-plane'
    """
    if character.diffuse_share >= _DIFFUSE_SHARE:
        return "galactic-plane"
    has_artefacts = character.depth >= max(_ARTEFACT_DEPTH, _ARTEFACT_FRACTION * character.peak)
    return "early-round" if has_artefacts else "late-round"


def _level_and_extremes(image: Floats) -> tuple[float, float, float]:
    """Median of a sample of the valid pixels, and how far the deepest and the highest of all are from it."""
    step = max(1, math.prod(image.shape) // _SAMPLE)
    sampled, low, high, seen = [np.empty(0, np.float32)], math.inf, -math.inf, 0
    for _, band in each_band(image):
        pixels = band[np.isfinite(band)]
        sampled.append(pixels[-seen % step :: step])
        seen += pixels.size
        if pixels.size:
            low, high = min(low, float(pixels.min())), max(high, float(pixels.max()))
    sample = np.concatenate(sampled)
    if not sample.size:
        return 0.0, 0.0, 0.0
    level = float(median(sample))
    return level, level - low, high - level


def _capped(image: NDArray[np.float32], level: float) -> NDArray[np.float32]:
    """Pixels less their level, none further from it than the cap; NaN and infinite ones are NaN."""
    valid = np.where(np.isfinite(image), image, np.float32(np.nan))
    return np.clip(valid - np.float32(level), np.float32(-_CAP), np.float32(_CAP))
