"""A mask while it is edited by hand: added to, cut, grown, and asked for its islands.

A scale mask is as many masks, one for each bit, and what is done to it is done to each of them as if it were alone.
Only islands are those of all bits together, as CLEAN meets them. Nothing but bits is kept of an image, and of several
masks one is unpacked at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skerry.filters.connected_pixels import Islands
from skerry.filters.dilation import dilated_by
from skerry.filters.erosion import eroded
from skerry.filters.island_tables import Peaks, Shared, Sizes
from skerry.filters.islands import fill_holes
from skerry.kernels.erosion import set_bit
from skerry.masking.scale_bits import UnknownBitError
from skerry.planes.bands import for_each_band
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed, pixelwise
from skerry.planes.limits import current_limits
from skerry.planes.mask_types import smallest_mask_type
from skerry.planes.masks import set_pixels
from skerry.planes.packed_bits import PackedBits
from skerry.planes.plane import Floats, Plane

__all__ = ["EditedMask", "disc"]

_SHARE_UNPACKED = 1 / 8
"""Of the memory, for the bits of a scale mask that are read in one pass."""


def disc(radius: int) -> NDArray[np.bool_]:
    """Pixels whose centre is no further than a radius from that of the middle one.

    Parameters
    ----------
    radius : int
        Pixels, 0 or more.

    Returns
    -------
    ndarray of bool, shape (2 * radius + 1, 2 * radius + 1)
        The disc.

    Examples
    --------
    >>> disc(1).astype(int)
    array([[0, 1, 0],
           [1, 1, 1],
           [0, 1, 0]])
    """
    squares = np.square(np.arange(-radius, radius + 1))
    return squares[:, None] + squares <= radius**2


class EditedMask:
    """A mask that is edited; each operation gives a new one.

    Parameters
    ----------
    layers : iterable of BitMask, shape (ny, nx)
        The mask, or that of each bit of a scale mask; asked for one after the other.
    """

    def __init__(self, layers: Iterable[BitMask]) -> None:
        several = iter(layers)
        first, second = next(several), next(several, None)
        self.shape = first.shape
        self._single = first if second is None else None
        self._packed: list[PackedBits] = []
        if second is not None:
            self._packed = [PackedBits(first), PackedBits(second)]
            del first, second
            self._packed += map(PackedBits, several)

    @property
    def depth(self) -> int:
        """Number of bits."""
        return len(self._packed) or 1

    def layers(self) -> Iterator[BitMask]:
        """Mask of each bit, one after the other; not to be changed."""
        if self._single is not None:
            yield self._single
        for packed in self._packed:
            yield packed.mask()

    @classmethod
    def of(cls, mask: Plane, bits: int | None = None) -> EditedMask:
        """Begin with a mask.

        Parameters
        ----------
        mask : Plane of integers, shape (ny, nx)
            The mask.
        bits : int, optional
            Bits of a scale mask; None for a mask whose pixels but 0 are all alike.

        Returns
        -------
        EditedMask
            With a layer for each bit, or with one.

        Raises
        ------
        UnknownBitError
            If a pixel has a higher bit.
        """
        if bits is None:
            return cls([BitMask.of(set_pixels(mask))])
        return cls(_layers_of(mask, bits))

    @cached_property
    def union(self) -> BitMask:
        """Pixels that have any bit; not to be changed."""
        if self._single is not None:
            return self._single
        union = BitMask(self.shape)
        for layer in self.layers():
            union.add(layer)
        return union

    def plane(self) -> Plane:
        """The mask as it is written: bool, or the smallest type for the bits of a scale mask."""
        if self._single is not None:
            return self._single
        dtype = smallest_mask_type(2**self.depth - 1)

        def rows(start: int, stop: int) -> NDArray[Any]:
            out = np.zeros((stop - start, self.shape[1]), dtype)
            for n, packed in enumerate(self._packed):
                if (bits := packed.bits(start, stop)) is not None:
                    set_bit(np.ascontiguousarray(bits), n, out)
            return out

        return Computed(self.shape, dtype, rows, cost=1)

    def same_as(self, other: EditedMask) -> bool:
        """Whether no bit of no pixel differs."""
        if self._single is not None and other._single is not None:
            return self._single is other._single or np.array_equal(self._single.bits, other._single.bits)
        return all(one.same_as(two) for one, two in zip(self._packed, other._packed, strict=True))

    # Pixel by pixel, with another mask: of one layer, which is that of all bits, or of as many.

    def with_pixels(self, other: EditedMask) -> EditedMask:
        """Set the pixels of another mask too."""
        return self._combined(np.bitwise_or, other)

    def within(self, other: EditedMask) -> EditedMask:
        """Keep the pixels that another mask has too."""
        return self._combined(np.bitwise_and, other)

    def without(self, other: EditedMask) -> EditedMask:
        """Leave out the pixels of another mask."""
        return self._combined(_and_not, other)

    # Each bit by itself.

    def filled(self) -> EditedMask:
        """Fill holes, as `skerry.filters.islands.fill_holes` does."""
        return self._each(fill_holes)

    def dilated(self, radius: int) -> EditedMask:
        """Set pixels up to a radius from a set one, too."""
        shape = disc(radius)
        return self._each(lambda layer: dilated_by(layer, shape))

    def eroded(self, radius: int) -> EditedMask:
        """Keep pixels that have no unset one up to a radius away; what is beyond the image counts as set."""
        shape = disc(radius)
        return self._each(lambda layer: eroded(layer, shape, beyond=True))

    # Islands, of all bits together; what they are of is given to `within` or `without`.

    def islands_with(self, marks: BitMask) -> EditedMask:
        """Islands that have a pixel of another mask."""
        shared = Shared(marks)
        islands = Islands(self.union, [shared])
        return EditedMask([islands.select(shared.by_label[0] != 0, last=True)])

    def islands_smaller_than(self, size: int) -> EditedMask:
        """Islands of less than `size` pixels."""
        sizes = Sizes()
        islands = Islands(self.union, [sizes])
        return EditedMask([islands.select(sizes.by_label[0] < size, last=True)])

    def islands_fainter_than(self, clip: float, values: Floats) -> EditedMask:
        """Islands of which no pixel reaches a value.

        Parameters
        ----------
        clip : float
            The value.
        values : Plane of float32, shape (ny, nx)
            Such as the signal; what is NaN counts as below all.

        Returns
        -------
        EditedMask
            The islands.
        """
        highest = Peaks(pixelwise(_without_nan, values, dtype=np.float32))
        islands = Islands(self.union, [highest])
        faint = highest.values_and_places()[0] < np.float32(clip)
        return EditedMask([islands.select(faint, last=True)])

    def _each(self, change: Callable[[BitMask], BitMask]) -> EditedMask:
        return EditedMask(map(change, self.layers()))

    def _combined(self, how: Callable[..., Any], other: EditedMask) -> EditedMask:
        others = other.layers() if other.depth == self.depth else repeat(other.union)

        def combined(one: BitMask, two: BitMask) -> BitMask:
            out = BitMask(self.shape)
            how(one.bits, two.bits, out=out.bits)
            return out

        return EditedMask(map(combined, self.layers(), others))


def _layers_of(mask: Plane, bits: int) -> Iterator[BitMask]:
    """Mask of each bit of a plane, which is gone through for as many of them at a time as the memory has room for."""
    room = int(current_limits().memory * _SHARE_UNPACKED)
    at_once = min(bits, max(1, room // max(1, mask.shape[0] * (-(-mask.shape[1] // 8)))))
    for first in range(0, bits, at_once):
        layers = [BitMask(mask.shape) for _ in range(first, min(first + at_once, bits))]

        def keep(rows: slice, first: int = first, layers: list[BitMask] = layers) -> None:
            band = mask[rows]
            if band.max(initial=0) >= 1 << bits:
                raise UnknownBitError(f"has more bits than its {bits} scales; make the scale mask again")
            for n, layer in enumerate(layers, first):
                layer[rows] = band & band.dtype.type(1 << n)

        for_each_band(keep, mask, cost=mask.dtype.itemsize + 1)
        layers.reverse()
        while layers:
            yield layers.pop()


def _and_not(one: NDArray[np.uint8], two: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Bits that one has and the other has not."""
    np.bitwise_or(one, two, out=out)
    np.bitwise_xor(out, two, out=out)


def _without_nan(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(np.isnan(values), np.float32(-np.inf), values)
