"""Erosion: masks cut back by the shape of the restoring beam, one shape or one for each CLEAN scale.

An island of a thresholded image is wider than the sky by the beam. Eroded by the beam's shape it holds only the
positions at which a whole component fits; for multi-scale CLEAN, those at which a component of that scale does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.config.options import MAX_SCALES, MaskingOptions
from skerry.errors import SkerryError
from skerry.filters.erosion import erode, eroded_bits
from skerry.planes.computed import collect
from skerry.planes.mask_types import MaskArray, smallest_mask_type
from skerry.planes.masks import set_pixels
from skerry.planes.plane import Plane
from skerry.sky.beam import RestoringBeam, beam_shape

__all__ = ["WSCLEAN_FWHM_FACTOR", "beam_erosion", "binary_erosion", "eroded_plane", "multi_scale_erosion"]

WSCLEAN_FWHM_FACTOR = 0.45


def binary_erosion(mask: NDArray[np.bool_], kernel: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Binary erosion by a kernel of any shape and size; the name is that of an older tool, the method is not.

    Parameters
    ----------
    mask : ndarray, shape (ny, nx)
        Set where not 0. What is outside the image is not set.
    kernel : ndarray, shape (ky, kx)
        Set where not 0; its origin is at index (ky // 2, kx // 2), as in `scipy.ndimage.binary_erosion`.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
        Pixels at which the whole kernel lies on set pixels.

    Raises
    ------
    SkerryError
        If no pixel of the kernel is set.
    """
    kernel = np.asarray(kernel) != 0
    if not kernel.any():
        raise SkerryError("the erosion kernel has no pixel set")
    return collect(erode(np.asarray(mask) != 0, kernel))


def multi_scale_erosion(
    mask: NDArray[np.bool_] | MaskArray,
    fits_header: fits.Header,
    scales: Sequence[int],
    minimum_response: float = 0.6,
    *,
    scale_fwhm_factor: float = WSCLEAN_FWHM_FACTOR,
    beam: RestoringBeam | None = None,
) -> MaskArray:
    """Erode a mask by the beam convolved with each CLEAN scale.

    Parameters
    ----------
    mask : ndarray, shape (ny, nx)
        Set where not 0.
    fits_header : Header
        As in `beam_shape`.
    scales : sequence of int
        Increasing, in pixels. The Gaussian of scale s has a FWHM of `scale_fwhm_factor` times s.
    minimum_response : float
        Level of the convolved beam that bounds the shape.
    scale_fwhm_factor : float
        0.45 is WSClean's (Offringa & Smirnov 2017, MNRAS 471, 301, and the documentation of multiscale cleaning).
    beam : RestoringBeam, optional
        Used in place of the header's.

    Returns
    -------
    ndarray of uint8, int16 or int32, shape (ny, nx)
        Bit n is set where the mask eroded for the n-th scale is. The bit of a scale is set only where those of all
        smaller scales are.
    """
    return collect(_eroded(np.asarray(mask), fits_header, minimum_response, scales, scale_fwhm_factor, beam))


def beam_erosion(
    mask: NDArray[np.bool_] | MaskArray,
    fits_header: fits.Header,
    minimum_response: float = 0.6,
    scales: Sequence[int] | None = None,
    *,
    scale_fwhm_factor: float = WSCLEAN_FWHM_FACTOR,
    beam: RestoringBeam | None = None,
) -> NDArray[np.bool_] | MaskArray:
    """Erode a mask by the shape of the restoring beam.

    Parameters
    ----------
    mask : ndarray, shape (ny, nx)
        Set where not 0.
    fits_header : Header
        With a celestial WCS, and BMAJ, BMIN and BPA in degrees if `beam` is not given.
    minimum_response : float
        Level of the beam, relative to its peak, that bounds the shape.
    scales : sequence of int, optional
        CLEAN scales in pixels; see `multi_scale_erosion`.
    scale_fwhm_factor, beam
        As in `multi_scale_erosion`.

    Returns
    -------
    ndarray of bool, or of integers if scales are given, shape (ny, nx)

    Raises
    ------
    SkerryError
        If there is no beam or no WCS.
    """
    return collect(_eroded(np.asarray(mask), fits_header, minimum_response, scales, scale_fwhm_factor, beam))


def eroded_plane(
    mask: Plane,
    fits_header: fits.Header,
    options: MaskingOptions,
    scales: Sequence[int] | None = None,
    *,
    beam: RestoringBeam | None = None,
) -> Plane:
    """Compute what `beam_shape_erode` does as the options ask for it; of the mask only bits are held."""
    response, factor = options.beam_shape_erode_minimum_response, options.beam_shape_erode_scale_fwhm_factor
    return _eroded(mask, fits_header, response, scales, factor, beam)


def _eroded(
    mask: Plane,
    fits_header: fits.Header,
    minimum_response: float,
    scales: Sequence[int] | None,
    scale_fwhm_factor: float,
    beam: RestoringBeam | None,
) -> Plane:
    flags = set_pixels(mask)
    if scales is None:
        return erode(flags, beam_shape(fits_header, minimum_response=minimum_response, beam=beam))
    if not 1 <= len(scales) <= MAX_SCALES:
        raise SkerryError(f"scales: give 1 to {MAX_SCALES} of them, not {len(scales)}")
    kernels = [
        beam_shape(fits_header, minimum_response=minimum_response, pixel_scale=scale_fwhm_factor * scale, beam=beam)
        for scale in scales
    ]
    return eroded_bits(flags, kernels, smallest_mask_type(2 ** len(scales) - 1))
