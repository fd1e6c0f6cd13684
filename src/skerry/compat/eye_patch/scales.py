"""Scale masks made masks of all their scales: the subcommand `scales flatten`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skerry.compat.eye_patch.naming import check_output_fits, mask_fits_from_scale_mask
from skerry.compat.eye_patch.products import write_mask
from skerry.io.fits import read_mask

__all__ = ["cli", "flatten_scale_mask", "flatten_scale_mask_fits", "get_parser"]


def flatten_scale_mask(scale_mask: NDArray[np.floating[Any]] | NDArray[np.integer[Any]]) -> NDArray[np.float32]:
    """Pixels that are set at any scale, as 1 and 0.

    Parameters
    ----------
    scale_mask : ndarray
        Of any shape; invalid pixels (NaN or infinite) are not set.

    Returns
    -------
    ndarray of float32
        Of the same shape.
    """
    return np.asarray((scale_mask != 0) & np.isfinite(scale_mask), np.float32)


def flatten_scale_mask_fits(
    scale_mask_fits: str | Path, output_fits: str | Path | None = None, overwrite: bool = False
) -> Path:
    """Write the mask of all scales of a scale mask.

    Parameters
    ----------
    scale_mask_fits : path
        The scale mask.
    output_fits : path, optional
        Default: X.mask.fits for X.scalemask.fits.
    overwrite : bool
        Whether that may be replaced, even if it is the scale mask.

    Returns
    -------
    Path
        The mask, float32.

    Raises
    ------
    FileExistsError
        If it may not be replaced.
    SkerryError
        If a file cannot be read or written, or is no scale mask.
    """
    source = Path(scale_mask_fits)
    output = mask_fits_from_scale_mask(source) if output_fits is None else Path(output_fits)
    check_output_fits(output, overwrite, [source])
    mask = read_mask(source)
    write_mask(output, flatten_scale_mask(mask.data), mask)
    return output


def get_parser(parser: ArgumentParser | None = None) -> ArgumentParser:
    """Add the arguments of the subcommand to a parser, or to a new one."""
    parser = parser or ArgumentParser(description=__doc__)
    flatten = parser.add_subparsers(dest="operation", required=True).add_parser("flatten", help="Any scale, as 1.")
    flatten.add_argument("scale_mask", type=Path, help="FITS scale mask.")
    flatten.add_argument("--output-fits", type=Path, help="The mask; default X.mask.fits for X.scalemask.fits.")
    flatten.add_argument("--overwrite", action="store_true", help="Replace a result that exists.")
    return parser


def cli(args: Namespace | None = None) -> None:
    """Run the subcommand, with the arguments of the command line if none are given."""
    args = get_parser().parse_args() if args is None else args
    if args.operation != "flatten":
        raise ValueError(f"the operation {args.operation!r} is not known: give 'flatten'")
    flatten_scale_mask_fits(args.scale_mask, args.output_fits, args.overwrite)
