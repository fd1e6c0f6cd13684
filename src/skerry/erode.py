"""Erosion: masks cut back by the shape of the restoring beam, one shape or one for each CLEAN scale.

An island of a thresholded image is wider than the sky by the beam. Eroded by the beam's shape it holds only the
positions at which a whole component fits; for multi-scale CLEAN, those at which a component of that scale does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.beam import RestoringBeam, create_beam_mask_kernel, pixels_per_beam, read_beam
from skerry.errors import SkerryError
from skerry.fits import OpenImage, open_image, open_mask, read_header, same_grid_size, write_products
from skerry.headers import Provenance
from skerry.kernels.erosion import erode, eroded_bits
from skerry.options import MAX_SCALES, MaskingOptions
from skerry.planes import Plane, collect, set_pixels
from skerry.products import MaskArray, check_outputs, default_output, mask_products, smallest_mask_type
from skerry.rims import without_rims
from skerry.signal import require_signal

__all__ = ["beam_shape_erode", "create_multi_scale_erosion", "erode_step", "eroded_plane", "fft_binary_erosion"]

WSCLEAN_FWHM_FACTOR = 0.45


def fft_binary_erosion(mask: NDArray[np.bool_], kernel: NDArray[np.bool_]) -> NDArray[np.bool_]:
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


def create_multi_scale_erosion(
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
        As in `create_beam_mask_kernel`.
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


def beam_shape_erode(
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
        CLEAN scales in pixels; see `create_multi_scale_erosion`.
    scale_fwhm_factor, beam
        As in `create_multi_scale_erosion`.

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
        return erode(flags, create_beam_mask_kernel(fits_header, minimum_response=minimum_response, beam=beam))
    if not 1 <= len(scales) <= MAX_SCALES:
        raise SkerryError(f"scales: give 1 to {MAX_SCALES} of them, not {len(scales)}")
    kernels = [
        create_beam_mask_kernel(
            fits_header, minimum_response=minimum_response, pixel_scale=scale_fwhm_factor * scale, beam=beam
        )
        for scale in scales
    ]
    return eroded_bits(flags, kernels, smallest_mask_type(2 ** len(scales) - 1))


def erode_step(
    mask: Path,
    *,
    signal: Path | None = None,
    beam_image: Path | None = None,
    beam: RestoringBeam | None = None,
    output: Path | None = None,
    scale_output: Path | None = None,
    options: MaskingOptions | None = None,
    overwrite: bool = False,
) -> tuple[Path, Path | None]:
    """Write a mask eroded by the restoring beam; with scales, the scale mask and the mask of its union.

    Parameters
    ----------
    mask : Path
        The mask, whose header has the beam unless one is given.
    signal : Path, optional
        Signal image on the grid of the mask, to take off the rims of bright sources.
    beam_image : Path, optional
        FITS image whose header has the beam.
    beam : RestoringBeam, optional
        The beam itself.
    output, scale_output : Path, optional
        Default: X.eroded.fits and X.scalemask.fits for X.mask.fits.
    options : MaskingOptions, optional
        The options called beam_shape_erode.
    overwrite : bool
        Whether the outputs may be replaced.

    Returns
    -------
    tuple of Path
        The mask, and the scale mask or None.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, or there is no beam; if there is a signal but no rims are to be taken off,
        or the reverse; if the signal is not in sigma, or on another grid.
    """
    options = MaskingOptions() if options is None else options
    _check_signal(mask, signal, options)
    scales = options.beam_shape_erode_scales
    output = default_output(mask, "eroded") if output is None else output
    if scales is None and scale_output is not None:
        raise SkerryError(f"{scale_output}: a scale mask needs --scales")
    if scales is not None and scale_output is None:
        scale_output = default_output(mask, "scalemask")
    inputs = [path for path in (mask, signal, beam_image) if path is not None]
    check_outputs([path for path in (output, scale_output) if path is not None], inputs, overwrite)
    with open_mask(mask) as subject:
        if beam is None:
            source = mask if beam_image is None else beam_image
            beam = read_beam(subject.header if beam_image is None else read_header(beam_image), str(source))
        with _trimmed(subject, signal, options, beam) as flags:
            eroded = eroded_plane(flags, subject.header, options, scales, beam=beam)
        template = subject.header.copy()
        template["BMAJ"], template["BMIN"], template["BPA"] = beam
        provenance = Provenance("erode", options.used_by("erode"), inputs)
        products = mask_products(eroded, template, subject.shape, provenance, output, scale_output, scales)
        write_products(products, overwrite)
    return output, scale_output


def _check_signal(mask: Path, signal: Path | None, options: MaskingOptions) -> None:
    """Check that a signal image is given where the rims of bright sources are taken off, and nowhere else."""
    if options.beam_shape_erode_rims and signal is None:
        raise SkerryError(f"{mask}: --rims needs the signal image; give --signal, made with 'skerry signal'")
    if not options.beam_shape_erode_rims and signal is not None:
        raise SkerryError(f"{signal}: has no use without --rims; give --rims, or leave it out")


@contextmanager
def _trimmed(mask: OpenImage, signal: Path | None, options: MaskingOptions, beam: RestoringBeam) -> Iterator[Plane]:
    """Pixels of a mask, without the rims of bright sources if there is a signal image."""
    if signal is None:
        yield mask.data
        return
    with open_image(signal) as significance:
        require_signal(significance, "give a signal image, made with 'skerry signal'")
        same_grid_size(mask, significance)
        area = pixels_per_beam(mask.header, beam, str(mask.path))
        yield without_rims(mask.data, significance.data, options, area)
