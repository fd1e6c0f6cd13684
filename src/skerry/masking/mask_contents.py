"""What the pixels of a mask are: those that are set, and those that no mask should have.

A mask is read once, block by block, and everything is counted on the way.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from skerry.filters.islands import count_islands
from skerry.planes.bits import BitMask

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MaskContents", "mask_contents"]


@dataclass
class MaskContents:
    """What the pixels of a mask are.

    Attributes
    ----------
    first_plane : BitMask, shape (ny, nx)
        Where the first plane is masked: valid and not zero.
    largest : int
        Largest value that the mask may have.
    planes_differ : bool
        Whether another plane is masked elsewhere.
    nan, infinite : int
        Invalid pixels.
    negative, unexpected : int
        Valid pixels below zero; above it, but larger than `largest` or not whole.
    lowest : float
        Of the negative values.
    unexpected_range : tuple of float
        Of the unexpected values.
    masked, unmasked : list of int
        Valid pixels that are not zero, and pixels that are, by plane.
    islands : int
        8-connected sets of masked pixels, of all planes together; not counted further in what looks like an image.
    """

    first_plane: BitMask
    largest: int
    planes_differ: bool = False
    nan: int = 0
    infinite: int = 0
    negative: int = 0
    unexpected: int = 0
    lowest: float = 0.0
    unexpected_range: tuple[float, float] = (np.inf, -np.inf)
    masked: list[int] = field(default_factory=list)
    unmasked: list[int] = field(default_factory=list)
    islands: int = 0

    @property
    def pixels(self) -> int:
        """Pixels in all planes."""
        return self.pixels_per_plane * len(self.masked)

    @property
    def pixels_per_plane(self) -> int:
        """Pixels in one plane."""
        ny, nx = self.first_plane.shape
        return ny * nx

    @property
    def fraction(self) -> float:
        """Masked pixels over all pixels."""
        return sum(self.masked) / self.pixels

    @property
    def is_image(self) -> bool:
        """Whether most pixels are what no mask has, in many values that do not number its islands: as of an image."""
        low, high = self.unexpected_range
        broken = low < high and any(end != math.floor(end) for end in (low, high))
        return broken and self.negative + self.unexpected > (self.pixels - self.nan - self.infinite) / 2

    @property
    def empty_planes(self) -> list[int]:
        """Planes, from 0, in which nothing is masked, though a pixel could be."""
        counts = zip(self.masked, self.unmasked, strict=True)
        return [n for n, (masked, unmasked) in enumerate(counts) if masked == 0 and unmasked > 0]

    @property
    def full_planes(self) -> list[int]:
        """Planes, from 0, in which everything is masked."""
        return [n for n, masked in enumerate(self.masked) if masked == self.pixels_per_plane]


def mask_contents(
    planes: Iterable[Iterable[tuple[slice, NDArray[Any]]]], shape: tuple[int, int], largest: int = 1
) -> MaskContents:
    """Count what the pixels of a mask are.

    Parameters
    ----------
    planes : iterable
        For each plane, blocks of rows: the rows, and their values as an ndarray of any real type; NaN and infinite
        pixels are invalid.
    shape : tuple of int
        (ny, nx) of a plane.
    largest : int
        Largest value that the mask may have: 1, or all bits of a scale mask.

    Returns
    -------
    MaskContents
        Of all planes; the pixels of the first one are kept, as bits.
    """
    contents = MaskContents(BitMask(shape), largest)
    for n, plane in enumerate(planes):
        contents.masked.append(0)
        contents.unmasked.append(0)
        pixels = BitMask(shape) if n else contents.first_plane
        for rows, values in plane:
            pixels[rows] = _add_block(contents, values)
        contents.planes_differ |= not np.array_equal(pixels.bits, contents.first_plane.bits)
        if not contents.is_image:
            contents.islands += count_islands(pixels).islands
    return contents


def _add_block(contents: MaskContents, values: NDArray[Any]) -> NDArray[np.bool_]:
    """Count a block of the last plane; returns where it is masked."""
    if values.dtype == np.uint8 and values.max(initial=0) <= 1:
        masked: NDArray[np.bool_] = np.ascontiguousarray(values).view(bool)
        on_count = int(np.count_nonzero(masked))
        contents.masked[-1] += on_count
        contents.unmasked[-1] += masked.size - on_count
        return masked
    valid = np.isfinite(values)
    masked = (values != 0) & valid
    invalid = values[~valid]
    nan = int(np.count_nonzero(np.isnan(invalid)))
    contents.nan += nan
    contents.infinite += invalid.size - nan
    on = values[masked]
    contents.masked[-1] += on.size
    contents.unmasked[-1] += values.size - on.size - invalid.size
    negative = on[on < 0]
    unexpected = on[(on > contents.largest) | ((on > 0) & (on != np.floor(on)))]
    if negative.size:
        contents.negative += negative.size
        contents.lowest = min(contents.lowest, float(negative.min()))
    if unexpected.size:
        contents.unexpected += unexpected.size
        low, high = contents.unexpected_range
        contents.unexpected_range = min(low, float(unexpected.min())), max(high, float(unexpected.max()))
    return masked
