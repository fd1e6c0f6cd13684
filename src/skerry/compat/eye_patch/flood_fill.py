"""Islands grown from seeds, and large islands of low significance."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skerry.compat.eye_patch.log import LOGGER
from skerry.compat.eye_patch.options import MaskingOptions
from skerry.compat.eye_patch.snr import _get_signal_image
from skerry.filters.brightest_pixel import highest_and_valid
from skerry.filters.flood_marks import flood_marks
from skerry.filters.islands import seeded_islands
from skerry.kernels.levels import above_level
from skerry.masking.diffuse_islands import large_faint_islands
from skerry.masking.threshold import LOWERED_SEED_FRACTION, snr_mask
from skerry.planes.arrays import flag_plane, image_plane
from skerry.planes.bits import BitMask
from skerry.planes.computed import pixelwise
from skerry.planes.masks import either
from skerry.planes.plane import Flags, Plane

__all__ = ["create_flood_fill_mask", "flooded", "grow_low_snr_mask", "large_islands_above"]

Floats = NDArray[np.floating[Any]]


def flooded(seeds: Flags, floor: Flags) -> BitMask:
    """Islands of the floor and the seeds together that have a seed."""
    return seeded_islands(flood_marks(either(floor, seeds), seeds))


def large_islands_above(candidates: Flags, size: float, left_out: Flags | None = None) -> BitMask:
    """Islands of at least `size` pixels of a mask, closed as `skerry.masking.diffuse_islands` does."""
    as_signal = pixelwise(lambda mask: mask.astype(np.float32), candidates, dtype=np.float32)
    return large_faint_islands(as_signal, 0.5, size, left_out)


def create_flood_fill_mask(
    base_image: Floats, masking_options: MaskingOptions, mac_threshold: Floats | None = None
) -> NDArray[np.bool_]:
    """Islands grown from pixels at the seed clip down to the flood clip.

    Parameters
    ----------
    base_image : ndarray, shape (ny, nx)
        In sigma, or any image with `mac_threshold`; there may be further axes of length 1.
    masking_options : MaskingOptions
        Gives both clips.
    mac_threshold : ndarray, optional
        The level of which the clips are factors.

    Returns
    -------
    ndarray of bool
        The islands, in the shape of the image.
    """
    image = image_plane(base_image)
    if mac_threshold is None:
        seed_clip = _verify_set_seed_clip(masking_options.seed_clip, np.asarray(image))
        seeds, floor = snr_mask(image, seed_clip, inclusive=True), snr_mask(image, masking_options.flood_clip)
    else:
        level = image_plane(mac_threshold)
        seeds, floor = (
            pixelwise(partial(above_level, factor=factor), image, level, dtype=bool)
            for factor in (masking_options.seed_clip, masking_options.flood_clip)
        )
    return np.asarray(flooded(seeds, floor)).reshape(np.shape(base_image))


def grow_low_snr_mask(
    image: Floats | None = None,
    rms: Floats | None = None,
    background: Floats | None = None,
    signal: Floats | None = None,
    grow_low_snr: float = 2.0,
    grow_low_island_size: int = 512,
    region_mask: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Large islands of low significance, as `skerry.masking.diffuse_islands.large_faint_islands` finds them.

    Parameters
    ----------
    image, rms, background : ndarray, shape (ny, nx), optional
        From which the signal is made, if `signal` is not given; no background means 0.
    signal : ndarray, shape (ny, nx), optional
        In sigma; invalid pixels (NaN or infinite) are never masked.
    grow_low_snr : float
        The clip, in sigma.
    grow_low_island_size : int
        The least size, in pixels.
    region_mask : ndarray of bool, shape (ny, nx), optional
        Pixels to leave out before islands are measured.

    Returns
    -------
    ndarray of bool
        The islands, in the shape of the image.

    Raises
    ------
    ValueError
        If neither a signal nor an image with its rms is given.
    """
    found = _get_signal_image(image, rms, background, signal)
    left_out = None if region_mask is None else flag_plane(region_mask)
    islands = large_faint_islands(image_plane(found), grow_low_snr, grow_low_island_size, left_out)
    return np.asarray(islands).reshape(np.shape(found))


def _verify_set_seed_clip(seed_clip: float, signal: Plane) -> float:
    """Seed clip, lowered to 0.9 of the highest valid pixel where none reaches it."""
    highest, _ = highest_and_valid(image_plane(signal))
    if highest >= np.float32(seed_clip):
        return seed_clip
    lowered = LOWERED_SEED_FRACTION * highest
    LOGGER.warning("no pixel reaches the seed clip of %g; it is lowered to %.4g", seed_clip, lowered)
    return lowered


def _flood_fill(seed_mask: NDArray[np.bool_], floor_mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Islands of two masks together that have a pixel of the first."""
    return np.asarray(flooded(flag_plane(seed_mask), flag_plane(floor_mask))).reshape(np.shape(seed_mask))


def _select_large_islands(
    candidate_mask: NDArray[np.bool_], minimum_island_size: int, region_mask: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    """Islands of at least some pixels of a mask that is closed first, less a region."""
    left_out = None if region_mask is None else flag_plane(region_mask)
    islands = large_islands_above(flag_plane(candidate_mask), minimum_island_size, left_out)
    return np.asarray(islands).reshape(np.shape(candidate_mask))
