"""Islands beside a deeper negative one: the two halves of an artefact of a bright source."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.filters.connected_pixels import Islands
from skerry.filters.island_tables import Peaks, Sizes
from skerry.planes.bands import map_bands
from skerry.planes.computed import pixelwise
from skerry.planes.plane import Floats
from skerry.sky.beam import beam_fwhm

__all__ = ["depth_beside", "may_be_half"]

_BESIDE_BEAMS = 2.0
"""Distance, in beams (FWHM), from an island to the nearest pixel of a negative one that is beside it."""
_LARGEST_HALF = 12.0
"""Area of an island of a mask, in beams, beyond which it is no half of a pair."""
_MOST_BEAMS = 6.0
"""Area of a negative island, in beams, beyond which it is a bowl: missing short baselines, and no half of a pair."""
_BYTES_OF_PLACES = 56
"""Of the pixels of islands, to find what is beside them."""


def may_be_half(pixels: NDArray[np.float64], area: float) -> NDArray[np.bool_]:
    """Whether islands of so many pixels are small enough for half of a pair, with a beam of some area in pixels."""
    return pixels <= _LARGEST_HALF * area


def depth_beside(
    signal: Floats, islands: Islands, considered: NDArray[np.bool_], clip: float, area: float
) -> NDArray[np.float32]:
    """Depth of the deepest negative island beside each island of a mask.

    There is no negative sky: a compact negative island is an artefact, and errors of calibration, which move flux from
    one place to another, make them in pairs.

    Parameters
    ----------
    signal : Plane of float32, shape (ny, nx)
        In sigma, zero mean. Invalid pixels (NaN or infinite) do not count.
    islands : Islands
        Of the mask.
    considered : ndarray of bool, shape (islands + 1,)
        The islands that are asked about, by label.
    clip : float
        Negative islands are those of pixels below minus this, sigma.
    area : float
        Of the beam, pixels.

    Returns
    -------
    ndarray of float32, shape (islands + 1,)
        In sigma; 0 where there is none.
    """
    from scipy.spatial import cKDTree

    beside = np.zeros(len(considered), np.float32)
    if not considered.any():
        return beside
    places, depth = _compact_negative_pixels(signal, clip, _MOST_BEAMS * area)
    if not depth.size:
        return beside
    tree, reach = cKDTree(places), _BESIDE_BEAMS * beam_fwhm(area)
    for at, island in _pixels_of(islands, considered):
        near = np.isfinite(tree.query(at, distance_upper_bound=reach)[0])
        deepest = [depth[within].max() for within in tree.query_ball_point(at[near], reach)]
        np.maximum.at(beside, island[near], np.array(deepest, np.float32))
    return beside


def _compact_negative_pixels(
    signal: Floats, clip: float, most_pixels: float
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Places of the pixels of negative islands of no more than so many pixels, and the depth of the island of each."""
    negated = pixelwise(np.negative, signal, dtype=np.float32)
    sizes, peaks = Sizes(), Peaks(negated)
    negative = Islands(pixelwise(partial(_below, limit=np.float32(-clip)), signal, dtype=bool), [sizes, peaks])
    if not negative.count:
        return np.empty((0, 2), np.intp), np.empty(0, np.float32)
    compact = sizes.by_label[0] <= most_pixels
    compact[0] = False
    depth = np.asarray(peaks.values_and_places()[0], np.float32)

    found = list(_pixels_of(negative, compact))
    return np.concatenate([place for place, _ in found]), np.concatenate([depth[island] for _, island in found])


def _pixels_of(islands: Islands, chosen: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.int32]]]:
    """Rows and columns of the pixels of some islands, shape (n, 2), and the label of each, band by band."""
    bits = islands.select(chosen).bits

    def pixels(rows: slice) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        ys, of_eight = np.nonzero(bits[rows])
        if not ys.size:
            return np.empty((0, 2), np.intp), np.empty(0, np.int32)
        which, bit = np.nonzero(np.unpackbits(bits[rows][ys, of_eight][:, np.newaxis], axis=1))
        ys, xs = ys[which], 8 * of_eight[which] + bit
        return np.column_stack([ys + rows.start, xs]), islands.labels(rows)[ys, xs]

    yield from map_bands(pixels, islands.mask, cost=_BYTES_OF_PLACES, result=20)


def _below(values: NDArray[np.float32], limit: np.float32) -> NDArray[np.bool_]:
    below: NDArray[np.bool_] = values < limit
    # No valid pixel is infinite, and NaN is below nothing.
    below &= values > np.float32(-np.inf)
    return below
