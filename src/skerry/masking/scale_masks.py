"""Masks made scale by scale: smooth the image first, so that each CLEAN scale is judged at its own resolution.

For each scale compact sources are removed by a grey opening, the rest is smoothed as the scale smooths, and the islands
of the minimum absolute clip are eroded by the beam at that scale. Extended emission that is lost in the noise of
single pixels shows, and compact sources do not end up in the masks of large scales.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.config.scales import WSCLEAN_FWHM_FACTOR
from skerry.errors import SkerryError
from skerry.filters.erosion import eroded
from skerry.filters.flood_marks import flood_marks, floor_and_seeds
from skerry.filters.gaussian import smoothed, smoothed_ahead
from skerry.filters.grey_opening import grey_opening
from skerry.filters.islands import fill_holes, seeded_islands
from skerry.masking.box_sizes import mac_box
from skerry.masking.erosion import scale_shapes
from skerry.masking.minimum_clip import minimum_absolute_level
from skerry.planes.arrays import image_plane
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed
from skerry.planes.mask_types import smallest_mask_type
from skerry.planes.masks import valid_pixels
from skerry.planes.packed_bits import PackedBits
from skerry.planes.plane import Floats
from skerry.sky.beam import FWHM_PER_SIGMA, PixelBeam

__all__ = ["SCALE_0_LEAST_FLOOR", "image_at_scale", "mask_by_scales"]

SCALE_0_LEAST_FLOOR = 0.8


def image_at_scale(image: Floats, scale: float, *, scale_fwhm_factor: float = WSCLEAN_FWHM_FACTOR) -> Computed:
    """Smooth an image as a CLEAN scale does.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        Any unit. Invalid pixels (NaN or infinite) and those beyond the edge have no weight: each pixel is the
        weighted mean of the valid ones near it.
    scale : float
        In pixels.
    scale_fwhm_factor : float
        FWHM of the Gaussian over the scale; by default that of WSClean's.

    Returns
    -------
    Plane of float32, shape (ny, nx)
        NaN where the image is invalid.
    """
    return smoothed(image_plane(image), scale_fwhm_factor * scale / FWHM_PER_SIGMA)


def mask_by_scales(image: Floats, beam: PixelBeam, options: MaskingOptions) -> Computed:
    """Mask of each CLEAN scale, from the image smoothed to that scale.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        Any unit; invalid pixels (NaN or infinite) are never masked. It is read several times for each scale, now.
    beam : PixelBeam
        Restoring beam on the pixels of the image.
    options : MaskingOptions
        With scales; the options called flood_fill and beam_shape_erode.

    Returns
    -------
    Plane of uint8, int16 or int32, shape (ny, nx)
        Bit n is the mask of the n-th scale.

    Raises
    ------
    SkerryError
        If there are no scales.
    """
    scales = options.beam_shape_erode_scales
    if scales is None:
        raise SkerryError("`beam_shape_erode_scales`: a mask by scales needs them, for instance 0,8,16")
    response, factor = options.beam_shape_erode_minimum_response, options.beam_shape_erode_scale_fwhm_factor
    shapes = scale_shapes(beam, response, scales, factor, image.shape)
    valid, box = BitMask.of(valid_pixels(image)), mac_box(options, beam.area)
    masks = [
        PackedBits(eroded(_islands_at_scale(image, valid, scale, box, options), shape))
        for scale, shape in zip(scales, shapes, strict=True)
    ]
    dtype = np.dtype(smallest_mask_type(2 ** len(scales) - 1))
    rows = partial(_rows_of_bits, masks, dtype, image.shape[1])
    # A byte of one mask at a time, as bits before, and its bit in the type of all.
    return Computed(image.shape, dtype, rows, cost=2 + dtype.itemsize)


def _rows_of_bits(
    masks: Sequence[PackedBits], dtype: np.dtype[Any], nx: int, start: int, stop: int
) -> NDArray[np.integer[Any]]:
    """Rows of integers whose bit n is that of the n-th mask."""
    bits = np.zeros((stop - start, nx), dtype=dtype)
    for n, mask in enumerate(masks):
        if (found := mask.bits(start, stop)) is not None:
            pixels = np.unpackbits(found, axis=1, count=nx)
            bits |= np.multiply(pixels, dtype.type(1 << n), dtype=dtype)
    return bits


def _islands_at_scale(image: Floats, valid: BitMask, scale: int, box: int, options: MaskingOptions) -> BitMask:
    flood_clip = options.flood_fill_positive_flood_clip
    if scale == 0:
        smooth, flood_clip = image, max(flood_clip, SCALE_0_LEAST_FLOOR)
    else:
        sigma = options.beam_shape_erode_scale_fwhm_factor * scale / FWHM_PER_SIGMA
        smooth = smoothed_ahead(grey_opening(image, scale), sigma, image)
    level = minimum_absolute_level(
        smooth,
        box + scale,
        adaptive_max_depth=options.flood_fill_use_mac_adaptive_max_depth,
        adaptive_box_step=options.flood_fill_use_mac_adaptive_step_factor,
        adaptive_skew_delta=options.flood_fill_use_mac_adaptive_skew_delta,
    )
    floor, seeds = floor_and_seeds(level.flood_marks(options.flood_fill_positive_seed_clip, flood_clip))
    floor = fill_holes(floor)
    np.bitwise_and(floor.bits, valid.bits, out=floor.bits)
    return seeded_islands(flood_marks(floor, seeds))
