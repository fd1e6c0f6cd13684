"""The part of a mask that is of use to an image: nothing where a pixel is not there, or where nothing is detected."""

from __future__ import annotations

import numpy as np

from skerry.planes import Computed, Flags, Floats, Plane
from skerry.planes.mask_values import MaskArray

__all__ = ["usable_pixels"]


def usable_pixels(mask: Plane, image: Floats, detected: Flags | None = None) -> Computed:
    """Mask without the pixels that are invalid in an image and, if that is given, those where nothing is detected.

    Parameters
    ----------
    mask : Plane of uint8, int16 or int32, shape (ny, nx)
        Mask or scale mask, whose bits stay.
    image : Plane of float32, shape (ny, nx)
        NaN and infinite pixels are invalid.
    detected : Plane of bool, shape (ny, nx), optional
        As of `skerry.masking.beam_detection.detected_by_beam`.

    Returns
    -------
    Computed
        Plane of the type of `mask`.
    """

    def rows(start: int, stop: int) -> MaskArray:
        band: MaskArray = mask[start:stop]
        if not band.any():
            return band
        band = band * np.isfinite(image[start:stop])
        return band if detected is None else band * detected[start:stop]

    sources = [mask, image, *([] if detected is None else [detected])]
    return Computed(mask.shape, mask.dtype, rows, sources, cost=2)
