"""The pixels of an image as such: their bytes as they lie in a file, the highest and the lowest of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = ["extremes_and_valid", "swap_bytes"]


def swap_bytes(pixels: NDArray[np.float32]) -> None:
    """Reverse the bytes of each of the `pixels`, in place."""
    compiled.swap_words(pixels, pixels)


def extremes_and_valid(pixels: NDArray[np.float32]) -> tuple[float, float, int]:
    """Highest and lowest of the valid `pixels`, minus infinity and infinity if none is, and how many there are."""
    return compiled.extremes_and_valid(np.ascontiguousarray(pixels, dtype=np.float32))
