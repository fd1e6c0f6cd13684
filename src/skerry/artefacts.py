"""Artefacts of bright sources: rings and spokes, told from the sky by how deep they are on their negative side.

There is no negative sky, so the negative pixels round a bright source show how bright its artefacts are at each
distance from it, also where a positive streak has nothing negative beside it; and errors of phase make artefacts of
opposite signs at opposite places.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.expected import beam_fwhm
from skerry.kernels import _artefacts
from skerry.kernels.island_runs import Islands, Peaks
from skerry.kernels.islands import peaks
from skerry.options import MaskingOptions
from skerry.planes import BitMask, Computed, Flags, Floats, bands, in_order, rows_with_halo

__all__ = ["artefact_level", "stands_above", "without_mirrored"]

_SECTORS, _MIDDLE = 8, 3
"""Sectors of a ring, and the index of the depth that more than half of them reach, in ascending order."""
_ISLANDS_AT_ONCE = 1 << 14
_ROWS_AT_ONCE = 256
_LEAST_SEEN = 0.8
"""Share of the pixels of an island whose mirror image is in the image, for it to say something."""


def artefact_level(signal: Floats, options: MaskingOptions, pixels_per_beam: float | None) -> Computed:
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

    Returns
    -------
    Plane of float32, shape (ny, nx)
        In sigma; 0 where there are no artefacts.
    """
    rings = _Rings.of(options, pixels_per_beam)
    sources = _bright_sources(signal, options)
    order = np.argsort(sources.place[:, 0], kind="stable")
    places = sources.place[order]
    depth = _depth_by_distance(signal, places, sources.value[order], rings, options)
    there = depth.any(axis=1)
    places, depth = places[there], depth[there]

    def rows(start: int, stop: int) -> NDArray[np.float32]:
        band = np.zeros((stop - start, signal.shape[1]), dtype=np.float32)
        near = _within(places, start - rings.reach, stop + rings.reach)
        at = places[near] - (start, 0)
        ny, nx = band.shape
        _artefacts.raise_rounds(band, ny, nx, at, len(at), rings.of_square, rings.reach, rings.number, depth[near])
        return band

    return Computed(signal.shape, np.float32, rows)


def stands_above(signal: Floats, level: Floats, factor: float) -> Computed:
    """Pixels above `factor` times the level of the artefacts, or where there are none.

    Parameters
    ----------
    signal, level : Plane of float32, shape (ny, nx)
        As given to, and by, `artefact_level`.
    factor : float
        The factor.

    Returns
    -------
    Plane of bool, shape (ny, nx)
        Where there are no artefacts invalid pixels are among them.
    """

    def rows(start: int, stop: int) -> NDArray[np.bool_]:
        depth = level[start:stop]
        return np.asarray((depth == 0) | (signal[start:stop] > np.float32(factor) * depth))

    return Computed(signal.shape, bool, rows, [signal, level], cost=6)


def without_mirrored(mask: Flags, signal: Floats, options: MaskingOptions, pixels_per_beam: float | None) -> BitMask:
    """Mask without the islands whose mirror image through a bright source is negative.

    Errors of phase make artefacts of opposite signs at opposite places, and nothing else does. So a broad streak, whose
    counterpart is nowhere deep enough to be told from noise, is told by the sum over it. The source is that of the
    highest peak over distance among those of which the island may be an artefact.

    Parameters
    ----------
    mask : Plane of bool, shape (ny, nx)
        Valid pixels of the signal.
    signal : Plane of float32, shape (ny, nx)
        In sigma, zero mean. Invalid pixels (NaN or infinite) do not count.
    options : MaskingOptions
        The options called suppress_artefacts.
    pixels_per_beam : float
        Area of the beam.

    Returns
    -------
    BitMask, shape (ny, nx)
    """
    fraction = options.suppress_artefacts_mirror_fraction
    fwhm = beam_fwhm(_known(pixels_per_beam))
    sources, table = _bright_sources(signal, options), Peaks(signal)
    islands = Islands(mask, [table])
    if not sources.value.size or not islands.count:
        return islands.mask
    highest = _Peaks(*table.values_and_places())
    centre = _likely_sources(sources, highest, fwhm, options)
    sums = _mirror_sums(signal, islands, centre)
    with np.errstate(invalid="ignore", divide="ignore"):
        beams = np.maximum(sums.seen / _known(pixels_per_beam), 1)
        significance = sums.mirrored / sums.seen * np.sqrt(beams)
        artefact = significance < -options.suppress_artefacts_negative_clip
    artefact &= (sums.mirrored < -fraction * sums.direct) & (sums.deepest < -fraction * highest.value)
    artefact &= sums.seen >= _LEAST_SEEN * sums.pixels
    return islands.select(~artefact, last=True)


