"""Marks of pixels that islands may grow through and start from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = ["FLOOR", "SEED", "marks_above"]

FLOOR, SEED = 1, 2


def marks_above(band: NDArray[np.float32], seed_clip: float, flood_clip: float) -> NDArray[np.uint8]:
    """Valid pixels above `flood_clip` as `FLOOR`, those at or above `seed_clip` too as `FLOOR | SEED`, uint8."""
    values = np.ascontiguousarray(band, dtype=np.float32)
    marks = np.empty(values.shape, dtype=np.uint8)
    compiled.signal_marks(values, seed_clip, flood_clip, marks)
    return marks
