"""The preset of an image, by what its pixels show: what `preset: auto` stands for."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from skerry.config.default_presets import DEFAULT_PRESET
from skerry.errors import SkerryNote
from skerry.io.cube_files import SeveralPlanesError
from skerry.sky.beam import RestoringBeam, pixels_per_beam
from skerry.steps.step_files import StepFiles

if TYPE_CHECKING:
    from skerry.masking.image_character import ImageCharacter
    from skerry.steps.chosen_planes import PlaneChoice

__all__ = ["chosen_preset"]


def chosen_preset(image: Path, beam: RestoringBeam | Path | None = None, planes: PlaneChoice | None = None) -> str:
    """Name of the preset that is for an image; a note says what was found.

    Parameters
    ----------
    image : Path
        The image.
    beam : RestoringBeam or Path, optional
        The restoring beam, in place of the one in the header, or a FITS image that has it.
    planes : PlaneChoice, optional
        Of a cube, which planes: the first of them that has valid pixels is looked at.

    Returns
    -------
    str
        Of a preset that comes with skerry; of an image without valid pixels, the default.

    Raises
    ------
    SkerryError
        If the image cannot be read, or has no beam.
    """
    from skerry.masking.image_character import choose_preset

    with warnings.catch_warnings():
        # The step that makes the mask tells of the image.
        warnings.simplefilter("ignore")
        try:
            found = _character(image, beam)
        except SeveralPlanesError:
            # Imported here: most images have a single plane.
            from skerry.steps.cube_steps import of_first_plane

            found = of_first_plane(image, planes, lambda: _character(image, beam))
    if found is None:
        return DEFAULT_PRESET
    name = choose_preset(found)
    told = (
        f"{image.name}: {100 * found.diffuse_share:.2g} % diffuse emission at 8 beams (skew {found.skew:.2g}), "
        f"artefacts to -{found.depth:.3g} sigma beside a peak of {found.peak:.4g}, "
        f"beam {found.fwhm:.3g} pixels: preset {name}"
    )
    warnings.warn(told, SkerryNote, stacklevel=2)
    return name


def _character(image: Path, beam: RestoringBeam | Path | None) -> ImageCharacter | None:
    """What the pixels of an image show; None if none is valid."""
    from skerry.masking.image_character import image_character

    with StepFiles("mask", [image], [], overwrite=False, beam=beam) as files:
        subject = files.open_image(image)
        if subject.empty or subject.level:
            return None
        return image_character(subject.data, pixels_per_beam(subject.header, name=str(image)))