class _Peaks(NamedTuple):
    """Highest pixels of islands."""

    value: NDArray[np.float32]
    place: NDArray[np.intp]
    """Row and column, shape (islands, 2)."""


class _MirrorSums(NamedTuple):
    """Sums over the pixels of each island, by label."""

    pixels: NDArray[np.float64]
    seen: NDArray[np.float64]
    """Pixels whose mirror image is a valid pixel; the others do not count in what follows."""
    direct: NDArray[np.float64]
    """Of the signal."""
    mirrored: NDArray[np.float64]
    """Of the signal of the mirror image."""
    deepest: NDArray[np.float64]
    """Its minimum."""


class _MirroredPixels(NamedTuple):
    """Pixels of a band that belong to an island with a centre, in raster order."""

    island: NDArray[np.int32]
    direct: NDArray[np.float32]
    mirrored: NDArray[np.float32]
    """NaN where the mirror image is outside the image or invalid."""


def _mirror_sums(signal: Floats, islands: Islands, centre: NDArray[np.intp]) -> _MirrorSums:
    """Sums over the islands that have a centre, shape (islands + 1, 2), -1 for none, and over their mirror images."""
    sums = _MirrorSums(*(np.zeros(len(centre)) for _ in _MirrorSums._fields))

    def pixels(rows: slice) -> _MirroredPixels:
        labels = islands.labels(rows)
        ys, xs = np.nonzero(labels)
        island = labels[ys, xs]
        has_centre = centre[island, 0] >= 0
        ys, xs, island = ys[has_centre], xs[has_centre], island[has_centre]
        direct = signal[rows][ys, xs] if ys.size else np.empty(0, np.float32)
        mirrored = _pixels_at(signal, 2 * centre[island, 0] - (ys + rows.start), 2 * centre[island, 1] - xs)
        return _MirroredPixels(island, direct, mirrored)

    for found in in_order(pixels, bands(signal, cost=40), signal, cost=40):
        np.add.at(sums.pixels, found.island, 1)
        seen = np.isfinite(found.mirrored)
        island, mirrored = found.island[seen], found.mirrored[seen]
        np.add.at(sums.seen, island, 1)
        np.add.at(sums.direct, island, found.direct[seen])
        np.add.at(sums.mirrored, island, mirrored)
        np.minimum.at(sums.deepest, island, mirrored)
    return sums


def _pixels_at(signal: Floats, ys: NDArray[np.intp], xs: NDArray[np.intp]) -> NDArray[np.float32]:
    """Values at some places, NaN outside the image; only a few rows are read at a time."""
    ny, nx = signal.shape
    values = np.full(ys.shape, np.nan, dtype=np.float32)
    inside = np.flatnonzero((ys >= 0) & (ys < ny) & (xs >= 0) & (xs < nx))
    inside = inside[np.argsort(ys[inside], kind="stable")]
    while inside.size:
        first = int(ys[inside[0]])
        several = int(np.searchsorted(ys[inside], first + _ROWS_AT_ONCE))
        some, inside = inside[:several], inside[several:]
        values[some] = signal[first : int(ys[some[-1]]) + 1][ys[some] - first, xs[some]]
    return values


