"""The scales of multi-scale CLEAN, as they are given: a list, or text with commas."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field

__all__ = ["MAX_SCALES", "Scales", "check_scales"]

MAX_SCALES = 31
"""Scales a mask can hold: the bits of an int32 without its sign."""


def _parse_scales(value: Any) -> Any:
    """Take scales as a list or as the comma-separated text of the command line."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, Iterable):
        return tuple(value)
    return (value,)


Scales: TypeAlias = Annotated[tuple[Annotated[int, Field(ge=0)], ...], BeforeValidator(_parse_scales)]


def check_scales(option: str, scales: tuple[int, ...]) -> None:
    """Check that a mask can hold some scales.

    Parameters
    ----------
    option : str
        The option that gives them.
    scales : tuple of int
        Scales in pixels.

    Raises
    ------
    ValueError
        Names the option; if there are none, or too many, or they do not increase.
    """
    if not 1 <= len(scales) <= MAX_SCALES:
        raise ValueError(f"{option}: give 1 to {MAX_SCALES} scales, not {len(scales)}")
    if any(b <= a for a, b in pairwise(scales)):
        raise ValueError(f"{option}: scales must increase, got {','.join(map(str, scales))}")
