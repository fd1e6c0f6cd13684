"""The commands that make a file again, put together from what its HISTORY tells of the steps that made it.

A step records its options, its inputs and which step made them; what its user typed, or the workflow, is not needed for
that. Options that have their default are left out, and of a mask with a preset those that the preset sets.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from pydantic import ValidationError

from skerry.config.declaration import declarations
from skerry.config.flags import STEP_OPTIONS, flag_name
from skerry.config.options import MaskingOptions
from skerry.config.presets import preset_names, with_preset
from skerry.errors import SkerryError
from skerry.io.history import InputRecord, StepRecord

__all__ = ["Remake", "recorded_options", "remake"]

_ARGUMENTS = {"mosaic": None, "extract-beam": 2, "regions": 2}
"""Inputs that have no flag; one where nothing is said, None for any number."""
_OUTPUT_FLAGS = {
    "noise": {"rms": "--rms-output", "bkg": "--bkg-output"},
    "erode": {"scales": "--scale-output"},
    "mask": {"scales": "--scale-output"},
    "scale-mask": {"scales": "--output", "": "--mask-output"},
}
"""Of outputs by what they are; the rest is --output."""
_WITH_SCALES = ("mask", "erode", "scale-mask")
"""Steps that make a mask, and a scale mask if there are scales."""
_OWN_OPTIONS = ("primary_beam_fwhm", "primary_beam_cutoff", "scale", "to", "npix", "axes", "planes", "stokes")
_LEFT_AWAY = ("noise_", "extract_beam_")
"""Beginnings of options that their own step does not record."""
_SWITCHES = ("seeds", "nonzero", "noise_weights", "reproject")
_SAID_BY_INPUTS = ("weights", "of_scales")
_MAKERS = {*STEP_OPTIONS, "signal", "edit", "regions", "mosaic", "export", "split-scales"}
"""Subcommands that write HISTORY. Anybody can write it, and no other becomes a command to be run."""
_OPERATION = r"\d\d+_([a-z_]+)$"
"""Name of an option of 'edit': the number of an operation, and what it does."""


@dataclass(frozen=True)
class Remake:
    """How to make a file again."""

    commands: tuple[str, ...]
    """Quoted for a shell, in their order."""
    inputs: tuple[InputRecord, ...]
    """Files that have to lie where the commands are run."""
    problem: str | None = None
    """Why there are no commands."""


class _UnknownError(Exception):
    """HISTORY does not tell enough."""


def remake(steps: Sequence[StepRecord], name: str, *, has_scales: bool) -> Remake:
    """Put together the commands that make a file again.

    Parameters
    ----------
    steps : sequence of StepRecord
        That made it, as `skerry.io.history.steps_of` gives them.
    name : str
        Of the file.
    has_scales : bool
        Whether it is a scale mask.

    Returns
    -------
    Remake
        The commands; or why there are none.
    """
    given = [file for step in steps for file in step.inputs if file.made_by is None]
    inputs = tuple(dict.fromkeys(InputRecord(file.name, file.sha256) for file in given if _lies_beside(file.name)))
    if not steps:
        return Remake((), (), "its header does not tell of skerry's steps: it was made by another program")
    try:
        _check_names(steps)
        outputs = _outputs_of(steps, name, has_scales=has_scales)
        return Remake(tuple(_command(step, made) for step, made in zip(steps, outputs, strict=True)), inputs)
    except (_UnknownError, SkerryError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        return Remake((), inputs, f"its header does not tell enough to make it again: {reason}")


def _check_names(steps: Sequence[StepRecord]) -> None:
    """Check that steps are those of skerry, and that their files lie in the directory of the mask or below it."""
    for step in steps:
        if step.command not in _MAKERS:
            raise _UnknownError(f"'{step.command}' makes no masks")
        for file in step.inputs:
            if not _lies_beside(file.name):
                raise _UnknownError(f"it names {file.name}, which is in another directory")


def _lies_beside(name: str) -> bool:
    path = PurePath(name)
    return not path.is_absolute() and ".." not in path.parts


def recorded_options(step: StepRecord) -> MaskingOptions | None:
    """Masking options by which a step made its mask, as far as it used them; None if they are none of today's."""
    not_of_masking = (*_OWN_OPTIONS, *_SWITCHES, *_SAID_BY_INPUTS, "beam", "preset", "union_of_planes")
    names = [name for name in step.options if name not in not_of_masking]
    try:
        return MaskingOptions.model_validate({_full_name(step.command, name): step.options[name] for name in names})
    except (_UnknownError, SkerryError, ValidationError):
        return None


