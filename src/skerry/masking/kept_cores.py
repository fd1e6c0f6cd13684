"""Cores of islands of which a step would leave nothing: what of them lies within the beam round their highest pixel.

An island above its seed clip is a detection. What is cut off it for its outline, as by an erosion, may take it away
altogether, where the noise has made it narrower than the beam.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.filters.connected_pixels import Islands
from skerry.filters.island_tables import Peaks
from skerry.masking.taken_away import islands_lost
from skerry.planes.bands import map_bands
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed
from skerry.planes.plane import Floats
from skerry.sky.beam import HALF_POWER, PixelBeam

__all__ = ["cores_of_lost"]

_AT_ONCE = 1 << 14
"""Pixels of cores."""
_BYTES_A_PIXEL = 8
"""Of a band, at most: the numbers of islands, and flags."""


def cores_of_lost(
    islands: BitMask,
    left: BitMask,
    values: Floats,
    beam: PixelBeam,
    *,
    within: BitMask | None = None,
    highest_of: BitMask | None = None,
    least_share: float = 0.0,
) -> Computed | None:
    """Cores of the islands of a mask of which nothing is left.

    Parameters
    ----------
    islands, left : BitMask, shape (ny, nx)
        A mask, and what is left of it.
    values : Plane of float32, shape (ny, nx)
        In which an island has its highest pixel, for instance in sigma. It is read only in rows with such islands;
        invalid pixels (NaN or infinite) are none.
    beam : PixelBeam
        The beam on the pixels of the mask.
    within : BitMask, shape (ny, nx), optional
        Pixels that may be part of a core; by default all of the mask.
    highest_of : BitMask, shape (ny, nx), optional
        Pixels of which the highest one is taken; by default those that may be part of a core. An island without any has
        no core.
    least_share : float
        Of the pixels of the beam's shape within the image, that a core has to have.

    Returns
    -------
    Plane of bool, shape (ny, nx), or None
        Of each such island the pixels at which the beam, put on the highest one, exceeds half of its peak; of equally
        high ones it is the last in raster order. None if there is no core.
    """
    among = within if highest_of is None else highest_of
    found, lost = islands_lost(islands, left, among)
    if not lost.any():
        return None
    removed = found.select(lost, last=True)
    highest = Peaks(_of_mask(removed, values, among))
    gone = Islands(removed, [highest])
    value, place = highest.values_and_places()
    number = np.flatnonzero(value > -np.inf)
    number = number[np.argsort(place[number, 0], kind="stable")]
    cores = _Cores(gone, gone.mask if within is None else within, number, place[number], beam)
    if least_share:
        cores.drop_sparse(least_share)
    return cores.plane()


class _Cores:
    """Cores of some islands, by their numbers, in the order of the rows of their highest pixels."""

    def __init__(
        self,
        islands: Islands,
        within: BitMask,
        number: NDArray[np.intp],
        place: NDArray[np.intp],
        beam: PixelBeam,
    ) -> None:
        self._islands, self._within, self._number, self._place = islands, within, number, place
        shape = beam.shape(HALF_POWER)
        self._offsets = np.argwhere(shape) - np.array(shape.shape) // 2
        self._reach = shape.shape[0] // 2

    def drop_sparse(self, least_share: float) -> None:
        """Leave out cores with fewer pixels than a share of those of the shape that lie within the image."""
        ny, nx = self._islands.shape
        pixels, room = (np.zeros(self._number.size, np.int64) for _ in range(2))

        def cores(rows: slice) -> list[NDArray[np.intp]]:
            return [core for core, _, _ in self._pixels(rows)]

        for found in map_bands(cores, self._within, cost=_BYTES_A_PIXEL):
            for core in found:
                pixels += np.bincount(core, minlength=pixels.size)
        for dy, dx in self._offsets:
            y, x = (self._place + np.array([dy, dx])).T
            room += (y >= 0) & (y < ny) & (x >= 0) & (x < nx)
        kept = pixels >= least_share * room
        self._number, self._place = self._number[kept], self._place[kept]

    def plane(self) -> Computed | None:
        """All cores as a mask; None if there are none."""
        if not self._number.size:
            return None
        return Computed(self._islands.shape, bool, self._painted, cost=_BYTES_A_PIXEL)

    def _painted(self, start: int, stop: int) -> NDArray[np.bool_]:
        band = np.zeros((stop - start, self._islands.shape[1]), np.bool_)
        for _, y, x in self._pixels(slice(start, stop)):
            band[y, x] = True
        return band

    def _pixels(self, rows: slice) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]]:
        """Pixels of cores in some rows, some at a time: which core, row among these, column."""
        first, last = np.searchsorted(self._place[:, 0], (rows.start - self._reach, rows.stop + self._reach))
        if first == last:
            return
        labels, within = self._islands.labels(rows), self._within[rows]
        step = max(1, _AT_ONCE // len(self._offsets))
        for start in range(first, last, step):
            some = np.arange(start, min(start + step, last))
            y, x = np.moveaxis(self._place[some, np.newaxis] + self._offsets, 2, 0)
            inside = (y >= rows.start) & (y < rows.stop) & (x >= 0) & (x < labels.shape[1])
            core = np.broadcast_to(some[:, np.newaxis], y.shape)[inside]
            y, x = y[inside] - rows.start, x[inside]
            chosen = (labels[y, x] == self._number[core]) & within[y, x]
            yield core[chosen], y[chosen], x[chosen]


def _of_mask(mask: BitMask, values: Floats, other: BitMask | None) -> Computed:
    """Valid values where a mask is set, and another, and minus infinity elsewhere; only rows with pixels are read."""
    return Computed(mask.shape, np.float32, partial(_rows_of_mask, mask, values, other), [values], cost=4)


def _rows_of_mask(mask: BitMask, values: Floats, other: BitMask | None, start: int, stop: int) -> NDArray[np.float32]:
    rows = np.full((stop - start, mask.shape[1]), -np.inf, np.float32)
    found = np.flatnonzero(mask.bits[start:stop].any(axis=1))
    if found.size:
        some = slice(int(found[0]), int(found[-1]) + 1)
        there = slice(start + some.start, start + some.stop)
        band, taken = values[there], mask[there]
        if other is not None:
            taken &= other[there]
        taken &= np.isfinite(band)
        rows[some][taken] = band[taken]
    return rows
