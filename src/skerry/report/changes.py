"""What became of the islands of a mask since the round before: kept, gained and lost, by the pixels that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from skerry.errors import SkerryError
from skerry.filters.connected_pixels import Islands
from skerry.filters.island_tables import Shared
from skerry.planes.bits import BitMask
from skerry.sky.grid_difference import grid_shift, has_celestial_grid

if TYPE_CHECKING:
    from astropy.io import fits

__all__ = ["Changes", "EarlierMask", "changes_since"]


class Changes(NamedTuple):
    """What became of islands since the round before that had a mask."""

    kept: int
    """Islands that share a pixel with one of that round."""
    gained: int
    """Those that share none."""
    lost: int
    """Islands of that round that share none with this one."""


class EarlierMask(NamedTuple):
    """Mask of an earlier round, to compare one with."""

    pixels: BitMask
    header: fits.Header


def changes_since(mask: EarlierMask, earlier: EarlierMask | None) -> Changes | None:
    """What became of the islands of an earlier mask; None if there is none, or it is on another grid."""
    if earlier is None or mask.pixels.shape != earlier.pixels.shape:
        return None
    shape = mask.pixels.shape
    try:
        if has_celestial_grid(mask.header) and grid_shift(mask.header, earlier.header, shape, shape) is not None:
            return None
    except SkerryError:
        return None
    kept, lost = _islands_sharing(mask.pixels, earlier.pixels), _islands_sharing(earlier.pixels, mask.pixels)
    return Changes(kept=kept[0], gained=kept[1], lost=lost[1])


def _islands_sharing(mask: BitMask, other: BitMask) -> tuple[int, int]:
    """How many islands of a mask share a pixel with another mask, and how many do not."""
    shared = Shared(other)
    count = Islands(mask, [shared]).count
    sharing = int(np.count_nonzero(shared.by_label[0][1:]))
    return sharing, count - sharing
