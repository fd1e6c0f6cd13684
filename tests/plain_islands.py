"""Islands as SciPy states them, in a few slow lines, for what is computed band by band to be compared with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

EIGHT = np.ones((3, 3))
"""Neighbours, corners included."""


def plain_flood(seeds: NDArray[np.bool_], floor: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Floor that can be reached from a seed."""
    return ndimage.binary_propagation(seeds & floor, structure=EIGHT, mask=floor)


def plain_low_snr(signal: NDArray[np.float32], clip: float, size: int) -> NDArray[np.bool_]:
    """Closing and sizes, on an image padded so that its edge takes nothing away."""
    mask = np.pad(np.isfinite(signal) & (signal > np.float32(clip)), 4)
    closed = ndimage.binary_closing(mask, EIGHT, iterations=2)[4:-4, 4:-4]
    inside = ndimage.binary_erosion(ndimage.binary_dilation(mask[4:-4, 4:-4], EIGHT, 2), EIGHT, 2, border_value=1)
    closed = (closed | inside) & np.isfinite(signal)
    labels, count = ndimage.label(closed, EIGHT)
    large = [n for n in range(1, count + 1) if (labels == n).sum() >= size]
    return np.isin(labels, large)
