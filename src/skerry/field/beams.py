"""The beams of a field, as they are written in file names."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["expand_beams"]

_BEAM_RANGE = re.compile(r"(\d+)-(\d+)")


def expand_beams(value: Any) -> tuple[str, ...]:
    """Names of beams.

    Parameters
    ----------
    value : object
        As the YAML file has it: a range such as "00-35", one name, or a list.

    Returns
    -------
    tuple of str
        Names, as in those of the files; that none is given twice is not checked.

    Raises
    ------
    ValueError
        If it is none of these.

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
        padded = len(first) == len(last)
        if int(last) < int(first) or (first.startswith("0") and len(first) > 1 and not padded):
            raise ValueError(
                f'is not a range of beams: {value!r}; write it as "00-35", both ends alike, the lower first'
            )
        return tuple(str(n).zfill(len(first) if padded else 0) for n in range(int(first), int(last) + 1))
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(f'must be a range as "00-35", or a list as ["00", "01"], got {value!r}')
    if wrong := [beam for beam in value if isinstance(beam, bool) or not isinstance(beam, str | int)]:
        raise ValueError(f'a beam must be text, as "00", got {wrong[0]!r}')
    return tuple(map(str, value))
