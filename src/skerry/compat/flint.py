"""The names of flint's masking module, with their parameters, defaults and types, on skerry's own functions.

A script that imports them from here goes on as before. What the older module computed wrongly (a shape half a pixel
off, a flood that ends after a number of steps, windows that wrap at the edge) is computed as skerry does.
"""

from __future__ import annotations

import warnings
from argparse import ArgumentParser
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.compat.eye_patch import erosion, flood_fill, mac, snr
from skerry.compat.eye_patch.convolve import convolve_image_by_scale
from skerry.compat.eye_patch.erosion import create_beam_mask_kernel, fft_binary_erosion
from skerry.compat.eye_patch.flood_fill import grow_low_snr_mask
from skerry.compat.eye_patch.mac import SkewResult, create_boxcar_skew_mask, minimum_absolute_clip
from skerry.compat.eye_patch.naming import FITSMaskNames, create_fits_mask_names
from skerry.compat.older_options import BaseOptions, add_options, options_of
from skerry.config.options import MaskingOptions as OwnOptions
from skerry.errors import SkerryError, SkerryWarning
from skerry.field import rounds
from skerry.masking.flood import flood_mask
from skerry.planes.arrays import flag_plane, image_plane
from skerry.steps.extract_beam import make_beam_mask
from skerry.steps.mask import make_mask
from skerry.steps.scale_mask import make_scale_mask

__all__ = [
    "BaseOptions",
    "FITSMaskNames",
    "MaskingOptions",
    "SkewResult",
    "beam_shape_erode",
    "cli",
    "consider_beam_mask_round",
    "convolve_image_by_scale",
    "create_beam_mask_kernel",
    "create_boxcar_skew_mask",
    "create_convolved_erosion_mask",
    "create_multi_scale_erosion",
    "create_snr_mask_from_fits",
    "extract_beam_mask_from_mosaic",
    "fft_binary_erosion",
    "get_parser",
    "grow_low_snr_mask",
    "minimum_absolute_clip",
    "reverse_negative_flood_fill",
]

Floats = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_] | Floats


class MaskingOptions(BaseOptions, OwnOptions):
    """How a mask is made: skerry's options, which have the names of flint's and a number of others."""


def create_snr_mask_from_fits(
    fits_image_path: Path,
    masking_options: OwnOptions,
    fits_rms_path: Path | None,
    fits_bkg_path: Path | None,
    create_signal_fits: bool = False,
    overwrite: bool = True,
) -> FITSMaskNames:
    """Write the mask of an image, and the scale mask if there are scales, as `skerry.steps.mask.make_mask` does.

    Parameters
    ----------
    fits_image_path : Path
        The image X.fits.
    masking_options : MaskingOptions
        How it is made.
    fits_rms_path, fits_bkg_path : Path or None
        Noise and background of the image, measured if they are None; not used where no signal is needed.
    create_signal_fits : bool
        Whether to write the signal image too, where one is needed.
    overwrite : bool
        Whether the outputs may be replaced.

    Returns
    -------
    FITSMaskNames
        X.mask.fits, X.signal.fits and X.scalemask.fits, as far as they were written.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, or the grids differ.
    """
    image, needed = Path(fits_image_path), _need_to_make_signal(masking_options)
    names = create_fits_mask_names(image, create_signal_fits and needed)
    made = make_mask(
        image,
        masking_options,
        rms=_path(fits_rms_path) if needed else None,
        bkg=_path(fits_bkg_path) if needed else None,
        signal_output=names.signal_fits,
        overwrite=overwrite,
    )
    return FITSMaskNames(made.mask, made.signal, made.scale_mask)


def create_convolved_erosion_mask(fits_image_path: Path, masking_options: OwnOptions) -> FITSMaskNames:
    """Write a scale mask and the mask of its union, as `skerry.steps.scale_mask.make_scale_mask` does.

    Parameters
    ----------
    fits_image_path : Path
        The image X.fits, whose header has the beam.
    masking_options : MaskingOptions
        With scales, or else that of 0.

    Returns
    -------
    FITSMaskNames
        X.mask.fits and X.scalemask.fits, which are replaced if they exist.
    """
    if masking_options.beam_shape_erode_scales is None:
        masking_options = masking_options.model_copy(update={"beam_shape_erode_scales": (0,)})
    made = make_scale_mask(Path(fits_image_path), masking_options, overwrite=True)
    return FITSMaskNames(mask_fits=made.mask, scale_mask_fits=made.scale_mask)


