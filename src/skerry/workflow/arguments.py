"""The arguments of a rule's subcommand: exactly the options that its step uses, so that any other reruns nothing."""

from __future__ import annotations

import shlex
from typing import Any

from skerry.config.chain import makes_seeds
from skerry.config.flags import flag_name
from skerry.config.options import MaskingOptions

__all__ = ["step_arguments"]


def step_arguments(step: str, options: MaskingOptions) -> str:
    """Arguments, quoted for the shell, that pass a step the options which change its result."""
    used = options.used_by(step, seeded=makes_seeds(options))
    arguments = (_argument(step, name, value) for name, value in used.items())
    return " ".join(filter(None, arguments))


def _argument(step: str, name: str, value: Any) -> str:
    flag = flag_name(step, name)
    if isinstance(value, bool):
        # Off is the default, unless that is on or leaves it to the image.
        off = "" if MaskingOptions.model_fields[name].default is False else f"--no-{flag.removeprefix('--')}"
        return flag if value else off
    text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"{flag} {shlex.quote(text)}"
