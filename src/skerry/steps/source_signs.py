"""Of which signs the sources of an image are, by its options, or by what its header says of it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from skerry.errors import SkerryNote
from skerry.io.headers import is_mask_header
from skerry.io.history import steps_of
from skerry.steps.image_warnings import BOTH_SIGNS, stokes_of

if TYPE_CHECKING:
    from pathlib import Path

    from astropy.io import fits

    from skerry.config.options import MaskingOptions
    from skerry.steps.step_files import StepFiles

__all__ = ["has_both_signs", "made_of_both_signs", "warn_of_positive_alone", "with_signs"]

_WHAT_IS_DONE = {
    "noise": "are left out of the noise",
    "extract-beam": "count as seen by the beam",
    "erode": "are eroded alike",
}
"""With sources of both signs, by step; others mask them."""


def has_both_signs(header: fits.Header, options: MaskingOptions) -> bool:
    """Whether sources of both signs are to be masked.

    Parameters
    ----------
    header : Header
        Of an image, whose Stokes axis tells where the options do not, or of a mask, whose HISTORY tells too.
    options : MaskingOptions
        Whose `both_signs` goes before.

    Returns
    -------
    bool
        False where the options can find positive sources alone.
    """
    if options.both_signs is not None:
        return options.both_signs
    told = stokes_of(header) in BOTH_SIGNS or made_of_both_signs(header)
    return told and options.finds_positive_alone is None


def with_signs(files: StepFiles, path: Path, header: fits.Header, options: MaskingOptions) -> MaskingOptions:
    """Options of a step that say whether sources of both signs are masked, where they leave that to the image.

    Parameters
    ----------
    files : StepFiles
        Of the step.
    path : Path
        The image or mask, for messages.
    header : Header
        Its header, as of `has_both_signs`.
    options : MaskingOptions
        Whose `both_signs` may be None. What they ask for and cannot be done with both signs is told in a `SkerryNote`;
        that they find positive sources alone, where the image has both, in a warning.

    Returns
    -------
    MaskingOptions
        With `both_signs` true if sources of both signs are masked, and as it was otherwise.
    """
    if not has_both_signs(header, options):
        if options.both_signs is None and options.finds_positive_alone is not None:
            warn_of_positive_alone(files, path, header, options.finds_positive_alone)
        return options
    told, off = options.both_signs is None, _switched_off(options, files.step)
    if off or told:
        stokes = stokes_of(header)
        why = f"is Stokes {stokes}: sources" if told and stokes in BOTH_SIGNS else "sources"
        text = f"{path.name}: {why} of both signs {_WHAT_IS_DONE.get(files.step, 'are masked, by |signal|')}"
        if off:
            text += f", and what is negative may be emission: no {', no '.join(off)}"
        warnings.warn(text, SkerryNote, stacklevel=3)
    return options.model_copy(update={"both_signs": True})


def warn_of_positive_alone(files: StepFiles, path: Path, header: fits.Header, why: str) -> None:
    """Warn of an image whose sources are of both signs, of which a step masks the positive ones alone."""
    stokes = stokes_of(header)
    if stokes in BOTH_SIGNS:
        signs = "for both signs take `flood_fill_statistic` snr or both"
        files.warn(f"{path.name}: is Stokes {stokes}, but {why}; {signs}")


def made_of_both_signs(header: fits.Header) -> bool:
    """Whether a mask was made with sources of both signs, by its HISTORY."""
    if not is_mask_header(header):
        return False
    said = [step.options["both_signs"] for step in steps_of(header) if "both_signs" in step.options]
    return bool(said) and said[-1] == "True"


def _switched_off(options: MaskingOptions, step: str) -> list[str]:
    """What the options ask of a step and negative sources make meaningless, in words."""
    floods = step == "flood" or (step == "mask" and options.flood_fill)
    erodes = step == "erode" or (step == "mask" and options.beam_shape_erode)
    asked = {
        "minimum absolute clip": (floods or step == "snr-mask") and options.statistic == "both",
        "diffuse emission scale by scale": floods and options.flood_fill_diffuse_beams is not None,
        "suppression of artefacts": floods and options.suppress_artefacts,
        "count of negative islands": floods and options.flood_fill_count_negative,
        "rims are taken off": erodes and options.beam_shape_erode_rims,
    }
    return [what for what, is_asked in asked.items() if is_asked]
