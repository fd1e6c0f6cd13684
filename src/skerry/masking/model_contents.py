"""What the pixels of a clean model are, and how much of it lies where its mask let nothing be cleaned."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skerry.filters.dilation import dilated
from skerry.planes.bits import BitMask

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ModelContents", "model_contents"]


@dataclass
class ModelContents:
    """What the pixels of a clean model are.

    Attributes
    ----------
    total, absolute : float
        Sums of the valid pixels and of their absolute values, in the unit of the pixels.
    outside : float
        That part of `absolute` which lies outside of the mask, and not near it either.
    pixels : int
        Valid pixels that are not zero.
    invalid : int
        NaN and infinite pixels.
    """

    total: float = 0.0
    absolute: float = 0.0
    outside: float = 0.0
    pixels: int = 0
    invalid: int = 0

    @property
    def outside_fraction(self) -> float:
        """What lies outside, over all; 0 of an empty model."""
        return self.outside / self.absolute if self.absolute else 0.0

    @property
    def excess(self) -> float:
        """Sum of the absolute values over that of the values: 1 where all has one sign, NaN of an empty model."""
        if not self.absolute:
            return math.nan
        return self.absolute / abs(self.total) if self.total else math.inf


def model_contents(
    planes: Iterable[Iterable[tuple[slice, NDArray[Any]]]], mask: BitMask, spill: int = 0
) -> ModelContents:
    """Add up a clean model, and what of it lies outside of a mask.

    Parameters
    ----------
    planes : iterable
        For each plane, blocks of rows in their order: the rows, and their values as an ndarray of any real type.
    mask : BitMask, shape (ny, nx)
        Where the centres of components may lie, in any plane.
    spill : int
        Pixels that a component may reach over the mask's edge.

    Returns
    -------
    ModelContents
        Of all planes. Sums go row by row, so they do not depend on the blocks.
    """
    allowed = BitMask.of(dilated(mask, spill)) if spill else mask
    contents = ModelContents()
    for plane in planes:
        for rows, stored in plane:
            _add_rows(contents, stored.astype(np.float64), allowed[rows])
    return contents


def _add_rows(contents: ModelContents, values: NDArray[np.float64], allowed: NDArray[np.bool_]) -> None:
    """Add up some rows; what is invalid in them is set to zero."""
    invalid = ~np.isfinite(values)
    contents.invalid += int(np.count_nonzero(invalid))
    values[invalid] = 0
    contents.pixels += int(np.count_nonzero(values))
    contents.total += _sum(values)
    np.abs(values, out=values)
    contents.absolute += _sum(values)
    values[allowed] = 0
    contents.outside += _sum(values)


def _sum(values: NDArray[np.float64]) -> float:
    return math.fsum(values.sum(axis=1))
