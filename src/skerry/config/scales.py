"""The scales of multi-scale CLEAN, as they are given: a list, or text with commas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

__all__ = ["MAX_SCALES", "WSCLEAN_FWHM_FACTOR", "Scales", "check_beams", "check_scales"]

WSCLEAN_FWHM_FACTOR = 0.44153
"""FWHM of the Gaussian of a CLEAN scale over the scale: a sigma of 3/16 of it.

Measured on components of WSClean 3.1 with `-multiscale-shape gaussian`, of scales from 8 to 100 pixels. Its default
shape, the tapered quadratic, is no Gaussian: one fitted to it has 0.45 for scales from 64 pixels on, as is documented,
and more for small ones (0.54 at 8).
"""

MAX_SCALES = 31
"""Scales a mask can hold: the bits of an int32 without its sign."""


def _parse_scales(value: Any) -> Any:
    """Take scales as a list or as the comma-separated text of the command line."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, Iterable):
        return tuple(value)
    return (value,)


def _in_order(scales: tuple[int, ...]) -> tuple[int, ...]:
    """Sort scales: WSClean sorts its own before it counts the bits of a mask."""
    return tuple(sorted(scales))


Scales: TypeAlias = Annotated[
    tuple[Annotated[int, Field(ge=0)], ...], BeforeValidator(_parse_scales), AfterValidator(_in_order)
]


def check_scales(option: str, scales: tuple[int, ...]) -> None:
    """Check that a mask can hold some scales.

    Parameters
    ----------
    option : str
        The option that gives them.
    scales : tuple of int
        Scales in pixels, in order.

    Raises
    ------
    ValueError
        Names the option; if there are none, or too many, or one of them twice.
    """
    if not 1 <= len(scales) <= MAX_SCALES:
        raise ValueError(f"{option}: give 1 to {MAX_SCALES} scales, not {len(scales)}")
    if len(set(scales)) < len(scales):
        raise ValueError(f"{option}: a scale is given twice in {','.join(map(str, scales))}")


def check_beams(option: str, scales: tuple[int, ...]) -> None:
    """Check scales in beams, to which an image is smoothed.

    Parameters
    ----------
    option : str
        The option that gives them.
    scales : tuple of int
        Scales in beams (FWHM), in order.

    Raises
    ------
    ValueError
        Names the option; if there are none, one of them is 0, or one is given twice.
    """
    if not scales or scales[0] < 1:
        raise ValueError(f"{option}: give scales of at least 1 beam, as 2,4,8")
    check_scales(option, scales)
