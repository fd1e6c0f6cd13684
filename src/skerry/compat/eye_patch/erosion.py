"""Masks cut back by the shape of the restoring beam, alone or at the scales of a multi-scale CLEAN."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.compat.eye_patch.log import LOGGER
from skerry.compat.eye_patch.pixel_utils import beam_on_pixels, has_beam_parameters
from skerry.errors import SkerryError
from skerry.masking.erosion import beam_erosion, binary_erosion
from skerry.planes.arrays import flag_plane
from skerry.planes.plane import Flags, Plane
from skerry.sky.beam import FWHM_PER_SIGMA

__all__ = ["beam_shape_erode", "create_beam_mask_kernel", "create_multi_scale_erosion", "fft_binary_erosion"]

Mask = NDArray[np.floating[Any]] | NDArray[np.bool_]
SomeMask = TypeVar("SomeMask", bound=NDArray[Any])

_SIGMA_PER_SCALE = 3 / 16
_MOST_SIZES = 10


def create_beam_mask_kernel(
    fits_header: fits.Header,
    kernel_size: int | tuple[int, int] = 100,
    minimum_response: float = 0.6,
    pixel_scale: float | None = None,
    auto_resize: bool = True,
) -> NDArray[np.bool_]:
    """Shape of the restoring beam in a box of some size.

    Parameters
    ----------
    fits_header : Header
        With BMAJ, BMIN, BPA, CDELT1 and CDELT2, in degrees.
    kernel_size : int or tuple of int
        Of the box, (ny, nx) or of both. The beam is centred on a pixel along an odd one, between two along an even one.
    minimum_response : float
        The shape is where the beam exceeds this fraction of its highest pixel.
    pixel_scale : float, optional
        FWHM in pixels of a circular Gaussian with which the beam is convolved first.
    auto_resize : bool
        Whether the box is made larger, to twice its size and one pixel, until the shape does not reach its edge.

    Returns
    -------
    ndarray of bool, of the size of the box
        The shape.

    Raises
    ------
    KeyError
        If the header has no size of a pixel.
    AssertionError
        If the pixels are not square.
    SkerryError
        If `minimum_response` is not between 0 and 1, or there is no beam.
    """
    if not 0 < minimum_response < 1:
        raise SkerryError(f"minimum_response: {minimum_response} is not between 0 and 1")
    covariance = beam_on_pixels(fits_header).covariance + np.eye(2) * ((pixel_scale or 0) / FWHM_PER_SIGMA) ** 2
    if "CDELT1" in fits_header and not math.isclose(
        abs(fits_header["CDELT1"]), abs(fits_header["CDELT2"]), rel_tol=1e-5
    ):
        raise AssertionError(f"CDELT1 {fits_header['CDELT1']} and CDELT2 {fits_header['CDELT2']}: no square pixels")
    ny, nx = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    shape = _sampled(covariance, ny, nx, minimum_response)
    for _ in range(_MOST_SIZES if auto_resize else 0):
        if not (shape[[0, -1]].any() or shape[:, [0, -1]].any()):
            break
        ny, nx = 2 * ny + 1, 2 * nx + 1
        shape = _sampled(covariance, ny, nx, minimum_response)
    return shape


def fft_binary_erosion(mask: Mask, kernel: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels round which the whole of a shape, turned by half a turn as in a convolution, is set; no FFT is used.

    Parameters
    ----------
    mask : ndarray, shape (ny, nx)
        Set where not 0; there may be further axes of length 1.
    kernel : ndarray of bool, shape (ky, kx)
        The shape, with as many of them.

    Returns
    -------
    ndarray of bool
        In the shape of the mask.
    """
    shape = np.asarray(flag_plane(kernel))[::-1, ::-1]
    return binary_erosion(flag_plane(mask), shape).reshape(np.shape(mask))


