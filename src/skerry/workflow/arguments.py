"""The arguments of a rule's subcommand: exactly the options that its step uses, so that any other reruns nothing."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from skerry.config.chain import Step, makes_seeds
from skerry.config.flags import STEP_OPTIONS, flag_name
from skerry.config.options import MaskingOptions

__all__ = ["has_earlier_input", "mask_arguments", "step_arguments"]

_BY_EARLIER = "flood_fill_fading_factor"
"""The option that needs an image of the round before."""


def step_arguments(step: str, options: MaskingOptions, *, has_earlier: bool = True) -> str:
    """Arguments, quoted for the shell, that pass a step the options which change its result.

    Parameters
    ----------
    step : str
        Its name.
    options : MaskingOptions
        Of the round.
    has_earlier : bool
        Whether it is given the image of the round before; without it, what compares with that is left out.

    Returns
    -------
    str
        The arguments.
    """
    used = options.used_by(step, seeded=makes_seeds(options))
    return _arguments(step, {name: value for name, value in used.items() if has_earlier or name != _BY_EARLIER})


def mask_arguments(chain: Sequence[Step], options: MaskingOptions) -> str:
    """Arguments of the step `mask` in the place of those of a chain: what these use, and what says which they are."""
    steps = [step.name for step in chain if step.name in STEP_OPTIONS]
    of_steps = {name for step in steps for name in options.used_by(step, seeded=makes_seeds(options))}
    if not has_earlier_input(chain):
        of_steps.discard(_BY_EARLIER)
    taken_by_steps = {name for step, names in STEP_OPTIONS.items() if step != "mask" for name in names}
    used = options.used_by("mask").items()
    return _arguments("mask", {name: value for name, value in used if name in of_steps or name not in taken_by_steps})


def has_earlier_input(chain: Sequence[Step]) -> bool:
    """Whether a step of a chain is given the image of the round before."""
    return any("earlier" in step.inputs for step in chain)


def _arguments(step: str, used: dict[str, Any]) -> str:
    return " ".join(filter(None, (_argument(step, name, value) for name, value in used.items())))


def _argument(step: str, name: str, value: Any) -> str:
    flag = flag_name(step, name)
    if isinstance(value, bool):
        # Off is the default, unless that is on or leaves it to the image.
        off = "" if MaskingOptions.model_fields[name].default is False else f"--no-{flag.removeprefix('--')}"
        return flag if value else off
    text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"{flag} {shlex.quote(text)}"
