"""Floor and seeds of a flood by its statistic: signal to noise, the minimum absolute clip, or both.

An island starts at significant pixels, its seeds, and grows through all above the edge of the noise, its floor.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.filters.flood_marks import KeptMarks, flood_marks, snr_flood_marks
from skerry.kernels.islands import FLOOR, SEED
from skerry.masking.artefact_depth import stands_above
from skerry.masking.kept_cores import cores_of_lost
from skerry.masking.kept_values import KeptValues
from skerry.masking.known_area import known_area
from skerry.masking.minimum_clip import mac_level
from skerry.masking.minimum_level import MinimumLevel
from skerry.masking.smoothed_floor import SmoothedFloor, smoothed_floor
from skerry.masking.smoothed_signal import SmoothedSignal
from skerry.masking.threshold import snr_mask
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed, by_strips, pixelwise
from skerry.planes.plane import Flags, Floats, Plane
from skerry.planes.rolling import chunks
from skerry.sky.beam import PixelBeam, round_beam

__all__ = ["MarksAndSeeds", "above_artefacts", "marks_by_statistic"]

_LEAST_OF_CORE = 0.5
"""Of the half-power shape of the beam: sources and noise are as wide as the beam, and a stray pixel is not."""
_ROWS_AT_ONCE = 256
"""Of bits."""
_BYTES_ABOVE = 4
"""A pixel, at most: marks that are left, and what they are made of."""


class MarksAndSeeds(NamedTuple):
    """Floor and seeds of a flood."""

    marks: Plane
    """uint8, shape (ny, nx): `FLOOR` where an island may grow, and `SEED` besides where it may start."""
    seeds: Flags
    """The seeds alone, those outside the floor too."""


def marks_by_statistic(
    image: Floats,
    signal: Floats,
    options: MaskingOptions,
    seeds: Flags | None = None,
    pixels_per_beam: float | None = None,
    beam: PixelBeam | None = None,
    smoothing: SmoothedSignal | None = None,
    kept: KeptValues | None = None,
) -> MarksAndSeeds:
    """Floor and seeds as the options ask for them.

    Parameters
    ----------
    image, signal : Plane of float32, shape (ny, nx)
        What is flooded, and in sigma.
    options : MaskingOptions
        The options called flood_fill.
    seeds : Plane of bool, shape (ny, nx), optional
        Used in place of the pixels at or above the seed clip.
    pixels_per_beam : float, optional
        Area of the beam, as in `skerry.masking.flood.flood_mask`.
    beam : PixelBeam, optional
        Whose shape cores have; by default a round one of that area.
    smoothing : SmoothedSignal, optional
        Of the signal, for a smoothed floor, if its noise is known already.
    kept : KeptValues, optional
        As `skerry.masking.smoothed_floor.smoothed_floor` takes it; of another floor it gets none.

    Returns
    -------
    MarksAndSeeds
        Both as planes.
    """
    seed_clip, flood_clip = options.flood_fill_positive_seed_clip, options.flood_fill_positive_flood_clip
    if not options.uses_mac:
        if options.smooths_floor:
            return _marks_by_smoothed_floor(signal, None, options, seeds, pixels_per_beam, beam, smoothing, kept)
        return _marks_by_snr(image, seed_clip, flood_clip, seeds)
    level = mac_level(image, options, pixels_per_beam)
    if options.statistic == "mac":
        if seeds is None:
            return MarksAndSeeds(level.flood_marks(seed_clip, flood_clip), level.exceeded(seed_clip))
        return MarksAndSeeds(flood_marks(level.exceeded(flood_clip), seeds), seeds)
    if options.smooths_floor:
        return _marks_by_smoothed_floor(signal, level, options, seeds, pixels_per_beam, beam, smoothing, kept)
    significant = snr_mask(signal, seed_clip, inclusive=True) if seeds is None else seeds
    found = level.exceeded(options.flood_fill_mac_seed_factor, among=significant)
    by_level = level.flood_marks(options.flood_fill_mac_seed_factor, options.flood_fill_mac_flood_factor)
    by_signal = _marks_by_snr(signal, seed_clip, flood_clip, seeds).marks
    return MarksAndSeeds(pixelwise(np.bitwise_and, by_level, by_signal, dtype=np.uint8), found)


def _marks_by_smoothed_floor(
    signal: Floats,
    level: MinimumLevel | None,
    options: MaskingOptions,
    seeds: Flags | None,
    pixels_per_beam: float | None,
    beam: PixelBeam | None,
    smoothing: SmoothedSignal | None,
    kept: KeptValues | None,
) -> MarksAndSeeds:
    """Floor on smoothed signal; seeds that are not given are those of single pixels and of the smoothed signal."""
    # Their level is looked at in the same pass where that is possible.
    of_reached = level if level is not None and level.is_of_one_box and seeds is None else None
    smooth = smoothed_floor(signal, options, pixels_per_beam, beam, of_reached, smoothing, kept)
    found: Flags = smooth.reached if seeds is None else seeds
    if level is not None and of_reached is None:
        found = level.exceeded(options.flood_fill_mac_seed_factor, among=found)
    starts = BitMask.of(found)
    if seeds is None and smooth.seeds is not None:
        starts.add(smooth.seeds)
        smooth = smooth._replace(seeds=None)  # Bits of the whole image.
    shape = beam or round_beam(known_area(pixels_per_beam, "flood_fill_smooth_beams"))
    return MarksAndSeeds(flood_marks(_floor_with_cores(smooth, starts, signal, shape), starts), starts)


def _floor_with_cores(smooth: SmoothedFloor, seeds: BitMask, signal: Floats, beam: PixelBeam) -> BitMask:
    """Floor with the cores of islands that have a seed, of which the opening leaves nothing.

    It takes off what is narrower than a beam, and so the island of a faint source that the noise has made narrower.
    """
    lost = (
        seeds.bits[rows] & smooth.narrow.bits[rows] & ~smooth.floor.bits[rows]
        for rows in chunks(slice(0, seeds.shape[0]), _ROWS_AT_ONCE)
    )
    if not any(bits.any() for bits in lost):
        return smooth.floor
    cores = cores_of_lost(smooth.narrow, smooth.floor, signal, beam, highest_of=seeds, least_share=_LEAST_OF_CORE)
    if cores is not None:
        smooth.floor.add(cores)
    return smooth.floor


def above_artefacts(marks: KeptMarks, signal: Floats, level: Floats, options: MaskingOptions) -> Computed:
    """Marks of the pixels that stand above the artefacts of bright sources.

    Parameters
    ----------
    marks : KeptMarks, shape (ny, nx)
        Floor and seeds.
    signal, level : Plane of float32, shape (ny, nx)
        In sigma: the signal, and the level of the artefacts. The signal is read where there are both of them.
    options : MaskingOptions
        Factors of the level.

    Returns
    -------
    Plane of uint8, shape (ny, nx)
        Floor and seeds that are left.
    """
    factors = options.suppress_artefacts_flood_factor, options.suppress_artefacts_seed_factor

    def rows(start: int, stop: int) -> NDArray[np.uint8]:
        band = marks[start:stop]
        depth = level[start:stop] if marks.floor.bits[start:stop].any() else None
        if depth is None or not depth.any():
            return band
        return by_strips(partial(_marks_above, factors=factors), band, signal[start:stop], depth, dtype=np.uint8)

    return Computed(marks.shape, np.uint8, rows, [marks, level, signal], cost=_BYTES_ABOVE)


def _marks_above(
    marks: NDArray[np.uint8],
    signal: NDArray[np.float32],
    level: NDArray[np.float32],
    factors: tuple[float, float],
) -> NDArray[np.uint8]:
    """Marks that are left, by factors for floor and seeds."""
    floor, seeds = (stands_above(signal, level, factor=factor).view(np.uint8) for factor in factors)
    return marks & (floor * np.uint8(FLOOR) | floor * seeds * np.uint8(SEED))


def _marks_by_snr(signal: Floats, seed_clip: float, flood_clip: float, seeds: Flags | None) -> MarksAndSeeds:
    if seeds is None:
        return MarksAndSeeds(
            snr_flood_marks(signal, seed_clip, flood_clip), snr_mask(signal, seed_clip, inclusive=True)
        )
    return MarksAndSeeds(flood_marks(snr_mask(signal, flood_clip), seeds), seeds)
