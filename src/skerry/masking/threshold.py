"""Thresholds: which pixels are significant, by signal to noise.

Pixels at a seed clip may start islands, and pixels above a clip are a mask of their own; `skerry.masking.minimum_clip`
has the statistic that needs no noise map.
"""

from __future__ import annotations

import warnings
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.errors import SkerryWarning
from skerry.filters.brightest_pixel import highest_and_valid
from skerry.masking.signs import absolute
from skerry.planes.arrays import image_plane
from skerry.planes.computed import Computed, pixelwise
from skerry.planes.plane import Floats

__all__ = ["LOWERED_SEED_FRACTION", "Seeds", "above_clip", "reachable_clip", "seed_mask", "snr_mask"]

LOWERED_SEED_FRACTION = 0.9


class Seeds(NamedTuple):
    """Seeds of islands and how they were found."""

    mask: Computed
    """Pixels that may start an island, shape (ny, nx)."""
    clip: float
    """The seed clip that was used, in sigma."""


def snr_mask(signal: Floats, clip: float, *, inclusive: bool = False, both_signs: bool = False) -> Computed:
    """Pixels above a clip.

    Parameters
    ----------
    signal : Plane of float32, shape (ny, nx)
        In sigma; invalid pixels (NaN or infinite) are never masked.
    clip : float
        In sigma.
    inclusive : bool
        Whether pixels that are exactly at the clip count, as they do for seeds.
    both_signs : bool
        Whether negative pixels count as positive ones do.

    Returns
    -------
    Plane of bool, shape (ny, nx)
        The pixels.

    Examples
    --------
    >>> import numpy as np
    >>> signal = np.array([[3.9, 4.0, 4.1, np.inf]], np.float32)
    >>> np.asarray(snr_mask(signal, 4))
    array([[False, False,  True, False]])
    >>> np.asarray(snr_mask(signal, 4, inclusive=True))
    array([[False,  True,  True, False]])
    """
    judged = absolute(signal) if both_signs else image_plane(signal)
    return pixelwise(partial(above_clip, clip=clip, inclusive=inclusive), judged, dtype=bool)


def above_clip(signal: NDArray[np.float32], clip: float, *, inclusive: bool = False) -> NDArray[np.bool_]:
    """Valid pixels of an array above a clip, or at it too if it is inclusive."""
    least = np.float32(clip)
    mask: NDArray[np.bool_] = signal >= least if inclusive else signal > least
    # No valid pixel is infinite, and NaN is above nothing.
    mask &= signal < np.float32(np.inf)
    return mask


def seed_mask(signal: Floats, clip: float, *, allow_empty: bool = False, both_signs: bool = False) -> Seeds:
    """Pixels at or above the seed clip.

    If no pixel is, the clip is lowered to 0.9 of the maximum with a `SkerryWarning`, for a field without any mask
    would not be cleaned at all. A maximum that is not positive leaves no seeds.

    Parameters
    ----------
    signal : Plane of float32, shape (ny, nx)
        In sigma; invalid pixels (NaN or infinite) are never seeds.
    clip : float
        In sigma.
    allow_empty : bool
        Leave the mask empty rather than lower the clip.
    both_signs : bool
        Whether negative pixels count as positive ones do.

    Returns
    -------
    Seeds
        The mask, and the clip used.
    """
    used = reachable_clip(absolute(signal) if both_signs else signal, clip, allow_empty=allow_empty)
    return Seeds(snr_mask(signal, used, inclusive=True, both_signs=both_signs), used)


def reachable_clip(signal: Floats, clip: float, *, allow_empty: bool = False) -> float:
    """Seed clip of `seed_mask`, which says when it is lowered; parameters as there."""
    highest, _ = highest_and_valid(image_plane(signal))
    if highest >= np.float32(clip):
        return clip
    if allow_empty or highest <= 0:
        warnings.warn(f"no pixel reaches the seed clip of {clip:g} sigma; no seeds", SkerryWarning, stacklevel=2)
        return clip
    lowered = LOWERED_SEED_FRACTION * highest
    warnings.warn(
        f"no pixel reaches the seed clip of {clip:g} sigma; it is lowered to {lowered:.3g} sigma, "
        f"{LOWERED_SEED_FRACTION:g} of the maximum",
        SkerryWarning,
        stacklevel=2,
    )
    return lowered
