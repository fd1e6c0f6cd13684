"""Sources whose artefacts nobody sees, for those of others are as deep wherever they reach.

With a low clip each peak of the noise is a bright source, with thousands of pixels round it. No artefact is deeper than
a fraction of its source; so once the deepest have been found few of the others can say anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from skerry.kernels.boxes import minimum_of_rows
from skerry.masking.artefact_rings import Rings

__all__ = ["uncovered_depths"]

_LEAST_FIRST = 64
"""Sources that are looked at before the others are compared with them, or more if the image is many reaches wide."""
_TIMES_AS_MANY = 4
"""Each time after that."""
_CELLS_PER_REACH = 8
_LEAST_CELL = 8
"""Pixels of the side of a cell, of which the least level is kept."""
_MOST_CELLS = 1 << 20
_CELLS_AT_ONCE = 1 << 17


def uncovered_depths(
    places: NDArray[np.intp],
    most: NDArray[np.float32],
    reach: NDArray[np.intp],
    rings: Rings,
    shape: tuple[int, int],
    depths_of: Callable[[NDArray[np.intp]], NDArray[np.float32]],
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Depth by distance of those sources whose artefacts those of the others do not cover.

    Parameters
    ----------
    places : ndarray of int, shape (n, 2)
        Rows and columns of the sources.
    most : ndarray of float32, shape (n,)
        No artefact of each source is deeper.
    reach : ndarray of int, shape (n,)
        Nor further away, pixels.
    rings : Rings
        Round them.
    shape : tuple of int
        Of the image.
    depths_of : callable
        Depth by ring of the sources of some indices, which ascend, float32 of shape (k, rings), no more than `most`.

    Returns
    -------
    chosen : ndarray of int, shape (k,)
        Ascending.
    depth : ndarray of float32, shape (k, rings)
        Of the chosen ones.
    """
    waiting, level = np.argsort(-most, kind="stable"), None
    chosen, found = [waiting[:0]], [np.empty((0, rings.number), np.float32)]
    size = max(_LEAST_FIRST, _TIMES_AS_MANY * shape[0] * shape[1] // rings.reach**2)
    while waiting.size:
        some, waiting = np.sort(waiting[:size]), waiting[size:]
        chosen.append(some)
        found.append(depths_of(some))
        size *= _TIMES_AS_MANY
        if waiting.size:
            level = level or _LeastLevel(rings, shape)
            level.raise_round(places[some], found[-1])
            waiting = waiting[most[waiting] > level.around(places[waiting], reach[waiting])]
    order = np.argsort(np.concatenate(chosen))
    return np.concatenate(chosen)[order], np.concatenate(found)[order]


class _LeastLevel:
    """What the level of artefacts is at least, in square cells of an image."""

    def __init__(self, rings: Rings, shape: tuple[int, int]) -> None:
        self._rings = rings
        self._side = max(_LEAST_CELL, rings.reach // _CELLS_PER_REACH, math.isqrt(shape[0] * shape[1] // _MOST_CELLS))
        self._across = -(-rings.reach // self._side)
        # With cells beyond the edge, which sources there reach.
        self._level = np.zeros([-(-n // self._side) + 2 * self._across for n in shape], np.float32)

    def around(self, places: NDArray[np.intp], reach: NDArray[np.intp]) -> NDArray[np.float32]:
        """The least level in the cells that sources at some places reach, each so far."""
        inside = self._level[self._across : -self._across, self._across : -self._across]
        cells, across = places // self._side, np.minimum(-(-reach // self._side), self._across)
        found = np.empty(len(places), np.float32)
        for n in np.unique(across):
            least = minimum_of_rows(inside, slice(0, inside.shape[0]), 2 * int(n) + 1)
            found[across == n] = least[tuple(cells[across == n].T)]
        return found

    def raise_round(self, places: NDArray[np.intp], depth: NDArray[np.float32]) -> None:
        """Take in sources at some places, shape (n, 2), and their depth by ring."""
        across = 2 * self._across + 1
        step = max(1, _CELLS_AT_ONCE // across**2)
        for first in range(0, len(places), step):
            some = slice(first, first + step)
            least = self._least_in_cells(places[some], depth[some])
            for (row, column), one in zip(places[some] // self._side, least, strict=True):
                here = self._level[row : row + across, column : column + across]
                np.maximum(here, one, out=here)

    def _least_in_cells(self, places: NDArray[np.intp], depth: NDArray[np.float32]) -> NDArray[np.float32]:
        """The least depth that sources have in each of the cells round their own, shape (n, cells, cells)."""
        # Of each axis, how far the first and the last pixel of a cell lie from the source.
        cell = (places // self._side)[..., np.newaxis] + np.arange(-self._across, self._across + 1)
        first = cell * self._side - places[..., np.newaxis]
        last = first + self._side - 1
        begins = self._ring(np.maximum(np.maximum(first, -last), 0))
        ends = self._ring(np.maximum(-first, last))
        within = ends < self._rings.number
        begins[~within] = 0
        least = _least_of_next(depth, int((ends - begins)[within].max(initial=0)) + 1)
        least = np.take_along_axis(least, begins.reshape(len(places), -1), axis=1).reshape(begins.shape)
        return np.where(within, least, np.float32(0))

    def _ring(self, away: NDArray[np.intp]) -> NDArray[np.intp]:
        """The ring at distances along both axes, shape (n, 2, cells); beyond the last one, their number."""
        squares = away[:, 0, :, np.newaxis] ** 2 + away[:, 1, np.newaxis, :] ** 2
        of_square, number = self._rings.of_square, self._rings.number
        ring = of_square[np.minimum(squares, of_square.size - 1)].astype(np.intp)
        # All that its type cannot tell apart lies in the last ring.
        beyond = (squares >= of_square.size) | (ring == np.iinfo(of_square.dtype).max)
        return np.where(beyond, number, np.minimum(ring, number))


def _least_of_next(depth: NDArray[np.float32], rings: int) -> NDArray[np.float32]:
    """The least depth of so many rings, from each on outwards; there are none beyond the last."""
    depth, done = depth.copy(), 1
    while done < rings:
        step = min(done, rings - done)
        depth[:, :-step] = np.minimum(depth[:, :-step], depth[:, step:])
        done += step
    return depth
