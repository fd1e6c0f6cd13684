"""The masking options of each round: those of its preset, under those of every round, under those of the round."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from skerry.config.declaration import declarations
from skerry.config.default_presets import DEFAULT_STRATEGY, NO_PRESET
from skerry.config.layers import clips_in_another_unit, laid_over
from skerry.config.options import MaskingOptions
from skerry.config.presets import is_preset_file, load_preset, preset_for_round, preset_label
from skerry.config.yaml_text import describe_problems
from skerry.errors import SkerryError
from skerry.field.patterns import at_home, from_here

__all__ = ["checked_presets", "is_for_extraction", "merged_options"]


def checked_presets(value: Any, rounds: int | None, base: str | Path = ".") -> dict[int, str]:
    """Check the presets of a field.

    Parameters
    ----------
    value : object
        What the YAML file says: the name of a preset, or one from a round on; a YAML file in the place of a name, and
        "none" for no preset.
    rounds : int, optional
        Rounds of the field; None if they are wrong themselves.
    base : path
        Directory that the names of files are relative to.

    Returns
    -------
    dict of int to str
        Names of presets by the round from which they hold; before the first that is given, `DEFAULT_STRATEGY`.

    Raises
    ------
    ValueError
        Says all that is wrong, an argument each.
    """
    if isinstance(value, str):
        value = {1: value}
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a preset, none, or one from a round on, as {{1: early-round}}, got {value!r}")
    problems: list[str] = []
    presets: dict[int, str] = {}
    for key, name in value.items():
        if not re.fullmatch(r"[1-9]\d{0,8}", str(key)):
            problems.append(f"{key}: is not one of the rounds 1 to {rounds}")
            continue
        try:
            presets[int(key)] = _checked_preset(str(name), base)
        except ValueError as error:
            problems.append(f"{key}: {error}")
        except SkerryError as error:
            # An error that begins with a name is taken for one of a key below.
            problems.append(f"file {error}" if is_preset_file(str(name), base) else str(error))
    if problems:
        raise ValueError(*problems)
    first = min(presets, default=None)
    return {k: name for k, name in DEFAULT_STRATEGY.items() if first is None or k < first} | presets


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
        What masks are made of, "mosaic", "beam" or "both"; None if that is wrong itself.

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
    # Where the user names no round, it is said once for all rounds and presets.
    of_presets: dict[str, dict[str, None]] = {}
    named = {str(key) for key in value}
    if presets:
        value = {k: {} for k in range(1, (rounds or 0) + 1) if str(k) not in named} | dict(value)
    for key, overrides in value.items():
        k = int(key) if re.fullmatch(r"\d{1,9}", str(key)) else 0
        if not 1 <= k <= (rounds or max(k, 1)):
            problems.append(f"{key}: is not one of the rounds 1 to {rounds}")
        elif not isinstance(overrides, Mapping):
            problems.append(f"{key}: must be options, as {{flood_fill: true}}, got {overrides!r}")
        else:
            preset = preset_for_round(presets, k)
            found = _options_of_round(preset, source, base, overrides, where=str(key) in named)
            if isinstance(found, MaskingOptions):
                merged[k] = found
            elif str(key) in named:
                problems += [_below(key, text) for text in found]
            else:
                for text in found:
                    of_presets.setdefault(text, {})[preset_label(str(preset))] = None
    for text, labels in of_presets.items():
        problems.append(f"preset{'s' if len(labels) > 1 else ''} {' and '.join(labels)} with masking: {text}")
    if problems:
        raise ValueError(*problems)
    return merged


def is_for_extraction(option: str) -> bool:
    """Whether an option is for taking beams out of a mosaic alone, so that without a mosaic it counts for nothing."""
    return declarations(MaskingOptions)[option].steps == ("extract-beam",)


def _checked_preset(name: str, base: str | Path) -> str:
    """Name of a preset, or of its file as it can be opened from here."""
    if name == NO_PRESET:
        return name
    if is_preset_file(name, base):
        name = from_here(os.path.normpath(Path(os.path.realpath(base), at_home(name))))
    load_preset(name)
    return name


def _options_of_round(
    preset: str | None, source: str | None, masking: Mapping[str, Any], overrides: Mapping[str, Any], *, where: bool
) -> MaskingOptions | list[str]:
    """Options of a round, or what is wrong with them; `where` has the preset named."""
    below = {} if preset is None else load_preset(preset).options
    if source == "beam":
        # Without a mosaic there is nothing to extract.
        below = {name: value for name, value in below.items() if not is_for_extraction(name)}
    given = laid_over(masking, {str(name): value for name, value in overrides.items()})
    problem = clips_in_another_unit(below, given)
    if problem is not None:
        by_preset = f"in preset {preset_label(str(preset))}" if where else "there"
        return [f"{problem.replace('there', by_preset, 1)}, or preset: none".replace("`", "")]
    try:
        return MaskingOptions.model_validate(laid_over(below, given))
    except ValidationError as error:
        return describe_problems(error, "", {(): MaskingOptions})


def _below(key: Any, problem: str) -> str:
    """Name the round in which an option is wrong, or all of its options together."""
    begins_with_option = " " not in problem.partition(": ")[0]
    return f"{key}.{problem}" if begins_with_option else f"{key}: {problem}"
