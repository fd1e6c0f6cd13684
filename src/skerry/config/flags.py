"""Which of the options each subcommand takes, and what its user calls them on the command line."""

from __future__ import annotations

from skerry.config.declaration import options_by_step, short_flag
from skerry.config.options import MaskingOptions

__all__ = ["STEP_OPTIONS", "flag_name"]

STEP_OPTIONS = options_by_step(MaskingOptions)
"""The options that each subcommand takes."""


def flag_name(step: str, option: str) -> str:
    """Command-line flag of an option: its name in kebab-case, less the prefix that names the subcommand.

    Parameters
    ----------
    step : str
        A subcommand, a key of `STEP_OPTIONS`.
    option : str
        A field of `MaskingOptions` that the subcommand takes.

    Returns
    -------
    str
        For instance ``--positive-seed-clip``; where the option is a switch, its opposite is ``--no-`` and the same.

    Raises
    ------
    KeyError
        If the subcommand has no such option.

    Examples
    --------
    >>> flag_name("flood", "flood_fill_positive_seed_clip")
    '--positive-seed-clip'
    >>> flag_name("mask", "flood_fill_positive_seed_clip")
    '--flood-fill-positive-seed-clip'
    """
    if option not in STEP_OPTIONS[step]:
        raise KeyError(f"'skerry {step}' has no option {option}")
    return short_flag(step, option)
