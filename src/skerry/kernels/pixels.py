"""The pixels of an image as such: their bytes as they lie in a file, the highest of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = ["highest_and_valid", "swap_bytes"]


def swap_bytes(pixels: NDArray[np.float32]) -> None:
    """Reverse the bytes of each of the `pixels`, in place."""
    compiled.swap_words(pixels, pixels)


def highest_and_valid(pixels: NDArray[np.float32]) -> tuple[float, int]:
    """Highest of the valid `pixels`, minus infinity if there is none, and how many there are."""
    return compiled.highest_and_valid(np.ascontiguousarray(pixels, dtype=np.float32))
