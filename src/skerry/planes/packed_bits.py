"""Masks of few pixels kept packed: there may be some tens of them of the size of an image."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from skerry.planes.bits import BitMask

__all__ = ["PackedBits"]

_ROWS_PER_PIECE = 64


class PackedBits:
    """The bits of a mask, packed: of a mask of some thousandths of an image far fewer bytes than the bits.

    Parameters
    ----------
    mask : BitMask, shape (ny, nx)
        The mask, which is not needed any more.
    """

    def __init__(self, mask: BitMask) -> None:
        self.shape = mask.shape
        self._pieces = [
            zlib.compress(piece.data, 1) if (piece := mask.bits[top : top + _ROWS_PER_PIECE]).any() else None
            for top in range(0, mask.shape[0], _ROWS_PER_PIECE)
        ]

    def same_as(self, other: PackedBits) -> bool:
        """Whether it has the same pixels as another one of the same shape."""
        return self._pieces == other._pieces

    def mask(self) -> BitMask:
        """The mask again."""
        found = BitMask(self.shape)
        for n, piece in enumerate(self._pieces):
            if piece is not None:
                rows = found.bits[n * _ROWS_PER_PIECE : (n + 1) * _ROWS_PER_PIECE]
                rows[:] = np.frombuffer(zlib.decompress(piece), np.uint8).reshape(rows.shape)
        return found

    def bits(self, start: int, stop: int) -> NDArray[np.uint8] | None:
        """Bits of some rows, as those of a `BitMask`; None if none is set in them or near them."""
        first, last = start // _ROWS_PER_PIECE, -(-stop // _ROWS_PER_PIECE)
        if all(piece is None for piece in self._pieces[first:last]):
            return None
        width = (self.shape[1] + 7) // 8
        bits = np.zeros((last * _ROWS_PER_PIECE - first * _ROWS_PER_PIECE, width), dtype=np.uint8)
        for n, piece in enumerate(self._pieces[first:last]):
            if piece is not None:
                rows_of_piece = np.frombuffer(zlib.decompress(piece), dtype=np.uint8).reshape(-1, width)
                bits[n * _ROWS_PER_PIECE : n * _ROWS_PER_PIECE + len(rows_of_piece)] = rows_of_piece
        top = first * _ROWS_PER_PIECE
        return bits[start - top : stop - top]
