"""When an option counts: the conditions that the masking options declare, each said once.

A condition is asked of a case: of a step that runs, or of the whole chain of steps, in which the part that an option
belongs to may be switched off. A part of the chain counts as on in a step of its own, which would not run otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from skerry.config.options import MaskingOptions

__all__ = [
    "Case",
    "Condition",
    "adapts_boxes",
    "always",
    "by_both",
    "by_both_statistics",
    "by_mac",
    "by_snr",
    "erodes",
    "erodes_mask",
    "erodes_positive_mask",
    "faint_islands",
    "finds_diffuse",
    "floods",
    "floods_positive",
    "grows",
    "has_boxes",
    "keeps_seed_clip",
    "makes_seeds",
    "measures_noise",
    "scaled",
    "smooths_floor",
    "smooths_rims",
    "suppresses_artefacts",
    "takes_off_rims",
    "tells_signs",
    "thresholds",
    "unseeded",
]


class Case(NamedTuple):
    """What a condition is asked of."""

    options: MaskingOptions
    step: str | None = None
    """A subcommand that runs, or None for the whole chain."""
    seeded: bool = False
    """Whether the step snr-mask makes the seeds, and flood is given them."""


Condition: TypeAlias = Callable[[Case], bool]


def always(case: Case) -> bool:  # noqa: ARG001
    """Whatever the other options are."""
    return True


# The parts of the chain that options belong to.


def thresholds(case: Case) -> bool:
    """One clip makes the mask, and nothing is grown."""
    return case.step is not None or not (case.options.flood_fill or case.options.convolve_first)


def floods(case: Case) -> bool:
    """Islands are grown by the step flood."""
    return case.step is not None or (case.options.flood_fill and not case.options.convolve_first)


def floods_positive(case: Case) -> bool:
    """Islands of emission that is positive are grown, so that what is negative tells of noise and artefacts."""
    return floods(case) and not case.options.both_signs


def grows(case: Case) -> bool:
    """Islands are grown from seeds: by flood, or at each scale."""
    return case.options.convolve_first or floods(case)


def by_snr(case: Case) -> bool:
    """Islands are grown by signal to noise alone."""
    return floods(case) and case.options.statistic == "snr"


def by_mac(case: Case) -> bool:
    """Islands are grown by the minimum absolute clip, alone or beside signal to noise."""
    return floods(case) and case.options.uses_mac


def has_boxes(case: Case) -> bool:
    """There are boxes of the minimum absolute clip: of flood, or at each scale."""
    return case.options.convolve_first or case.step == "scale-mask" or by_mac(case)


def by_both(case: Case) -> bool:
    """Islands are grown by signal to noise and, of one sign, by the minimum absolute clip beside it."""
    return floods(case) and case.options.statistic == "both"


def by_both_statistics(case: Case) -> bool:
    """Islands are grown by signal to noise, and by the minimum absolute clip beside it."""
    return by_both(case) and not case.options.both_signs


def smooths_floor(case: Case) -> bool:
    """Islands grow through smoothed signal."""
    return floods(case) and case.options.smooths_floor


def faint_islands(case: Case) -> bool:
    """Large islands of low significance are looked for."""
    return floods(case) and case.options.grow_low_snr_island


def finds_diffuse(case: Case) -> bool:
    """Diffuse emission is looked for scale by scale."""
    return floods_positive(case) and bool(case.options.flood_fill_diffuse_beams)


def suppresses_artefacts(case: Case) -> bool:
    """Artefacts of bright sources are kept out of the islands."""
    return floods_positive(case) and case.options.suppress_artefacts


def erodes(case: Case) -> bool:
    """The mask is eroded, or that of each scale."""
    return case.step is not None or case.options.beam_shape_erode or case.options.convolve_first


def erodes_mask(case: Case) -> bool:
    """The mask itself is eroded, not that of each scale."""
    return erodes(case) and not case.options.convolve_first


def erodes_positive_mask(case: Case) -> bool:
    """A mask of emission that is positive is eroded itself, so that what is negative tells of artefacts."""
    return erodes_mask(case) and not case.options.both_signs


def takes_off_rims(case: Case) -> bool:
    """The rims of bright sources are taken off before the erosion."""
    return erodes_positive_mask(case) and case.options.beam_shape_erode_rims


def smooths_rims(case: Case) -> bool:
    """What the signal does not show near bright sources is looked for in the smoothed signal."""
    return takes_off_rims(case) and case.options.beam_shape_erode_rims_smooth_beams is not None


# What else decides whether an option counts: which step does a thing, and which other option replaces it.


def makes_seeds(case: Case) -> bool:
    """The step makes the seeds of islands itself."""
    return {"snr-mask": case.seeded, "flood": not case.seeded}.get(case.step or "", True)


def unseeded(case: Case) -> bool:
    """The step makes a mask, not the seeds of one."""
    return not (case.step == "snr-mask" and case.seeded)


def keeps_seed_clip(case: Case) -> bool:
    """The seed clip of the step is the one that is given, not raised to what noise makes."""
    return makes_seeds(case) and case.options.flood_fill_false_islands is None


def adapts_boxes(case: Case) -> bool:
    """Boxes of the minimum absolute clip may grow."""
    return bool(case.options.flood_fill_use_mac_adaptive_max_depth)


def scaled(case: Case) -> bool:
    """Scales are given."""
    return case.options.beam_shape_erode_scales is not None


def measures_noise(case: Case) -> bool:
    """The step measures the noise, or counts what noise does in the boxes in which it was measured."""
    if case.step == "extract-beam":
        return case.options.extract_beam_smoothed_clip is not None
    if case.step in ("snr-mask", "flood"):
        return makes_seeds(case) and case.options.counts_measured_noise
    return True


def tells_signs(case: Case) -> bool:
    """The step does something else where sources may be negative."""
    if case.step == "extract-beam":
        return case.options.extract_beam_smoothed_clip is not None
    if case.step == "erode":
        return takes_off_rims(case) or (erodes_mask(case) and case.options.beam_shape_erode_keep_cores)
    return not case.options.convolve_first
