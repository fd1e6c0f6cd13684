"""The functions of flint's masking module, by its names and the names of its parameters, on skerry's own.

A script that imports them from here goes on as before. What the older module computed wrongly (a shape half a pixel
off, a flood that ends after a number of steps, windows that wrap at the edge) is computed as skerry does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.config.scales import WSCLEAN_FWHM_FACTOR
from skerry.errors import SkerryError
from skerry.field.rounds import consider_beam_mask_round
from skerry.masking.diffuse_islands import large_faint_islands
from skerry.masking.erosion import beam_erosion, binary_erosion
from skerry.masking.flood import flood_mask
from skerry.masking.minimum_clip import minimum_absolute_clip, skew_mask
from skerry.masking.scale_masks import image_at_scale
from skerry.masking.signal import signal_image
from skerry.planes.mask_types import MaskArray
from skerry.sky.beam import RestoringBeam, beam_shape, pixel_beam
from skerry.steps.extract_beam import make_beam_mask
from skerry.steps.mask import make_mask
from skerry.steps.scale_mask import make_scale_mask

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


def beam_shape_erode(
    mask: NDArray[np.bool_] | MaskArray,
    fits_header: fits.Header,
    minimum_response: float = 0.6,
    scales: Sequence[int] | None = None,
    *,
    scale_fwhm_factor: float = WSCLEAN_FWHM_FACTOR,
    beam: RestoringBeam | None = None,
) -> NDArray[np.bool_] | MaskArray:
    """Erode a mask by the shape of the restoring beam, as `skerry.masking.erosion.beam_erosion` does.

    Parameters
    ----------
    mask : ndarray, shape (ny, nx)
        Set where not 0.
    fits_header : Header
        With a celestial WCS, and BMAJ, BMIN and BPA in degrees if `beam` is not given.
    minimum_response : float
        Level of the beam, relative to its peak, that bounds the shape.
    scales : sequence of int, optional
        CLEAN scales in pixels.
    scale_fwhm_factor : float
        FWHM of the Gaussian of a scale over the scale.
    beam : RestoringBeam, optional
        Used in place of the header's.

    Returns
    -------
    ndarray of bool, or of integers if scales are given, shape (ny, nx)
        The eroded mask.

    Raises
    ------
    SkerryError
        If there is no beam or no WCS.
    """
    on_pixels = pixel_beam(fits_header, beam)
    plane = beam_erosion(np.asarray(mask), on_pixels, minimum_response, scales, scale_fwhm_factor=scale_fwhm_factor)
    return np.asarray(plane)


def create_multi_scale_erosion(
    mask: NDArray[np.bool_] | MaskArray,
    fits_header: fits.Header,
    scales: Sequence[int],
    minimum_response: float = 0.6,
    *,
    scale_fwhm_factor: float = WSCLEAN_FWHM_FACTOR,
    beam: RestoringBeam | None = None,
) -> NDArray[np.bool_] | MaskArray:
    """Erode a mask by the beam convolved with each CLEAN scale: `beam_shape_erode` with scales."""
    factor = scale_fwhm_factor
    return beam_shape_erode(mask, fits_header, minimum_response, scales, scale_fwhm_factor=factor, beam=beam)


def fft_binary_erosion(mask: NDArray[np.bool_], kernel: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Erode a mask by a shape, as `skerry.masking.erosion.binary_erosion` does; without a Fourier transform."""
    return binary_erosion(np.asarray(mask), kernel)


def convolve_image_by_scale(
    image_data: NDArray[np.float32], scale: float, *, scale_fwhm_factor: float = WSCLEAN_FWHM_FACTOR
) -> NDArray[np.float32]:
    """Smooth an image as a CLEAN scale does: `skerry.masking.scale_masks.image_at_scale` as an array."""
    image = np.asarray(image_data, dtype=np.float32)
    return np.asarray(image_at_scale(image, scale, scale_fwhm_factor=scale_fwhm_factor))