def _likely_sources(sources: _Peaks, highest: _Peaks, fwhm: float, options: MaskingOptions) -> NDArray[np.intp]:
    """Row and column of the bright source of which each island may be an artefact, by label; -1 for none."""
    from scipy.spatial import cKDTree

    centre = np.full(highest.place.shape, -1, dtype=np.intp)
    reach = options.suppress_artefacts_reach_beams * fwhm
    tree = cKDTree(sources.place)
    for first in range(1, len(centre), _ISLANDS_AT_ONCE):
        some = cKDTree(highest.place[first : first + _ISLANDS_AT_ONCE])
        pairs = some.sparse_distance_matrix(tree, reach, output_type="ndarray")
        island, source, distance = pairs["i"] + first, pairs["j"], pairs["v"]
        brightness = sources.value[source]
        faint = highest.value[island] < options.suppress_artefacts_peak_fraction * brightness
        order = np.argsort(brightness[faint] / distance[faint], kind="stable")
        # The last one, of the highest peak over distance, is the one that is kept.
        centre[island[faint][order]] = sources.place[source[faint][order]]
    return centre


def _bright_sources(signal: Floats, options: MaskingOptions) -> _Peaks:
    """Brightest pixel of each island of which a fraction is no noise."""
    clip = options.suppress_artefacts_negative_clip / options.suppress_artefacts_peak_fraction

    def rows(start: int, stop: int) -> NDArray[np.bool_]:
        band = signal[start:stop]
        return np.asarray((band > clip) & np.isfinite(band))

    return _Peaks(*peaks(Computed(signal.shape, bool, rows, [signal], cost=2), signal))


def _known(pixels_per_beam: float | None) -> float:
    if pixels_per_beam is None:
        raise SkerryError("suppress_artefacts: needs the area of the beam, which is not known here")
    return pixels_per_beam


class _Rings(NamedTuple):
    """Rings round a source, each a beam wide."""

    number: int
    reach: int
    """Pixels to the outermost one."""
    of_square: NDArray[np.uint16]
    """The ring of each squared distance in pixels, up to twice the square of the reach."""

    @classmethod
    def of(cls, options: MaskingOptions, pixels_per_beam: float | None) -> _Rings:
        fwhm = beam_fwhm(_known(pixels_per_beam))
        number = options.suppress_artefacts_reach_beams
        reach = math.ceil(number * fwhm)
        ring = np.sqrt(np.arange(2 * reach**2 + 1)) / fwhm
        return cls(number, reach, np.minimum(ring, np.iinfo(np.uint16).max).astype(np.uint16))


def _depth_by_distance(
    signal: Floats, places: NDArray[np.intp], peak: NDArray[np.float32], rings: _Rings, options: MaskingOptions
) -> NDArray[np.float32]:
    """Depth of the artefacts of sources, ordered by row, by the distance in whole beams; 0 where there are none."""
    from scipy.ndimage import maximum_filter1d

    least = options.suppress_artefacts_negative_clip
    across = 2 * options.suppress_artefacts_ring_beams + 1

    def depths(rows: slice) -> NDArray[np.float32]:
        here = _within(places, rows.start, rows.stop)
        depth = np.zeros((len(places[here]), _SECTORS, rings.number), dtype=np.float32)
        if len(depth):
            band, within = rows_with_halo(signal, rows.start, rows.stop, rings.reach, rings.reach)
            at = places[here] - (rows.start - within.start, 0)
            band = np.ascontiguousarray(band)
            ny, nx = band.shape
            _artefacts.sector_depths(
                band, ny, nx, at, len(at), rings.of_square, rings.reach, rings.number, _SECTORS, least, depth
            )
        depth = maximum_filter1d(depth, across, axis=2, mode="constant")
        # Sectors outside the image count, as empty: noise at its edge is not to pass for artefacts.
        return np.asarray(np.partition(depth, _MIDDLE, axis=1)[:, _MIDDLE])

    found = list(in_order(depths, bands(signal, halo=rings.reach), signal, halo=rings.reach))
    depth = np.concatenate([*found, np.empty((0, rings.number), np.float32)])
    # Islands are compared with a factor of the depth: that is what the fraction of the peak bounds.
    fraction = options.suppress_artefacts_peak_fraction / max(options.suppress_artefacts_seed_factor, 1)
    bound = (fraction * peak.astype(np.float64)).astype(np.float32)
    return np.asarray(np.minimum(depth, bound[:, np.newaxis]))


def _within(places: NDArray[np.intp], start: int, stop: int) -> slice:
    """Which of some places, ordered by their rows, lie in rows from `start` up to `stop`."""
    return slice(*(int(n) for n in np.searchsorted(places[:, 0], (start, stop))))
