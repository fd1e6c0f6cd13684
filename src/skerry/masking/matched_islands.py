"""Which sources of a catalogue a mask has, which it has not, and which islands are of no source.

What counts is the distance from a source to the nearest pixel of an island, not to its centre: an extended island has
a source wherever one lies in it, and a source that is cut off by a pixel is found nevertheless.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skerry.filters.connected_pixels import Islands
from skerry.filters.dilation import dilated_bits
from skerry.filters.island_tables import Shared
from skerry.planes.plane import Floats

__all__ = ["MatchedIslands", "match_mask", "match_positions"]

_ROWS_AT_ONCE = 256
_SOURCES_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class MatchedIslands:
    """How islands and sources of a catalogue, or islands of another mask, go together.

    Attributes
    ----------
    island : ndarray of int32, shape (sources,)
        Number of the island that each source is in, or is nearest to; 0 for one that was missed.
    distance : ndarray of float32, shape (sources,), optional
        From the source to the centre of the nearest pixel of it, in pixels; 0 for one that lies in it, NaN for one that
        was missed.
    within : ndarray of bool, shape (sources,)
        Whether a source lies on a valid pixel of the image; the others are not judged.
    snr : ndarray of float32, shape (sources,), optional
        Signal at each source, in sigma; NaN where there is none.
    has_source : ndarray of bool, shape (islands,)
        Whether an island has a source.
    """

    island: NDArray[np.int32]
    within: NDArray[np.bool_]
    has_source: NDArray[np.bool_]
    distance: NDArray[np.float32] | None = None
    snr: NDArray[np.float32] | None = None

    @property
    def found(self) -> int:
        """Sources that an island has."""
        return int(np.count_nonzero(self.within & (self.island > 0)))

    @property
    def missed(self) -> int:
        """Sources on the image that no island has."""
        return int(np.count_nonzero(self.within & (self.island == 0)))

    @property
    def false(self) -> int:
        """Islands that have no source."""
        return int(np.count_nonzero(~self.has_source))


def match_positions(
    islands: Islands,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    radius: float,
    image: Floats | None = None,
    signal: Floats | None = None,
) -> MatchedIslands:
    """Match islands with sources.

    Parameters
    ----------
    islands : Islands
        Of the mask, shape (ny, nx).
    x, y : ndarray of float, shape (sources,)
        Where they are, pixels from 0; NaN off the sky.
    radius : float
        Pixels up to which a pixel of an island may lie from a source.
    image : Plane of float32, shape (ny, nx), optional
        Sources on invalid pixels are not judged.
    signal : Plane of float32, shape (ny, nx), optional
        In sigma.

    Returns
    -------
    MatchedIslands
        In the order of the sources.
    """
    ny, nx = islands.shape
    with np.errstate(invalid="ignore"):
        within = (x >= -0.5) & (x < nx - 0.5) & (y >= -0.5) & (y < ny - 0.5)
    island = np.zeros(x.size, np.int32)
    nearest = np.full(x.size, np.inf)
    snr = None if signal is None else np.full(x.size, np.nan, np.float32)
    has_source = np.zeros(islands.count + 1, bool)
    column, row = (np.rint(np.where(within, at, 0)).astype(np.intp) for at in (x, y))
    reach = math.ceil(radius + 0.5)
    order = np.flatnonzero(within)
    order = order[np.argsort(row[order], kind="stable")]
    for some in _in_rows(order, row):
        first, last = int(row[some].min()), int(row[some].max()) + 1
        if image is not None:
            within[some] = np.isfinite(image[first:last][row[some] - first, column[some]])
        if snr is not None and signal is not None:
            snr[some] = signal[first:last][row[some] - first, column[some]]
        some = some[within[some]]
        top = max(0, first - reach)
        labels = np.pad(islands.labels(slice(top, min(ny, last + reach))), ((0, 0), (reach, reach)))
        for down, along in _offsets(reach, radius):
            at_row = row[some] + down
            usable = (at_row >= 0) & (at_row < ny)
            there = np.where(usable, labels[np.clip(at_row - top, 0, len(labels) - 1), column[some] + along + reach], 0)
            distance = np.hypot(column[some] + along - x[some], at_row - y[some])
            if down == along == 0:
                distance = np.zeros(some.size)
            near = (there > 0) & (distance <= radius)
            has_source[there[near]] = True
            closer = near & (distance < nearest[some])
            island[some[closer]], nearest[some[closer]] = there[closer], distance[closer]
    told = np.where(np.isfinite(nearest), nearest, np.nan).astype(np.float32)
    return MatchedIslands(island, within, has_source[1:], told, snr)


def match_mask(islands: Islands, other: Islands, radius: float = 0) -> MatchedIslands:
    """Match islands with those of another mask.

    Parameters
    ----------
    islands : Islands
        Of the mask.
    other : Islands
        Of the other one, whose islands stand for sources.
    radius : float
        Pixels to either side up to which islands may lie apart; 0 if they have to share a pixel.

    Returns
    -------
    MatchedIslands
        Of the islands of the other mask it is told whether they were found, by a 1 in `island`.
    """
    reach = math.floor(radius)
    own, others = (dilated_bits(mask, reach) if reach else mask for mask in (islands.mask, other.mask))
    is_found, has_source = Shared(own), Shared(others)
    Islands(other.mask, [is_found])
    Islands(islands.mask, [has_source])
    found = (is_found.by_label[0][1:] != 0).astype(np.int32)
    return MatchedIslands(found, np.ones(found.size, bool), has_source.by_label[0][1:] != 0)


def _in_rows(order: NDArray[np.intp], row: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Sources in the order of their rows, those of some rows at a time, and not too many."""
    pieces = np.split(order, np.flatnonzero(np.diff(row[order] // _ROWS_AT_ONCE)) + 1) if order.size else []
    return [
        piece[start : start + _SOURCES_AT_ONCE] for piece in pieces for start in range(0, piece.size, _SOURCES_AT_ONCE)
    ]


def _offsets(reach: int, radius: float) -> list[tuple[int, int]]:
    """Rows and columns to go from the pixel of a source to those that may lie within a radius, the nearest first."""
    offsets = [(down, along) for down in range(-reach, reach + 1) for along in range(-reach, reach + 1)]
    return sorted(
        (offset for offset in offsets if math.hypot(*offset) <= radius + math.sqrt(0.5)),
        key=lambda offset: math.hypot(*offset),
    )
