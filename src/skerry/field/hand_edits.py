"""What is changed by hand in the masks of a field: regions and masks that a user gives, for all rounds or for some.

They are applied to the masks of the beams, after all else and in this order: what is added first, so that nothing gets
in where nothing may be cleaned.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skerry.field.patterns import checked_pattern
from skerry.field.rounds import consider_beam_mask_round

if TYPE_CHECKING:
    from pydantic import ValidationInfo

__all__ = ["EDITS", "checked_edits", "pattern_for_round"]

EDITS = {
    "start_mask": "union",
    "add_regions": "add_regions",
    "remove_regions": "remove_regions",
    "never_clean": "subtract",
}
"""Operations of `skerry edit` by the keys of the field, in their order."""
_REGION_FILES = (".reg", ".crtf", ".rgn")
_FITS_FILES = (".fits", ".fit", ".fits.gz", ".fits.fz", ".fz")


def checked_edits(value: Any, info: ValidationInfo) -> str | dict[int, str] | None:
    """Check what is given for one of the keys of `EDITS`.

    Parameters
    ----------
    value : object
        What the YAML file says: a pattern of files, which may hold {beam} and {round}, or one by round.
    info : ValidationInfo
        Tells the key, the rounds, and which of them get masks.

    Returns
    -------
    str, dict of int to str, or None
        Patterns that can be opened from here.

    Raises
    ------
    ValueError
        Says all that is wrong, an argument each.
    """
    if value is None:
        return None
    if not isinstance(value, Mapping):
        return _checked(value, info)
    rounds, chosen = info.data.get("rounds"), info.data.get("mask_rounds", "all")
    problems, patterns = list[str](), dict[int, str]()
    for key, pattern in value.items():
        if not re.fullmatch(r"[1-9]\d{0,8}", str(key)) or (rounds is not None and int(key) > rounds):
            problems.append(f"{key}: is not one of the rounds 1 to {rounds}")
        elif not consider_beam_mask_round(int(key), chosen):
            problems.append(f"{key}: that round gets no mask, by mask_rounds")
        else:
            try:
                patterns[int(key)] = _checked(pattern, info)
            except ValueError as error:
                problems.append(f"{key}: {error}")
    if problems:
        raise ValueError(*problems)
    return patterns


def pattern_for_round(key: str, given: str | Mapping[int, str] | None, k: int, first: int) -> str | None:
    """Pattern of the files that change the masks of a round.

    Parameters
    ----------
    key : str
        One of `EDITS`.
    given : str, mapping of int to str, or None
        As `checked_edits` gives it.
    k, first : int
        The round, and the first that gets masks: a single mask to start with is for that one alone.

    Returns
    -------
    str, or None
        None if there are none.
    """
    if isinstance(given, str):
        return given if key != "start_mask" or k == first else None
    return None if given is None else given.get(k)


def _checked(value: Any, info: ValidationInfo) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be the name of a file, or a pattern, or one by round, as {{1: a.fits}}, got {value!r}")
    takes_regions, name = str(info.field_name).endswith("regions"), value.lower()
    if takes_regions and name.endswith(_FITS_FILES):
        instead = "start_mask" if info.field_name == "add_regions" else "never_clean"
        raise ValueError(f"takes a region file, got {value!r}; give a mask as {instead}")
    if not takes_regions and name.endswith(_REGION_FILES):
        instead = "add_regions" if info.field_name == "start_mask" else "remove_regions"
        raise ValueError(f"takes a FITS mask, got {value!r}; give regions as {instead}")
    if not Path(value).name:
        raise ValueError(f"must be the name of a file, got {value!r}")
    return checked_pattern(value, info, per_beam=None, per_round=False, per_channel=False)
