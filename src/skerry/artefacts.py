"""Artefacts of bright sources: rings and spokes, told from the sky by how deep they are on their negative side.

There is no negative sky, so the negative pixels round a bright source show how bright its artefacts are at each
distance from it; that holds for positive streaks too which have nothing negative beside them.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from skerry.errors import SkerryError
from skerry.expected import beam_fwhm
from skerry.kernels.bands import row_bands
from skerry.kernels.islands import label_islands
from skerry.options import MaskingOptions

__all__ = ["artefact_level", "stands_above"]

_SECTORS, _MIDDLE = 8, 3
"""Sectors of a ring, and the index of the depth that more than half of them reach, in ascending order."""


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
    if pixels_per_beam is None:
        raise SkerryError("suppress_artefacts: needs the area of the beam, which is not known here")
    fwhm = beam_fwhm(pixels_per_beam)
    level = np.zeros(signal.shape, dtype=np.float32)
    least = options.suppress_artefacts_negative_clip
    fraction = options.suppress_artefacts_peak_fraction
    for y, x in _bright_sources(signal, least / fraction):
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


def _bright_sources(signal: NDArray[np.float32], clip: float) -> list[tuple[int, int]]:
    """Row and column of the brightest pixel of each island above a clip."""
    bright = np.empty(signal.shape, dtype=bool)
    for rows in row_bands(signal.shape):
        bright[rows] = (signal[rows] > clip) & np.isfinite(signal[rows])
    labels, count = label_islands(bright)
    ys, xs = np.nonzero(bright)
    order = np.argsort(signal[ys, xs], kind="stable")
    peak = np.zeros(count + 1, dtype=np.intp)
    # The last of the pixels of an island is the one that is kept.
    peak[labels[ys[order], xs[order]]] = order
    return [(int(ys[n]), int(xs[n])) for n in peak[1:]]


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
