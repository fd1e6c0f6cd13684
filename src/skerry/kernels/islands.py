"""Marks of pixels that islands may grow through and start from, and the highest pixel, of arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.kernels import _islands

__all__ = ["FLOOR", "SEED", "marks_above"]

FLOOR, SEED = 1, 2


def marks_above(band: NDArray[np.float32], seed_clip: float, flood_clip: float) -> NDArray[np.uint8]:
    """Compute what `snr_marks` does of an array."""
    values = np.ascontiguousarray(band, dtype=np.float32)
    marks = np.empty(values.shape, dtype=np.uint8)
    _islands.snr_marks(values, values.size, seed_clip, flood_clip, marks)
    return marks
