"""The minimum absolute clip (MAC), and where its box is too small."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.masking.minimum_clip import minimum_absolute_level
from skerry.masking.minimum_level import MinimumLevel
from skerry.planes.arrays import image_plane

__all__ = [
    "SkewResult",
    "create_boxcar_skew_mask",
    "minimum_absolute_clip",
    "minimum_absolute_clip_threshold",
]

Floats = NDArray[np.floating[Any]]


class SkewResult(NamedTuple):
    """Where a box is too small a sample, and why."""

    positive_pixel_frac: NDArray[np.float64]
    """Fraction of the pixels of the box that are positive; those beyond the edge of the image are not."""
    skew_mask: NDArray[np.bool_]
    """Where that is more than 0.5 + `skew_delta`."""
    box_size: int
    """Pixels a side."""
    skew_delta: float
    """Between 0 and 0.5."""


def create_boxcar_skew_mask(image: Floats, skew_delta: float, box_size: int) -> SkewResult:
    """Pixels for which a box is too small a sample: too many of its pixels are positive.

    Parameters
    ----------
    image : ndarray, shape (ny, nx)
        Zero mean, any unit; further axes of length 1 are left out.
    skew_delta : float
        Between 0 and 0.5.
    box_size : int
        Pixels a side.

    Returns
    -------
    SkewResult
        Of shape (ny, nx). The boxes of `minimum_absolute_clip`, unlike these, are cut at the edges of the image.

    Raises
    ------
    SkerryError
        If `skew_delta` is out of its range.
    """
    if not 0 < skew_delta < 0.5:
        raise SkerryError(f"skew_delta: {skew_delta} is not between 0 and 0.5")
    positive = np.asarray(image_plane(image)) > 0
    count = _sums_in_boxes(_sums_in_boxes(positive, box_size).T, box_size).T
    fraction = count / box_size**2
    return SkewResult(fraction, fraction > 0.5 + skew_delta, box_size, skew_delta)


def minimum_absolute_clip_threshold(
    image: Floats,
    box_size: int = 100,
    adaptive_max_depth: int | None = None,
    adaptive_box_step: float = 2.0,
    adaptive_skew_delta: float = 0.2,
) -> Floats:
    """Absolute value of the minimum in the box round every pixel, of which clips are factors.

    Parameters
    ----------
    image : ndarray, shape (ny, nx)
        Zero mean, any unit; invalid pixels (NaN or infinite) do not count. There may be further axes of length 1.
    box_size, adaptive_max_depth, adaptive_box_step, adaptive_skew_delta : optional
        As of `skerry.masking.minimum_clip.minimum_absolute_level`.

    Returns
    -------
    ndarray of float32
        Of the shape of the image.
    """
    level = _level(image, box_size, adaptive_max_depth, adaptive_box_step, adaptive_skew_delta)
    return np.asarray(level.plane()).reshape(np.shape(image))


def minimum_absolute_clip(
    image: Floats,
    increase_factor: float = 2.0,
    box_size: int = 100,
    adaptive_max_depth: int | None = None,
    adaptive_box_step: float = 2.0,
    adaptive_skew_delta: float = 0.2,
) -> NDArray[np.bool_]:
    """Pixels above a factor of `minimum_absolute_clip_threshold`; parameters as there, the result in the same shape."""
    level = _level(image, box_size, adaptive_max_depth, adaptive_box_step, adaptive_skew_delta)
    return np.asarray(level.exceeded(increase_factor)).reshape(np.shape(image))


def _adaptive_rolling_minimum(
    image: Floats,
    box_size: int = 100,
    adaptive_max_depth: int = 3,
    adaptive_box_step: float = 2.0,
    adaptive_skew_delta: float = 0.2,
) -> Floats:
    """Minimum in the box round every pixel, which grows where it is too small a sample."""
    level = _level(image, box_size, adaptive_max_depth, adaptive_box_step, adaptive_skew_delta)
    return np.asarray(level.box.minimum(level.image)).reshape(np.shape(image))


def _level(image: Floats, box_size: int, max_depth: int | None, box_step: float, skew_delta: float) -> MinimumLevel:
    return minimum_absolute_level(
        image_plane(image),
        box_size,
        adaptive_max_depth=max_depth,
        adaptive_box_step=box_step,
        adaptive_skew_delta=skew_delta,
    )


def _sums_in_boxes(values: NDArray[Any], size: int) -> NDArray[np.int64]:
    """Sums of `size` values along the first axis round every one, of an even size one more before it than after it."""
    total = np.zeros((len(values) + 1, values.shape[1]), np.int64)
    np.cumsum(values, axis=0, out=total[1:])
    first = np.arange(len(values)) - size // 2
    return np.asarray(total[np.minimum(first + size, len(values))] - total[np.maximum(first, 0)])
