"""Names of the files that a mask is made of, and whether they may be written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from skerry.compat.eye_patch.log import LOGGER

__all__ = ["FITSMaskNames", "check_output_fits", "create_fits_mask_names", "mask_fits_from_scale_mask"]

MASK_SUFFIX, SCALE_MASK_SUFFIX, SIGNAL_SUFFIX = ".mask.fits", ".scalemask.fits", ".signal.fits"


class FITSMaskNames(NamedTuple):
    """Files of a mask; None for those that there are not."""

    mask_fits: Path | None = None
    """The mask."""
    signal_fits: Path | None = None
    """The signal image."""
    scale_mask_fits: Path | None = None
    """The scale mask, a bit for each scale."""


def create_fits_mask_names(fits_image: str | Path, include_signal_path: bool = False) -> FITSMaskNames:
    """Names for the files of an image X.fits: X.mask.fits, X.scalemask.fits and, if asked for, X.signal.fits."""
    image = Path(fits_image)
    signal = image.with_suffix(SIGNAL_SUFFIX) if include_signal_path else None
    return FITSMaskNames(image.with_suffix(MASK_SUFFIX), signal, image.with_suffix(SCALE_MASK_SUFFIX))


def mask_fits_from_scale_mask(scale_mask_fits: str | Path) -> Path:
    """Name for the mask of a scale mask: X.mask.fits for X.scalemask.fits, and for any other X.fits."""
    path = Path(scale_mask_fits)
    if path.name.endswith(SCALE_MASK_SUFFIX):
        return path.with_name(path.name.removesuffix(SCALE_MASK_SUFFIX) + MASK_SUFFIX)
    return path.with_suffix(MASK_SUFFIX)


def check_output_fits(output_fits: str | Path, overwrite: bool, input_fits: Iterable[str | Path | None] = ()) -> None:
    """Check that a file may be written, before any work is done for it.

    Parameters
    ----------
    output_fits : path
        The file.
    overwrite : bool
        Whether it may be replaced, which is logged as a warning.
    input_fits : iterable of path or None
        What is read: if the file is one of them, the messages say so.

    Raises
    ------
    FileExistsError
        If it exists and may not be replaced.
    """
    output = Path(output_fits)
    if not output.exists():
        return
    is_input = any(Path(path).exists() and output.samefile(path) for path in input_fits if path is not None)
    if not overwrite:
        exists = "is also an input, which would be replaced" if is_input else "already exists"
        todo = "give another name, or set" if is_input else "set"
        raise FileExistsError(f"{output} {exists}; {todo} overwrite (--overwrite) to replace it")
    if is_input:
        LOGGER.warning("Replacing the input %s", output)
    else:
        LOGGER.warning("Overwriting the existing %s", output)
