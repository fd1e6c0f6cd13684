"""The signal image: (image - background) / rms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skerry.io.fits import read_image
from skerry.masking.signal import signal_image
from skerry.planes.arrays import image_plane

__all__ = ["create_signal_from_rmsbkg"]

Floats = NDArray[np.floating[Any]]


def create_signal_from_rmsbkg(image: Path | Floats, rms: Path | Floats, bkg: Path | Floats) -> Floats:
    """Signal of an image, as `skerry.masking.signal.signal_image` has it.

    Parameters
    ----------
    image, rms, bkg : Path or ndarray
        Files or arrays, in the same unit, of one plane each; arrays are not changed.

    Returns
    -------
    ndarray of float32
        In sigma, of the shape of the image.
    """
    values, shape = _pixels(image)
    return np.asarray(signal_image(values, _pixels(rms)[0], _pixels(bkg)[0])).reshape(shape)


def _get_signal_image(
    image: Floats | None = None,
    rms: Floats | None = None,
    background: Floats | None = None,
    signal: Floats | None = None,
) -> Floats:
    """Signal that is given, or made of an image, its noise and its background, which is 0 if it is not given.

    Raises
    ------
    ValueError
        If there is neither a signal nor an image with its rms.
    """
    if signal is not None:
        return signal
    if image is None or rms is None:
        raise ValueError("a signal image is needed, or an image and its rms")
    background = np.zeros_like(image) if background is None else background
    return create_signal_from_rmsbkg(image, rms, background)


def _pixels(source: Path | Floats) -> tuple[NDArray[np.float32], tuple[int, ...]]:
    """Plane of a file or of an array, and the shape that it has there."""
    if isinstance(source, str | Path):
        found = read_image(source)
        return found.data, found.shape
    return np.asarray(image_plane(source)), np.shape(source)
