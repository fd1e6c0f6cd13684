"""The masking options of each round: those of its preset, under those of every round, under those of the round."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from skerry.config.declaration import declarations
from skerry.config.options import MaskingOptions
from skerry.config.presets import load_preset, preset_for_round
from skerry.config.yaml_text import describe_problems
from skerry.errors import SkerryError

__all__ = ["checked_presets", "is_for_extraction", "merged_options"]


def checked_presets(value: Any, rounds: int | None) -> dict[int, str]:
    """Check the presets of a field.

    Parameters
    ----------
    value : object
        What the YAML file says: the name of a preset, or one from a round on.
    rounds : int, optional
        Rounds of the field; None if they are wrong themselves.

    Returns
    -------
    dict of int to str
        Names of presets by the round from which they hold.

    Raises
    ------
    ValueError
        Says all that is wrong, an argument each.
    """
    if isinstance(value, str):
        value = {1: value}
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a preset, or one from a round on, as {{1: early-round}}, got {value!r}")
    problems = []
    for key, name in value.items():
        if not re.fullmatch(r"[1-9]\d*", str(key)):
            problems.append(f"{key}: is not one of the rounds 1 to {rounds}")
        try:
            load_preset(str(name))
        except SkerryError as error:
            problems.append(str(error))
    if problems:
        raise ValueError(*problems)
    return {int(key): name for key, name in value.items()}


def merged_options(
    value: Any, masking: MaskingOptions, presets: Mapping[int, str], rounds: int | None, source: str | None
) -> dict[int, MaskingOptions]:
    """Options of the rounds that have some of their own.

    Parameters
    ----------
    value : object
        What the YAML file says: by round, the options that differ in it.
    masking : MaskingOptions
        Options of every round.
    presets : mapping of int to str
        Names of presets by the round from which they hold; if there are any, every round has options of its own.
    rounds : int, optional
        Rounds of the field; None if they are wrong themselves.
    source : str, optional
        What masks are made of, "mosaic" or "beam"; None if that is wrong itself.

    Returns
    -------
    dict of int to MaskingOptions
        By round; of the others the options are `masking`.

    Raises
    ------
    ValueError
        Says all that is wrong, an argument each.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"must map rounds to options, as {{2: {{flood_fill: true}}}}, got {value!r}")
    base = masking.model_dump(exclude_unset=True)
    merged: dict[int, MaskingOptions] = {}
    problems: list[str] = []
    given = {str(key) for key in value}
    if presets:
        value = {k: {} for k in range(1, (rounds or 0) + 1) if str(k) not in given} | dict(value)
    for key, overrides in value.items():
        k = int(key) if re.fullmatch(r"\d+", str(key)) else 0
        if not 1 <= k <= (rounds or max(k, 1)):
            problems.append(f"{key}: is not one of the rounds 1 to {rounds}")
        elif not isinstance(overrides, Mapping):
            problems.append(f"{key}: must be options, as {{flood_fill: true}}, got {overrides!r}")
        else:
            try:
                merged[k] = MaskingOptions.model_validate({**_preset_options(presets, k, source), **base, **overrides})
            except ValidationError as error:
                found = describe_problems(error, f"{key}" if str(key) in given else "", {(): MaskingOptions})
                if str(key) not in given:
                    # The user named no round, so it is said once for the rounds of a preset.
                    found = [f"preset {preset_for_round(presets, k)} with masking, {text}" for text in found]
                problems += [text for text in found if text not in problems]
    if problems:
        raise ValueError(*problems)
    return merged


def is_for_extraction(option: str) -> bool:
    """Whether an option is for taking beams out of a mosaic alone, so that without a mosaic it counts for nothing."""
    return declarations(MaskingOptions)[option].steps == ("extract-beam",)


def _preset_options(presets: Mapping[int, str], k: int, source: str | None) -> dict[str, Any]:
    """Options of the preset of a round; without a mosaic there is nothing to extract."""
    name = preset_for_round(presets, k)
    options = {} if name is None else load_preset(name).options
    return {option: value for option, value in options.items() if source != "beam" or not is_for_extraction(option)}
