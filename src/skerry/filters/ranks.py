"""Ranks of pixels, a value and a place as one number, so that the highest pixel of an island is that of highest rank.

In a row a rank has the value in its upper 32 bits and the column in its lower ones. In an image it has the place in
raster order there; where that does not fit, in an image of more than 2^32 pixels, a rank is a pair of numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Ranks", "rank_words"]

_MOST_TOGETHER = 1 << 32
"""Pixels of an image whose places fit beside a value."""
_PLACES = np.uint64(0xFFFFFFFF)
_PAIR = np.dtype([("word", np.uint32), ("place", np.int64)], align=True)


class _HigherPairs:
    """What `np.maximum` is for numbers, for pairs: of equal words the greater place counts."""

    def at(self, table: NDArray[Any], labels: NDArray[np.intp], ranks: NDArray[Any], /) -> None:
        """Put the higher of each pair and that of its label into a table."""
        before = table["word"][labels]
        np.maximum.at(table["word"], labels, ranks["word"])
        highest = table["word"][labels]
        table["place"][labels[highest > before]] = np.iinfo(np.int64).min
        chosen = ranks["word"] == highest
        np.maximum.at(table["place"], labels[chosen], ranks["place"][chosen])


class Ranks:
    """How the ranks of the pixels of an image are kept.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx) of the image.
    last : bool
        Whether of equally high pixels the last one in raster order counts, not the first.
    nothing : float
        Value of an entry of nothing, at the first pixel; NaN for what is below all.

    Attributes
    ----------
    dtype, join, fill
        As a `Table` takes them.
    """

    def __init__(self, shape: tuple[int, ...], *, last: bool, nothing: float) -> None:
        self._nx, self._last = shape[1], last
        self._together = shape[0] * shape[1] <= _MOST_TOGETHER
        self.dtype = np.dtype(np.uint64) if self._together else _PAIR
        self.join: Any = np.maximum if self._together else _HigherPairs()
        word = 0 if np.isnan(nothing) else int(rank_words(np.array([nothing], np.float32))[0])
        self.fill: Any = word << 32 if self._together else np.array((word, 0), _PAIR)[()]

    def in_rows(self, values: NDArray[np.float32], column: NDArray[np.integer[Any]]) -> NDArray[np.uint64]:
        """Ranks of pixels in their rows."""
        low = column.astype(np.uint64)
        return rank_words(values).astype(np.uint64) << np.uint64(32) | (low if self._last else _PLACES - low)

    def in_image(self, rank: NDArray[np.uint64], row: NDArray[np.integer[Any]]) -> NDArray[Any]:
        """Ranks in the image of pixels by those in their rows; one of 0 is that of nothing, and stays."""
        offset: NDArray[np.int64] = np.multiply(row, self._nx if self._last else -self._nx, dtype=np.int64)
        if self._together:
            # Of as many runs as there may be each array counts.
            offset *= rank != 0
            ranks: NDArray[np.uint64] = offset.view(np.uint64)
            ranks += rank
            return ranks
        pairs = np.empty(rank.shape, _PAIR)
        pairs["word"] = rank >> np.uint64(32)
        pairs["place"] = (rank & _PLACES).astype(np.int64) + offset
        return pairs

    def values_and_places(self, ranks: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.intp]]:
        """Values of ranks in the image, rows and columns; NaN, and any place, of nothing that is below all."""
        if self._together:
            word, place = (ranks >> np.uint64(32)).astype(np.uint32), (ranks & _PLACES).astype(np.int64)
        else:
            word, place = ranks["word"], ranks["place"]
        value = np.where(word >> np.uint32(31), word ^ np.uint32(1 << 31), ~word).view(np.float32)
        value = np.where(word == 0, np.float32(np.nan), value)
        row, column = np.divmod(place if self._last else int(_PLACES) - place, self._nx)
        return value, row.astype(np.intp), column.astype(np.intp)


def rank_words(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Numbers that rise with values; both zeros have the same."""
    word = (values + np.float32(0)).view(np.uint32)
    return np.where(word >> np.uint32(31), ~word, word | np.uint32(1 << 31))