def grow_low_snr_mask(
    image: NDArray[np.float32] | None = None,
    rms: NDArray[np.float32] | None = None,
    background: NDArray[np.float32] | None = None,
    signal: NDArray[np.float32] | None = None,
    grow_low_snr: float = 2.0,
    grow_low_island_size: float = 512,
    region_mask: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Large islands of low significance, as `skerry.masking.diffuse_islands.large_faint_islands` finds them.

    Parameters
    ----------
    image, rms, background : ndarray of float32, shape (ny, nx), optional
        From which the signal is made, if `signal` is not given; no background means 0.
    signal : ndarray of float32, shape (ny, nx), optional
        In sigma; invalid pixels (NaN or infinite) are never masked.
    grow_low_snr : float
        The clip, in sigma.
    grow_low_island_size : float
        The least size, in pixels.
    region_mask : ndarray of bool, shape (ny, nx), optional
        Pixels to leave out before islands are measured.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
        The islands.

    Raises
    ------
    SkerryError
        If neither a signal nor an image with its rms is given.
    """
    left_out = None if region_mask is None else np.asarray(region_mask, dtype=bool)
    if signal is not None:
        return np.asarray(large_faint_islands(signal, grow_low_snr, grow_low_island_size, left_out))
    if image is None or rms is None:
        raise SkerryError("islands of low significance need a signal image, or an image and its rms")
    found = large_faint_islands(signal_image(image, rms, background), grow_low_snr, grow_low_island_size, left_out)
    return np.asarray(found)


def create_snr_mask_from_fits(
    fits_image_path: Path,
    masking_options: MaskingOptions | None = None,
    fits_rms_path: Path | None = None,
    fits_bkg_path: Path | None = None,
    *,
    output: Path | None = None,
    scale_output: Path | None = None,
    overwrite: bool = False,
) -> tuple[Path, Path | None]:
    """Write the mask of an image, and the scale mask if there are scales, as `skerry.steps.mask.make_mask` does."""
    made = make_mask(
        Path(fits_image_path),
        masking_options or MaskingOptions(),
        rms=fits_rms_path,
        bkg=fits_bkg_path,
        output=output,
        scale_output=scale_output,
        overwrite=overwrite,
    )
    return made.mask, made.scale_mask


def create_convolved_erosion_mask(
    fits_image_path: Path,
    masking_options: MaskingOptions,
    *,
    output: Path | None = None,
    mask_output: Path | None = None,
    overwrite: bool = False,
) -> tuple[Path, Path]:
    """Write a scale mask and the mask of its union as `skerry.steps.scale_mask.make_scale_mask` does.

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
    """
    image = Path(fits_image_path)
    made = make_scale_mask(image, masking_options, output=mask_output, scale_output=output, overwrite=overwrite)
    assert made.scale_mask is not None
    return made.scale_mask, made.mask


def extract_beam_mask_from_mosaic(
    beam_image: Path,
    mosaic_mask: Path,
    *,
    output: Path | None = None,
    options: MaskingOptions | None = None,
    overwrite: bool = False,
) -> Path:
    """Write the mask of a beam from that of a mosaic as `skerry.steps.extract_beam.make_beam_mask` does."""
    return make_beam_mask(Path(beam_image), Path(mosaic_mask), options, output=output, overwrite=overwrite).mask


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
        Area of the beam, as for `skerry.masking.flood.flood_mask`.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
        The islands.
    """
    image = np.asarray(base_image, dtype=np.float32)
    return np.asarray(flood_mask(image, masking_options, pixels_per_beam=pixels_per_beam).mask)


def create_boxcar_skew_mask(image: NDArray[np.float32], skew_delta: float, box_size: int) -> NDArray[np.bool_]:
    """Pixels for which a box is too small a sample, as of `skerry.masking.minimum_clip.skew_mask`."""
    return skew_mask(image, skew_delta, box_size)


def create_beam_mask_kernel(
    fits_header: fits.Header,
    *,
    minimum_response: float = 0.6,
    pixel_scale: float | None = None,
    beam: RestoringBeam | None = None,
) -> NDArray[np.bool_]:
    """Shape of the restoring beam as of `skerry.sky.beam.beam_shape`."""
    return beam_shape(fits_header, minimum_response=minimum_response, pixel_scale=pixel_scale, beam=beam)
