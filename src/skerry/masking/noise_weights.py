"""The weight of a beam's image in a mosaic by its noise, artefacts included: one over the square of the local noise.

It varies over the image, for artefacts lie round bright sources: one number a beam would let the artefacts of one beam
in where another is clean. The boxes are many beams wide, so that the weight hardly changes over a source, and the noise
of a box is that of all its artefacts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.masking.noise import noise_maps
from skerry.planes.computed import Computed, pixelwise
from skerry.planes.plane import Floats

__all__ = ["noise_weight"]

_BOX_BEAMS = 40
"""Side of the boxes, in beams (geometric mean of the FWHM)."""
_BOX_PIXELS = 128
"""Where the beam is not known."""


def noise_weight(
    image: Floats, beam_fwhm: float | None = None, weight: Floats | None = None, *, both_signs: bool = False
) -> Computed:
    """Weight that gives the sum of images the least noise.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        NaN and infinite pixels are invalid.
    beam_fwhm : float, optional
        Of the restoring beam, pixels; it says how wide the boxes are.
    weight : Plane of float32, shape (ny, nx), optional
        What the inverse variance of the image is believed to be, up to a factor: the squared response of the primary
        beam by which the image was corrected, say. A pixel is invalid where it is not positive.
    both_signs : bool
        Whether sources may be negative.

    Returns
    -------
    Plane of float32, shape (ny, nx)
        1 over the square of the local noise, in one over the square of the image's unit; NaN where the image is
        invalid, and 0 where it is blank, and so has none. With a weight it is measured on the image times the root of
        it, whose noise is even, and what the weight says of smaller scales stays.

    Raises
    ------
    NoValidPixelError
        If the image has no valid pixel.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(1).normal(0, 0.5, (256, 256)).astype(np.float32)
    >>> print(f"{np.median(noise_weight(image, 3.0)):.0f}")
    4
    """
    box = _BOX_PIXELS if beam_fwhm is None else max(round(_BOX_BEAMS * beam_fwhm), 1)
    even = image if weight is None else pixelwise(_with_even_noise, image, weight, dtype=np.float32)
    rms, _ = noise_maps(even, box_size=box, both_signs=both_signs)
    if weight is None:
        return pixelwise(_inverse_square, rms, dtype=np.float32)
    return pixelwise(_weight_over_variance, rms, weight, dtype=np.float32)


def _with_even_noise(image: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    root = np.sqrt(weight, out=np.full_like(weight, np.nan), where=weight > 0)
    return np.asarray(image * root)


def _inverse_square(rms: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.divide(1, np.square(rms, dtype=np.float64), out=np.zeros(rms.shape), where=rms != 0).astype(np.float32)


def _weight_over_variance(rms: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    return _inverse_square(rms) * weight
