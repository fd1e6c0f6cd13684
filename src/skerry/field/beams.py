"""The beams of a field, and the channels of their images, as they are written in file names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

__all__ = [
    "MOST_MASKS",
    "MOST_NAMES",
    "MOST_ROUNDS",
    "ChannelOfBeam",
    "channels_of_beams",
    "expand_beams",
    "given_twice",
    "names_alike",
]

MOST_NAMES = 10_000
"""Beams of a field, or channels of a beam: some hundred times those of a phased array feed, and the finest cubes."""
MOST_ROUNDS = 1000
"""Of self-calibration, of which there are ten at most."""
MOST_MASKS = 1_000_000
"""Of all beams, channels and rounds: each is several jobs of some kB of Snakemake's."""
_BEAM_RANGE = re.compile(r"([0-9]+)-([0-9]+)")
_MOST_DIGITS = 30


def expand_beams(value: Any, what: str = "beam") -> tuple[str, ...]:
    """Names of beams, or of channels.

    Parameters
    ----------
    value : object
        As the YAML file has it: a range such as "00-35", one name, or a list.
    what : str
        What they are called in messages: "beam" or "channel".

    Returns
    -------
    tuple of str
        Names, as in those of the files; that none is given twice is not checked.

    Raises
    ------
    ValueError
        If it is none of these, or there are more than `MOST_NAMES`.

    Examples
    --------
    >>> expand_beams("08-11")
    ('08', '09', '10', '11')
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str):
        match = _BEAM_RANGE.fullmatch(value.strip())
        if match is None:
            return (value.strip(),)
        first, last = match.groups()
        if max(len(first), len(last)) > _MOST_DIGITS:
            raise ValueError(f"is a range of {what}s whose ends have more than {_MOST_DIGITS} digits; give fewer")
        padded = len(first) == len(last)
        if int(last) < int(first) or (first.startswith("0") and len(first) > 1 and not padded):
            raise ValueError(
                f'is not a range of {what}s: {value!r}; write it as "00-35", both ends alike, the lower first'
            )
        _check_number(int(last) - int(first) + 1, what)
        return tuple(str(n).zfill(len(first) if padded else 0) for n in range(int(first), int(last) + 1))
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(f'must be a range as "00-35", or a list as ["00", "01"], got {value!r}')
    _check_number(len(value), what)
    if wrong := [beam for beam in value if isinstance(beam, bool) or not isinstance(beam, str | int)]:
        raise ValueError(f'a {what} must be text, as "00", got {wrong[0]!r}')
    return tuple(map(str, value))


def _check_number(number: int, what: str) -> None:
    if number > MOST_NAMES:
        raise ValueError(f"has {number} {what}s, and may have {MOST_NAMES}; give fewer, or several fields")


class ChannelOfBeam(NamedTuple):
    """A beam, or a channel of it that has images of its own."""

    beam: str
    channel: str = ""


def channels_of_beams(beams: Sequence[str], channels: Sequence[str]) -> dict[str, ChannelOfBeam]:
    """Beams, or their channels if there are any, by the names that what is made of them has.

    Parameters
    ----------
    beams, channels : sequence of str
        As written in file names.

    Returns
    -------
    dict of str to ChannelOfBeam
        All channels of the first beam first.

    Examples
    --------
    >>> list(channels_of_beams(["00", "01"], ["0000", "MFS"]))
    ['00-0000', '00-MFS', '01-0000', '01-MFS']
    """
    if not channels:
        return {beam: ChannelOfBeam(beam) for beam in beams}
    return {f"{beam}-{channel}": ChannelOfBeam(beam, channel) for beam in beams for channel in channels}


def names_alike(beams: Sequence[str], channels: Sequence[str]) -> list[str]:
    """Names that two channels of beams would share; parameters as of `channels_of_beams`."""
    return given_twice([f"{beam}-{channel}" for beam in beams for channel in channels])


def given_twice(names: Sequence[str]) -> list[str]:
    """Names that stand in a list more than once, in order."""
    return sorted(name for name, count in Counter(names).items() if count > 1)
