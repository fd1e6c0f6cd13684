"""Whether an imager cleaned as its mask said, seen by what it left: the image, the model and the log.

An imager ends with status 0 also where its clean ran away, stopped at once, or took the mask for another one.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skerry.errors import SkerryError, SkerryWarning
from skerry.io.stored_images import open_stored
from skerry.masking.model_contents import ModelContents, model_contents
from skerry.planes.bits import BitMask
from skerry.sky.grid_difference import grid_shift, has_celestial_grid
from skerry.steps.image_warnings import BOTH_SIGNS, stokes_of
from skerry.steps.imager_log import ImagerLog, read_log
from skerry.steps.source_signs import made_of_both_signs

if TYPE_CHECKING:
    from astropy.io import fits

    from skerry.io.stored_images import StoredImage

__all__ = ["CheckedClean", "check_clean", "model_beside"]

_MOST_EXCESS = 3.0
"""Sum of the model's absolute values over that of its values. Cleans of demo fields in masks, down to 1, 0.5 and 0.1
sigma, have 1.3 to 1.8; one that laid components of both signs side by side until its iterations were spent had 4.5."""
_MOST_OUTSIDE = 1e-4
"""Of the model's flux. A clean by points has none, one by scales 3e-5 beyond half of the largest (WSClean 3.1)."""
_IMAGE_WORD = re.compile(r"(?<=[-.])(image|restored)(?=[-.][^/]*$|$)")
_WHAT_TO_DO = {
    "diverged": "the clean ran away, and what it laid is in the model; clean less deep, or with a lower gain",
    "NaN": "the clean ran away; clean less deep, or with a lower gain",
    "limit reached": "its limit of iterations ended the clean, not the threshold; clean less deep, or raise it",
    "mask not taken": "the imager cleaned with another mask, or none; give it the mask in the form that it reads",
}


class CheckedClean(NamedTuple):
    """What is known of a clean with a mask."""

    image: Path
    mask: Path
    model: Path | None
    """None if there is none to be looked at."""
    size: tuple[int, int]
    """Width and height of the image, pixels."""
    contents: ModelContents | None
    """Of the model."""
    spill: int
    """Pixels that components may reach over the mask's edge."""
    found: dict[str, str]
    """What is wrong: a word or two, and a sentence that begins with the name of a file."""

    def as_json(self) -> dict[str, Any]:
        """All of it by name, for JSON."""
        model = self.contents
        return {
            "image": str(self.image),
            "mask": str(self.mask),
            "model": None if self.model is None else str(self.model),
            "width": self.size[0],
            "height": self.size[1],
            "model_sum": None if model is None else model.total,
            "model_absolute_sum": None if model is None else model.absolute,
            "model_pixels": None if model is None else model.pixels,
            "outside_fraction": None if model is None else model.outside_fraction,
            "spill": self.spill,
            "found": self.found,
        }


def check_clean(
    mask: Path,
    image: Path,
    *,
    model: Path | None = None,
    logs: Sequence[Path] = (),
    spill: int | None = None,
    strict: bool = False,
) -> CheckedClean:
    """Check that an imager cleaned as a mask said.

    Parameters
    ----------
    mask : Path
        The mask, or scale mask, that it was given.
    image : Path
        The restored image that it made.
    model : Path, optional
        Its clean model. Default: the file beside the image that is called so, see `model_beside`, if there is one.
    logs : sequence of Path
        What it said.
    spill : int, optional
        Pixels that components may reach over the mask's edge. Default: half of the largest scale that a log of WSClean
        names, for a mask holds the centres of components; otherwise 0.
    strict : bool
        Whether what is wrong is an error.

    Returns
    -------
    CheckedClean
        What is known; what is wrong is warned of.

    Raises
    ------
    SkerryError
        If mask or image cannot be read, or, if `strict`, anything is wrong: says all of it.
    """
    mask, image = Path(mask), Path(image)
    if spill is not None and spill < 0:
        raise SkerryError(f"`spill` {spill}: must be 0 or more pixels")
    said = {path: read_log(path) for path in map(Path, logs)}
    reach = math.ceil(max((log.largest_scale for log in said.values()), default=0) / 2) if spill is None else spill
    with open_stored(mask) as stored:
        cleanable, grid = _cleanable(mask, stored), (stored.meant, stored.shape)
        both_signs = made_of_both_signs(stored.meant)
    with open_stored(image) as stored:
        found, size = _image_problems(image, stored, mask, grid), (stored.shape[-1], stored.shape[-2])
        blank = cleanable.any() and not _has_valid_pixel(stored)
        both_signs = both_signs or stokes_of(stored.meant) in BOTH_SIGNS
    if blank:
        found["no image"] = f"{image}: has no valid pixel, though its mask is not empty; look at the imager's log"
    beside = model_beside(image) if model is None else model
    contents = None
    if beside is not None:
        contents, problems = _of_model(beside, mask, cleanable, reach, both_signs=both_signs)
        found = problems | found
    if cleanable.any():
        found = _log_problems(said) | found
    if found and strict:
        raise SkerryError("; ".join(found.values()))
    for text in found.values():
        warnings.warn(text, SkerryWarning, stacklevel=2)
    return CheckedClean(image, mask, beside, size, contents, reach, found)


