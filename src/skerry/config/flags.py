"""Which of the options each subcommand takes, and what its user calls them on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from skerry.config.declaration import older_flags, options_by_step, short_flag
from skerry.config.options import MaskingOptions

__all__ = ["STEP_OPTIONS", "flag_name", "other_flags"]

STEP_OPTIONS = options_by_step(MaskingOptions)
"""The options that each subcommand takes."""


def flag_name(step: str, option: str) -> str:
    """Command-line flag of an option, which is the same in each subcommand that takes it.

    Parameters
    ----------
    step : str
        A subcommand, a key of `STEP_OPTIONS`.
    option : str
        A field of `MaskingOptions` that the subcommand takes.

    Returns
    -------
    str
        For instance ``--seed-clip``; where the option is a switch, its opposite is ``--no-`` and the same.

    Raises
    ------
    KeyError
        If the subcommand has no such option.

    Examples
    --------
    >>> flag_name("flood", "flood_fill_positive_seed_clip")
    '--seed-clip'
    >>> flag_name("mask", "flood_fill_positive_seed_clip")
    '--seed-clip'
    """
    if option not in STEP_OPTIONS[step]:
        raise KeyError(f"'skerry {step}' has no option {option}")
    return short_flag(MaskingOptions, option)


@cache
def other_flags(step: str) -> Mapping[str, str]:
    """Flags that a subcommand understands besides, each with the one that it shows.

    Parameters
    ----------
    step : str
        A subcommand, a key of `STEP_OPTIONS`.

    Returns
    -------
    mapping of str to str
        For instance ``--flood-fill-positive-seed-clip`` and ``--positive-seed-clip``, both with ``--seed-clip``.
    """
    return older_flags(MaskingOptions, step)