def create_multi_scale_erosion(
    mask: Mask, fits_header: fits.Header, scale: int, minimum_response: float = 0.6, scale_is_fwhm: bool = False
) -> NDArray[np.bool_]:
    """Erode a mask by the beam convolved with the Gaussian of one scale.

    Parameters
    ----------
    mask : ndarray, shape (ny, nx)
        Set where not 0; there may be further axes of length 1.
    fits_header : Header
        With BMAJ, BMIN, BPA, CDELT1 and CDELT2, in degrees. Without a beam nothing is eroded, which is logged.
    scale : int
        In pixels. The sigma of its Gaussian is 3/16 of it.
    minimum_response : float
        Level of the convolved beam, relative to its peak, that bounds the shape.
    scale_is_fwhm : bool
        Whether the FWHM of the Gaussian is the scale itself.

    Returns
    -------
    ndarray of bool
        In the shape of the mask.
    """
    eroded = eroded_at_scale(flag_plane(mask), fits_header, scale, minimum_response, scale_is_fwhm)
    return np.asarray(eroded).astype(bool).reshape(np.shape(mask))


def beam_shape_erode(
    mask: SomeMask,
    fits_header: fits.Header,
    minimum_response: float = 0.6,
    scales: list[int] | tuple[int, ...] | None = None,
    scales_as_fwhm: bool = False,
) -> SomeMask | NDArray[np.float64]:
    """Erode a mask by the beam, or by the beam convolved with the Gaussian of each scale.

    Parameters
    ----------
    mask, fits_header, minimum_response : optional
        As of `create_multi_scale_erosion`.
    scales : list or tuple of int, optional
        In pixels; they are sorted, as WSClean does it with its own, which is logged.
    scales_as_fwhm : bool
        Whether the FWHM of a Gaussian is the scale itself.

    Returns
    -------
    ndarray
        In the shape of the mask: of its type if there is one scale or none; of several, float64 whose bit n is the mask
        eroded for the n-th scale. Without a beam the mask itself.
    """
    if not has_beam_parameters(fits_header):
        _tell_no_beam()
        return mask
    eroded = np.asarray(eroded_by_scales(flag_plane(mask), fits_header, scales, minimum_response, scales_as_fwhm))
    several = scales is not None and len(scales) > 1
    return eroded.astype(np.float64 if several else mask.dtype).reshape(np.shape(mask))


def eroded_at_scale(
    mask: Flags, header: fits.Header, scale: int, minimum_response: float, scale_is_fwhm: bool
) -> Flags:
    """Do `create_multi_scale_erosion` with a plane."""
    if not has_beam_parameters(header):
        _tell_no_beam()
        return mask
    return eroded_by_scales(mask, header, [scale], minimum_response, scale_is_fwhm)


def eroded_by_scales(
    mask: Flags, header: fits.Header, scales: Sequence[int] | None, minimum_response: float, scales_as_fwhm: bool
) -> Plane:
    """Do `beam_shape_erode` with a plane, of a header that has a beam; bits are those of the smallest type."""
    factor = fwhm_factor(scales_as_fwhm)
    in_order = sorted_scales([0] if scales is None else scales)
    return beam_erosion(mask, beam_on_pixels(header), minimum_response, in_order, scale_fwhm_factor=factor)


def sorted_scales(scales: Sequence[int]) -> list[int]:
    """Scales in order, for WSClean sorts its own before it counts bits."""
    in_order = sorted(scales)
    if in_order != list(scales):
        LOGGER.warning("scales %s are taken in ascending order, as WSClean does it: %s", list(scales), in_order)
    return in_order


def fwhm_factor(scales_as_fwhm: bool) -> float:
    """FWHM of the Gaussian of a scale over the scale."""
    return 1.0 if scales_as_fwhm else _wsclean_scale_to_sigma(1) * FWHM_PER_SIGMA


def _wsclean_scale_to_sigma(scale: float) -> float:
    """Sigma of the Gaussian that WSClean has for a scale."""
    return scale * _SIGMA_PER_SCALE


def _tell_no_beam() -> None:
    LOGGER.warning("the header has no BMAJ, BMIN and BPA: the mask is not eroded")


def _sampled(covariance: NDArray[np.float64], ny: int, nx: int, minimum_response: float) -> NDArray[np.bool_]:
    """Pixels of a box where a Gaussian in its middle exceeds a fraction of its highest pixel."""
    y, x = np.ogrid[:ny, :nx]
    y, x = y - ny // 2 + (ny % 2 == 0) * 0.5, x - nx // 2 + (nx % 2 == 0) * 0.5
    inverse = np.linalg.inv(covariance)
    distance = inverse[0, 0] * x**2 + 2 * inverse[0, 1] * x * y + inverse[1, 1] * y**2
    return np.asarray(distance - distance.min() < -2 * math.log(minimum_response))
