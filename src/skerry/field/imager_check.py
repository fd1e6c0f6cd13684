"""What the command of a field's imager says of how it will read the masks, before anything runs."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from skerry.config.imager_options import option_warnings
from skerry.config.imagers import ImagerUse, use_of_command
from skerry.errors import SkerryError, SkerryNote, SkerryWarning
from skerry.field.image_headers import image_size
from skerry.sky.made_size import made_size

if TYPE_CHECKING:
    from skerry.field.keys import FieldConfig

__all__ = ["check_imager", "imager_command", "use_of_round"]


def imager_command(field: FieldConfig, k: int) -> str | None:
    """Command that images round `k`, with places for file names, if an imager that is known is certain to be in it."""
    if field.imager is None:
        return None
    words = {"mask_argument": field.imager.mask_argument, "extra": field.imager.extra_rounds.get(k, field.imager.extra)}
    command = field.imager.command
    for name, text in words.items():
        command = command.replace(f"{{{name}}}", text)
    return command if use_of_command(command).imager is not None else None


def use_of_round(field: FieldConfig, k: int) -> ImagerUse:
    """How the imager is called in round `k`, as far as it is known."""
    command = imager_command(field, k)
    return ImagerUse() if command is None else use_of_command(command)


def check_imager(field: FieldConfig, *, warn: bool = True) -> None:
    """Check that the images that a field's masks are made of have the size of those that are made with the masks.

    Parameters
    ----------
    field : FieldConfig
        The field.
    warn : bool
        Whether it is told of options that do not keep to a mask, and of the size that DDFacet will make.

    Raises
    ------
    SkerryError
        If a given image has another: the imager would reject its mask, or read it askew.
    """
    told: dict[str, type[SkerryWarning]] = {}
    for k in field.plan.masked_rounds:
        if k not in field.plan.imaged_rounds:
            continue
        use = use_of_round(field, k)
        told |= dict.fromkeys(option_warnings(use), SkerryWarning)
        if use.size is None:
            continue
        made = made_size(use.imager, use.size)
        if made != use.size and use.imager == "ddfacet":
            told[f"DDFacet makes images of {_words(made)} pixels of {use.asked_size}"] = SkerryNote
        if k - 1 not in field.plan.imaged_rounds:
            for beam in field.beams:
                _check_size(field, k, field.files.image_path(k - 1, beam), made)
    if warn:
        for text, category in told.items():
            warnings.warn(f"{field.field}: imager.command: {text}", category, stacklevel=2)


def _check_size(field: FieldConfig, k: int, image: str, made: tuple[int, int]) -> None:
    """Check that a given image has the size of the one that is made with its mask, if it is there."""
    if not Path(image).is_file():
        return
    size = image_size(image)
    if size != made:
        raise SkerryError(
            f"{image}: has {_words(size)} pixels, but the imager of {field.field} makes {_words(made)} in round {k}, "
            "and a mask has to fit both; give images of that size, or another size to the imager"
        )


def _words(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