def model_beside(image: Path) -> Path | None:
    """Clean model that an imager has put beside its restored image.

    Parameters
    ----------
    image : Path
        As X-image.fits or X-MFS-image.fits (WSClean), X.app.restored.fits (DDFacet), X.image.fits or X.image.tt0.fits,
        X.image (CASA).

    Returns
    -------
    Path or None
        The file with "model" in its name where that of the image has "image" or "restored"; None if there is none.

    Examples
    --------
    >>> model_beside(Path("absent-image.fits")) is None
    True
    """
    words = list(_IMAGE_WORD.finditer(image.name))
    if not words:
        return None
    name = f"{image.name[: words[-1].start()]}model{image.name[words[-1].end() :]}"
    return found if (found := image.with_name(name)).exists() else None


def _cleanable(mask: Path, stored: StoredImage) -> BitMask:
    """Pixels of a mask that are not zero, in any of its planes."""
    if len(stored.shape) < 2 or 0 in stored.shape:
        raise SkerryError(f"{mask}: has no width and height; give the mask that the image was made with")
    kept = BitMask((stored.shape[-2], stored.shape[-1]))
    for plane in stored.planes():
        for rows, values in plane:
            kept[rows] = kept[rows] | (values != 0)
    return kept


def _image_problems(
    image: Path, stored: StoredImage, mask: Path, grid: tuple[fits.Header, tuple[int, ...]]
) -> dict[str, str]:
    """Say how an image lies on another grid than its mask."""
    header, shape = grid
    if len(stored.shape) < 2 or 0 in stored.shape:
        raise SkerryError(f"{image}: has no width and height; give the image that was made with the mask")
    (ny, nx), (of_mask_y, of_mask_x) = stored.shape[-2:], shape[-2:]
    size_as = "give the imager the size, pixel and centre of the image that masks are made of"
    if (ny, nx) != (of_mask_y, of_mask_x):
        sizes = f"has {nx} x {ny} pixels, but {mask}, with which it was made, {of_mask_x} x {of_mask_y}"
        return {"other grid": f"{image}: {sizes}: the imager did not read it as it is; {size_as}"}
    if not (has_celestial_grid(stored.meant) and has_celestial_grid(header)):
        return {}
    shift = grid_shift(stored.meant, header, (ny, nx), (ny, nx), (str(image), str(mask)))
    if shift is None:
        return {}
    how = "in another part of the sky" if math.isinf(shift.largest) else f"up to {shift.largest:.3g} pixels away"
    return {"other grid": f"{image}: its pixels lie {how} from those of {mask}, with which it was made; {size_as}"}


def _has_valid_pixel(stored: StoredImage) -> bool:
    return any(np.isfinite(values).any() for plane in stored.planes() for _, values in plane)


def _of_model(
    model: Path, mask: Path, cleanable: BitMask, spill: int, *, both_signs: bool
) -> tuple[ModelContents | None, dict[str, str]]:
    """What is in a model, and what is wrong with it; a model that cannot be read is no reason to stop."""
    try:
        with open_stored(model) as stored:
            if stored.shape[-2:] != cleanable.shape:
                sizes = [" x ".join(map(str, shape[:-3:-1])) for shape in (stored.shape, cleanable.shape)]
                text = f"{model}: has {sizes[0]} pixels, but {mask} {sizes[1]}: they cannot be compared"
                return None, {"other grid": text}
            contents = model_contents(stored.planes(), cleanable, spill)
    except SkerryError as error:
        return None, {"no model": str(error)}
    return contents, dict(_model_problems(model, mask, cleanable, spill, contents, both_signs=both_signs))


def _model_problems(
    model: Path, mask: Path, cleanable: BitMask, spill: int, contents: ModelContents, *, both_signs: bool
) -> Iterator[tuple[str, str]]:
    if contents.invalid:
        yield "NaN", f"{model}: has {contents.invalid} pixels that are NaN or infinite; {_WHAT_TO_DO['NaN']}"
    elif not contents.absolute and cleanable.any():
        why = "was the mask read, and is the threshold above all peaks in it?"
        yield "empty model", f"{model}: is empty, though {mask} is not: nothing was cleaned; {why}"
    if contents.outside_fraction > _MOST_OUTSIDE:
        share = f"{100 * contents.outside_fraction:.2g} % of its flux lies outside of {mask}"
        beyond = f", more than {spill} pixels away" if spill else ""
        hint = "" if spill else "; components of a multi-scale clean may, by as much as `spill`"
        yield "outside the mask", f"{model}: {share}{beyond}: was another mask read, or an old model kept?{hint}"
    if contents.excess > _MOST_EXCESS and not both_signs:
        sums = f"the sum of its absolute values is {contents.absolute:.3g}, that of its values {contents.total:.3g}"
        yield "both signs", f"{model}: {sums}: components of both signs lie side by side; clean less deep"


def _log_problems(said: dict[Path, ImagerLog]) -> dict[str, str]:
    """What logs say, by what it is."""
    absent = [str(path) for path in said if not path.is_file()]
    found = {"no log": f"{', '.join(absent)}: there is no such file; check the name"} if absent else {}
    for path, log in said.items():
        for what, line in log.lines.items():
            count = "" if log.counts[what] == 1 else f" (the last of {log.counts[what]} such lines)"
            found[what] = f'{path}: "{line[:200]}"{count}: {_WHAT_TO_DO[what]}'
    return found
