"""The highest pixel of an image, and how many of its pixels are valid."""

from __future__ import annotations

import numpy as np

from skerry.kernels import pixels
from skerry.planes.bands import map_bands
from skerry.planes.plane import Floats

__all__ = ["highest_and_valid"]


def highest_and_valid(image: Floats) -> tuple[float, int]:
    """Highest of the valid pixels of an image, minus infinity if there is none, and how many there are."""

    def survey(rows: slice) -> tuple[float, int]:
        return pixels.highest_and_valid(image[rows])

    found = list(map_bands(survey, image))
    return max((highest for highest, _ in found), default=-np.inf), sum(valid for _, valid in found)
