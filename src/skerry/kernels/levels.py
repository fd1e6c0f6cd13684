"""Pixels compared with a level of their own, and with their neighbours, in one go through them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = ["above_level", "flat_rows", "marks_above_level"]


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
