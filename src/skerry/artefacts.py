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
from scipy import ndimage

from skerry.errors import SkerryError
from skerry.expected import beam_fwhm
from skerry.kernels.bands import row_bands
from skerry.kernels.islands import label_islands
from skerry.options import MaskingOptions

__all__ = ["artefact_level", "stands_above", "without_mirrored"]

_SECTORS, _MIDDLE = 8, 3
"""Sectors of a ring, and the index of the depth that more than half of them reach, in ascending order."""
_ISLANDS_AT_ONCE = 1 << 14
_LEAST_SEEN = 0.8
"""Share of the pixels of an island whose mirror image is in the image, for it to say something."""


def artefact_level(
    signal: NDArray[np.float32], options: MaskingOptions, pixels_per_beam: float | None
) -> NDArray[np.float32]:
    """Depth of the artefacts round bright sources.

    The depth at a distance from a bright source is what the deepest pixels of a ring reach in more than half of eight
    sectors: artefacts of calibration lie all round their source, and those of another source do not. Negative pixels
    that noise explains do not count, and no artefact is deeper than a fraction of the peak of its source.

    Parameters
    ----------
    signal : ndarray of float32, shape (ny, nx)
        In sigma, zero mean. Invalid pixels (NaN or infinite) do not count.
    options : MaskingOptions
        The options called suppress_artefacts.
    pixels_per_beam : float
        Area of the beam.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        In sigma; 0 where there are no artefacts.
    """
    fwhm = beam_fwhm(_known(pixels_per_beam))
    level = np.zeros(signal.shape, dtype=np.float32)
    least = options.suppress_artefacts_negative_clip
    fraction = options.suppress_artefacts_peak_fraction
    for y, x in _bright_sources(signal, options):
        depth = _depth_by_distance(signal, (y, x), fwhm, least, options)
        if depth.any():
            # Islands are compared with a factor of the depth: that is what the fraction of the peak bounds.
            deepest = fraction * float(signal[y, x]) / max(options.suppress_artefacts_seed_factor, 1)
            _raise_round(level, (y, x), fwhm, np.minimum(depth, deepest))
    return level


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
    above = np.empty(signal.shape, dtype=bool)
    for rows in row_bands(signal.shape):
        above[rows] = (level[rows] == 0) | (signal[rows] > np.float32(factor) * level[rows])
    return above


def without_mirrored(
    mask: NDArray[np.bool_], signal: NDArray[np.float32], options: MaskingOptions, pixels_per_beam: float | None
) -> NDArray[np.bool_]:
    """Mask without the islands whose mirror image through a bright source is negative.

    Errors of phase make artefacts of opposite signs at opposite places, and nothing else does. So a broad streak, whose
    counterpart is nowhere deep enough to be told from noise, is told by the sum over it. The source is that of the
    highest peak over distance among those of which the island may be an artefact.

    Parameters
    ----------
    mask : ndarray of bool, shape (ny, nx)
        Valid pixels of the signal.
    signal : ndarray of float32, shape (ny, nx)
        In sigma, zero mean. Invalid pixels (NaN or infinite) do not count.
    options : MaskingOptions
        The options called suppress_artefacts.
    pixels_per_beam : float
        Area of the beam.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
    """
    fraction = options.suppress_artefacts_mirror_fraction
    sources = _bright_sources(signal, options)
    labels, count = label_islands(mask)
    if not sources.size or not count:
        return mask.copy()
    peak, place = _peaks(signal, labels, count)
    centre = _likely_sources(signal, sources, peak, place, beam_fwhm(_known(pixels_per_beam)), options)
    sums = _mirror_sums(signal, labels, centre)
    with np.errstate(invalid="ignore", divide="ignore"):
        beams = np.maximum(sums.seen / _known(pixels_per_beam), 1)
        significance = sums.mirrored / sums.seen * np.sqrt(beams)
        artefact = significance < -options.suppress_artefacts_negative_clip
    artefact &= (sums.mirrored < -fraction * sums.direct) & (sums.deepest < -fraction * peak)
    artefact &= sums.seen >= _LEAST_SEEN * sums.pixels
    artefact[0] = True
    kept = np.empty_like(mask)
    for rows in row_bands(mask.shape):
        np.take(~artefact, labels[rows], out=kept[rows])
    return kept


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


def _mirror_sums(signal: NDArray[np.float32], labels: NDArray[np.int32], centre: NDArray[np.intp]) -> _MirrorSums:
    """Sums over the islands that have a centre, shape (islands + 1, 2), -1 for none, and over their mirror images."""
    sums = _MirrorSums(*(np.zeros(len(centre)) for _ in _MirrorSums._fields))
    ny, nx = signal.shape
    for rows in row_bands(labels.shape):
        ys, xs = np.nonzero(centre[labels[rows], 0] >= 0)
        ys += rows.start
        island = labels[ys, xs]
        np.add.at(sums.pixels, island, 1)
        y, x = 2 * centre[island, 0] - ys, 2 * centre[island, 1] - xs
        seen = (y >= 0) & (y < ny) & (x >= 0) & (x < nx)
        seen[seen] = np.isfinite(signal[y[seen], x[seen]])
        island, mirrored = island[seen], signal[y[seen], x[seen]]
        np.add.at(sums.seen, island, 1)
        np.add.at(sums.direct, island, signal[ys[seen], xs[seen]])
        np.add.at(sums.mirrored, island, mirrored)
        np.minimum.at(sums.deepest, island, mirrored)
    return sums


