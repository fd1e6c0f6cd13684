"""What several steps open: the signal of an image, and the area of its beam."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.io.fits import OpenImage, open_image, same_grid_size
from skerry.masking.signal import signal_image
from skerry.planes.plane import Plane
from skerry.sky.beam import pixels_per_beam

__all__ = ["beam_area", "open_signal", "require_signal", "signal_of"]


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
        yield signal_image(image.data, noise.data, None if background is None else background.data)


def require_signal(image: OpenImage, what_to_do: str) -> None:
    """Refuse an image whose unit says that it is not in sigma.

    Raises
    ------
    SkerryError
        If BUNIT is a unit of brightness.
    """
    if image.unit:
        raise SkerryError(f"{image.path}: is in {image.unit}, not in sigma; {what_to_do}")


def beam_area(image: OpenImage, options: MaskingOptions) -> float | None:
    """Area of the beam of an image in pixels, if the options need it."""
    return pixels_per_beam(image.header, name=str(image.path)) if options.needs_beam_area else None