def _outputs_of(steps: Sequence[StepRecord], name: str, *, has_scales: bool) -> list[dict[str, str]]:
    """Outputs of each step by what they are: as the steps after it name what they read, and the file itself."""
    outputs: list[dict[str, str]] = [{} for _ in steps]
    outputs[-1]["scales" if has_scales else ""] = name
    for n, step in enumerate(steps):
        # What was read last was made last, where two inputs were made by steps of the same name.
        for file in reversed(step.inputs):
            if file.made_by is None or (file.role == "beam" and file.made_by == step.command):
                continue
            carries = step.command == "extract-beam" and _is_of_scales(steps, n, has_scales=has_scales)
            for m in range(n - 1, -1, -1):
                kind = _kind(steps[m], step, file, scales=carries)
                if steps[m].command == file.made_by and outputs[m].get(kind, file.name) == file.name:
                    outputs[m][kind] = file.name
                    break
            else:
                raise _UnknownError(f"{file.name} was made by {file.made_by}, of which it says nothing")
    for step, made in zip(steps, outputs, strict=True):
        if not made:
            raise _UnknownError(f"it does not say what '{step.command}' of skerry {step.version} made")
    return outputs


def _is_of_scales(steps: Sequence[StepRecord], n: int, *, has_scales: bool) -> bool:
    """Whether a step made a scale mask: the file itself, or what a later step read as one."""
    if n == len(steps) - 1:
        return has_scales
    later = (step for step in steps[n + 1 :] if "of_scales" in step.options)
    return any(file.made_by == steps[n].command for step in later for file in step.inputs)


def _kind(maker: StepRecord, reader: StepRecord, file: InputRecord, *, scales: bool) -> str:
    """What an output is to its maker."""
    if maker.command == "noise":
        return file.role or "rms"
    reads_scales = scales or reader.command == "split-scales" or "of_scales" in reader.options
    if reader.command == "edit" and maker.command in _WITH_SCALES:
        # Of the masks that it reads some may have no scales.
        reads_scales = reads_scales and "beam_shape_erode_scales" in maker.options
    return "scales" if reads_scales else ""


def _command(step: StepRecord, outputs: Mapping[str, str]) -> str:
    wanted = _ARGUMENTS.get(step.command, 1)
    arguments = [file.name for file in step.inputs if file.role is None]
    if wanted is not None and len(arguments) != wanted:
        raise _UnknownError(f"it does not say which input of '{step.command}' of skerry {step.version} is which")
    words = ["skerry", step.command, *map(_as_argument, arguments)]
    for file in step.inputs:
        if file.role is not None and not _is_operation(step, file.role):
            words += [f"--{file.role.replace('_', '-')}", file.name]
    words += _options(step)
    flags = _OUTPUT_FLAGS.get(step.command, {})
    for kind, name in outputs.items():
        words += [flags.get(kind, "--output"), name]
    return shlex.join(words)


def _as_argument(name: str) -> str:
    """A name that does not look like a flag."""
    return f"./{name}" if name.startswith("-") else name


def _is_operation(step: StepRecord, name: str) -> bool:
    """Whether an option, or the role of a file, is an operation of 'edit'; a file is named by the option too."""
    return step.command == "edit" and re.match(_OPERATION, name) is not None


def _options(step: StepRecord) -> list[str]:
    """Flags of the options of a step."""
    words: list[str] = []
    recorded: dict[str, str] = {}
    # Operations are done in their order, which is that of the numbers that they begin with.
    for name, value in sorted(step.options.items(), key=lambda option: _number_of(step, option[0])):
        if _is_operation(step, name):
            flag = f"--{name.partition('_')[2].replace('_', '-')}"
            words += [flag] if value == "True" else [flag, value]
        elif name == "beam":
            words += _beam(step, value)
        elif name in _OWN_OPTIONS:
            words += [f"--{name.replace('_', '-')}", value]
        elif name == "union_of_planes":
            words.append("--union")
        elif name in _SWITCHES:
            words += [f"--{name.replace('_', '-')}"] if value == "True" else []
        elif name not in (*_SAID_BY_INPUTS, "preset"):
            recorded[_full_name(step.command, name)] = value
    return words + _masking_flags(step, recorded)


