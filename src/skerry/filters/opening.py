"""Closing and opening of masks by squares; squares are cut at the edges of the image."""

from __future__ import annotations

from functools import partial

from skerry.kernels.shapes import closed_rows
from skerry.planes.computed import Computed, windowed
from skerry.planes.plane import Flags

__all__ = ["closed", "opened"]


def closed(mask: Flags, side: int) -> Computed:
    """Pixels that no square of unset pixels holds; squares are cut at the edges of the image."""
    return _shaped(mask, side, opening=False)


def opened(mask: Flags, side: int) -> Computed:
    """Pixels of a mask that lie in a square of it; squares are cut at the edges of the image."""
    return _shaped(mask, side, opening=True)


def _shaped(mask: Flags, side: int, *, opening: bool) -> Computed:
    reach = min(side - 1, mask.shape[0])
    shaped = partial(closed_rows, side=side, opening=opening)
    return windowed(shaped, mask, before=reach, after=reach, dtype=bool, cost_around=1)
