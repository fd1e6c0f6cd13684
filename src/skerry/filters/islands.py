"""Islands of a mask, sets of pixels that touch, and those of them that have what is asked for.

Which islands are kept is decided by what is known of each as a whole; `skerry.filters.connected_pixels` finds them
without ever holding the image.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.filters.connected_pixels import Islands
from skerry.filters.flood_marks import KeptMarks
from skerry.filters.island_tables import Extents, Peaks, Seeded, Shared, Sizes, Sums
from skerry.kernels.islands import SEED
from skerry.planes.bits import BitMask
from skerry.planes.masks import set_pixels
from skerry.planes.plane import Flags, Floats, Plane

__all__ = [
    "IslandCount",
    "count_islands",
    "fill_holes",
    "island_peaks",
    "label_islands",
    "large_islands",
    "seeded_islands",
    "significant_islands",
]


def label_islands(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    """Number the islands of a mask from 1; returns the labels, 0 outside, and how many there are."""
    islands = Islands(mask)
    return islands.labels(slice(None)), islands.count


class IslandCount(NamedTuple):
    """How many islands a mask has, and how many pixels."""

    islands: int
    """8-connected sets of pixels that are not 0."""
    pixels: int
    """Pixels that are not 0."""


def count_islands(mask: Plane) -> IslandCount:
    """Count the islands and the pixels of a mask, a plane of bool or of integers."""
    islands = Islands(set_pixels(mask))
    return IslandCount(islands.count, islands.mask.count())


def seeded_islands(marks: Plane) -> BitMask:
    """Islands of the floor of a flood that have a seed, from marks as `flood_marks` gives them."""
    seeded = Shared(marks.seeds) if isinstance(marks, KeptMarks) else Seeded(SEED)
    islands = Islands(marks.floor if isinstance(marks, KeptMarks) else marks, [seeded])
    return islands.select(seeded.by_label[0] != 0, last=True)


def large_islands(mask: Flags, size: float) -> BitMask:
    """Islands of `mask` of at least `size` pixels."""
    sizes = Sizes()
    islands = Islands(mask, [sizes])
    return islands.select(sizes.by_label[0] >= size, last=True)


def significant_islands(mask: Flags, values: Floats, size: float, significance: float) -> BitMask:
    """Islands of at least `size` pixels with a sum of `values` of at least `significance` times the root of those."""
    sizes, sums = Sizes(), Sums(values)
    islands = Islands(mask, [sizes, sums])
    (pixels,), (total,) = sizes.by_label, sums.by_label
    return islands.select((pixels >= size) & (total >= significance * np.sqrt(pixels)), last=True)


def fill_holes(mask: Flags) -> BitMask:
    """`mask` with its holes: background that no path over edges, not corners, leads out of the image."""
    boxes = Extents()
    background = Islands(mask, [boxes], corners=False, inverted=True)
    top, left, bottom, right = boxes.by_label
    ny, nx = mask.shape
    outside = background.select((top == 0) | (left == 0) | (bottom == 1 - ny) | (right == 1 - nx), last=True)
    np.invert(outside.bits, out=outside.bits)
    if nx % 8:
        outside.bits[:, -1] &= np.uint8((0xFF00 >> nx % 8) & 0xFF)
    return outside


def island_peaks(mask: Flags, values: Floats) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Highest pixel of each island of a mask.

    Parameters
    ----------
    mask : Plane of bool, shape (ny, nx)
        The mask.
    values : Plane of float32, shape (ny, nx)
        No value of a masked pixel is NaN.

    Returns
    -------
    value : ndarray of float32, shape (islands,)
        In the order of the islands.
    place : ndarray of int, shape (islands, 2)
        Row and column; among equal values those of the last one in raster order.
    """
    highest = Peaks(values)
    Islands(mask, [highest])
    value, place = highest.values_and_places()
    return value[1:], place[1:]
