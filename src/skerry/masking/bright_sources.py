"""The bright sources of a signal image, of which fainter islands may be artefacts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.filters.islands import island_peaks
from skerry.masking.threshold import snr_mask
from skerry.planes.plane import Floats

__all__ = ["BrightSources", "bright_sources"]


class BrightSources(NamedTuple):
    """Highest pixels of islands."""

    value: NDArray[np.float32]
    place: NDArray[np.intp]
    """Row and column, shape (islands, 2)."""


def bright_sources(signal: Floats, options: MaskingOptions) -> BrightSources:
    """Brightest pixel of each island of which a fraction is no noise."""
    clip = options.suppress_artefacts_negative_clip / options.suppress_artefacts_peak_fraction
    return BrightSources(*island_peaks(snr_mask(signal, clip), signal))
