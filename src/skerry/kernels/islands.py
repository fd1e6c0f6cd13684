"""Islands: sets of pixels that touch, corners included."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from skerry.kernels.bands import row_bands

__all__ = ["EIGHT_CONNECTED", "fill_holes", "grow_seeds", "label_islands", "large_islands", "significant_islands"]

EIGHT_CONNECTED = np.ones((3, 3), dtype=bool)


def label_islands(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    """Number the islands of a mask from 1; returns the labels, 0 outside, and how many there are."""
    labels, count = ndimage.label(mask, structure=EIGHT_CONNECTED)
    return labels, int(count)


def grow_seeds(seeds: NDArray[np.bool_], floor: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Islands of `floor` that hold a pixel of `seeds`."""
    labels, count = label_islands(floor)
    keep = np.zeros(count + 1, dtype=bool)
    keep[labels[seeds]] = True
    keep[0] = False
    return _select(labels, keep)


def large_islands(mask: NDArray[np.bool_], size: float) -> NDArray[np.bool_]:
    """Islands of `mask` of at least `size` pixels."""
    labels, count = label_islands(mask)
    pixels = np.zeros(count + 1, dtype=np.int64)
    for rows in row_bands(labels.shape):
        pixels += np.bincount(labels[rows].ravel(), minlength=count + 1)
    keep = pixels >= size
    keep[0] = False
    return _select(labels, keep)


def significant_islands(
    mask: NDArray[np.bool_], values: NDArray[np.float32], size: float, significance: float
) -> NDArray[np.bool_]:
    """Islands of at least `size` pixels with a sum of `values` of at least `significance` times the root of those."""
    labels, count = label_islands(mask)
    pixels, sums = np.zeros(count + 1, dtype=np.int64), np.zeros(count + 1)
    for rows in row_bands(labels.shape):
        band = labels[rows].ravel()
        pixels += np.bincount(band, minlength=count + 1)
        sums += np.bincount(band, weights=np.where(mask[rows], values[rows], 0).ravel(), minlength=count + 1)
    keep = (pixels >= size) & (sums >= significance * np.sqrt(pixels))
    keep[0] = False
    return _select(labels, keep)


def fill_holes(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """`mask` with its holes: background that no path over edges, not corners, leads out of the image."""
    labels, count = ndimage.label(~mask)
    hole = np.ones(count + 1, dtype=bool)
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        hole[edge] = False
    hole[0] = True
    return _select(labels, hole)


def _select(labels: NDArray[np.int32], keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
    selected = np.empty(labels.shape, dtype=bool)
    for rows in row_bands(labels.shape):
        np.take(keep, labels[rows], out=selected[rows])
    return selected
