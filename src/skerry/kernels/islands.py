"""Islands: sets of pixels that touch, corners included."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from skerry.kernels.bands import row_bands
from skerry.planes import BitMask, Computed, Flags, Floats, Plane

__all__ = [
    "EIGHT_CONNECTED",
    "FLOOR",
    "SEED",
    "count_islands",
    "fill_holes",
    "grow_marked",
    "grow_seeds",
    "label_islands",
    "large_islands",
    "marked",
    "significant_islands",
]

EIGHT_CONNECTED = np.ones((3, 3), dtype=bool)
FLOOR, SEED = 1, 2


def label_islands(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    """Number the islands of a mask from 1; returns the labels, 0 outside, and how many there are."""
    labels, count = ndimage.label(mask, structure=EIGHT_CONNECTED)
    return labels, int(count)


def count_islands(mask: Flags) -> int:
    """Islands of a mask."""
    return label_islands(np.asarray(mask))[1]


def grow_seeds(seeds: Flags, floor: Flags) -> BitMask:
    """Islands of `floor` that hold a pixel of `seeds`."""
    return grow_marked(marked(seeds, floor))


def marked(seeds: Flags, floor: Flags) -> Computed:
    """Pixels of the floor as `FLOOR`, and those that are seeds too as `FLOOR | SEED`, uint8."""

    def rows(start: int, stop: int) -> NDArray[np.uint8]:
        band = floor[start:stop].view(np.uint8)
        return np.asarray(band + ((seeds[start:stop].view(np.uint8) & band) << 1))

    return Computed(floor.shape, np.uint8, rows, [floor, seeds], cost=2)


def grow_marked(marks: Plane) -> BitMask:
    """Islands of the pixels that are not 0 of a plane of uint8 that have a pixel with the bit `SEED`."""
    whole = np.asarray(marks)
    labels, count = label_islands(whole != 0)
    keep = np.zeros(count + 1, dtype=bool)
    keep[labels[(whole & SEED) != 0]] = True
    keep[0] = False
    return _select(labels, keep)


def large_islands(mask: Flags, size: float) -> BitMask:
    """Islands of `mask` of at least `size` pixels."""
    labels, count = label_islands(np.asarray(mask))
    keep = np.bincount(labels.ravel(), minlength=count + 1) >= size
    keep[0] = False
    return _select(labels, keep)


def significant_islands(mask: Flags, values: Floats, size: float, significance: float) -> BitMask:
    """Islands of at least `size` pixels with a sum of `values` of at least `significance` times the root of those."""
    whole = np.asarray(mask)
    labels, count = label_islands(whole)
    pixels = np.bincount(labels.ravel(), minlength=count + 1)
    weights = np.where(whole, np.asarray(values), 0).ravel()
    sums = np.bincount(labels.ravel(), weights=weights, minlength=count + 1)
    keep = (pixels >= size) & (sums >= significance * np.sqrt(pixels))
    keep[0] = False
    return _select(labels, keep)


def fill_holes(mask: Flags) -> BitMask:
    """`mask` with its holes: background that no path over edges, not corners, leads out of the image."""
    labels, count = ndimage.label(~np.asarray(mask))
    hole = np.ones(count + 1, dtype=bool)
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        hole[edge] = False
    hole[0] = True
    return _select(labels, hole)


def _select(labels: NDArray[np.int32], keep: NDArray[np.bool_]) -> BitMask:
    selected = np.empty(labels.shape, dtype=bool)
    for rows in row_bands(labels.shape):
        np.take(keep, labels[rows], out=selected[rows])
    return BitMask.of(selected)
