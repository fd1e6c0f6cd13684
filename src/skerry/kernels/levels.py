"""Pixels compared with a level of their own, and with their neighbours, in one go through them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = ["SmoothedClips", "above_level", "flat_rows", "marks_above_level", "smoothed_marks"]


class SmoothedClips(NamedTuple):
    """What pixels of a smoothed signal are compared with: clips in sigma, factors of how deep the minimum round is."""

    unit: float
    """By which the depth is divided."""
    flood_factor: float
    flood_clip: float
    pixel_clip: float
    """Of the signal as it is."""
    seed_factor: float
    """Infinite where there are no seeds of the smoothed signal."""
    seed_clip: float


def above_level(image: NDArray[np.float32], level: NDArray[np.float32], factor: float) -> NDArray[np.bool_]:
    """Valid pixels above `factor` times their level, in single precision."""
    above = np.empty(image.shape, dtype=bool)
    compiled.above_level(_contiguous(image), _contiguous(level), _single(factor), above)
    return above


def marks_above_level(
    image: NDArray[np.float32], level: NDArray[np.float32], seed: float, floor: float
) -> NDArray[np.uint8]:
    """Valid pixels above `floor` times their level as 1, those that are above `seed` times it too as 3, uint8."""
    marks = np.empty(image.shape, dtype=np.uint8)
    compiled.marks_above_level(_contiguous(image), _contiguous(level), _single(seed), _single(floor), marks)
    return marks


def smoothed_marks(
    smooth: NDArray[np.float32], minimum: NDArray[np.float32], signal: NDArray[np.float32], clips: SmoothedClips
) -> NDArray[np.uint8]:
    """What a smoothed signal, the minimum of a box of it and the signal itself say of pixels.

    Parameters
    ----------
    smooth, minimum, signal : ndarray of float32, shape (ny, nx)
        In sigma.
    clips : SmoothedClips
        What they are compared with.

    Returns
    -------
    ndarray of uint8, shape (ny, nx)
        `FLOOR` of `islands` for pixels above the clips of the flood, `SEED` for those of the smoothed signal above the
        clips of seeds, and 4 for those of the signal that reach the seed clip by themselves. No invalid pixel is.
    """
    marks = np.empty(smooth.shape, dtype=np.uint8)
    unit, flood_factor, flood_clip, pixel_clip, seed_factor, seed_clip = (_single(clip) for clip in clips)
    compiled.smoothed_marks(
        _contiguous(smooth),
        _contiguous(minimum),
        _contiguous(signal),
        unit,
        flood_factor,
        flood_clip,
        pixel_clip,
        seed_factor,
        seed_clip,
        marks,
    )
    return marks


def flat_rows(band: NDArray[np.float32], rows: slice, limit: float) -> tuple[NDArray[np.bool_], int]:
    """Where the valid ones of 3 x 3 pixels differ by no more than `limit`, for some rows of a band, and how many."""
    flat = np.empty((rows.stop - rows.start, band.shape[1]), dtype=bool)
    return flat, compiled.flat_rows(_contiguous(band), rows.start, _single(limit), flat)


def _contiguous(values: NDArray[Any]) -> NDArray[np.float32]:
    return np.ascontiguousarray(values, dtype=np.float32)


def _single(value: float) -> float:
    """The nearest value of single precision; the conversion of C knows no infinity for one beyond its range."""
    with np.errstate(over="ignore"):
        return float(np.float32(value))
