"""Which steps make a mask with given options, and the arguments of their subcommands.

A rule of the workflow depends on exactly the options that its step uses, so that changing any other reruns nothing.
"""

from __future__ import annotations

import shlex
from typing import Any

from skerry.options import MaskingOptions, flag_name

__all__ = ["has_scale_mask", "mask_step", "step_arguments", "steps_of"]


def steps_of(options: MaskingOptions) -> tuple[str, ...]:
    """Steps from an image to its mask, in their order; `noise` where its result is not given."""
    if options.convolve_first:
        return ("scale-mask",)
    steps = ["noise", "signal"] if options.needs_signal else []
    if not (options.flood_fill and options.uses_mac):
        steps.append("snr-mask")
    if options.flood_fill:
        steps.append("flood")
    if options.beam_shape_erode:
        steps.append("erode")
    return tuple(steps)


def mask_step(options: MaskingOptions) -> str:
    """Step whose result is the mask."""
    return steps_of(options)[-1]


def has_scale_mask(options: MaskingOptions) -> bool:
    """Whether the mask comes with a scale mask."""
    return options.beam_shape_erode_scales is not None and mask_step(options) in ("erode", "scale-mask")


def step_arguments(step: str, options: MaskingOptions) -> str:
    """Arguments, quoted for the shell, that pass a step the options which change its result."""
    seeded = options.flood_fill and not options.uses_mac
    used = options.used_by(step, seeded=seeded)
    arguments = (_argument(flag_name(step, name), value) for name, value in used.items())
    return " ".join(filter(None, arguments))


def _argument(flag: str, value: Any) -> str:
    if isinstance(value, bool):
        return flag if value else ""
    text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"{flag} {shlex.quote(text)}"
