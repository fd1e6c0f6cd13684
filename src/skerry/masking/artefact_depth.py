"""Artefacts of bright sources: rings and spokes, told from the sky by how deep they are on their negative side.

There is no negative sky, so the negative pixels round a bright source show how bright its artefacts are at each
distance from it, also where a positive streak has nothing negative beside it.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.kernels.artefacts import PixelsByRow, level_round, sector_depths
from skerry.masking.artefact_rings import Rings
from skerry.masking.covered_artefacts import uncovered_depths
from skerry.masking.notable_pixels import BrightSources, NotablePixels
from skerry.planes.bands import map_bands
from skerry.planes.computed import Computed
from skerry.planes.limits import check_kept
from skerry.planes.plane import Floats

__all__ = ["artefact_level", "stands_above"]

_SECTORS, _MIDDLE = 8, 3
"""Sectors of a ring, and the index of the depth that more than half of them reach, in ascending order."""

_BYTES_OF_DEEP = 4
"""Of a pixel, to find those that are deep, which are few."""
_BYTES_OF_DEPTH = 12
"""Of a ring of a source, and of what it is joined from and bounded by."""
_DEPTHS_AT_ONCE = 1 << 19
"""Of rings and sectors, before they are joined."""


def artefact_level(
    signal: Floats, options: MaskingOptions, pixels_per_beam: float | None, notable: NotablePixels | None = None
) -> Computed:
    """Depth of the artefacts round bright sources.

    The depth at a distance from a bright source is what the deepest pixels of a ring reach in more than half of eight
    sectors: artefacts of calibration lie all round their source, and those of another source do not. Negative pixels
    that noise explains do not count, and no artefact is deeper than a fraction of the peak of its source.

    Parameters
    ----------
    signal : Plane of float32, shape (ny, nx)
        In sigma, zero mean. Invalid pixels (NaN or infinite) do not count.
    options : MaskingOptions
        The options called suppress_artefacts.
    pixels_per_beam : float
        Area of the beam.
    notable : NotablePixels, optional
        Of the signal, if they are known.

    Returns
    -------
    Plane of float32, shape (ny, nx)
        In sigma; 0 where there are no artefacts.
    """
    rings = Rings.of(options, pixels_per_beam, signal.shape)
    notable = notable or NotablePixels.of(signal, options)
    order = np.argsort(notable.bright.place[:, 0], kind="stable")
    sources = BrightSources(notable.bright.value[order], notable.bright.place[order])
    few = "lower `suppress_artefacts_reach_beams`"
    check_kept(_BYTES_OF_DEPTH * rings.number * len(order), f"{rings.number} rings round {len(order)} sources", few)
    places, depth = _depth_by_distance(notable, signal, sources, rings, options)
    rows = partial(_level_rows, places, depth, rings, signal.shape[1])
    return Computed(signal.shape, np.float32, rows)


def stands_above(signal: NDArray[np.float32], level: NDArray[np.float32], factor: float) -> NDArray[np.bool_]:
    """Pixels above `factor` times the level of the artefacts, or where there are none.

    Parameters
    ----------
    signal, level : ndarray of float32, shape (ny, nx)
        As given to, and by, `artefact_level`.
    factor : float
        The factor.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
        Where there are no artefacts invalid pixels are among them.
    """
    return np.asarray((level == 0) | (signal > np.float32(factor) * level))


def _depth_by_distance(
    notable: NotablePixels, signal: Floats, sources: BrightSources, rings: Rings, options: MaskingOptions
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Places of the sources whose artefacts are seen, by row, and the depth of these by the distance in beams."""
    # Islands are compared with a factor of the depth: that is what the fraction of the peak bounds.
    fraction = options.suppress_artefacts_peak_fraction / max(options.suppress_artefacts_seed_factor, 1)
    most = np.minimum((fraction * sources.value.astype(np.float64)).astype(np.float32), notable.deepest)
    shape = (signal.shape[0], signal.shape[1])
    reach = rings.reach_in_most_sectors(sources.place, shape, _MIDDLE, options.suppress_artefacts_ring_beams)

    def depths_of(some: NDArray[np.intp]) -> NDArray[np.float32]:
        depth = _depths_in_bands(notable, signal, sources.place[some], rings, options)
        return np.asarray(np.minimum(depth, most[some, np.newaxis]))

    chosen, depth = uncovered_depths(sources.place, most, reach, rings, shape, depths_of)
    seen = depth.any(axis=1)
    return sources.place[chosen[seen]], depth[seen]


def _depths_in_bands(
    notable: NotablePixels, signal: Floats, places: NDArray[np.intp], rings: Rings, options: MaskingOptions
) -> NDArray[np.float32]:
    """Depth of the artefacts round places, ordered by row, by the distance in whole beams; 0 where there are none."""

    def depths(rows: slice) -> NDArray[np.float32]:
        here = _within(places, rows.start, rows.stop)
        if here.start == here.stop:
            return np.empty((0, rings.number), np.float32)
        top = max(0, rows.start - rings.reach)
        deep = notable.deep_rows(top, min(rows.stop + rings.reach, signal.shape[0]))
        return _depths_of_rings(deep, places[here] - (top, 0), rings, options)

    around = 0 if notable.are_kept else 2 * rings.reach
    found = map_bands(depths, signal, around=around, cost_around=_BYTES_OF_DEEP)
    return np.concatenate([*found, np.empty((0, rings.number), np.float32)])


def _depths_of_rings(
    deep: PixelsByRow, places: NDArray[np.intp], rings: Rings, options: MaskingOptions
) -> NDArray[np.float32]:
    """Depth that the deepest pixels reach in more than half of the sectors of each ring, round places of some rows."""
    step = max(1, _DEPTHS_AT_ONCE // (_SECTORS * rings.number))
    starts = range(0, len(places), step)
    return np.concatenate([_depths_of_some(deep, places[first : first + step], rings, options) for first in starts])


def _depths_of_some(
    deep: PixelsByRow, places: NDArray[np.intp], rings: Rings, options: MaskingOptions
) -> NDArray[np.float32]:
    """Depths of few places, for which that of each sector is kept."""
    # Wider than there are rings is as wide as all of them.
    across = 2 * min(options.suppress_artefacts_ring_beams, rings.number) + 1
    depth = sector_depths(deep, places, rings.of_square, rings.reach, (_SECTORS, rings.number))
    padded = np.pad(depth, ((0, 0), (0, 0), (across // 2, across // 2)))
    depth = np.lib.stride_tricks.sliding_window_view(padded, across, axis=2).max(axis=3)
    # Sectors outside the image count, as empty: noise at its edge is not to pass for artefacts.
    return np.asarray(np.partition(depth, _MIDDLE, axis=1)[:, _MIDDLE])


def _level_rows(
    places: NDArray[np.intp], depth: NDArray[np.float32], rings: Rings, nx: int, start: int, stop: int
) -> NDArray[np.float32]:
    """Rows of the level of artefacts, from the depth by distance of sources at places ordered by row."""
    near = _within(places, start - rings.reach, stop + rings.reach)
    return level_round(places[near] - (start, 0), rings.of_square, rings.reach, depth[near], (stop - start, nx))


def _within(places: NDArray[np.intp], start: int, stop: int) -> slice:
    """Which of some places, ordered by their rows, lie in rows from `start` up to `stop`."""
    return slice(*(int(n) for n in np.searchsorted(places[:, 0], (start, stop))))
