"""What several steps open: the signal of an image, and the area of its beam."""

from __future__ import annotations

from pathlib import Path

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.io.fits import OpenImage, check_same_size
from skerry.masking.signal import signal_image
from skerry.planes.plane import Plane
from skerry.sky.beam import pixels_per_beam
from skerry.steps.step_files import StepFiles

__all__ = ["beam_area", "open_signal", "open_signal_image", "require_signal", "signal_of"]


def open_signal(files: StepFiles, image: Path, rms: Path | None, bkg: Path | None) -> tuple[OpenImage, Plane]:
    """Open a signal image, or make it of an image with its noise.

    Parameters
    ----------
    files : StepFiles
        Of the step.
    image : Path
        Signal image, or an image if `rms` is given.
    rms, bkg : Path, optional
        Noise and background of the image.

    Returns
    -------
    OpenImage
        The image.
    Plane
        Its signal, in sigma.

    Raises
    ------
    SkerryError
        If a file cannot be read, the grids differ, or there is no `rms` and the image is not in sigma.
    """
    subject = files.open_image(image)
    if rms is not None:
        return subject, signal_of(files, subject, rms, bkg)
    if bkg is not None:
        raise SkerryError(f"{bkg}: a background goes with a noise map; give `rms` too")
    require_signal(subject, "make the signal image with 'skerry signal' first, or give `rms`")
    return subject, subject.data


def signal_of(files: StepFiles, image: OpenImage, rms: Path, bkg: Path | None) -> Plane:
    """Signal of an open image, with the files of its noise and, if there is one, its background."""
    noise = files.open_companion(rms, like=image)
    background = None if bkg is None else files.open_companion(bkg, like=image)
    return signal_image(image.data, noise.data, None if background is None else background.data)


def open_signal_image(files: StepFiles, path: Path, like: OpenImage) -> Plane:
    """Open the signal image that goes with an image or a mask."""
    signal = files.open_image(path)
    require_signal(signal, "give a signal image, made with 'skerry signal'")
    check_same_size(like, signal)
    return signal.data


def require_signal(image: OpenImage, what_to_do: str) -> None:
    """Refuse an image whose unit says that it is not in sigma.

    Parameters
    ----------
    image : OpenImage
        The image.
    what_to_do : str
        The end of the error.

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
