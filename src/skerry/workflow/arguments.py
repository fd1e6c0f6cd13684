"""The arguments of a rule's subcommand: exactly the options that its step uses, so that any other reruns nothing."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from skerry.config.chain import Step, chain_of, makes_seeds
from skerry.config.flags import STEP_OPTIONS, flag_name
from skerry.config.options import MaskingOptions

__all__ = ["step_arguments"]

_BY_EARLIER = "flood_fill_fading_factor"
"""The option that needs an image of the round before."""
_OF_SINGLE_STEPS = {name for step, names in STEP_OPTIONS.items() if step != "mask" for name in names}


def step_arguments(step: str, options: MaskingOptions, chain: Sequence[Step] | None = None) -> str:
    """Arguments, quoted for the shell, that pass a step the options which change its result.

    Parameters
    ----------
    step : str
        Its name.
    options : MaskingOptions
        Of the round.
    chain : sequence of Step, optional
        What is done for the mask, of which the step is one, or `mask`, which does all of it: that is passed what its
        parts use, and what says which they are. Default: what the options ask for, with an image of the round before.

    Returns
    -------
    str
        The arguments.
    """
    chain = chain_of(options, has_earlier=True) if chain is None else chain
    seeded = makes_seeds(options)
    used = options.used_by(step, seeded=seeded)
    if step == "mask":
        parts = [part.name for part in chain if part.name in STEP_OPTIONS]
        of_parts = {name for part in parts for name in options.used_by(part, seeded=seeded)}
        used = {name: value for name, value in used.items() if name in of_parts or name not in _OF_SINGLE_STEPS}
    if not any("earlier" in part.inputs for part in chain):
        used.pop(_BY_EARLIER, None)
    return " ".join(filter(None, (_argument(step, name, value) for name, value in used.items())))


def _argument(step: str, name: str, value: Any) -> str:
    flag = flag_name(step, name)
    if isinstance(value, bool):
        # Off is the default, unless that is on or leaves it to the image.
        off = "" if MaskingOptions.model_fields[name].default is False else f"--no-{flag.removeprefix('--')}"
        return flag if value else off
    text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"{flag} {shlex.quote(text)}"
