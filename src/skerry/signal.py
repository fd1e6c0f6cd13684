"""The signal image: how many sigma every pixel stands above the background.

Clips in sigma then mean the same everywhere, whatever the local noise is.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.fits import Image, read_image, same_grid_size, write_products
from skerry.headers import Provenance, value_header
from skerry.kernels.bands import row_bands
from skerry.products import Product, check_outputs, default_output

__all__ = ["read_signal", "require_signal", "signal_image", "signal_of", "signal_step"]


def signal_image(
    image: NDArray[np.float32], rms: NDArray[np.float32], bkg: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Compute (image - bkg) / rms.

    Parameters
    ----------
    image, rms, bkg : ndarray of float32, shape (ny, nx)
        In the same unit. No background means 0.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        In sigma; NaN where a pixel of any of the three is invalid (NaN or infinite), or the rms not positive.
    """
    signal = np.empty(image.shape, dtype=np.float32)
    for rows in row_bands(image.shape):
        noise = rms[rows]
        usable = np.isfinite(noise) & (noise > 0)
        with np.errstate(all="ignore"):
            difference = image[rows] if bkg is None else image[rows] - bkg[rows]
            band = np.divide(difference, noise, out=np.full(noise.shape, np.nan, np.float32), where=usable)
        signal[rows] = np.where(np.isfinite(band), band, np.float32(np.nan))
    return signal


def signal_step(
    image: Path, *, rms: Path, bkg: Path | None = None, output: Path | None = None, overwrite: bool = False
) -> Path:
    """Write the signal image of an image with its noise, and background if there is one.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, or the grids differ.
    """
    output = default_output(image, "signal") if output is None else output
    inputs = [image, rms, *([] if bkg is None else [bkg])]
    check_outputs([output], inputs, overwrite)
    subject, signal = read_signal(image, rms, bkg)
    header = value_header(subject.header, Provenance("signal", {}, inputs), unit="")
    write_products([Product(output, signal, header, subject.shape)], overwrite)
    return output


def read_signal(image: Path, rms: Path | None, bkg: Path | None) -> tuple[Image, NDArray[np.float32]]:
    """Read a signal image, or make it of an image with its noise.

    Returns
    -------
    Image
        As read.
    ndarray of float32
        Its signal, in sigma.

    Raises
    ------
    SkerryError
        If a file cannot be read, the grids differ, or there is no `rms` and the image is not in sigma.
    """
    subject = read_image(image)
    if rms is None:
        if bkg is not None:
            raise SkerryError(f"{bkg}: a background goes with a noise map; give --rms too")
        require_signal(subject, "make the signal image with 'skerry signal' first, or give --rms")
        return subject, subject.data
    return subject, signal_of(subject, rms, bkg)


def signal_of(image: Image, rms: Path, bkg: Path | None) -> NDArray[np.float32]:
    """Signal of an image that was read, with the files of its noise and, if there is one, its background."""
    noise = read_image(rms)
    same_grid_size(image, noise)
    if bkg is None:
        return signal_image(image.data, noise.data)
    background = read_image(bkg)
    same_grid_size(image, background)
    return signal_image(image.data, noise.data, background.data)


def require_signal(image: Image, what_to_do: str) -> None:
    """Refuse an image whose unit says that it is not in sigma.

    Raises
    ------
    SkerryError
        If BUNIT is a unit of brightness.
    """
    if image.unit:
        raise SkerryError(f"{image.path}: is in {image.unit}, not in sigma; {what_to_do}")
