"""Presets: masking options that were chosen together, for a kind of field or for a stage of self-calibration.

They are YAML files, `config/presets/*.yaml`, so that what they were chosen for and how they scored is read beside the
values; the same files lie in the wheel. A user's own are files of the same form, or of options alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from skerry.config.default_presets import AUTO_PRESET, NO_PRESET
from skerry.config.input_files import check_input, is_there, reason_of
from skerry.config.layers import clips_in_another_unit, laid_over
from skerry.config.options import MaskingOptions
from skerry.config.shipped_files import shipped_root
from skerry.config.yaml_text import describe_problems, read_yaml
from skerry.errors import SkerryError

__all__ = [
    "Preset",
    "is_preset_file",
    "load_preset",
    "preset_for_round",
    "preset_label",
    "preset_names",
    "preset_values",
    "with_preset",
]

_FITS, _BEGIN = b"SIMPLE  =", 512


class Preset(BaseModel):
    """A file of `config/presets`, or of a user."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    summary: str
    """What it is for, in a line."""
    masking: MaskingOptions
    """The options that it sets; the others are left to the user."""

    @property
    def options(self) -> dict[str, Any]:
        """The options that it sets, and their values."""
        return self.masking.model_dump(exclude_unset=True)


@cache
def preset_names() -> tuple[str, ...]:
    """Names of the presets, in alphabetical order."""
    return tuple(sorted(path.stem for path in _directory().glob("*.yaml")))


def is_preset_file(name: str, directory: str | Path = ".") -> bool:
    """Whether what stands in the place of a preset's name is a path, from some directory."""
    looks_like_one = name.endswith((".yaml", ".yml")) or os.sep in name
    return looks_like_one or (bool(name) and name not in preset_names() and is_there(Path(directory, name)))


def preset_label(name: str) -> str:
    """What a preset is called in records and messages: its name, or that of its file without the directory."""
    return Path(name).name if is_preset_file(name) else name


def load_preset(name: str) -> Preset:
    """Read a preset.

    Parameters
    ----------
    name : str
        One of `preset_names`, or a YAML file: of the form of the shipped ones, or of masking options alone.

    Returns
    -------
    Preset
        What it sets, and what it is for.

    Raises
    ------
    SkerryError
        If there is no such preset or file, or the file is wrong; names each key that is.
    """
    if is_preset_file(name):
        return _read_preset(Path(name))
    if name == AUTO_PRESET:
        raise SkerryError(f"{name!r} measures an image, in 'skerry mask'; here name one of {', '.join(preset_names())}")
    if name not in preset_names():
        close = get_close_matches(name, preset_names(), n=1)
        there_are = f"there are {', '.join(preset_names())}, and files, as mine.yaml"
        raise SkerryError(f"{name!r} is no preset; {f'did you mean {close[0]}?' if close else there_are}")
    return _shipped_preset(name)


def preset_values(name: str) -> dict[str, Any]:
    """Options that a shipped preset sets, and their values: for the help, which need not check them, as takes long."""
    values = _keys_of(_directory() / f"{name}.yaml")["masking"]
    kinds = {option: MaskingOptions.model_fields[option].annotation for option in values}
    numbers = {option for option, kind in kinds.items() if float in (kind, *get_args(kind))}
    values = {option: tuple(value) if isinstance(value, list) else value for option, value in values.items()}
    return {option: float(value) if option in numbers else value for option, value in values.items()}


def with_preset(name: str | os.PathLike[str], options: MaskingOptions, *, step: str = "mask") -> MaskingOptions:
    """Options of a preset, under those that are set in `options`.

    Parameters
    ----------
    name : str or path
        One of `preset_names`, or a YAML file, as of `load_preset`; `NO_PRESET` for none.
    options : MaskingOptions
        What the user has set.
    step : str
        Subcommand that is to use them; of the preset its options alone are taken. "mask" takes all.

    Returns
    -------
    MaskingOptions
        Both; where both set an option, it is that of the user.

    Raises
    ------
    SkerryError
        If there is no such preset, the two contradict each other, or clips of the preset would be in another unit by
        what the user has set.

    Examples
    --------
    >>> from skerry.config.options import MaskingOptions
    >>> with_preset("late-round", MaskingOptions(noise_box_size=48)).noise_box_size
    48
    """
    if name == NO_PRESET:
        return options
    label, preset = preset_label(str(name)), load_preset(str(name)).options
    given = options.model_dump(exclude_unset=True)
    problem = clips_in_another_unit(preset, given, step)
    if problem is not None:
        raise SkerryError(f"preset {label}: {problem}, or take no preset")
    try:
        return MaskingOptions(**laid_over(preset, given, step))
    except ValidationError as error:
        problems = describe_problems(error, "", {(): MaskingOptions})
        raise SkerryError(f"preset {label}, with the options given: {'; '.join(problems)}") from None


def preset_for_round(presets: Mapping[int, str], k: int) -> str | None:
    """Preset of a round: that of the last round named, up to this one; None before the first, and for `NO_PRESET`."""
    named = [number for number in presets if number <= k]
    name = presets[max(named)] if named else NO_PRESET
    return None if name == NO_PRESET else name


@cache
def _shipped_preset(name: str) -> Preset:
    return _read_preset(_directory() / f"{name}.yaml")


def _read_preset(path: Path) -> Preset:
    """Read a file: a preset with its summary, or the options alone."""
    content = _keys_of(path)
    try:
        if not content.keys() & {"summary", "masking"}:
            return Preset(summary="", masking=MaskingOptions.model_validate(content))
        return Preset.model_validate({"summary": ""} | content)
    except ValidationError as error:
        problems = describe_problems(error, "", _models_of(content))
        raise SkerryError(f"{path}: {'; '.join(problems)}") from None


def _keys_of(path: Path) -> dict[str, Any]:
    """Keys of a file, which is told for what it is if it cannot be a preset."""
    wanted = f"give a preset's YAML file, or one of {', '.join(preset_names())}"
    check_input(path, wanted.removeprefix("give "))
    try:
        with path.open("rb") as file:
            begin = file.read(_BEGIN)
    except OSError as error:
        raise SkerryError(f"{path}: cannot be read: {reason_of(error)}; {wanted}") from error
    if begin.startswith(_FITS):
        raise SkerryError(f"{path}: is a FITS file; {wanted}")
    if b"\0" in begin:
        raise SkerryError(f"{path}: is no text; {wanted}")
    content = read_yaml(path, holds="preset")
    if {"field", "beams"} <= content.keys():
        raise SkerryError(f"{path}: is the file of a field, for 'skerry run'; {wanted}")
    return content


def _models_of(content: Mapping[str, Any]) -> dict[tuple[str, ...], type[BaseModel]]:
    of_options_alone = not content.keys() & {"summary", "masking"}
    return {(): MaskingOptions} if of_options_alone else {(): Preset, ("masking",): MaskingOptions}


def _directory() -> Path:
    return shipped_root() / "config" / "presets"
