"""Closing and opening of masks by squares; squares are cut at the edges of the image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.kernels.shapes import closed_rows
from skerry.planes.computed import Computed, rows_with_halo
from skerry.planes.plane import Flags

__all__ = ["closed", "opened"]


def closed(mask: Flags, side: int) -> Computed:
    """Pixels that no square of unset pixels holds; squares are cut at the edges of the image."""
    return _shaped(mask, side, opening=False)


def opened(mask: Flags, side: int) -> Computed:
    """Pixels of a mask that lie in a square of it; squares are cut at the edges of the image."""
    return _shaped(mask, side, opening=True)


def _shaped(mask: Flags, side: int, *, opening: bool) -> Computed:
    def rows(start: int, stop: int) -> NDArray[np.bool_]:
        band, within = rows_with_halo(mask, start, stop, side - 1, side - 1)
        return closed_rows(band, within, side, opening=opening)

    return Computed(mask.shape, bool, rows, [mask], halo=min(side - 1, mask.shape[0]), cost=1)
