"""Options in layers: those of a preset, and over them what a user says, which counts where both say something.

What the user says may change what is meant by clips that the preset has chosen, as 5 sigma is something else than 5
times the minimum absolute clip. That is found here, so that no clip is read in a unit that it was not chosen for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skerry.config.conditions import Case
from skerry.config.declaration import declarations
from skerry.config.flags import STEP_OPTIONS
from skerry.config.options import MaskingOptions

__all__ = ["clips_in_another_unit", "laid_over"]

_DECIDE_UNITS = ("flood_fill_use_mac", "flood_fill_statistic", "flood_fill_mac_unit", "convolve_first")
"""Options that decide what clips are compared with."""


def laid_over(preset: Mapping[str, Any], given: Mapping[str, Any], step: str = "mask") -> dict[str, Any]:
    """Lay options over others.

    Parameters
    ----------
    preset, given : mapping of str to object
        Options that are set below, and above.
    step : str
        Subcommand that is to use them: of `preset` only its own are taken, "mask" takes all.

    Returns
    -------
    dict of str to object
        Those of `preset` that `given` does not set, and says nothing else of by another name or, as a size in pixels
        does of one in beams, in another unit; and those of `given`.

    Examples
    --------
    >>> laid_over({"flood_fill_statistic": "both", "noise_box_size": 64}, {"flood_fill_use_mac": True})
    {'noise_box_size': 64, 'flood_fill_use_mac': True}
    >>> laid_over({"noise_box_beams": 10}, {"noise_box_size": 64})
    {'noise_box_size': 64}
    """
    kept = {name: value for name, value in preset.items() if step == "mask" or name in STEP_OPTIONS[step]}
    for name, declared in declarations(MaskingOptions).items():
        if name in given and declared.replaced_by not in given:
            kept.pop(declared.replaced_by or "", None)
        other = declared.synonym_of
        if other is None:
            continue
        if given.get(other) is not None:
            kept.pop(name, None)
        elif name in given and bool(given[name]) != (kept.get(other) == declared.same_as):
            kept.pop(other, None)
    return {**kept, **given}


def clips_in_another_unit(preset: Mapping[str, Any], given: Mapping[str, Any], step: str = "mask") -> str | None:
    """Say which clips of a preset would be read in another unit, by what is laid over it.

    Parameters
    ----------
    preset, given : mapping of str to object
        Options of the preset, and those that lie over it; the two together need not be valid.
    step : str
        Subcommand that is to use them, "mask" for the whole chain.

    Returns
    -------
    str, or None
        The beginning of an error, which names what is to be given; None if all clips are in the unit they had.
    """
    alone = MaskingOptions.model_construct(**preset)
    both = MaskingOptions.model_construct(**laid_over(preset, given, step))
    case = Case(both, None if step == "mask" else step)
    taken = STEP_OPTIONS[step]
    before, after = alone.clip_units, both.clip_units
    changed = [
        name
        for name, unit in after.items()
        if preset.get(name) is not None and name not in given and name in taken and before[name] != unit
        if declarations(MaskingOptions)[name].under(case)
    ]
    if not changed:
        return None
    causes = [f"`{name}`" for name in _DECIDE_UNITS if name in given and given[name] != getattr(alone, name)]
    clips = " and ".join(f"`{name}` {preset[name]:g}" for name in changed)
    units = {"sigma": "in sigma", "factor of the MAC": "factors of the MAC"}
    are, them = ("is", "it") if len(changed) == 1 else ("are", "them")
    was, would_be = units[before[changed[0]]], units[after[changed[0]]]
    return f"{clips} {are} {was} there, but would be {would_be} with {' and '.join(causes) or step}; give {them} too"
