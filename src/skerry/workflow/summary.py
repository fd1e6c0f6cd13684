"""What is in the masks of a field, as a short table.

A run ends with it, so that a reader sees where the masks are and whether they look sane without opening any.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from skerry.errors import printable

if TYPE_CHECKING:
    from rich.console import Console

    from skerry.field.keys import FieldConfig

__all__ = ["MaskFacts", "mask_facts", "summarise"]

_NAMES = 8


class MaskFacts(NamedTuple):
    """What is in a mask."""

    islands: int
    """8-connected sets of masked pixels."""
    fraction: float
    """Masked pixels over all pixels."""
    seed_clip: float | None
    """Clip of the seeds that was used, sigma or a factor of the MAC; None if the mask was made without seeds."""
    negative: int | None = None
    """Islands of the negative image by the same clips, before erosion; None if they were not counted."""
    warnings: int = 0
    """Warnings of its making, that of the mosaic's mask included."""


def mask_facts(path: str | Path) -> MaskFacts:
    """Read a mask and say what is in it.

    Parameters
    ----------
    path : path
        A mask that skerry made.

    Returns
    -------
    MaskFacts
        What is in it.

    Raises
    ------
    SkerryError
        If it cannot be read as a mask.
    """
    from skerry.filters.islands import count_islands
    from skerry.io.fits import each_mask

    islands = pixels = of_all = 0
    for mask in each_mask(path):
        found = count_islands(mask.data)
        islands, pixels = islands + found.islands, pixels + found.pixels
        of_all += mask.data.shape[0] * mask.data.shape[1]
    clip, negative = mask.header.get("SKSEED"), mask.header.get("SKNEG")
    return MaskFacts(
        islands,
        pixels / of_all,
        None if clip is None else float(clip),
        None if negative is None else int(negative),
        int(mask.header.get("SKWARN", 0)),
    )


def summarise(field: FieldConfig, console: Console) -> None:
    """Print a table of the masks of a field that are there, and say where they are.

    Parameters
    ----------
    field : FieldConfig
        The field.
    console : Console
        Where to print.
    """
    counted = any(field.plan.options_for_round(k).flood_fill_count_negative for k in field.plan.masked_rounds)
    seen, absent = _masks_of(field)
    if seen:
        _print_table(field, seen, console, counted=counted)
    if empty := sum(not one.facts.islands for one in seen):
        console.print(f"{_masks(empty)} empty: nothing would be cleaned there.")
    if warned := sum(one.facts.warnings > 0 for one in seen):
        console.print(f"{_masks(warned)} made with warnings; 'skerry info MASK' shows those of a mask.")
    gone_wrong = [f"round {one.round} beam {one.beam}, {' and '.join(one.clean)}" for one in seen if one.clean]
    if gone_wrong:
        told = f"{field.files.directory}/round*/beam*.clean.check"
        cleans = "1 clean" if len(gone_wrong) == 1 else f"{len(gone_wrong)} cleans"
        what = "; ".join(filter(None, [*gone_wrong[:_NAMES], _more(gone_wrong)]))
        console.print(f"{cleans} may have gone wrong: {what}; see {told}", markup=False, soft_wrap=True)
    if counted:
        source = "mosaic" if field.plan.on_mosaic else "beam's image"
        console.print(f"Negative: islands of the negative {source} by the same clips, before erosion.", soft_wrap=True)
    if absent:
        count = len(absent)
        are_not = "is not" if count == 1 else "are not"
        console.print(f"{count} of {count + len(seen)} masks {are_not} made yet: {_some(absent)}.", soft_wrap=True)
    _print_places(field, console, made=bool(seen))


class _Seen(NamedTuple):
    """A mask that is there, and what went wrong in the imaging with it."""

    round: int
    beam: str
    facts: MaskFacts
    clean: list[str]


def _masks_of(field: FieldConfig) -> tuple[list[_Seen], list[str]]:
    """Masks of a field that are there, by round and beam, and the names of those that are not."""
    seen: list[_Seen] = []
    absent: list[str] = []
    for k in field.plan.masked_rounds:
        for beam in field.each_beam:
            path = Path(field.files.mask_path(k, beam))
            if path.is_file():
                clean = _seen_of_clean(field.files.clean_check_path(k, beam))
                seen.append(_Seen(k, beam, mask_facts(path), clean))
            else:
                absent.append(f"round {k} beam {beam}")
    return seen, absent


def _print_table(field: FieldConfig, seen: list[_Seen], console: Console, *, counted: bool) -> None:
    from rich.markup import escape
    from rich.table import Table

    heads = ["round", "beam", "islands", "masked", "seed clip", *(["negative"] if counted else [])]
    table = Table(*heads, title=f"Masks of {escape(field.field)}")
    for column in table.columns[2:]:
        column.justify = "right"
    last = [*field.each_beam][-1]
    flags = [_flag(one.facts, one.clean) for one in seen]
    if any(flags):
        table.add_column("look at")
    for one, flag in zip(seen, flags, strict=True):
        facts = one.facts
        unit = "sigma" if field.plan.options_for_round(one.round).clip_unit == "sigma" else "MAC"
        clip = "-" if facts.seed_clip is None else f"{facts.seed_clip:.4g} {unit}"
        row = [str(one.round), one.beam, str(facts.islands), f"{100 * facts.fraction:.3f} %", clip]
        row += ["-" if facts.negative is None else str(facts.negative)] if counted else []
        row += [escape(flag)] if any(flags) else []
        table.add_row(*row, end_section=one.beam == last)
    console.print(table)


def _print_places(field: FieldConfig, console: Console, *, made: bool) -> None:
    are = "are" if made else "will be"
    console.print(f"The masks {are} in {field.files.directory}/round*/beam*.mask.fits", markup=False, soft_wrap=True)
    if Path(field.files.report_page).is_file():
        console.print(f"The report is {field.files.report_page}", markup=False, soft_wrap=True)
    if field.imager is not None:
        images = field.imager.image_name("beam*")
        console.print(f"The images are in {field.files.directory}/round*/images/{images}", markup=False, soft_wrap=True)


def _flag(facts: MaskFacts, seen: list[str]) -> str:
    """What a reader should look at."""
    warned = f"{facts.warnings} warning{'s' if facts.warnings > 1 else ''}" if facts.warnings else ""
    clean = f"clean: {', '.join(seen)}" if seen else ""
    return ", ".join(filter(None, ("" if facts.islands else "empty", warned, clean)))


def _seen_of_clean(check: str | None) -> list[str]:
    """What went wrong in the imaging with a mask, in a word or two each; nothing if that is not known yet."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return [printable(found) for found in json.loads(Path(check or "").read_text())["found"]]
    return []


def _masks(count: int) -> str:
    return "1 mask is" if count == 1 else f"{count} masks are"


def _some(names: list[str]) -> str:
    """The first of some names, and how many more there are."""
    return " and ".join(filter(None, [", ".join(names[:_NAMES]), _more(names)]))


def _more(names: list[str]) -> str:
    more = len(names) - _NAMES
    return f"{more} more" if more > 0 else ""
