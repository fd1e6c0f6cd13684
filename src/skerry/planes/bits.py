"""Masks kept as bits, an eighth of a byte a pixel: what may be held of a whole image."""

from __future__ import annotations

import ctypes
import mmap
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from skerry.planes.bands import for_each_band
from skerry.planes.limits import check_masks, keep_mask
from skerry.planes.plane import Flags, Needs

__all__ = ["BitMask", "check_masks_of", "give_back_freed"]

_WORDS_AT_ONCE = 1 << 16
"""Of 64 pixels, that are counted."""
_APART = 1 << 26
"""Bytes, from which on a mask has memory of its own."""


class BitMask:
    """A mask kept as bits.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx); all pixels are unset at first.

    Raises
    ------
    SkerryError
        If it is large and does not fit into the memory beside those that there are.
    """

    needs = Needs(1)

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = (shape[0], shape[1])
        self.dtype = np.dtype(bool)
        self.bits: NDArray[np.uint8] = _unset((shape[0], (shape[1] + 7) // 8))
        """Rows of bits, the first pixel of eight in the highest one; those beyond the last column are unset."""

    @classmethod
    def of(cls, mask: Flags) -> BitMask:
        """Keep a mask, computing it band by band; one that is kept already is given back as it is."""
        if isinstance(mask, cls):
            return mask
        kept = cls(mask.shape)

        def keep(rows: slice) -> None:
            kept[rows] = mask[rows]

        for_each_band(keep, mask, cost=1)
        return kept

    def __getitem__(self, rows: slice) -> NDArray[np.bool_]:
        return np.unpackbits(self.bits[rows], axis=1, count=self.shape[1]).view(bool)

    def __setitem__(self, rows: slice, values: NDArray[Any]) -> None:
        self.bits[rows] = np.packbits(values, axis=1)

    def set_rows(self, rows: slice) -> None:
        """Set all pixels of some rows."""
        self.bits[rows] = np.packbits(np.ones(self.shape[1], bool))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """The whole mask, for `numpy.asarray`."""
        return np.asarray(self[:], dtype)

    def put(self, rows: slice, columns: slice, pixels: NDArray[np.bool_], *, value: bool = True) -> None:
        """Set the pixels of a window that are True, or unset them; all others stay as they are."""
        first, end = columns.start // 8, -(-columns.stop // 8)
        wide = np.zeros((pixels.shape[0], 8 * (end - first)), dtype=bool)
        wide[:, columns.start - 8 * first : columns.stop - 8 * first] = pixels
        packed = np.packbits(wide, axis=1)
        if value:
            self.bits[rows, first:end] |= packed
        else:
            self.bits[rows, first:end] &= ~packed

    def copy(self) -> BitMask:
        """The same pixels, to be changed."""
        other = BitMask(self.shape)
        other.bits[:] = self.bits
        return other

    def any(self) -> bool:
        """Whether any pixel is set."""
        return bool(self.bits.any())

    def add(self, other: Flags) -> None:
        """Set the pixels of another mask of the same shape too."""
        if isinstance(other, BitMask):
            self.bits |= other.bits
            return

        def add(rows: slice) -> None:
            self.bits[rows] |= np.packbits(other[rows], axis=1)

        for_each_band(add, other, cost=1)

    def count(self) -> int:
        """Pixels that are set."""
        flat = self.bits.reshape(-1)
        words = flat[: flat.size // 8 * 8].view(np.uint64)
        rest = np.bitwise_count(flat[words.size * 8 :]).sum(dtype=np.int64)
        pieces = (words[n : n + _WORDS_AT_ONCE] for n in range(0, words.size, _WORDS_AT_ONCE))
        return int(sum((np.bitwise_count(piece).sum(dtype=np.int64) for piece in pieces), rest))


def _unset(shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Bytes that are 0.

    Many are mapped by themselves, so that the system has them back as soon as they are freed: of the memory that a
    process keeps for the next bands, see `skerry.cli.start_up`, what lies between two large masks is lost to others.
    Smaller masks are quicker to get among the bands, as fresh pages cost more than what is done with the bits.
    """
    size = shape[0] * shape[1]
    if size < _APART:
        return np.zeros(shape, np.uint8)
    check_masks(1, size)
    private = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_ANONYMOUS") else {}
    memory = mmap.mmap(-1, size, **private)
    keep_mask(memory, size)
    return np.frombuffer(memory, np.uint8).reshape(shape)


def check_masks_of(shape: tuple[int, ...], number: int) -> None:
    """Refuse an image of which so many large masks at once would not fit, before any work on it.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx) of the image.
    number : int
        Masks.

    Raises
    ------
    SkerryError
        As of `BitMask`.
    """
    size = shape[0] * ((shape[1] + 7) // 8)
    if size >= _APART:
        check_masks(number, size)


def give_back_freed(shape: tuple[int, ...]) -> None:
    """Let the system have what the process keeps of bands that are done with, if masks of an image are large beside it.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx) of the image.
    """
    if shape[0] * ((shape[1] + 7) // 8) >= _APART:
        with suppress(AttributeError, OSError):  # It is GNU's.
            ctypes.CDLL(None).malloc_trim(0)
