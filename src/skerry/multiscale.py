"""Masks made scale by scale: smooth the image first, so that each CLEAN scale is judged at its own resolution.

For each scale compact sources are removed by a grey opening, the rest is smoothed as the scale smooths, and the islands
of the minimum absolute clip are eroded by the beam at that scale. Extended emission that is lost in the noise of
single pixels shows, and compact sources do not end up in the masks of large scales.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray
from scipy import ndimage

from skerry.beam import FWHM_PER_SIGMA, RestoringBeam, create_beam_mask_kernel, read_beam
from skerry.erode import WSCLEAN_FWHM_FACTOR
from skerry.errors import SkerryError
from skerry.fits import read_image, write_products
from skerry.headers import Provenance
from skerry.kernels.boxes import box_maximum, box_minimum
from skerry.kernels.erosion import erode
from skerry.kernels.islands import fill_holes, grow_seeds
from skerry.minimum import exceeds_level, minimum_absolute_level
from skerry.options import MaskingOptions
from skerry.products import MaskArray, check_outputs, default_output, mask_products, smallest_mask_type

__all__ = [
    "convolve_image_by_scale",
    "convolved_erosion_mask",
    "create_convolved_erosion_mask",
    "grey_opening",
]

SCALE_0_LEAST_FLOOR = 0.8
_SIGMAS_IN_KERNEL = 5.0


def grey_opening(image: NDArray[np.float32], box: int) -> NDArray[np.float32]:
    """Remove what is smaller than a box: the highest of the minima of all boxes that hold a pixel.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Any unit; invalid pixels (NaN or infinite) do not count.
    box : int
        Pixels a side. Boxes are cut at the edges of the image.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        Never above the image; NaN where that is invalid.
    """
    opened = box_minimum(image, box)
    # Boxes without a valid pixel have an infinite minimum, which the maximum passes over.
    opened = box_maximum(opened, box)
    opened[~np.isfinite(image)] = np.nan
    return opened


def convolve_image_by_scale(
    image_data: NDArray[np.float32], scale: float, *, scale_fwhm_factor: float = WSCLEAN_FWHM_FACTOR
) -> NDArray[np.float32]:
    """Smooth an image as a CLEAN scale does.

    Parameters
    ----------
    image_data : ndarray of float32, shape (ny, nx)
        Any unit. Invalid pixels (NaN or infinite) and those beyond the edge have no weight: each pixel is the
        weighted mean of the valid ones near it.
    scale : float
        In pixels.
    scale_fwhm_factor : float
        FWHM of the Gaussian over the scale; 0.45 is WSClean's.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        NaN where the image is invalid.
    """
    image = np.asarray(image_data, dtype=np.float32)
    sigma = scale_fwhm_factor * scale / FWHM_PER_SIGMA
    valid = np.isfinite(image)
    if valid.all():
        smooth = _smoothed(image, sigma)
        # The weight that lies within the image is that of its rows times that of its columns.
        rows, columns = (_smoothed(np.ones(n, dtype=np.float32), sigma) for n in image.shape)
        smooth /= rows[:, np.newaxis]
        smooth /= columns
        return smooth
    smooth = _smoothed(np.where(valid, image, np.float32(0)), sigma)
    np.divide(smooth, _smoothed(valid.astype(np.float32), sigma), out=smooth, where=valid)
    smooth[~valid] = np.nan
    return smooth


def _smoothed(values: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Convolution with a Gaussian of integral 1; there is nothing beyond the edge."""
    return np.asarray(
        ndimage.gaussian_filter(values, sigma, output=np.float32, mode="constant", truncate=_SIGMAS_IN_KERNEL)
    )


