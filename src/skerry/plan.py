"""Which steps make a mask with given options, and the arguments of their subcommands.

A rule of the workflow depends on exactly the options that its step uses, so that changing any other reruns nothing.
"""

from __future__ import annotations

import shlex
from typing import Any

from skerry.options import STEP_OPTIONS, MaskingOptions, flag_name

__all__ = ["effective_options", "has_scale_mask", "mask_step", "step_arguments", "steps_of"]


def steps_of(options: MaskingOptions) -> tuple[str, ...]:
    """Steps from an image to its mask, in their order; `noise` where its result is not given."""
    if options.convolve_first:
        return ("scale-mask",)
    steps = ["noise", "signal"] if options.needs_signal else []
    if not (options.flood_fill and options.flood_fill_use_mac):
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


def effective_options(step: str, options: MaskingOptions) -> tuple[str, ...]:
    """Options that change the result of a step, given the others.

    Parameters
    ----------
    step : str
        A subcommand, a key of `STEP_OPTIONS`; flood takes its seeds from snr-mask unless it uses the MAC.
    options : MaskingOptions
        All options.

    Returns
    -------
    tuple of str
        Names of fields of `MaskingOptions`, in their order.
    """
    names = STEP_OPTIONS[step]
    idle = {name for name in names if getattr(options, name) is None}
    seeding = {"flood_fill_positive_seed_clip", "flood_fill_allow_empty"}
    mac = {name for name in names if name.startswith("flood_fill_use_mac")}
    if step == "snr-mask":
        idle |= {"base_snr_clip"} if options.flood_fill else seeding
    if step == "flood":
        idle |= {"flood_fill_allow_empty"} if options.flood_fill_use_mac else seeding | mac
    if not options.flood_fill_use_mac_adaptive_max_depth:
        idle |= {name for name in mac if "adaptive" in name}
    if not options.grow_low_snr_island:
        idle |= {name for name in names if name.startswith("grow_low_snr_island")}
    if options.grow_low_snr_island_beams is not None:
        idle.add("grow_low_snr_island_size")
    if options.beam_shape_erode_scales is None:
        idle.add("beam_shape_erode_scale_fwhm_factor")
    return tuple(name for name in names if name not in idle)


def step_arguments(step: str, options: MaskingOptions) -> str:
    """Arguments, quoted for the shell, that pass a step the options which change its result."""
    arguments = (_argument(flag_name(step, name), getattr(options, name)) for name in effective_options(step, options))
    return " ".join(filter(None, arguments))


def _argument(flag: str, value: Any) -> str:
    if isinstance(value, bool):
        return flag if value else ""
    text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"{flag} {shlex.quote(text)}"
