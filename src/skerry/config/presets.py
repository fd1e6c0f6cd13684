"""Presets: masking options that were chosen together, for a kind of field or for a stage of self-calibration.

They are YAML files, `config/presets/*.yaml`, so that what they were chosen for and how they scored is read beside the
values; the same files lie in the wheel.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from skerry.config.options import MaskingOptions
from skerry.config.shipped_files import shipped_root
from skerry.config.yaml_text import describe_problems, read_yaml
from skerry.errors import SkerryError

__all__ = ["DEFAULT_STRATEGY", "Preset", "load_preset", "preset_for_round", "preset_names", "with_preset"]

DEFAULT_STRATEGY: Mapping[int, str] = {1: "early-round", 2: "late-round"}
"""Presets of a field that says nothing of masks, each from its round on: purity while artefacts are strong."""


class Preset(BaseModel):
    """A file of `config/presets`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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


@cache
def load_preset(name: str) -> Preset:
    """Read a preset.

    Parameters
    ----------
    name : str
        One of `preset_names`.

    Returns
    -------
    Preset
        What it sets, and what it is for.

    Raises
    ------
    SkerryError
        If there is no such preset.
    """
    if name not in preset_names():
        close = get_close_matches(name, preset_names(), n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(preset_names())}"
        raise SkerryError(f"{name!r} is no preset; {hint}")
    path = _directory() / f"{name}.yaml"
    try:
        return Preset.model_validate(read_yaml(path))
    except ValidationError as error:
        problems = describe_problems(error, "", {(): Preset, ("masking",): MaskingOptions})
        raise SkerryError(f"{path}: {'; '.join(problems)}") from None


def with_preset(name: str, options: MaskingOptions) -> MaskingOptions:
    """Options of a preset, under those that are set in `options`.

    Parameters
    ----------
    name : str
        One of `preset_names`.
    options : MaskingOptions
        What the user has set.

    Returns
    -------
    MaskingOptions
        Both; where both set an option, it is that of the user.

    Raises
    ------
    SkerryError
        If there is no such preset, or the two contradict each other.

    Examples
    --------
    >>> from skerry.config.options import MaskingOptions
    >>> with_preset("late-round", MaskingOptions(noise_box_size=48)).noise_box_size
    48
    """
    try:
        return MaskingOptions(**{**load_preset(name).options, **options.model_dump(exclude_unset=True)})
    except ValidationError as error:
        problems = describe_problems(error, "", {(): MaskingOptions})
        raise SkerryError(f"preset {name}, with the options given: {'; '.join(problems)}") from None


def preset_for_round(presets: Mapping[int, str], k: int) -> str | None:
    """Preset of a round: that of the last round named, up to this one; None before the first."""
    named = [number for number in presets if number <= k]
    return presets[max(named)] if named else None


def _directory() -> Path:
    return shipped_root() / "config" / "presets"