def extract_beam_mask_from_mosaic(fits_beam_image_path: Path, fits_mosaic_mask_names: FITSMaskNames) -> FITSMaskNames:
    """Write the masks of a beam from those of a mosaic, as `skerry.steps.extract_beam.make_beam_mask` does.

    Parameters
    ----------
    fits_beam_image_path : Path
        The beam's image X.fits.
    fits_mosaic_mask_names : FITSMaskNames
        Mask of the mosaic, its scale mask, or both.

    Returns
    -------
    FITSMaskNames
        X.mask.fits and X.scalemask.fits, as far as they were written; they are replaced if they exist.

    Raises
    ------
    SkerryError
        If neither is given, or a file cannot be read or written.
    """
    image, mosaic = Path(fits_beam_image_path), fits_mosaic_mask_names
    if mosaic.mask_fits is None and mosaic.scale_mask_fits is None:
        raise SkerryError("there is no mask to extract: give mask_fits or scale_mask_fits")
    names = create_fits_mask_names(image)
    with warnings.catch_warnings():
        # A scale mask of another program does not say in its header that it is one.
        warnings.filterwarnings("ignore", ".*: has values above 1, but no scales", SkerryWarning)
        made = [
            None if source is None else make_beam_mask(image, Path(source), output=output, overwrite=True).mask
            for source, output in ((mosaic.mask_fits, names.mask_fits), (mosaic.scale_mask_fits, names.scale_mask_fits))
        ]
    return FITSMaskNames(mask_fits=made[0], scale_mask_fits=made[1])


def beam_shape_erode(
    mask: Mask,
    fits_header: fits.Header,
    minimum_response: float = 0.6,
    scales: list[int] | tuple[int, ...] | None = None,
) -> NDArray[np.bool_] | NDArray[np.int32]:
    """Erode a mask by the beam, or by the beam convolved with the Gaussian of each scale.

    Parameters
    ----------
    mask, fits_header, minimum_response, scales : optional
        As of `skerry.compat.eye_patch.erosion.beam_shape_erode`.

    Returns
    -------
    ndarray
        In the shape of the mask: bool if there is one scale or none; of several int32, whose bit n is the mask eroded
        for the n-th scale.
    """
    flags = np.asarray(flag_plane(mask)).reshape(np.shape(mask))
    eroded = np.asarray(erosion.beam_shape_erode(flags, fits_header, minimum_response, scales))
    return eroded if eroded.dtype.kind == "b" else eroded.astype(np.int32)


def create_multi_scale_erosion(
    mask: Mask, fits_header: fits.Header, scale: int, minimum_response: float = 0.6
) -> NDArray[np.bool_]:
    """Erode a mask by the beam convolved with the Gaussian of one scale.

    Parameters
    ----------
    mask, fits_header, scale, minimum_response : optional
        As of `skerry.compat.eye_patch.erosion.create_multi_scale_erosion`.

    Returns
    -------
    ndarray of bool
        In the shape of the mask.
    """
    return erosion.create_multi_scale_erosion(mask, fits_header, scale, minimum_response)


def reverse_negative_flood_fill(
    base_image: Floats, masking_options: OwnOptions, pixels_per_beam: float | None = None
) -> NDArray[np.bool_]:
    """Islands of an image in sigma, or of any image with the minimum absolute clip.

    Parameters
    ----------
    base_image : ndarray, shape (ny, nx)
        The image; must be in sigma for islands of low significance and for artefacts. Invalid pixels (NaN or infinite)
        are never masked. There may be further axes of length 1.
    masking_options : MaskingOptions
        The options called flood_fill, grow_low_snr_island and suppress_artefacts.
    pixels_per_beam : float, optional
        Area of the beam, as for `skerry.masking.flood.flood_mask`.

    Returns
    -------
    ndarray of bool
        The islands, in the shape of the image.
    """
    islands = flood_mask(image_plane(base_image), masking_options, pixels_per_beam=pixels_per_beam)
    return np.asarray(islands.mask).reshape(np.shape(base_image))


