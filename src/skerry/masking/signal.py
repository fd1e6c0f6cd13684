"""The signal image: how many sigma every pixel stands above the background.

Clips in sigma then mean the same everywhere, whatever the local noise is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.kernels.signal import signal_to_noise
from skerry.planes.computed import Computed, collect
from skerry.planes.plane import Floats

__all__ = ["signal_image", "signal_plane"]


def signal_image(
    image: NDArray[np.float32], rms: NDArray[np.float32], bkg: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Compute (image - bkg) / rms.

    Parameters
    ----------
    image, rms, bkg : ndarray of float32, shape (ny, nx)
        In the same unit. No background means 0.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        In sigma; NaN where a pixel of any of the three is invalid (NaN or infinite), or the rms not positive.

    Raises
    ------
    SkerryError
        If the shapes differ.
    """
    return collect(signal_plane(image, rms, bkg))


def signal_plane(image: Floats, rms: Floats, bkg: Floats | None = None) -> Computed:
    """Compute what `signal_image` does, band by band."""
    sources = [image, rms, *([] if bkg is None else [bkg])]
    for plane in sources:
        if plane.shape != image.shape:
            raise SkerryError(f"noise and background have the shape of the image, {image.shape}, not {plane.shape}")

    def rows(start: int, stop: int) -> NDArray[np.float32]:
        return signal_to_noise(image[start:stop], rms[start:stop], None if bkg is None else bkg[start:stop])

    return Computed(image.shape, np.float32, rows, sources)
