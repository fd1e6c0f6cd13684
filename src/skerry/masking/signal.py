"""The signal image: how many sigma every pixel stands above the background.

Clips in sigma then mean the same everywhere, whatever the local noise is.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.kernels.signal import signal_to_noise
from skerry.masking.drawn_noise import DrawnMap
from skerry.planes.arrays import image_plane
from skerry.planes.computed import Computed, pixelwise, strips
from skerry.planes.plane import Floats

__all__ = ["signal_image"]


def signal_image(image: Floats, rms: Floats, bkg: Floats | None = None) -> Computed:
    """Compute (image - bkg) / rms.

    Parameters
    ----------
    image, rms, bkg : Plane of float32, shape (ny, nx)
        In the same unit. No background means 0.

    Returns
    -------
    Plane of float32, shape (ny, nx)
        In sigma; NaN where a pixel of any of the three is invalid (NaN or infinite), or the rms not positive.

    Raises
    ------
    SkerryError
        If the shapes differ.

    Examples
    --------
    >>> import numpy as np
    >>> image, rms = np.array([[3.0, np.nan]], np.float32), np.array([[0.5, 0.5]], np.float32)
    >>> np.asarray(signal_image(image, rms))
    array([[ 6., nan]], dtype=float32)
    """
    planes = [image_plane(plane) for plane in (image, rms, bkg) if plane is not None]
    shape = planes[0].shape
    for plane in planes:
        if plane.shape != shape:
            raise SkerryError(f"noise and background have the shape of the image, {shape}, not {plane.shape}")
    drawn = [plane for plane in planes[1:] if isinstance(plane, DrawnMap) and plane.image is planes[0]]
    if len(drawn) == len(planes) - 1:
        return Computed(shape, np.float32, partial(_of_drawn, planes[0], drawn), [planes[0]])
    return pixelwise(signal_to_noise, *planes, dtype=np.float32, at_once=True)


def _of_drawn(image: Floats, maps: list[DrawnMap], start: int, stop: int) -> NDArray[np.float32]:
    """Signal of some rows, of which the image is read once for itself and its maps, drawn a few rows at a time."""
    pixels = np.ascontiguousarray(image[start:stop], np.float32)
    signal = np.empty(pixels.shape, np.float32)
    for strip in strips(pixels.shape):
        some = pixels[strip]
        signal[strip] = signal_to_noise(some, *(one.of_rows(start + strip.start, some) for one in maps))
    return signal
