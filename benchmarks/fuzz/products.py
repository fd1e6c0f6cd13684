"""Whether what a command made is right, told by astropy and NumPy alone."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

__all__ = ["wrong_product"]

_OF_MASKS = ("mask", "snr-mask", "flood", "erode", "scale-mask", "extract-beam", "edit", "regions", "split-scales")


def wrong_product(path: Path, image: Path | None) -> str | None:
    """What is wrong with a FITS file that was made.

    Parameters
    ----------
    path : Path
        The file.
    image : Path, optional
        Image of whose own pixels it is a mask, if it is a mask.

    Returns
    -------
    str, or None
        None if nothing is.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with fits.open(path, memmap=False, checksum=True) as hdus:
                for hdu in hdus:
                    hdu.verify("exception")
                header, pixels = hdus[0].header, hdus[0].data
    except Exception as error:
        return f"{path.name} cannot be read: {type(error).__name__} {error}"
    if pixels is None or path.stat().st_size % 2880:
        return f"{path.name} has no pixels, or no whole blocks"
    if header.get("SKCMD") not in _OF_MASKS or header.get("BUNIT") is not None:
        return None
    if not np.isfinite(pixels).all() or (pixels != np.floor(pixels)).any() or pixels.min() < 0:
        return f"{path.name} has values that are none of a mask"
    if pixels.max() >= (2 ** header["SKNSCALE"] if "SKNSCALE" in header else 2):
        return f"{path.name} has the value {pixels.max()}"
    return None if image is None else _wrong_pixels(path, pixels, image)


def _wrong_pixels(path: Path, pixels: Any, image: Path) -> str | None:
    """Whether a mask is of the size of its image, and masks none of its invalid pixels."""
    try:
        with warnings.catch_warnings(), fits.open(image, memmap=False) as hdus:
            warnings.simplefilter("ignore")
            hdu = next(hdu for hdu in hdus if hdu.is_image and hdu.header.get("NAXIS", 0) > 0)
            kind = str(hdu.header.get("CTYPE1", ""))
            values = np.asarray(hdu.data, np.float64)
    except Exception:
        # skerry has read it, after it mended or left out what astropy cannot.
        return None
    if not kind.startswith(("RA--", "GLON", "ELON")):
        return None
    if pixels.shape[-2:] != values.shape[-2:]:
        return f"{path.name} is of {pixels.shape}, its image of {values.shape}"
    with np.errstate(over="ignore"):
        # What float32 cannot hold is no number to skerry.
        values = values.astype(np.float32)
    planes = pixels.reshape(-1, *pixels.shape[-2:])
    invalid = ~np.isfinite(values).reshape(-1, *values.shape[-2:])
    if len(planes) == len(invalid) and (planes.astype(bool) & invalid).any():
        return f"{path.name} masks pixels that are invalid in its image"
    return None
