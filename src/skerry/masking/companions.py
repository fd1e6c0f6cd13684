"""What tells an image, its noise, its background and a mask from each other, where their headers do not.

A file that stands in the wrong place gives a mask all the same, an empty one or a full one; so what is given is looked
at before it is used. Nothing here reads more than some rows, unless these already say that something is wrong.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.filters.brightest_pixel import highest_and_valid
from skerry.masking.signal import signal_image
from skerry.planes.bands import each_band
from skerry.planes.computed import Computed, pixelwise
from skerry.planes.order_statistics import median
from skerry.planes.plane import Floats
from skerry.planes.sample import sampled_rows

__all__ = [
    "HIGH",
    "LOW",
    "NoiseFacts",
    "in_another_unit",
    "is_zero",
    "is_zeros_and_ones",
    "noise_facts",
    "scatter",
]

_MAD_PER_SIGMA = 0.6745
_LEAST_PIXELS = 100
"""Of which a scatter says something."""


def in_another_unit(plane: Floats, factor: float) -> Computed:
    """Pixels times a factor, float32."""
    return pixelwise(partial(np.multiply, np.float32(factor)), plane, dtype=np.float32)


def is_zeros_and_ones(plane: Floats) -> bool:
    """Whether all valid pixels are 0 or 1 and both occur, as in a mask and in no image.

    Parameters
    ----------
    plane : Plane of float32, shape (ny, nx)
        Read as a whole only if its sample has nothing but zeros and ones.

    Returns
    -------
    bool
        False also of an image that is 0 or 1 everywhere.
    """
    sample = sampled_rows(plane)
    found = _zeros_and_ones(sample)
    if found is None or sample.shape[0] == plane.shape[0]:
        return found == (True, True)
    zero, one = found
    for _, band in each_band(plane):
        found = _zeros_and_ones(band)
        if found is None:
            return False
        zero, one = zero or found[0], one or found[1]
    return zero and one


def is_zero(plane: Floats) -> bool:
    """Whether all pixels of a sample are 0, as in a background that is none."""
    return not sampled_rows(plane).any()


def _zeros_and_ones(values: NDArray[np.float32]) -> tuple[bool, bool] | None:
    """Whether there are zeros, and whether there are ones; None if there is any other valid pixel."""
    others = values[values != 0]
    ones = others == 1
    if not (ones | ~np.isfinite(others)).all():
        return None
    return others.size < values.size, bool(ones.any())


def scatter(values: NDArray[np.float32]) -> float | None:
    """Scatter of the valid pixels, by the median of their distances from their median.

    Parameters
    ----------
    values : ndarray of float32
        Pixels; NaN and infinite ones are invalid.

    Returns
    -------
    float, or None
        Standard deviation of Gaussian noise of that scatter, in the unit of the pixels. None of few pixels, and of an
        image that is the same nearly everywhere, as one without noise.
    """
    valid = values[np.isfinite(values)]
    if valid.size < _LEAST_PIXELS:
        return None
    found = median(np.abs(valid - valid.dtype.type(median(valid)))) / _MAD_PER_SIGMA
    return found if found > 0 else None


class NoiseFacts(NamedTuple):
    """What a sample of an image and of its noise map tell of each other."""

    is_image: bool
    """Whether the noise map has the pixels of the image."""
    negative: float
    """Fraction of the pixels of the image where the noise is negative, but for those of blank regions."""
    positive: float
    """Fraction of them where the noise is positive; 1 where nearly all of the image is blank."""
    scatter: float | None
    """Of the image, in units of its noise: about 1; None where it says nothing."""
    reached: bool
    """Whether any pixel of the image stands out of the noise by its own height; looked for where the scatter is low."""


_LEAST_TEXTURE = 0.01
"""Of the pixels: with less, there is nothing that has a noise."""
LOW, HIGH = 0.02, 50.0
"""Scatter in units of the noise that no noise map has; one in the wrong unit is off by a thousand."""


def noise_facts(image: Floats, rms: Floats, bkg: Floats | None = None) -> NoiseFacts:
    """Compare an image with its noise.

    Parameters
    ----------
    image, rms, bkg : Plane of float32, shape (ny, nx)
        In one unit.

    Returns
    -------
    NoiseFacts
        Of some rows.
    """
    pixels, noise = sampled_rows(image), sampled_rows(rms)
    textured = _textured(pixels)
    values, noise_there = pixels[textured], noise[textured]
    signal = np.asarray(signal_image(pixels, noise, None if bkg is None else sampled_rows(bkg)))
    found = scatter(signal)
    low = found is not None and found < LOW
    return NoiseFacts(
        is_image=values.size > 0 and np.array_equal(values, noise_there),
        negative=_fraction(noise_there < 0),
        positive=_fraction(noise_there > 0) if values.size > _LEAST_TEXTURE * pixels.size else 1.0,
        scatter=found,
        reached=not low or highest_and_valid(signal_image(image, rms, bkg))[0] > 1,
    )


def _textured(pixels: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Valid pixels that differ from their neighbour: those of an image, not of the blank around it."""
    flags = np.isfinite(pixels)
    flags[:, :-1] &= pixels[:, :-1] != pixels[:, 1:]
    flags[:, -1] = False
    return flags


def _fraction(flags: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(flags) / max(1, flags.size))
