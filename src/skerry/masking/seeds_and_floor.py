"""What every pixel may be to an island, its seed or part of it: by signal to noise, the minimum absolute clip, or both.

Seed and floor are taken from one computation of what they are judged by, and kept as the bits `FLOOR` and `SEED` of one
plane, so that a flood goes through an image once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.filters.islands import marked, snr_marks
from skerry.kernels.islands import FLOOR, SEED
from skerry.masking.artefact_depth import stands_above
from skerry.masking.minimum_clip import exceeds_level, mac_level, mac_marks
from skerry.masking.smoothed_floor import smoothed_floor
from skerry.masking.threshold import both, snr_mask
from skerry.planes.computed import Computed
from skerry.planes.plane import Flags, Floats, Plane

__all__ = ["Marks", "above_artefacts", "seeds_and_floor"]


class Marks(NamedTuple):
    """Floor and seeds of a flood."""

    plane: Plane
    """uint8, shape (ny, nx): `FLOOR` where an island may grow, and `SEED` besides where it may start."""
    seeds: Flags
    """The seeds alone, those outside the floor too."""


def seeds_and_floor(
    image: Floats,
    signal: Floats,
    options: MaskingOptions,
    seeds: Flags | None = None,
    pixels_per_beam: float | None = None,
) -> Marks:
    """Find floor and seeds as the options ask for them; parameters as of `skerry.masking.flood.flooded_planes`."""
    seed_clip, flood_clip = options.flood_fill_positive_seed_clip, options.flood_fill_positive_flood_clip
    if options.statistic == "snr":
        return _marks_of_signal(image, seed_clip, flood_clip, seeds)
    level = mac_level(image, options, pixels_per_beam)
    if options.statistic == "mac":
        if seeds is None:
            return Marks(mac_marks(image, level, seed_clip, flood_clip), exceeds_level(image, level, seed_clip))
        return Marks(marked(seeds, exceeds_level(image, level, flood_clip)), seeds)
    significant = snr_mask(signal, seed_clip, inclusive=True) if seeds is None else seeds
    found = both(exceeds_level(image, level, options.flood_fill_mac_seed_factor), significant)
    if options.smooths_floor:
        floor, extended = smoothed_floor(signal, options, pixels_per_beam)
        if seeds is None and extended is not None:
            found = _either(found, extended)
        return Marks(marked(found, floor), found)
    by_level = mac_marks(image, level, options.flood_fill_mac_seed_factor, options.flood_fill_mac_flood_factor)
    by_signal = _marks_of_signal(signal, seed_clip, flood_clip, seeds).plane

    def rows(start: int, stop: int) -> NDArray[np.uint8]:
        return np.asarray(by_level[start:stop] & by_signal[start:stop])

    return Marks(Computed(image.shape, np.uint8, rows, [by_level, by_signal], cost=1), found)


def above_artefacts(marks: Plane, signal: Floats, level: Floats, options: MaskingOptions) -> Computed:
    """Marks of the pixels that stand above the artefacts of bright sources."""
    seed = stands_above(signal, level, options.suppress_artefacts_seed_factor)
    floor = stands_above(signal, level, options.suppress_artefacts_flood_factor)

    def rows(start: int, stop: int) -> NDArray[np.uint8]:
        on_floor = floor[start:stop].view(np.uint8)
        kept = on_floor * np.uint8(FLOOR) | (on_floor & seed[start:stop].view(np.uint8)) * np.uint8(SEED)
        return np.asarray(marks[start:stop] & kept)

    return Computed(marks.shape, np.uint8, rows, [marks, seed, floor], cost=4)


def _marks_of_signal(signal: Floats, seed_clip: float, flood_clip: float, seeds: Flags | None) -> Marks:
    if seeds is None:
        return Marks(snr_marks(signal, seed_clip, flood_clip), snr_mask(signal, seed_clip, inclusive=True))
    return Marks(marked(seeds, snr_mask(signal, flood_clip)), seeds)


def _either(mask: Flags, other: Flags) -> Computed:
    """Pixels of either of two masks."""
    return Computed(mask.shape, bool, lambda start, stop: mask[start:stop] | other[start:stop], [mask, other], cost=1)