def _number_of(step: StepRecord, name: str) -> int:
    return int(name.partition("_")[0]) if _is_operation(step, name) else 0


def _beam(step: StepRecord, value: str) -> list[str]:
    """Flags of a beam that was given by its numbers; one of an image is among the inputs."""
    if any(file.role == "beam" for file in step.inputs):
        return []
    numbers = value.split()
    if len(numbers) != 3:
        raise _UnknownError(f"its beam '{value}' is not known")
    return [word for pair in zip(("--bmaj", "--bmin", "--bpa"), numbers, strict=True) for word in pair]


def _full_name(step: str, name: str) -> str:
    """Name of a masking option, of which its step may record it without its prefix."""
    known = STEP_OPTIONS.get(step, ())
    for candidate in (name, *(prefix + name for prefix in _LEFT_AWAY)):
        if candidate in known:
            return candidate
    raise _UnknownError(f"its option {name} of '{step}' is not known")


def _masking_flags(step: StepRecord, recorded: Mapping[str, str]) -> list[str]:
    """Flags by which a step uses the same masking options: beside its preset if that will do, else without one."""
    if step.command not in STEP_OPTIONS:
        return []
    wanted = MaskingOptions.model_validate(recorded)
    preset = step.options.get("preset")
    # A file of one's own is not there where the commands are run.
    tries = [preset, None] if preset in preset_names() else [None]
    for name in tries:
        try:
            base = _over(name, MaskingOptions(), step)
            given = _differences(step, wanted, recorded, base)
            made = _over(name, MaskingOptions(**given), step)
        except (_UnknownError, SkerryError, ValidationError):
            continue
        idle = _idle(step)
        used = {key: value for key, value in _used(step, made).items() if key not in idle}
        if used == {key: getattr(wanted, key) for key in recorded if key not in idle}:
            flags = [word for key, value in given.items() for word in _flag(step.command, key, value)]
            return [*_beginning(step.command, name), *flags]
    raise _UnknownError(f"the options of '{step.command}' of skerry {step.version} are none of today's")


def _over(preset: str | None, options: MaskingOptions, step: StepRecord) -> MaskingOptions:
    return options if preset is None else with_preset(preset, options, step=step.command)


def _beginning(command: str, preset: str | None) -> list[str]:
    if preset is None:
        return ["--no-preset"] if command == "mask" else []
    return ["--preset", preset]


def _differences(
    step: StepRecord, wanted: MaskingOptions, recorded: Mapping[str, str], base: MaskingOptions
) -> dict[str, Any]:
    """Options to be given beside others, so that a step uses those that are recorded."""
    declared = declarations(MaskingOptions)
    given = {
        key: getattr(wanted, key)
        for key in recorded
        # A size in pixels takes the place of one in beams only where it is given.
        if getattr(wanted, key) != getattr(base, key) or declared[key].is_replaced(base)
    }
    for key in _used(step, base):
        if key not in recorded and getattr(base, key) is True:
            # A switch that is off is not recorded.
            given[key] = False
    return given


def _idle(step: StepRecord) -> set[str]:
    """Options that change nothing, whether a step recorded them or not, for it had no image of the round before."""
    return set() if any(file.role == "earlier" for file in step.inputs) else {"flood_fill_fading_factor"}


def _used(step: StepRecord, options: MaskingOptions) -> dict[str, Any]:
    seeded = step.options.get("seeds") == "True" or any(file.role == "seeds" for file in step.inputs)
    return options.used_by(step.command, seeded=seeded)


def _flag(step: str, name: str, value: Any) -> list[str]:
    flag = flag_name(step, name)
    if isinstance(value, bool):
        return [flag] if value else [f"--no-{flag.removeprefix('--')}"]
    return [flag, ",".join(map(str, value)) if isinstance(value, tuple) else str(value)]
