"""Signals whose sources are of both signs, as those of Stokes Q, U and V: each sign by itself, and both without it."""

from __future__ import annotations

import numpy as np

from skerry.planes.arrays import image_plane
from skerry.planes.computed import Computed, pixelwise
from skerry.planes.plane import Floats

__all__ = ["absolute", "each_sign"]


def absolute(signal: Floats) -> Computed:
    """Absolute values of a signal, a plane of float32; invalid pixels stay invalid."""
    return pixelwise(np.abs, image_plane(signal), dtype=np.float32)


def each_sign(signal: Floats) -> tuple[Floats, Floats]:
    """Signal in which positive sources are positive, and in which negative ones are: itself, and its negative."""
    signal = image_plane(signal)
    return signal, pixelwise(np.negative, signal, dtype=np.float32)
