"""Islands whose mirror image in a bright source is negative: errors of phase make artefacts of opposite signs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.filters.connected_pixels import Islands
from skerry.masking.artefact_pairs import depth_beside, may_be_half
from skerry.masking.kept_values import KeptValues, peaks_of
from skerry.masking.known_area import known_area
from skerry.masking.notable_pixels import BrightSources, NotablePixels
from skerry.planes.bits import BitMask
from skerry.planes.plane import Flags, Floats
from skerry.planes.sample import pixels_at
from skerry.sky.beam import beam_fwhm

__all__ = ["without_mirrored"]

_ISLANDS_AT_ONCE = 1 << 6
"""Of which the distance to each source near their rows is taken."""
_PIXELS_AT_ONCE = 1 << 19
"""Of islands, to find their mirror images."""
_LEAST_PAIRED = 0.8
"""Share of the pixels of an island whose mirror image is in the image, for it to say something."""

_Pixels: TypeAlias = tuple[NDArray[np.intp], NDArray[np.int32]]
"""Rows and columns, shape (n, 2), and the number of the island of each."""


def without_mirrored(
    mask: Flags,
    signal: Floats,
    options: MaskingOptions,
    pixels_per_beam: float | None,
    notable: NotablePixels | None = None,
    kept: KeptValues | None = None,
) -> BitMask:
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
    notable : NotablePixels, optional
        Of the signal, if they are known.
    kept : KeptValues, optional
        Of the signal, so that it need not be read for the highest pixels of islands.

    Returns
    -------
    BitMask, shape (ny, nx)
        The islands that stay.
    """
    fraction = options.suppress_artefacts_mirror_fraction
    area = known_area(pixels_per_beam, "suppress_artefacts")
    notable = notable or NotablePixels.of(signal, options)
    mask = BitMask.of(mask)
    table = peaks_of(mask, signal, kept)
    sources = notable.bright
    islands = Islands(mask, [table])
    if not sources.value.size or not islands.count:
        return islands.mask
    highest = BrightSources(*table.values_and_places())
    centre = _likely_sources(sources, highest, beam_fwhm(area), options)
    sums = _mirror_sums(signal, islands, centre)
    with np.errstate(invalid="ignore", divide="ignore"):
        beams = np.maximum(sums.paired / area, 1)
        significance = sums.mirrored / sums.paired * np.sqrt(beams)
        artefact = significance < -options.suppress_artefacts_negative_clip
    artefact &= (sums.mirrored < -fraction * sums.direct) & (sums.deepest < -fraction * highest.value)
    artefact &= sums.paired >= _LEAST_PAIRED * sums.pixels
    near_bright = (centre[:, 0] >= 0) & may_be_half(sums.pixels, area)
    beside = depth_beside(notable, islands, near_bright, area)
    artefact |= highest.value < beside
    return islands.select(~artefact, last=True)


class _MirrorSums(NamedTuple):
    """Sums over the pixels of each island, by label."""

    pixels: NDArray[np.float64]
    paired: NDArray[np.float64]
    """Pixels whose mirror image is a valid pixel; the others do not count in what follows."""
    direct: NDArray[np.float64]
    """Of the signal."""
    mirrored: NDArray[np.float64]
    """Of the signal of the mirror image."""
    deepest: NDArray[np.float64]
    """Its minimum."""


def _mirror_sums(signal: Floats, islands: Islands, centre: NDArray[np.intp]) -> _MirrorSums:
    """Sums over the islands that have a centre, shape (islands + 1, 2), -1 for none, and over their mirror images."""
    sums = _MirrorSums(*(np.zeros(len(centre)) for _ in _MirrorSums._fields))
    for places, island in _batches(islands.pixels(centre[:, 0] >= 0)):
        opposite = 2 * centre[island] - places
        found = pixels_at(signal, *np.concatenate([places, opposite]).T)
        # Of the types of the sums and of an index: NumPy else converts one by one.
        direct, mirrored = found.astype(np.float64).reshape(2, -1)
        island = island.astype(np.intp)
        paired = np.isfinite(mirrored)
        np.add.at(sums.pixels, island, 1.0)
        island, direct, mirrored = island[paired], direct[paired], mirrored[paired]
        np.add.at(sums.paired, island, 1.0)
        np.add.at(sums.direct, island, direct)
        np.add.at(sums.mirrored, island, mirrored)
        np.minimum.at(sums.deepest, island, mirrored)
    return sums


def _batches(bands: Iterator[_Pixels]) -> Iterator[_Pixels]:
    """Pixels of bands, many at a time: the signal is read anew for each batch."""
    waiting: list[_Pixels] = []
    for band in bands:
        waiting.append(band)
        if sum(len(island) for _, island in waiting) > _PIXELS_AT_ONCE:
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


def _joined(bands: list[_Pixels]) -> _Pixels:
    return np.concatenate([places for places, _ in bands]), np.concatenate([island for _, island in bands])


def _likely_sources(
    sources: BrightSources, highest: BrightSources, fwhm: float, options: MaskingOptions
) -> NDArray[np.intp]:
    """Row and column of the bright source of which each island may be an artefact, by label; -1 for none.

    Of several that are as likely, that of the topmost row.
    """
    centre = np.full(highest.place.shape, -1, dtype=np.intp)
    reach, fraction = options.suppress_artefacts_reach_beams * fwhm, options.suppress_artefacts_peak_fraction
    down = np.argsort(sources.place[:, 0], kind="stable")
    place, value = sources.place[down], sources.value[down]
    islands = 1 + np.argsort(highest.place[1:, 0], kind="stable")
    for first in range(0, len(islands), _ISLANDS_AT_ONCE):
        some = islands[first : first + _ISLANDS_AT_ONCE]
        rows, columns = highest.place[some].T
        near = slice(*np.searchsorted(place[:, 0], (rows[0] - reach, np.nextafter(rows[-1] + reach, np.inf))))
        if near.start == near.stop:
            continue
        away = np.subtract.outer(rows, place[near, 0]) ** 2 + np.subtract.outer(columns, place[near, 1]) ** 2
        of_source = (away <= reach**2) & (highest.value[some, np.newaxis] < fraction * value[near])
        # No other pixel lies at no distance.
        nearness = np.where(of_source, value[near] / np.sqrt(np.maximum(away, 1)), 0)
        likely = nearness.argmax(axis=1)
        found = of_source[np.arange(len(some)), likely]
        centre[some[found]] = place[near][likely[found]]
    return centre
