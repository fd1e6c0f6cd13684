r"""What HISTORY says of the steps that made a file: written by each, and read again to tell how a mask was made.

A step is a line with its name, and below it its options and its inputs with their checksums. Cards of HISTORY hold 72
characters, so a long line goes on in the next card. They hold printable ASCII alone: other letters, as in the name of a
file, stand there by their code, an umlaut as \xe4, and a backslash is doubled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from astropy.io import fits

__all__ = [
    "InputRecord",
    "StepRecord",
    "as_ascii",
    "from_ascii",
    "last_step",
    "merged_cards",
    "step_cards",
    "steps_of",
    "warning_cards",
    "warnings_in",
]

_CARD = 72
_STEP = r"skerry (\S+) ([a-z][a-z-]*)$"
_OPTION = r"  (\w+) = (.*)$"
_INPUT, _WARNING = "  input ", "  warning: "
_SHA256 = r"sha256:([0-9a-f]{64})$"
_ROLE = r"  \((?:as (\w+))?(?:, )?(?:made by ([a-z-]+))?\)$"
_NO_STEPS = ("simulate",)
"""What makes files that a user would have from elsewhere."""


@dataclass(frozen=True)
class InputRecord:
    """A file that a step read."""

    name: str
    sha256: str
    role: str | None = None
    """The parameter that named it; None for an argument without a flag."""
    made_by: str | None = None
    """The step of skerry that made it, if one did."""


@dataclass(frozen=True)
class StepRecord:
    """A step of skerry."""

    command: str
    version: str
    options: Mapping[str, str] = field(default_factory=dict)
    """As it recorded them: without the prefix of the step in some."""
    inputs: tuple[InputRecord, ...] = ()
    warnings: tuple[str, ...] = ()


def as_ascii(text: str) -> str:
    r"""Text as a card can hold it.

    Parameters
    ----------
    text : str
        Of any letters.

    Returns
    -------
    str
        Of ASCII, with the codes of other letters.

    Examples
    --------
    >>> print(as_ascii("J\u00e4ger.fits"), from_ascii(as_ascii("J\u00e4ger.fits")) == "J\u00e4ger.fits")
    J\xe4ger.fits True
    """
    return text.encode("unicode_escape").decode("ascii")


def from_ascii(text: str) -> str:
    """Text that `as_ascii` made; any other as it is."""
    try:
        return text.encode("ascii").decode("unicode_escape") if "\\" in text else text
    except UnicodeError:
        return text


def step_cards(
    command: str,
    version: str,
    options: Mapping[str, Any],
    inputs: Iterable[InputRecord],
    warnings: Iterable[str] = (),
) -> list[str]:
    """Lines of HISTORY that tell of a step; options that are None are left out."""
    lines = [f"skerry {version} {command}"]
    for name, value in sorted(options.items()):
        if value is not None:
            shown = ",".join(map(str, value)) if isinstance(value, tuple | list) else value
            lines.append(f"  {name} = {shown}")
    for file in inputs:
        lines += [f"{_INPUT}{file.name}", f"sha256:{file.sha256}"]
        said = [f"as {file.role}" if file.role else "", f"made by {file.made_by}" if file.made_by else ""]
        if any(said):
            lines.append(f"  ({', '.join(filter(None, said))})")
    return [*map(as_ascii, lines), *warning_cards(warnings)]


def warning_cards(warnings: Iterable[str]) -> list[str]:
    """Lines of HISTORY, the last of those of a step, that tell what its user was warned of."""
    return [as_ascii(f"{_WARNING}{text}") for text in warnings]


def warnings_in(header: fits.Header) -> int:
    """How many warnings HISTORY keeps."""
    return sum(len(step.warnings) for step in steps_of(header))


def merged_cards(header: fits.Header, others: Iterable[fits.Header]) -> list[str]:
    """Cards of HISTORY of a file, and those of the steps by which others were made that it does not have."""
    before, steps = _split(header)
    for other in others:
        steps += [step for step in _split(other)[1] if step not in steps and _command(step) not in _NO_STEPS]
    return [*before, *(card for step in steps for card in step)]


def last_step(header: fits.Header) -> str | None:
    """The step that made a file, if one of skerry's did."""
    steps = _split(header)[1]
    return _command(steps[-1]) if steps and _command(steps[-1]) not in _NO_STEPS else None


def steps_of(header: fits.Header) -> list[StepRecord]:
    """Steps that HISTORY tells of, in their order."""
    steps = [_parsed(cards) for cards in _split(header)[1]]
    return [step for step in steps if step.command not in _NO_STEPS]


def _split(header: fits.Header) -> tuple[list[str], list[list[str]]]:
    """Cards of HISTORY before the first step of skerry, and those of each step."""
    before: list[str] = []
    steps: list[list[str]] = []
    for line in header.get("HISTORY", []):
        card = str(line)
        if card.startswith("skerry ") and re.match(_STEP, card):
            steps.append([card])
        else:
            (steps[-1] if steps else before).append(card)
    return before, steps


def _command(cards: Sequence[str]) -> str:
    found = re.match(_STEP, cards[0])
    assert found is not None
    return found[2]


def _parsed(cards: Sequence[str]) -> StepRecord:
    found = re.match(_STEP, cards[0])
    assert found is not None
    options: dict[str, str] = {}
    inputs: list[InputRecord] = []
    told: list[str] = []
    name = ""
    for line in _lines(cards[1:]):
        if line.startswith(_INPUT):
            name = line.removeprefix(_INPUT)
        elif said := re.match(_OPTION, line):
            options[said[1]] = from_ascii(said[2])
        elif said := re.match(_SHA256, line):
            inputs.append(InputRecord(from_ascii(name), said[1]))
        elif line.startswith(_WARNING):
            told.append(from_ascii(line.removeprefix(_WARNING)))
        elif (said := re.match(_ROLE, line)) and inputs:
            inputs[-1] = replace(inputs[-1], role=said[1], made_by=said[2])
    return StepRecord(found[2], found[1], options, tuple(inputs), tuple(told))


def _lines(cards: Iterable[str]) -> list[str]:
    """Lines that go on from card to card, put together.

    At the end of a card a blank is lost. The name of an input ends where its checksum stands; any other line goes on
    only where its card is full, or is but for a blank, and the next begins no line.
    """
    lines: list[str] = []
    full = False
    for card in cards:
        named = bool(lines) and lines[-1].startswith(_INPUT)
        begins = re.match(_SHA256, card) if named else card.startswith(("  ", "sha256:"))
        if lines and not begins and (full or named):
            lines[-1] = lines[-1].ljust(-(-len(lines[-1]) // _CARD) * _CARD) + card
        else:
            lines.append(card)
        full = len(card) == _CARD or (len(card) == _CARD - 1 and lines[-1].startswith("  "))
    return lines
