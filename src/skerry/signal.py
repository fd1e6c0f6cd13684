"""The signal image: how many sigma every pixel stands above the background.

Clips in sigma then mean the same everywhere, whatever the local noise is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.fits import OpenImage, open_image, same_grid_size, write_products
from skerry.headers import Provenance, value_header
from skerry.kernels import _signal
from skerry.planes import Computed, Floats, Plane, collect
from skerry.products import Product, check_outputs, default_output

__all__ = ["open_signal", "require_signal", "signal_image", "signal_of", "signal_plane", "signal_step"]


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

    Raises
    ------
    SkerryError
        If the shapes differ.
    """
    return collect(signal_plane(image, rms, bkg))


def signal_plane(image: Floats, rms: Floats, bkg: Floats | None = None) -> Computed:
    """Compute what `signal_image` does, band by band."""
    sources = [image, rms, *([] if bkg is None else [bkg])]
    for plane in sources:
        if plane.shape != image.shape:
            raise SkerryError(f"noise and background have the shape of the image, {image.shape}, not {plane.shape}")

    def rows(start: int, stop: int) -> NDArray[np.float32]:
        pixels, noise = (np.ascontiguousarray(plane[start:stop], np.float32) for plane in (image, rms))
        level = None if bkg is None else np.ascontiguousarray(bkg[start:stop], np.float32)
        signal = np.empty(pixels.shape, np.float32)
        _signal.divide(pixels, level, noise, signal.size, signal)
        return signal

    return Computed(image.shape, np.float32, rows, sources)


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
    with open_signal(image, rms, bkg) as (subject, signal):
        header = value_header(subject.header, Provenance("signal", {}, inputs), unit="")
        write_products([Product(output, signal, header, subject.shape)], overwrite)
    return output


@contextmanager
def open_signal(image: Path, rms: Path | None, bkg: Path | None) -> Iterator[tuple[OpenImage, Plane]]:
    """Open a signal image, or make it of an image with its noise.

    Yields
    ------
    OpenImage
        The image.
    Plane
        Its signal, in sigma.

    Raises
    ------
    SkerryError
        If a file cannot be read, the grids differ, or there is no `rms` and the image is not in sigma.
    """
    with open_image(image) as subject:
        if rms is not None:
            with signal_of(subject, rms, bkg) as signal:
                yield subject, signal
            return
        if bkg is not None:
            raise SkerryError(f"{bkg}: a background goes with a noise map; give --rms too")
        require_signal(subject, "make the signal image with 'skerry signal' first, or give --rms")
        yield subject, subject.data


@contextmanager
def signal_of(image: OpenImage, rms: Path, bkg: Path | None) -> Iterator[Plane]:
    """Signal of an open image, with the files of its noise and, if there is one, its background."""
    with ExitStack() as stack:
        noise = stack.enter_context(open_image(rms))
        same_grid_size(image, noise)
        background = None if bkg is None else stack.enter_context(open_image(bkg))
        if background is not None:
            same_grid_size(image, background)
        yield signal_plane(image.data, noise.data, None if background is None else background.data)


def require_signal(image: OpenImage, what_to_do: str) -> None:
    """Refuse an image whose unit says that it is not in sigma.

    Raises
    ------
    SkerryError
        If BUNIT is a unit of brightness.
    """
    if image.unit:
        raise SkerryError(f"{image.path}: is in {image.unit}, not in sigma; {what_to_do}")