def convolved_erosion_mask(
    image: NDArray[np.float32],
    fits_header: fits.Header,
    options: MaskingOptions,
    *,
    beam: RestoringBeam | None = None,
) -> MaskArray:
    """Mask of each CLEAN scale, from the image smoothed to that scale.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Any unit; invalid pixels (NaN or infinite) are never masked.
    fits_header : Header
        As in `skerry.beam.create_beam_mask_kernel`.
    options : MaskingOptions
        With scales; the options called flood_fill and beam_shape_erode.
    beam : RestoringBeam, optional
        Used in place of the header's.

    Returns
    -------
    ndarray of uint8, int16 or int32, shape (ny, nx)
        Bit n is the mask of the n-th scale.
    """
    scales = options.beam_shape_erode_scales
    if scales is None:
        raise SkerryError("a mask by scales needs scales, for instance 0,8,16")
    bits: MaskArray = np.zeros(image.shape, dtype=smallest_mask_type(2 ** len(scales) - 1))
    for n, scale in enumerate(scales):
        islands = _islands_at_scale(image, scale, options)
        kernel = create_beam_mask_kernel(
            fits_header,
            minimum_response=options.beam_shape_erode_minimum_response,
            pixel_scale=options.beam_shape_erode_scale_fwhm_factor * scale,
            beam=beam,
        )
        bits[erode(islands, kernel)] |= bits.dtype.type(1 << n)
    return bits


def create_convolved_erosion_mask(
    fits_image_path: Path,
    masking_options: MaskingOptions,
    *,
    output: Path | None = None,
    mask_output: Path | None = None,
    overwrite: bool = False,
) -> tuple[Path, Path]:
    """Write the scale mask of an image, made scale by scale, and the plain mask of its union.

    Parameters
    ----------
    fits_image_path : Path
        Image whose header has the beam.
    masking_options : MaskingOptions
        With scales.
    output, mask_output : Path, optional
        The scale mask and the mask; default: X.scalemask.fits and X.mask.fits for X.fits.
    overwrite : bool
        Whether the outputs may be replaced.

    Returns
    -------
    tuple of Path
        The scale mask, and the mask.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, there is no beam, or there are no scales.
    """
    image = Path(fits_image_path)
    output = default_output(image, "scalemask") if output is None else output
    mask_output = default_output(image, "mask") if mask_output is None else mask_output
    check_outputs([output, mask_output], [image], overwrite)
    subject = read_image(image)
    beam = read_beam(subject.header, str(image))
    bits = convolved_erosion_mask(subject.data, subject.header, masking_options, beam=beam)
    provenance = Provenance("scale-mask", masking_options.used_by("scale-mask"), [image], mac_facts(masking_options))
    scales = masking_options.beam_shape_erode_scales
    write_products(
        mask_products(bits, subject.header, subject.shape, provenance, mask_output, output, scales), overwrite
    )
    return output, mask_output


def mac_facts(options: MaskingOptions) -> dict[str, tuple[float, str]]:
    """Facts for a `Provenance`: the factors of the minimum absolute clip."""
    return {
        "SKSEED": (options.flood_fill_positive_seed_clip, "[factor of the MAC] seed clip used"),
        "SKFLOOR": (options.flood_fill_positive_flood_clip, "[factor of the MAC] flood clip used"),
    }


def _islands_at_scale(image: NDArray[np.float32], scale: int, options: MaskingOptions) -> NDArray[np.bool_]:
    flood_clip = options.flood_fill_positive_flood_clip
    if scale == 0:
        smooth, flood_clip = image, max(flood_clip, SCALE_0_LEAST_FLOOR)
    else:
        smooth = convolve_image_by_scale(
            grey_opening(image, scale), scale, scale_fwhm_factor=options.beam_shape_erode_scale_fwhm_factor
        )
    level = minimum_absolute_level(
        smooth,
        options.flood_fill_use_mac_box_size + scale,
        adaptive_max_depth=options.flood_fill_use_mac_adaptive_max_depth,
        adaptive_box_step=options.flood_fill_use_mac_adaptive_step_factor,
        adaptive_skew_delta=options.flood_fill_use_mac_adaptive_skew_delta,
    )
    floor = fill_holes(exceeds_level(smooth, level, flood_clip))
    floor &= np.isfinite(image)
    return grow_seeds(exceeds_level(smooth, level, options.flood_fill_positive_seed_clip) & floor, floor)
