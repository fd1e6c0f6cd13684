"""The operations by which a mask is edited, as a user writes them, and what each of them did."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from skerry.errors import SkerryError
from skerry.sky.position import SkyPosition, parse_position

__all__ = [
    "OPERATIONS",
    "OTHER_MASKS",
    "REGIONS",
    "Edit",
    "EditReport",
    "IslandNumbers",
    "checked_edit",
    "chosen_islands",
    "grouped",
]

OTHER_MASKS = ("union", "intersect", "subtract")
"""Operations with another mask."""
REGIONS = ("add_regions", "remove_regions")
"""Operations with a file of regions."""
_ISLANDS = ("keep", "drop")
_RADII = ("dilate", "erode")
OPERATIONS = (*_ISLANDS, "min_size", "min_snr", *REGIONS, "fill_holes", *_RADII, *OTHER_MASKS)
_MOST_PIXELS = 1000
"""Of a radius: a shape has the square of it in pixels."""
_NUMBERS = re.compile(r"\d{1,18}(-\d{1,18})?(,\d{1,18}(-\d{1,18})?)*")

IslandNumbers: TypeAlias = tuple[tuple[int, int], ...]
"""The first and the last of each range."""


class Edit(NamedTuple):
    """An operation.

    `value` is of ``keep`` and ``drop`` a str as `chosen_islands` reads it, of ``min_size``, ``dilate`` and ``erode`` an
    int, of ``min_snr`` a float, of ``fill_holes`` None, and of all others the Path of a file.
    """

    name: str
    """One of `OPERATIONS`."""
    value: str | float | Path | None = None

    @property
    def file(self) -> Path | None:
        """The file that it reads, if it does."""
        return Path(str(self.value)) if self.name in (*OTHER_MASKS, *REGIONS) else None

    def words(self) -> str:
        """Name and value, as the user of the command line knows them."""
        shown = self.file.name if self.file is not None else "" if self.value is None else f"{self.value}"
        return f"{self.name.replace('_', '-')} {shown}".strip()


class EditReport(NamedTuple):
    """What an operation did."""

    operation: str
    """In words."""
    islands_before: int
    pixels_before: int
    islands: int
    pixels: int
    """After it."""
    changed: bool
    """Whether any bit of any pixel is another one."""

    def with_that_of_another_plane(self, other: EditReport) -> EditReport:
        """Add up what the same operation did to two planes."""
        return EditReport(
            self.operation,
            self.islands_before + other.islands_before,
            self.pixels_before + other.pixels_before,
            self.islands + other.islands,
            self.pixels + other.pixels,
            self.changed or other.changed,
        )


def checked_edit(edit: Edit) -> Edit:
    """Check the value of an operation, but for files, which are opened when it is their turn.

    Parameters
    ----------
    edit : Edit
        The operation.

    Returns
    -------
    Edit
        The same.

    Raises
    ------
    SkerryError
        If there is no such operation, or its value is out of range.
    """
    name, value = edit
    if name not in OPERATIONS:
        raise SkerryError(f"{name!r} is not an operation on a mask; give one of {', '.join(OPERATIONS)}")
    if name in _ISLANDS:
        chosen_islands(edit)
    elif name == "min_size" and not (isinstance(value, int) and value >= 1):
        raise SkerryError(f"`min_size` {value}: give a whole number of pixels from 1 on")
    elif name == "min_snr" and not (isinstance(value, int | float) and 0 < value < float("inf")):
        raise SkerryError(f"`min_snr` {value}: give a number above 0")
    elif name in _RADII and not (isinstance(value, int) and 1 <= value <= _MOST_PIXELS):
        raise SkerryError(f"`{name}` {value}: give a whole number of pixels from 1 to {_MOST_PIXELS}")
    return edit


def chosen_islands(edit: Edit) -> IslandNumbers | SkyPosition:
    """Read which islands are to be kept or dropped.

    Parameters
    ----------
    edit : Edit
        Whose value is a list of numbers and ranges of them, as 3,7-9, or the position of one island, as
        `skerry.sky.position.parse_position` reads it. Two whole numbers without a sign are numbers of islands.

    Returns
    -------
    tuple of tuple of int, or SkyPosition
        Ranges of numbers; or the position.

    Raises
    ------
    SkerryError
        If it is neither.

    Examples
    --------
    >>> chosen_islands(Edit("drop", "3,7-9")), chosen_islands(Edit("drop", "60.0,-45.0"))
    (((3, 3), (7, 9)), SkyPosition(ra=60.0, dec=-45.0))
    """
    text = str(edit.value).replace(", ", ",").strip()
    if _NUMBERS.fullmatch(text):
        ends = [tuple(map(int, part.split("-"))) for part in text.split(",")]
        ranges = tuple((numbers[0], numbers[-1]) for numbers in ends)
        if any(first < 1 or last < first for first, last in ranges):
            raise SkerryError(f"`{edit.name}` {text}: islands are numbered from 1; give ranges as 7-9")
        return ranges
    try:
        return parse_position(text)
    except SkerryError as error:
        what = "give numbers of islands, as 3,7-9, or a position, as 60.05,-45.1 or 04:00:12,-45:06:00"
        raise SkerryError(f"`{edit.name}` {text!r}: is neither; {what}") from error


def grouped(edits: Sequence[Edit]) -> list[list[Edit]]:
    """Operations in their order; those that follow each other and keep islands are one, which keeps all of them."""
    groups: list[list[Edit]] = []
    for edit in edits:
        if edit.name == "keep" and groups and groups[-1][0].name == "keep":
            groups[-1].append(edit)
        else:
            groups.append([edit])
    return groups