def _likely_sources(
    signal: NDArray[np.float32],
    sources: NDArray[np.intp],
    peak: NDArray[np.float32],
    place: NDArray[np.intp],
    fwhm: float,
    options: MaskingOptions,
) -> NDArray[np.intp]:
    """Row and column of the bright source of which each island may be an artefact, by label; -1 for none."""
    from scipy.spatial import cKDTree

    centre = np.full(place.shape, -1, dtype=np.intp)
    reach = options.suppress_artefacts_reach_beams * fwhm
    tree = cKDTree(sources)
    for first in range(1, len(place), _ISLANDS_AT_ONCE):
        some = cKDTree(place[first : first + _ISLANDS_AT_ONCE])
        pairs = some.sparse_distance_matrix(tree, reach, output_type="ndarray")
        island, source, distance = pairs["i"] + first, pairs["j"], pairs["v"]
        brightness = signal[sources[source, 0], sources[source, 1]]
        faint = peak[island] < options.suppress_artefacts_peak_fraction * brightness
        order = np.argsort(brightness[faint] / distance[faint], kind="stable")
        # The last one, of the highest peak over distance, is the one that is kept.
        centre[island[faint][order]] = sources[source[faint][order]]
    return centre


def _bright_sources(signal: NDArray[np.float32], options: MaskingOptions) -> NDArray[np.intp]:
    """Row and column, shape (sources, 2), of the brightest pixel of each island of which a fraction is no noise."""
    clip = options.suppress_artefacts_negative_clip / options.suppress_artefacts_peak_fraction
    bright = np.empty(signal.shape, dtype=bool)
    for rows in row_bands(signal.shape):
        bright[rows] = (signal[rows] > clip) & np.isfinite(signal[rows])
    return _peaks(signal, *label_islands(bright))[1][1:]


def _peaks(
    signal: NDArray[np.float32], labels: NDArray[np.int32], count: int
) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Highest pixel of each island, by label, and its row and column, shape (islands + 1, 2)."""
    peak = np.full(count + 1, -np.inf, dtype=np.float32)
    place = np.zeros((count + 1, 2), dtype=np.intp)
    for rows in row_bands(signal.shape):
        ys, xs = np.nonzero(labels[rows])
        ys += rows.start
        island, values = labels[ys, xs], signal[ys, xs]
        np.maximum.at(peak, island, values)
        highest = values == peak[island]
        place[island[highest]] = np.stack([ys[highest], xs[highest]], axis=1)
    return peak, place


def _known(pixels_per_beam: float | None) -> float:
    if pixels_per_beam is None:
        raise SkerryError("suppress_artefacts: needs the area of the beam, which is not known here")
    return pixels_per_beam


def _depth_by_distance(
    signal: NDArray[np.float32], centre: tuple[int, int], fwhm: float, least: float, options: MaskingOptions
) -> NDArray[np.float32]:
    """Depth of the artefacts of a source, by its distance in whole beams; 0 where there are none."""
    rings = options.suppress_artefacts_reach_beams
    rows, columns = _window(signal.shape, centre, rings * fwhm)
    window = signal[rows, columns]
    ys, xs = np.nonzero((window < -least) & np.isfinite(window))
    values = -window[ys, xs]
    ys, xs = ys + (rows.start - centre[0]), xs + (columns.start - centre[1])
    ring = (np.hypot(ys, xs) / fwhm).astype(np.intp)
    sector = np.floor(np.arctan2(ys, xs) * (_SECTORS / (2 * math.pi))).astype(np.intp) % _SECTORS
    reached = ring < rings
    depth = np.zeros((_SECTORS, rings), dtype=np.float32)
    np.maximum.at(depth, (sector[reached], ring[reached]), values[reached])
    across = 2 * options.suppress_artefacts_ring_beams + 1
    depth = ndimage.maximum_filter1d(depth, across, axis=1, mode="constant")
    # Sectors outside the image count, as empty: noise at its edge is not to pass for artefacts.
    return np.asarray(np.partition(depth, _MIDDLE, axis=0)[_MIDDLE])


def _raise_round(level: NDArray[np.float32], centre: tuple[int, int], fwhm: float, depth: NDArray[np.float32]) -> None:
    """Raise `level` to the depth at each distance from a source."""
    rings = int(np.flatnonzero(depth)[-1]) + 1
    rows, columns = _window(level.shape, centre, rings * fwhm)
    across = np.arange(columns.start, columns.stop) - centre[1]
    beyond = np.append(depth[:rings], np.float32(0))
    for band in row_bands((rows.stop - rows.start, across.size)):
        y = np.arange(rows.start, rows.stop)[band] - centre[0]
        ring = (np.hypot(y[:, None], across) / fwhm).astype(np.intp)
        part = level[rows, columns][band]
        np.maximum(part, beyond[np.minimum(ring, rings)], out=part)


def _window(shape: tuple[int, ...], centre: tuple[int, int], radius: float) -> tuple[slice, slice]:
    """Rows and columns of an image that a circle touches."""
    reach = math.ceil(radius)
    rows, columns = (slice(max(0, c - reach), min(n, c + reach + 1)) for c, n in zip(centre, shape, strict=True))
    return rows, columns
