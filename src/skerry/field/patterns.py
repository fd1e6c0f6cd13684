"""File name patterns of a field: names with {field}, {beam}, {channel} and {round} in the place of what differs."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationInfo

__all__ = ["at_home", "check_for_snakemake", "checked_pattern", "fill", "from_here", "placeholders"]

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PATH_VARIABLE = re.compile(r"<[a-z][a-z0-9_]*>")
"""What Snakemake replaces in a path by the value of a variable."""


def placeholders(pattern: str) -> set[str]:
    """Names in braces in a pattern.

    Parameters
    ----------
    pattern : str
        A file name with places for what differs.

    Returns
    -------
    set of str
        Names, each once.

    Raises
    ------
    ValueError
        If a brace has no partner.
    """
    if set(_PLACEHOLDER.sub("", pattern)) & set("{}"):
        raise ValueError(f"has a brace without its partner: {pattern!r}")
    return set(_PLACEHOLDER.findall(pattern))


def fill(pattern: str, **values: object) -> str:
    """Replace the placeholders of a checked pattern by values."""
    return _PLACEHOLDER.sub(lambda match: str(values[match[1]]), pattern)


def checked_pattern(
    value: str,
    info: ValidationInfo,
    *,
    per_beam: bool | None,
    per_round: bool | None = True,
    per_channel: bool | None = None,
) -> str:
    """Check the placeholders of a file name pattern, and make it one that can be opened from here.

    Parameters
    ----------
    value : str
        The pattern; relative to the directory that is the `base` of the validation's context.
    info : ValidationInfo
        Tells the beams, channels and rounds, of which a pattern for several must hold the placeholder.
    per_beam : bool, optional
        Whether there is a file for each beam; None if there may be one for each, or one for all.
    per_round : bool, optional
        Whether there is one for each round; False if it may be one for all of them, None if it must be.
    per_channel : bool, optional
        Whether there is one for each channel, where the field has channels; likewise.

    Returns
    -------
    str
        The pattern, relative to the current directory if it is below that.

    Raises
    ------
    ValueError
        If it holds a placeholder that it cannot have, or lacks one that it needs.
    """
    if not value.isprintable():
        raise ValueError(f"must not hold line breaks or other control characters, got {value!r}")
    beams, rounds, channels = (info.data.get(key) for key in ("beams", "rounds", "channels"))
    per_channel = per_channel if channels else None
    found = placeholders(value)
    allowed = {"field", *(["beam"] if per_beam is not False else []), *([] if per_round is None else ["round"])}
    allowed |= set() if per_channel is None else {"channel"}
    if unknown := sorted(found - allowed):
        choice = ", ".join(f"{{{name}}}" for name in sorted(allowed))
        raise ValueError(f"{{{unknown[0]}}} is not a placeholder here; use {choice}")
    needed = {"beam"} if per_beam and beams and len(beams) > 1 else set()
    needed |= {"channel"} if per_channel and channels and len(channels) > 1 else set()
    needed |= {"round"} if per_round and rounds and rounds > 1 else set()
    if missing := sorted(needed - found):
        raise ValueError(f"must hold {{{'} and {'.join(missing)}}}, got {value!r}")
    base = os.path.realpath((info.context or {}).get("base", "."))
    if set(base) & set("{}"):
        raise ValueError(f"Snakemake takes the braces in {base} for placeholders; rename that directory")
    path = from_here(os.path.normpath(Path(base, at_home(value))))
    check_for_snakemake(path)
    return path


def at_home(value: str) -> Path:
    """Path of a name that may begin with ~ or ~user, for somebody's home; raises ValueError if nobody's is known."""
    try:
        return Path(value).expanduser()
    except RuntimeError:
        told = f"{value.split('/', 1)[0]} stands for a home that is not known; write the directory, got {value!r}"
        raise ValueError(told) from None


def check_for_snakemake(path: str) -> None:
    """Check that a path, or a pattern, has nothing that Snakemake takes for a variable of its own.

    Parameters
    ----------
    path : str
        As Snakemake is given it.

    Raises
    ------
    ValueError
        If it has.
    """
    if found := _PATH_VARIABLE.search(path):
        raise ValueError(f"Snakemake takes {found[0]} in {path} for a variable; rename that file or directory")


def from_here(path: str) -> str:
    """Name a path relative to the current directory if it is below it: so a directory can be moved as a whole."""
    here = Path.cwd()
    absolute = Path(path).absolute()
    relative = str(absolute.relative_to(here)) if absolute.is_relative_to(here) else "-"
    # No program takes an absolute path for an option.
    return str(absolute) if relative.startswith("-") else relative
