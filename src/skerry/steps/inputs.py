"""What several steps open: the signal of an image, and the area of its beam."""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from skerry.config.clips import floor_above_seed
from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError, SkerryNote, SkerryWarning, heard
from skerry.io.cube_files import plane_in_work
from skerry.io.fits import OpenImage
from skerry.masking.box_sizes import noise_box
from skerry.masking.signal import signal_image
from skerry.planes.computed import pixelwise
from skerry.planes.plane import Plane
from skerry.sky.beam import PixelBeam, pixel_beam, pixels_per_beam
from skerry.sky.restoring_beam import RestoringBeam, UnknownBeamError
from skerry.steps.companions import check_noise, in_unit, require_image, require_signal
from skerry.steps.step_files import StepFiles

__all__ = [
    "beam_area",
    "beam_of_flood",
    "measured_noise",
    "open_signal",
    "open_signal_image",
    "refuse_floor_above_seed",
    "signal_of",
]


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
    require_image(image, "it is divided by its noise already; give it without `rms`, or the image itself")
    noise = files.open_companion(rms, image, what="noise map")
    background = None if bkg is None else files.open_companion(bkg, image, what="background")
    for companion in (noise, background):
        if companion is not None:
            require_image(companion, f"give the noise map and the background of {image.path}")
    maps = (
        in_unit(noise, image.unit, image.path),
        None if background is None else in_unit(background, image.unit, image.path),
    )
    check_noise(image, noise, background, maps)
    return signal_image(image.data, *maps)


def open_signal_image(files: StepFiles, path: Path, like: OpenImage) -> Plane:
    """Open the signal image that goes with an image or a mask."""
    signal = files.open_image(path, like=like, what="signal image")
    require_signal(signal, "give a signal image, made with 'skerry signal'")
    return signal.data


def refuse_floor_above_seed(options: MaskingOptions) -> None:
    """Refuse options by which islands would grow from their seeds upwards; of the chain they say so themselves."""
    problem = floor_above_seed(options)
    if problem is not None:
        raise SkerryError(problem)


def measured_noise(
    image: OpenImage, options: MaskingOptions, grid: Path | None = None, area: float | None = None
) -> tuple[Plane, Plane]:
    """Local rms and background of an open image.

    Parameters
    ----------
    image : OpenImage
        The image.
    options : MaskingOptions
        Of which those called noise and `both_signs` are used. A box in beams needs a beam; of an image without one it
        is that of `noise_box_size`, with a `SkerryNote`.
    grid : Path, optional
        File that keeps what is measured, see `skerry.steps.noise_grid`; not used for a plane of a cube.
    area : float, optional
        Of the beam in pixels, where it was worked out already.

    Returns
    -------
    rms : Plane of float32, shape (ny, nx)
        In the unit of the image. All NaN if it has no valid pixels, or the same value in all of them, as an imager
        writes it where all visibilities are flagged; the latter with a `SkerryWarning`.
    bkg : Plane of float32, shape (ny, nx)
        Likewise.
    """
    if image.level:
        warnings.warn(f"{image.path}: has no valid pixels: all have the same value", SkerryWarning, stacklevel=2)
    if image.empty or image.level:
        nothing = pixelwise(partial(np.full_like, fill_value=np.nan), image.data, dtype=np.float32)
        return nothing, nothing
    # Imported here: most steps measure no noise.
    from skerry.masking.noise import noise_maps

    box, both_signs = noise_box(options, area or _area_for_noise(image, options)), bool(options.both_signs)
    how: dict[str, Any] = {"box_size": box, "filter_size": options.noise_filter_size, "both_signs": both_signs}
    if grid is None or plane_in_work() is not None:
        return noise_maps(image.data, **how)
    from skerry.steps.noise_grid import maps_by_grid

    return maps_by_grid(image, grid, how)


def _area_for_noise(image: OpenImage, options: MaskingOptions) -> float | None:
    """Area of the beam in pixels, if the boxes of the noise are in beams and there is one."""
    if options.noise_box_beams is None:
        return None
    try:
        return pixels_per_beam(image.header, name=str(image.path))
    except UnknownBeamError as error:
        told = f"{error.problem}; the noise is measured in boxes of {options.noise_box_size} pixels (`noise_box_size`)"
        warnings.warn(told, SkerryNote, stacklevel=4)
        return None


def beam_area(image: OpenImage, options: MaskingOptions) -> float | None:
    """Area of the beam of an image in pixels, if the options of a flood need it."""
    beam = beam_of_flood(image, options)
    return None if beam is None else beam.area


def beam_of_flood(image: OpenImage, options: MaskingOptions, beam: RestoringBeam | None = None) -> PixelBeam | None:
    """Beam of an image on its pixels, if the options of a flood need it; without `beam`, for its area."""
    if not options.needs_beam_area:
        return None
    # That the position angle is not known matters to no area.
    with heard():
        return pixel_beam(image.header, beam, str(image.path))
