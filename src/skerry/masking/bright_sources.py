"""The bright sources of a signal image, of which fainter islands may be artefacts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.filters.islands import peaks
from skerry.planes.computed import Computed
from skerry.planes.plane import Floats

__all__ = ["BrightSources", "bright_sources", "known_beam"]


class BrightSources(NamedTuple):
    """Highest pixels of islands."""

    value: NDArray[np.float32]
    place: NDArray[np.intp]
    """Row and column, shape (islands, 2)."""


def bright_sources(signal: Floats, options: MaskingOptions) -> BrightSources:
    """Brightest pixel of each island of which a fraction is no noise."""
    clip = options.suppress_artefacts_negative_clip / options.suppress_artefacts_peak_fraction

    def rows(start: int, stop: int) -> NDArray[np.bool_]:
        band = signal[start:stop]
        return np.asarray((band > clip) & np.isfinite(band))

    return BrightSources(*peaks(Computed(signal.shape, bool, rows, [signal], cost=2), signal))


def known_beam(pixels_per_beam: float | None) -> float:
    """Area of the beam in pixels, or a `SkerryError` where it is not known."""
    if pixels_per_beam is None:
        raise SkerryError("suppress_artefacts: needs the area of the beam, which is not known here")
    return pixels_per_beam