def consider_beam_mask_round(
    current_round: int, mask_rounds: str | Collection[int] | int, allow_beam_masks: bool = True
) -> bool:
    """Whether beams get masks in a round, as `skerry.field.rounds.consider_beam_mask_round` says."""
    return rounds.consider_beam_mask_round(current_round, mask_rounds, allow_beam_masks)


def get_parser() -> ArgumentParser:
    """Parser of the subcommands `mask` and `extractmask`; `mode` of what it parses is the subcommand."""
    parser = ArgumentParser(prog="flint_masking", description="Masks from FITS images, by skerry.")
    commands = parser.add_subparsers(dest="mode")
    mask = commands.add_parser("mask", help="Make the mask of an image.")
    mask.add_argument("image", type=Path, help="FITS image.")
    add_options(mask, MaskingOptions)
    mask.add_argument("--rms-fits", type=Path, help="Noise map of the image; measured by default.")
    mask.add_argument("--bkg-fits", type=Path, help="Background of the image.")
    mask.add_argument("-s", "--save-signal", action="store_true", help="Also write the signal image, if needed.")
    extract = commands.add_parser("extractmask", help="Cut the mask of a beam out of that of a mosaic.")
    extract.add_argument("beam_image", type=Path, help="FITS image of the beam.")
    extract.add_argument("mosaic_image", type=Path, help="Mask of the mosaic.")
    return parser


def cli() -> None:
    """Run the subcommand of the command line; without one tell which there are."""
    parser = get_parser()
    args = parser.parse_args()
    if args.mode == "mask":
        options = options_of(args, MaskingOptions)
        if options.convolve_first:
            create_convolved_erosion_mask(args.image, options)
        else:
            create_snr_mask_from_fits(args.image, options, args.rms_fits, args.bkg_fits, args.save_signal)
    elif args.mode == "extractmask":
        extract_beam_mask_from_mosaic(args.beam_image, FITSMaskNames(mask_fits=args.mosaic_image))
    else:
        parser.print_help()


def _adaptive_minimum_absolute_clip(
    image: Floats,
    increase_factor: float = 2.0,
    box_size: int = 100,
    adaptive_max_depth: int = 3,
    adaptive_box_step: float = 2.0,
    adaptive_skew_delta: float = 0.2,
) -> NDArray[np.bool_]:
    """Do `minimum_absolute_clip` with a box that grows where it is too small."""
    return mac.minimum_absolute_clip(
        image, increase_factor, box_size, adaptive_max_depth, adaptive_box_step, adaptive_skew_delta
    )


def _minimum_absolute_clip(image: Floats, increase_factor: float = 2.0, box_size: int = 100) -> NDArray[np.bool_]:
    """Do `minimum_absolute_clip` with one box."""
    return mac.minimum_absolute_clip(image, increase_factor, box_size)


def _create_signal_from_rmsbkg(image: Path | Floats, rms: Path | Floats, bkg: Path | Floats) -> Floats:
    """Signal of an image, from files or arrays, as `skerry.compat.eye_patch.snr.create_signal_from_rmsbkg`."""
    return snr.create_signal_from_rmsbkg(image, rms, bkg)


def _get_signal_image(
    image: Floats | None = None,
    rms: Floats | None = None,
    background: Floats | None = None,
    signal: Floats | None = None,
) -> Floats:
    """Signal that is given, or made of an image, its noise and its background, which is 0 if it is not given."""
    return snr._get_signal_image(image, rms, background, signal)


def _need_to_make_signal(masking_options: OwnOptions) -> bool:
    """Whether the options need a signal image."""
    return masking_options.needs_signal


def _verify_set_positive_seed_clip(positive_seed_clip: float, signal: Floats) -> float:
    """Seed clip, lowered to 0.9 of the highest valid pixel where none reaches it."""
    return flood_fill._verify_set_seed_clip(positive_seed_clip, signal)


def _path(name: str | Path | None) -> Path | None:
    return None if name is None else Path(name)


if __name__ == "__main__":
    cli()
