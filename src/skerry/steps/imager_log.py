"""What the log of an imager says of a clean that did not end as it should: such an imager's exit status is 0.

The words are those of WSClean 3.1 to 3.7, CASA 6.7, of config/imagers/tclean.py, and DDFacet 1.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["ImagerLog", "read_log"]

_WORDS = {
    "diverged": re.compile(
        r"\bdiverge(?:d|s|nce)?\b|\bdiverging\b|peak residual increased by more than \d+ times", re.IGNORECASE
    ),
    "NaN": re.compile(r"(?<![\w./-])[-+]?nan(?!-?[\w./])(?!-[^>])", re.IGNORECASE),
    "limit reached": re.compile(
        r"maximum number of [\w ]*iterations (?:was )?reached|reached (?:the )?maximum number of [\w ]*(?:iter|minor)"
        r"|nr\. of iterations reached|(?:criterion ?:|reached the) iteration limit|: reached nmajor"
        r"|stopped by the limit of",
        re.IGNORECASE,
    ),
    "mask not taken": re.compile(
        r"does not contain CASA region text|cannot regrid the input mask|criterion ?: zero mask", re.IGNORECASE
    ),
}
_CHARACTERS_OF_A_LINE = 4000
"""That are looked at: a line of progress may be longer."""
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_SCALE = re.compile(r"^- Scale (\d{1,9}), bias factor")
_USED_SCALE = re.compile(r"^- Scale (\d{1,9}) px, nr of components cleaned: (\d{1,18})")
"""Lines of WSClean's, before a multi-scale clean and after it."""


@dataclass
class ImagerLog:
    """What a log says.

    Attributes
    ----------
    lines : dict of str to str
        The last line that says it, by what it says: "diverged", "NaN", "limit reached" or "mask not taken".
    counts : dict of str to int
        How many lines do.
    scales : set of int
        Scales of WSClean's multi-scale clean, pixels.
    used_scales : set of int, optional
        Those of which there are components, where the log tells.
    """

    lines: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    scales: set[int] = field(default_factory=set)
    used_scales: set[int] | None = None

    @property
    def largest_scale(self) -> int:
        """Largest scale of a component, pixels; 0 of a clean by points, and of another imager's."""
        return max(self.scales if self.used_scales is None else self.used_scales, default=0)


def read_log(path: Path) -> ImagerLog:
    """Look through the log of an imager.

    Parameters
    ----------
    path : Path
        What it has printed.

    Returns
    -------
    ImagerLog
        What it says; nothing if there is no such file.
    """
    said = ImagerLog()
    for line in _lines(path):
        for what, words in _WORDS.items():
            if words.search(line):
                said.lines[what] = line
                said.counts[what] = said.counts.get(what, 0) + 1
        if found := _SCALE.match(line):
            said.scales.add(int(found[1]))
        elif found := _USED_SCALE.match(line):
            used = {int(found[1])} if int(found[2]) else set()
            said.used_scales = (said.used_scales or set()) | used
    return said


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                yield _COLOUR.sub("", line[:_CHARACTERS_OF_A_LINE]).strip()
    except OSError:
        return
