"""Which steps make a mask with given options."""

from __future__ import annotations

from skerry.config.options import MaskingOptions

__all__ = ["has_scale_mask", "last_step", "steps_of"]


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


def last_step(options: MaskingOptions) -> str:
    """Step whose result is the mask."""
    return steps_of(options)[-1]


def has_scale_mask(options: MaskingOptions) -> bool:
    """Whether the mask comes with a scale mask."""
    return options.beam_shape_erode_scales is not None and last_step(options) in ("erode", "scale-mask")
