"""The signal image of some rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = ["signal_to_noise"]


def signal_to_noise(
    image: NDArray[np.float32], rms: NDArray[np.float32], bkg: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Compute (`image` - `bkg`) / `rms`, NaN where it is not finite or the rms not positive; no background means 0."""
    image, rms = np.ascontiguousarray(image, np.float32), np.ascontiguousarray(rms, np.float32)
    signal = np.empty(image.shape, np.float32)
    compiled.signal_to_noise(image, None if bkg is None else np.ascontiguousarray(bkg, np.float32), rms, signal)
    return signal
