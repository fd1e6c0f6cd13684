"""Masks made scale by scale, of the image smoothed to each: the option `convolve_first`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skerry.compat.eye_patch.erosion import _wsclean_scale_to_sigma, eroded_at_scale, sorted_scales
from skerry.compat.eye_patch.flood_fill import flooded
from skerry.compat.eye_patch.log import LOGGER
from skerry.compat.eye_patch.naming import FITSMaskNames, check_output_fits, create_fits_mask_names
from skerry.compat.eye_patch.options import MaskingOptions
from skerry.compat.eye_patch.products import write_mask
from skerry.errors import SkerryError
from skerry.filters.flood_marks import floor_and_seeds
from skerry.filters.gaussian import smoothed
from skerry.filters.grey_opening import grey_opening
from skerry.filters.islands import fill_holes
from skerry.io.fits import OpenImage, open_image
from skerry.masking.minimum_clip import minimum_absolute_level
from skerry.masking.scale_masks import SCALE_0_LEAST_FLOOR
from skerry.planes.arrays import image_plane
from skerry.planes.computed import Computed, collect
from skerry.planes.plane import Flags, Floats

__all__ = ["convolve_image_by_scale", "create_convolved_erosion_mask"]

_SIGMAS = 2.5
"""At which the Gaussian of a scale is cut."""


def convolve_image_by_scale(image_data: NDArray[np.floating[Any]], scale: int) -> NDArray[np.floating[Any]]:
    """Image without what is smaller than a scale, convolved with the Gaussian of the scale.

    Parameters
    ----------
    image_data : ndarray, shape (ny, nx)
        Any unit; there may be further axes of length 1.
    scale : int
        In pixels, above 0: the side of the box of the opening, and 16/3 of the sigma of the Gaussian.

    Returns
    -------
    ndarray
        Of the type and shape of the image. The Gaussian has a peak of 1, so the image is brighter by the area of it;
        invalid pixels, and those beyond the edge, have no weight.

    Raises
    ------
    SkerryError
        If the scale is not above 0.
    """
    if scale <= 0:
        raise SkerryError(f"scale: {scale} is not above 0")
    image = np.asarray(image_data)
    profile = np.exp(-0.5 * (np.arange(-_radius(scale), _radius(scale) + 1) / _wsclean_scale_to_sigma(scale)) ** 2)
    smooth = np.asarray(_smoothed_to(image_plane(image), scale)) * profile.sum() ** 2
    return np.asarray(smooth, image.dtype).reshape(image.shape)


def create_convolved_erosion_mask(
    fits_image_path: Path, masking_options: MaskingOptions, overwrite: bool = False
) -> FITSMaskNames:
    """Write the scale mask of an image: for each scale the islands of the image smoothed to it, eroded.

    Parameters
    ----------
    fits_image_path : Path
        The image X.fits.
    masking_options : MaskingOptions
        Clips are factors of the minimum absolute clip. Without scales there is one, of 0.
    overwrite : bool
        Whether X.scalemask.fits may be replaced.

    Returns
    -------
    FITSMaskNames
        The scale mask, float32.

    Raises
    ------
    FileExistsError
        If it may not be replaced.
    """
    path = Path(fits_image_path)
    output = create_fits_mask_names(path).scale_mask_fits
    assert output is not None
    check_output_fits(output, overwrite, [path])
    scales = sorted_scales(masking_options.multiscale_scales or [0])
    with open_image(path) as image:
        bits = np.zeros(image.data.shape, np.float32)
        for n, scale in enumerate(scales):
            bits += np.float32(2**n) * collect(_mask_at_scale(image, scale, masking_options)).astype(np.float32)
        write_mask(output, bits, image, masking_options)
    return FITSMaskNames(scale_mask_fits=output)


def _mask_at_scale(image: OpenImage, scale: int, options: MaskingOptions) -> Flags:
    smooth = image.data if scale == 0 else _smoothed_to(image.data, scale)
    floor_clip = options.flood_clip
    if scale == 0 and floor_clip < SCALE_0_LEAST_FLOOR:
        LOGGER.warning("flood clip %g is too low for scale 0: %g is taken", floor_clip, SCALE_0_LEAST_FLOOR)
        floor_clip = SCALE_0_LEAST_FLOOR
    level = minimum_absolute_level(
        smooth,
        options.mac_box_size + scale,
        adaptive_max_depth=options.mac_adaptive_max_depth,
        adaptive_box_step=options.mac_adaptive_step_factor,
        adaptive_skew_delta=options.mac_adaptive_skew_delta,
    )
    floor, _ = floor_and_seeds(level.flood_marks(math.inf, floor_clip))
    islands = flooded(level.exceeded(options.seed_clip), fill_holes(floor))
    response = options.beam_shape_erode_minimum_response
    return eroded_at_scale(islands, image.header, scale, response, options.beam_shape_erode_scales_as_fwhm)


def _smoothed_to(image: Floats, scale: int) -> Computed:
    return smoothed(grey_opening(image, scale), _wsclean_scale_to_sigma(scale), radius=_radius(scale))


def _radius(scale: int) -> int:
    """Pixels at which the Gaussian of a scale is cut."""
    return max(1, math.ceil(_SIGMAS * _wsclean_scale_to_sigma(scale)))
