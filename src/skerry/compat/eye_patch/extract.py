"""The mask of a beam out of that of a mosaic: the subcommand `extractmask`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import numpy as np

from skerry.compat.eye_patch.naming import (
    SCALE_MASK_SUFFIX,
    FITSMaskNames,
    check_output_fits,
    create_fits_mask_names,
)
from skerry.compat.eye_patch.products import mask_product
from skerry.io.fits import OpenImage, open_image, open_mask, write_products
from skerry.io.products import Product
from skerry.planes.computed import pixelwise
from skerry.sky.grid import celestial_wcs
from skerry.sky.nearest_pixels import NearestPixels

__all__ = ["cli", "extract_beam_mask_from_mosaic", "get_parser"]


def extract_beam_mask_from_mosaic(
    fits_beam_image_path: Path, fits_mosaic_mask_names: FITSMaskNames, overwrite: bool = False
) -> FITSMaskNames:
    """Write the masks of a beam's image X.fits: each pixel takes the nearest one of the mosaic's mask, 0 outside it.

    Parameters
    ----------
    fits_beam_image_path : Path
        Image whose pixels the masks get.
    fits_mosaic_mask_names : FITSMaskNames
        Mask and scale mask of the mosaic, or one of them.
    overwrite : bool
        Whether the outputs may be replaced.

    Returns
    -------
    FITSMaskNames
        X.mask.fits, int32, and X.scalemask.fits, float32 with all bits.

    Raises
    ------
    ValueError
        If neither is given.
    FileExistsError
        If an output may not be replaced.
    SkerryError
        If a file cannot be read or written, or has no celestial WCS.
    """
    path, mosaic = Path(fits_beam_image_path), fits_mosaic_mask_names
    if mosaic.mask_fits is None and mosaic.scale_mask_fits is None:
        raise ValueError("there is no mask to extract: give mask_fits or scale_mask_fits")
    names = create_fits_mask_names(path)
    mask = None if mosaic.mask_fits is None else names.mask_fits
    scale_mask = None if mosaic.scale_mask_fits is None else names.scale_mask_fits
    for output in filter(None, (mask, scale_mask)):
        check_output_fits(output, overwrite, [path, *mosaic])
    with open_image(path) as image:
        if mask is not None and mosaic.mask_fits is not None:
            _extract(Path(mosaic.mask_fits), mask, image, np.dtype(np.int32))
        if scale_mask is not None and mosaic.scale_mask_fits is not None:
            _extract(Path(mosaic.scale_mask_fits), scale_mask, image, np.dtype(np.float32))
    return FITSMaskNames(mask_fits=mask, scale_mask_fits=scale_mask)


def get_parser(parser: ArgumentParser | None = None) -> ArgumentParser:
    """Add the arguments of the subcommand to a parser, or to a new one."""
    parser = parser or ArgumentParser(description=__doc__)
    parser.add_argument("beam_image", type=Path, help="FITS image of the beam.")
    parser.add_argument(
        "mosaic_image", type=Path, help="Mask of the mosaic; one called X.scalemask.fits keeps its bits."
    )
    parser.add_argument("--overwrite", action="store_true", help="Replace results that exist.")
    return parser


def cli(args: Namespace | None = None) -> None:
    """Run the subcommand, with the arguments of the command line if none are given."""
    args = get_parser().parse_args() if args is None else args
    mosaic: Path = args.mosaic_image
    by_scale = mosaic.name.endswith(SCALE_MASK_SUFFIX)
    names = FITSMaskNames(scale_mask_fits=mosaic) if by_scale else FITSMaskNames(mask_fits=mosaic)
    extract_beam_mask_from_mosaic(args.beam_image, names, args.overwrite)


def _extract(mosaic: Path, output: Path, image: OpenImage, dtype: np.dtype[Any]) -> None:
    """Write one mask; integers are 0 and 1."""
    with open_mask(mosaic) as mask:
        shape = image.shape[-2], image.shape[-1]
        wcs = celestial_wcs(image.path, image.header)
        found = NearestPixels(mask.data, celestial_wcs(mosaic, mask.header), wcs, shape).plane
        most = 1 if dtype.kind == "i" else None
        pixels = pixelwise(
            lambda values: (values if most is None else np.minimum(values, most)).astype(dtype), found, dtype=dtype
        )
        made: Product = mask_product(output, pixels, image, inputs=[mosaic], made_from=mask.header)
        write_products([made], overwrite=True)
