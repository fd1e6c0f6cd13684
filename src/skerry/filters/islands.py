"""Islands: sets of pixels that touch, corners included.

Which of them are kept is decided by what is known of each as a whole; `skerry.filters.island_tables` finds them without
ever holding the image.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.filters.island_tables import Boxes, Islands, Peaks, Pixels, Seeded, Sums
from skerry.kernels import _islands
from skerry.kernels.islands import FLOOR, SEED, marks_above
from skerry.planes import BitMask, Computed, Flags, Floats, Plane, bands, in_order, set_pixels

__all__ = [
    "IslandCount",
    "Islands",
    "count_islands",
    "fill_holes",
    "highest_and_valid",
    "keep_marks",
    "label_islands",
    "large_islands",
    "marked",
    "marked_islands",
    "peaks",
    "seeded_islands",
    "significant_islands",
    "snr_marks",
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


def seeded_islands(seeds: Flags, floor: Flags) -> BitMask:
    """Islands of `floor` that hold a pixel of `seeds`."""
    return marked_islands(marked(seeds, floor))


def marked(seeds: Flags, floor: Flags) -> Computed:
    """Pixels of the floor as `FLOOR`, and those that are seeds too as `FLOOR | SEED`, uint8."""

    def rows(start: int, stop: int) -> NDArray[np.uint8]:
        band = floor[start:stop].view(np.uint8)
        return np.asarray(band + ((seeds[start:stop].view(np.uint8) & band) << 1))

    return Computed(floor.shape, np.uint8, rows, [floor, seeds], cost=2)


def snr_marks(signal: Floats, seed_clip: float, flood_clip: float) -> Computed:
    """Valid pixels above the flood clip as `FLOOR`, those at or above the seed clip too as `FLOOR | SEED`, uint8."""

    def rows(start: int, stop: int) -> NDArray[np.uint8]:
        return marks_above(signal[start:stop], seed_clip, flood_clip)

    return Computed(signal.shape, np.uint8, rows, [signal], cost=0)


def marked_islands(marks: Plane) -> BitMask:
    """Islands of the pixels that are not 0 of a plane of uint8 that have a pixel with the bit `SEED`."""
    seeded = Seeded(SEED)
    islands = Islands(marks, [seeded])
    return islands.select(seeded.by_label[0] != 0, last=True)


def large_islands(mask: Flags, size: float) -> BitMask:
    """Islands of `mask` of at least `size` pixels."""
    pixels = Pixels()
    islands = Islands(mask, [pixels])
    return islands.select(pixels.by_label[0] >= size, last=True)


def significant_islands(mask: Flags, values: Floats, size: float, significance: float) -> BitMask:
    """Islands of at least `size` pixels with a sum of `values` of at least `significance` times the root of those."""
    counts, sums = Pixels(), Sums(values)
    islands = Islands(mask, [counts, sums])
    (pixels,), (total,) = counts.by_label, sums.by_label
    return islands.select((pixels >= size) & (total >= significance * np.sqrt(pixels)), last=True)


def fill_holes(mask: Flags) -> BitMask:
    """`mask` with its holes: background that no path over edges, not corners, leads out of the image."""
    boxes = Boxes()
    background = Islands(mask, [boxes], corners=False, inverted=True)
    top, left, bottom, right = boxes.by_label
    ny, nx = mask.shape
    outside = background.select((top == 0) | (left == 0) | (bottom == 1 - ny) | (right == 1 - nx), last=True)
    np.invert(outside.bits, out=outside.bits)
    if nx % 8:
        outside.bits[:, -1] &= np.uint8((0xFF00 >> nx % 8) & 0xFF)
    return outside


def peaks(mask: Flags, values: Floats) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Highest value of each island, in their order, and the row and column of it, shape (islands, 2).

    Among equal values it is the last one in raster order. No value of a masked pixel is NaN.
    """
    highest = Peaks(values)
    Islands(mask, [highest])
    value, place = highest.values_and_places()
    return value[1:], place[1:]


def highest_and_valid(plane: Floats) -> tuple[float, int]:
    """Highest of the valid pixels of an image, minus infinity if there is none, and how many there are."""

    def survey(rows: slice) -> tuple[float, int]:
        values = np.ascontiguousarray(plane[rows], dtype=np.float32)
        return _islands.highest_and_valid(values, values.size)

    found = list(in_order(survey, bands(plane), plane))
    return max((highest for highest, _ in found), default=-np.inf), sum(valid for _, valid in found)


def keep_marks(marks: Plane) -> tuple[BitMask, BitMask]:
    """Floor and seeds of a plane of marks (`FLOOR`, `SEED`), as bits, from one computation of it."""
    floor, seeds = BitMask(marks.shape), BitMask(marks.shape)

    def keep(rows: slice) -> None:
        band = marks[rows]
        seeds[rows] = band & SEED
        floor[rows] = band & FLOOR

    for _ in in_order(keep, bands(marks), marks):
        pass
    return floor, seeds
