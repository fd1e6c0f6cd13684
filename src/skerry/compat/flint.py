"""The functions of flint's masking module, by its names, on skerry's own.

A script that imports them from here goes on as before. What the older module computed wrongly (a shape half a pixel
off, a flood that ends after a number of steps, windows that wrap at the edge) is computed as skerry does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.field.rounds import consider_beam_mask_round
from skerry.masking.diffuse_islands import large_faint_islands as grow_low_snr_mask
from skerry.masking.erosion import beam_erosion as beam_shape_erode
from skerry.masking.erosion import binary_erosion as fft_binary_erosion
from skerry.masking.erosion import multi_scale_erosion as create_multi_scale_erosion
from skerry.masking.flood import flooded_planes
from skerry.masking.minimum_clip import minimum_absolute_clip
from skerry.masking.minimum_clip import skew_mask as create_boxcar_skew_mask
from skerry.masking.scale_masks import image_at_scale as convolve_image_by_scale
from skerry.sky.beam import beam_shape as create_beam_mask_kernel
from skerry.steps.extract_beam import make_beam_mask as extract_beam_mask_from_mosaic
from skerry.steps.mask import make_mask as create_snr_mask_from_fits
from skerry.steps.scale_mask import make_scale_mask as create_convolved_erosion_mask

__all__ = [
    "beam_shape_erode",
    "consider_beam_mask_round",
    "convolve_image_by_scale",
    "create_beam_mask_kernel",
    "create_boxcar_skew_mask",
    "create_convolved_erosion_mask",
    "create_multi_scale_erosion",
    "create_snr_mask_from_fits",
    "extract_beam_mask_from_mosaic",
    "fft_binary_erosion",
    "grow_low_snr_mask",
    "minimum_absolute_clip",
    "reverse_negative_flood_fill",
]


def reverse_negative_flood_fill(
    base_image: NDArray[np.float32], masking_options: MaskingOptions, pixels_per_beam: float | None = None
) -> NDArray[np.bool_]:
    """Islands of an image in sigma, or of any image with the minimum absolute clip.

    Parameters
    ----------
    base_image : ndarray of float32, shape (ny, nx)
        The image; must be in sigma for islands of low significance and for artefacts. Invalid pixels (NaN or infinite)
        are never masked.
    masking_options : MaskingOptions
        The options called flood_fill, grow_low_snr_island and suppress_artefacts.
    pixels_per_beam : float, optional
        Area of the beam, as for `skerry.masking.flood.flooded_planes`.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
    """
    image = np.asarray(base_image, dtype=np.float32)
    return np.asarray(flooded_planes(image, masking_options, pixels_per_beam=pixels_per_beam).mask)
