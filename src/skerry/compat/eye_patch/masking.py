"""The mask of an image: the subcommand `mask`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.compat.eye_patch.convolve import create_convolved_erosion_mask
from skerry.compat.eye_patch.erosion import eroded_by_scales
from skerry.compat.eye_patch.flood_fill import _verify_set_seed_clip, flooded, large_islands_above
from skerry.compat.eye_patch.log import LOGGER
from skerry.compat.eye_patch.naming import FITSMaskNames, check_output_fits, create_fits_mask_names
from skerry.compat.eye_patch.options import MaskingOptions
from skerry.compat.eye_patch.pixel_utils import has_beam_parameters
from skerry.compat.eye_patch.products import mask_product
from skerry.compat.older_options import add_options, options_of
from skerry.io.fits import OpenImage, check_same_size, open_image, write_products
from skerry.io.headers import Provenance, value_header
from skerry.io.products import Product
from skerry.masking.diffuse_islands import large_faint_islands
from skerry.masking.minimum_clip import minimum_absolute_level
from skerry.masking.signal import signal_image
from skerry.masking.threshold import snr_mask
from skerry.planes.arrays import image_plane
from skerry.planes.bits import BitMask
from skerry.planes.computed import pixelwise
from skerry.planes.plane import Floats, Plane

__all__ = ["cli", "create_mask_from_fits", "create_native_resolution_mask", "get_parser"]


def create_mask_from_fits(
    fits_image_path: Path,
    masking_options: MaskingOptions,
    fits_rms_path: Path | None = None,
    fits_bkg_path: Path | None = None,
    create_signal_fits: bool = False,
    overwrite: bool = False,
) -> FITSMaskNames:
    """Write the mask of an image: `create_convolved_erosion_mask` with `convolve_first`, or else at its own resolution.

    Parameters
    ----------
    fits_image_path : Path
        The image X.fits.
    masking_options : MaskingOptions
        How it is made.
    fits_rms_path, fits_bkg_path : Path, optional
        Noise and background of the image, needed for clips in sigma.
    create_signal_fits : bool
        Whether to write the signal image too, where there is one.
    overwrite : bool
        Whether the outputs may be replaced.

    Returns
    -------
    FITSMaskNames
        The files that were written: X.mask.fits, float32; with several scales X.scalemask.fits in its place, float64;
        and X.signal.fits.

    Raises
    ------
    ValueError
        If clips are in sigma, and noise or background is not given.
    FileExistsError
        If an output may not be replaced.
    SkerryError
        If a file cannot be read or written, or the sizes differ.
    """
    if masking_options.convolve_first:
        return create_convolved_erosion_mask(fits_image_path, masking_options, overwrite)
    return create_native_resolution_mask(
        fits_image_path, masking_options, fits_rms_path, fits_bkg_path, create_signal_fits, overwrite
    )


def create_native_resolution_mask(
    fits_image_path: Path,
    masking_options: MaskingOptions,
    fits_rms_path: Path | None,
    fits_bkg_path: Path | None,
    create_signal_fits: bool = False,
    overwrite: bool = False,
) -> FITSMaskNames:
    """Do `create_mask_from_fits` without a look at `convolve_first`."""
    path, options = Path(fits_image_path), masking_options
    names = create_fits_mask_names(path, create_signal_fits)
    with open_image(path) as image:
        by_scale = _has_scale_mask(image.header, options)
        output = names.scale_mask_fits if by_scale else names.mask_fits
        signal_output = names.signal_fits if _need_to_make_signal(options) else None
        for written in filter(None, (output, signal_output)):
            check_output_fits(written, overwrite, [path, fits_rms_path, fits_bkg_path])
        assert output is not None
        if not _need_to_make_signal(options):
            write_products([_mask(output, image.data, image, options, [])], overwrite=True)
        elif fits_rms_path is None or fits_bkg_path is None:
            raise ValueError("clips in sigma need the noise and the background of the image: give both, or use_mac")
        else:
            with open_image(fits_rms_path) as rms, open_image(fits_bkg_path) as bkg:
                check_same_size(image, rms)
                check_same_size(image, bkg)
                signal = signal_image(image.data, rms.data, bkg.data)
                products = [_mask(output, signal, image, options, [rms.path, bkg.path])]
                if signal_output is not None:
                    products.append(_signal(signal_output, signal, image, [rms.path, bkg.path]))
                write_products(products, overwrite=True)
    mask, scale_mask = (None, output) if by_scale else (output, None)
    return FITSMaskNames(mask, signal_output, scale_mask)


def get_parser(parser: ArgumentParser | None = None) -> ArgumentParser:
    """Add the arguments of the subcommand to a parser, or to a new one."""
    parser = parser or ArgumentParser(description=__doc__)
    parser.add_argument("image", type=Path, help="FITS image.")
    add_options(parser, MaskingOptions)
    parser.add_argument("--rms-fits", type=Path, help="Noise map of the image.")
    parser.add_argument("--bkg-fits", type=Path, help="Background of the image.")
    parser.add_argument("--save-signal", action="store_true", help="Also write the signal image, where there is one.")
    parser.add_argument("--overwrite", action="store_true", help="Replace results that exist.")
    return parser


def cli(args: Namespace | None = None) -> None:
    """Run the subcommand, with the arguments of the command line if none are given."""
    args = get_parser().parse_args() if args is None else args
    create_mask_from_fits(
        args.image, options_of(args, MaskingOptions), args.rms_fits, args.bkg_fits, args.save_signal, args.overwrite
    )


def _need_to_make_signal(masking_options: MaskingOptions) -> bool:
    """Whether clips are in sigma."""
    return not masking_options.use_mac


def _has_scale_mask(header: fits.Header, options: MaskingOptions) -> bool:
    """Whether a mask is one of several scales, which without a beam it is not."""
    several = options.multiscale_scales is not None and len(options.multiscale_scales) > 1
    return options.beam_shape_erode and several and has_beam_parameters(header)


def _create_island_mask(base_image: NDArray[np.floating[Any]], masking_options: MaskingOptions) -> NDArray[np.bool_]:
    """Islands of an array, in sigma or with `use_mac` in any unit, before they are eroded."""
    return np.asarray(_islands(image_plane(base_image), masking_options)).reshape(np.shape(base_image))


def _islands(base: Floats, options: MaskingOptions) -> BitMask:
    clips = (options.base_clip, options.seed_clip, options.flood_clip, options.grow_low_snr_island_clip)
    faint = None
    if options.use_mac:
        level = minimum_absolute_level(
            base,
            options.mac_box_size,
            adaptive_max_depth=options.mac_adaptive_max_depth,
            adaptive_box_step=options.mac_adaptive_step_factor,
            adaptive_skew_delta=options.mac_adaptive_skew_delta,
        )
        above, seeds, floor, low = (level.exceeded(clip) for clip in clips)
        if options.grow_low_snr_island:
            faint = large_islands_above(low, options.grow_low_snr_island_min_pixels)
    else:
        above, floor = snr_mask(base, options.base_clip), snr_mask(base, options.flood_clip)
        seed_clip = _verify_set_seed_clip(options.seed_clip, base) if options.flood_fill else options.seed_clip
        seeds = snr_mask(base, seed_clip, inclusive=True)
        if options.grow_low_snr_island:
            size = options.grow_low_snr_island_min_pixels
            faint = large_faint_islands(base, options.grow_low_snr_island_clip, size)
    islands = flooded(seeds, floor) if options.flood_fill else BitMask.of(above)
    if faint is not None:
        islands.add(faint)
    return islands


def _mask(output: Path, base: Floats, image: OpenImage, options: MaskingOptions, inputs: list[Path]) -> Product:
    """Mask of an image, of float32, or of float64 if it has several scales."""
    mask: Plane = _islands(base, options)
    dtype = np.float64 if _has_scale_mask(image.header, options) else np.float32
    if options.beam_shape_erode and has_beam_parameters(image.header):
        response, as_fwhm = options.beam_shape_erode_minimum_response, options.beam_shape_erode_scales_as_fwhm
        mask = eroded_by_scales(mask, image.header, options.multiscale_scales, response, as_fwhm)
    elif options.beam_shape_erode:
        LOGGER.warning("%s has no BMAJ, BMIN and BPA: its mask is not eroded", image.path)
    of_type = pixelwise(lambda values: values.astype(dtype), mask, dtype=dtype)
    return mask_product(output, of_type, image, options, inputs)


def _signal(output: Path, signal: Floats, image: OpenImage, inputs: list[Path]) -> Product:
    header = value_header(image.header, Provenance("signal", {}, [image.path, *inputs]), unit="")
    return Product(output, signal, header, image.shape)
