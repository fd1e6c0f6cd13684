"""What each step of a mask did, for a picture: the mask is made once more, by the options that its HISTORY names."""

from __future__ import annotations

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skerry.config.default_presets import DEFAULT_PRESET
from skerry.config.options import MaskingOptions
from skerry.config.presets import with_preset
from skerry.errors import SkerryError, SkerryWarning, heard
from skerry.filters.islands import count_islands
from skerry.io.fits import OpenImage
from skerry.io.history import steps_of
from skerry.io.image_headers import read_header
from skerry.io.whole_files import unnamed
from skerry.masking.mask_stages import MaskStages
from skerry.pictures.layers import Layer
from skerry.planes.bits import BitMask
from skerry.planes.computed import pixelwise
from skerry.planes.masks import any_set, set_pixels
from skerry.planes.progress import expect
from skerry.sky.restoring_beam import RestoringBeam
from skerry.steps.mask import make_mask
from skerry.steps.plot_layers import DrawnMask, in_words, pixels_of_bits, with_number
from skerry.steps.remake import recorded_options

if TYPE_CHECKING:
    from skerry.io.history import StepRecord

__all__ = ["drawn_steps", "stages_of"]

_PASSES_OF_MASK = 15
"""Over the image, as `skerry mask` usually makes."""
_MASK, _SEEDS, _SUPPRESSED, _RIMS, _ERODED, _FLOOR = (1 << n for n in range(6))
_COLOURS = {
    _MASK: "#d54e00",
    _SEEDS: "#0072b2",
    _SUPPRESSED: "#a0257f",
    _RIMS: "#e69f00",
    _ERODED: "#2fa6a0",
    _FLOOR: "#8f9fd0",
}


def stages_of(
    image: Path,
    mask: Path | None,
    directory: Path,
    *,
    preset: str | None = None,
    beam: RestoringBeam | Path | None = None,
) -> MaskStages:
    """Make a mask once more, and keep what each step did.

    Parameters
    ----------
    image : Path
        The image.
    mask : Path, optional
        The mask: `skerry mask` made it, and the options are those of its HISTORY.
    directory : Path
        Where there is room for what is made on the way.
    preset : str, optional
        Without a mask, the preset to take, by default `skerry.config.default_presets.DEFAULT_PRESET`.
    beam : RestoringBeam or Path, optional
        The restoring beam, in place of the one that HISTORY names or the header has.

    Returns
    -------
    MaskStages
        All of them.

    Raises
    ------
    SkerryError
        If `skerry mask` did not make the mask, or not by options of this version, or of files that are not there.
    """
    given: dict[str, Any] = {"beam": beam}
    if mask is None:
        options = with_preset(preset or DEFAULT_PRESET, MaskingOptions())
    else:
        if preset is not None:
            raise SkerryError(f"{mask}: says by which options it was made; leave the mask or `preset` out")
        step, options = _maker_of(mask)
        given = _inputs_of(step, mask) | {name: value for name, value in given.items() if value is not None}
    stages = MaskStages()
    expect(passes=_PASSES_OF_MASK)
    with TemporaryDirectory(dir=directory, prefix=".skerry-steps-") as scratch, unnamed(), heard():
        made = Path(scratch) / "steps.mask.fits"
        make_mask(image, options, output=made, stages=stages, **given)
    return stages


def drawn_steps(stages: MaskStages, mask: OpenImage | None) -> DrawnMask:
    """Stages as they are drawn.

    Parameters
    ----------
    stages : MaskStages
        As of `stages_of`.
    mask : OpenImage, optional
        The mask that they are of. If it has other pixels its user is warned.

    Returns
    -------
    DrawnMask
        What was taken away is filled, in a colour for each step that took it.
    """
    assert stages.mask is not None
    name = "skerry mask" if mask is None else mask.path.name
    if mask is not None and any_set(pixelwise(np.not_equal, set_pixels(mask.data), stages.mask, dtype=bool)):
        told = f"{mask.path}: is not what its options make of the image; the steps drawn are those of a mask made anew"
        warnings.warn(told, SkerryWarning, stacklevel=4)
    bits = _bits_of(stages)
    pixels = dict(zip((1 << n for n in range(6)), pixels_of_bits(bits, 6), strict=True))
    islands = count_islands(stages.mask).islands
    called = {
        _FLOOR: "above the flood clip, without a seed",
        _SUPPRESSED: "taken as artefacts",
        _RIMS: "taken as rims",
        _ERODED: "eroded",
        _SEEDS: "seeds",
    }
    layers = [
        Layer(
            f"{what}: {with_number(pixels[bit], 'pixel')}", _COLOURS[bit], bit, filled=True, outlined=bit == _SUPPRESSED
        )
        for bit, what in called.items()
    ]
    layers.append(Layer(f"mask: {in_words(islands, pixels[_MASK])}", _COLOURS[_MASK], _MASK))
    return DrawnMask(bits, layers, f"What the steps of {name} did.", numbered=True, of_details=_MASK)


def _maker_of(mask: Path) -> tuple[StepRecord, MaskingOptions]:
    """The step that made a mask, and its options."""
    steps = steps_of(read_header(mask))
    if not steps or steps[-1].command != "mask":
        raise SkerryError(f"{mask}: was not made by `skerry mask`, so its steps are not known; leave `steps` out")
    options = recorded_options(steps[-1])
    if options is None:
        problem = f"its options of skerry {steps[-1].version} are none of today's"
        raise SkerryError(f"{mask}: {problem}; make it again, or leave `steps` out")
    return steps[-1], options


def _inputs_of(step: StepRecord, mask: Path) -> dict[str, Any]:
    """What else a mask was made of, beside it."""
    given: dict[str, Any] = {}
    for file in step.inputs:
        if file.role in ("rms", "bkg", "earlier", "beam"):
            beside = mask.parent / file.name
            if not beside.is_file():
                raise SkerryError(f"{beside}: is not there, and {mask.name} was made of it; put it beside the mask")
            given[file.role] = beside
    numbers = step.options.get("beam", "").split()
    if "beam" not in given and len(numbers) == 3:
        given["beam"] = RestoringBeam(*map(float, numbers))
    return given


def _bits_of(stages: MaskStages) -> Any:
    """Bits of what each step did, as a plane; what a step took that a later one gave back counts as kept."""
    assert stages.mask is not None
    nothing = BitMask(stages.mask.shape)
    kept = [
        nothing if stage is None else stage
        for stage in (stages.seeds, stages.floor, stages.flooded, stages.islands, stages.rimless)
    ]
    return pixelwise(_what_was_done, stages.mask, *kept, dtype=np.uint8)


def _what_was_done(
    mask: NDArray[np.bool_],
    seeds: NDArray[np.bool_],
    floor: NDArray[np.bool_],
    flooded: NDArray[np.bool_],
    islands: NDArray[np.bool_],
    rimless: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    done = mask.astype(np.uint8) * np.uint8(_MASK)
    for bit, pixels in (
        (_SEEDS, seeds & flooded),
        (_SUPPRESSED, flooded & ~islands & ~mask),
        (_RIMS, islands & ~rimless & ~mask),
        (_ERODED, rimless & ~mask),
        (_FLOOR, floor & ~flooded & ~mask),
    ):
        done |= pixels.astype(np.uint8) * np.uint8(bit)
    return done
