"""What a trap is that an imager has for masks, and what is told of those that a mask falls into.

The traps themselves are the table of `skerry.steps.imager_traps`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from skerry.errors import SkerryError
from skerry.steps.checked_mask_file import CheckedFile, Found

__all__ = ["Grade", "Told", "Trap", "told_of"]


class Grade(Enum):
    """How bad it is."""

    PROBLEM = "problem"
    """The mask is refused."""
    WARNING = "warning"
    """It may be meant, or does not matter in every case."""
    NOTE = "note"
    """It holds for any mask."""


@dataclass(frozen=True)
class Trap:
    """Something in a mask that an imager stops at, or reads as something else.

    Attributes
    ----------
    name : str
        Of its row in docs/imagers.md.
    finds : callable
        Gives what of it there is in a `CheckedFile`.
    happens : mapping of str to str
        What each imager that falls into it makes of the mask.
    mend : str
        What to do, unless what is found says it.
    grade : Grade
        How bad it is.
    by_import : bool
        Whether it is one for masks that are imported as they are: into CASA by importfits. A script may do otherwise.
    excused : bool
        Whether an image that has it, too, was not made by this imager, which rejects it.
    """

    name: str
    finds: Callable[[CheckedFile], Iterator[Found]]
    happens: Mapping[str, str] = field(repr=False)
    mend: str = ""
    grade: Grade = Grade.PROBLEM
    by_import: bool = False
    excused: bool = False


class Told(NamedTuple):
    """A sentence on a mask."""

    grade: Grade
    text: str


def told_of(mask: CheckedFile, traps: tuple[Trap, ...], imager: str) -> list[Told]:
    """What to tell of a mask that is for an imager.

    Parameters
    ----------
    mask : CheckedFile
        The mask; traps of its pixels need its contents.
    traps : tuple of Trap
        Of the table.
    imager : str
        One of `skerry.config.imagers.IMAGERS`.

    Returns
    -------
    list of Told
        What was found, what the imager makes of it, and what to do.
    """
    told = []
    # What makes a mask anew begins with a FITS file.
    name = "MASK.fits" if mask.stored.place == "casa" else str(mask.path)
    for trap in traps:
        if imager not in trap.happens:
            continue
        grade = Grade.NOTE if trap.by_import and mask.use.is_script else trap.grade
        try:
            for found in trap.finds(mask):
                mend = found.mend or trap.mend.replace("MASK", name)
                told.append(Told(grade, f"{found.what}: {trap.happens[imager]}; {mend}"))
        except SkerryError as error:
            # That it has no place on the sky, say, which more than one trap asks for.
            problem = Told(Grade.PROBLEM, str(error).removeprefix(f"{mask.path}: "))
            told += [problem] if problem not in told else []
    return told
