"""The tables of a report: all masks, which a reader sorts, and a line for each round."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from skerry.planes.order_statistics import median
from skerry.report.field_facts import FieldFacts, RoundFacts
from skerry.report.numbers import Scale, scale_for
from skerry.report.target_facts import TargetFacts

__all__ = ["Cell", "Column", "Row", "Scales", "Table", "flag_of", "id_of", "mask_table", "round_table", "scales_of"]

Kind = Literal["number", "text"]


class Column(NamedTuple):
    """A heading."""

    name: str
    kind: Kind = "number"
    unit: str = ""
    help: str = ""


class Cell(NamedTuple):
    """What stands in a table, and by what it is sorted."""

    text: str
    value: float | str | None = None
    """None where nothing is known."""
    kind: Kind = "number"
    opens: str | None = None
    """Picture that a click opens."""


class Row(NamedTuple):
    """A mask, or a round."""

    cells: tuple[Cell, ...]
    round: int
    is_marked: bool = False


class Table(NamedTuple):
    """Headings and rows."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


class Scales(NamedTuple):
    """Units of noise and flux."""

    noise: Scale
    flux: Scale


def scales_of(field: FieldFacts) -> Scales:
    """Units for all of a field; of noise in several units, as of images of several kinds, that of the images."""
    targets = [target for of_round in field.rounds for target in of_round.targets]
    units = {target.unit for target in targets if target.noise is not None}
    unit = units.pop() if len(units) == 1 else ""
    noise = scale_for((target.noise for target in targets), unit)
    return Scales(noise, scale_for((target.flux for target in targets), "Jy"))


def id_of(target: TargetFacts) -> str:
    """Name of the picture of a mask within the page."""
    return f"picture-{target.round}-{target.key}"


def mask_table(field: FieldFacts, scales: Scales, *, has_pictures: bool = True) -> Table:
    """All masks of a field.

    Parameters
    ----------
    field : FieldFacts
        The field.
    scales : Scales
        Units of noise and flux.
    has_pictures : bool
        Whether the page has pictures for names to open.

    Returns
    -------
    Table
        A row for each mask, of those that are not there too, with the mosaic's before those of the beams.
    """
    targets = [target for of_round in field.rounds for target in of_round.targets]
    counted = any(target.negative is not None for target in targets)
    columns = (
        Column("round"),
        Column("beam", "text"),
        Column("islands"),
        Column("masked", unit="%", help="Masked pixels over valid pixels of the image"),
        Column("noise", unit=scales.noise.unit, help="Median of what the run measured, or of the image's pixels"),
        Column("flux", unit=scales.flux.unit, help="Of the masked pixels"),
        Column("kept", help="Islands that share a pixel with one of the round before"),
        Column("gained", help="Islands that share none"),
        Column("lost", help="Islands of the round before that share no pixel with one of this round"),
        Column("seed clip"),
        Column("flood clip"),
        *([Column("negative", help="Islands of the negative image by the same clips")] if counted else []),
        Column("warnings"),
        Column("look at", "text"),
    )
    rows = [_mask_row(target, scales, counted=counted, opens=has_pictures) for target in targets]
    return Table(columns, tuple(rows))


def _mask_row(target: TargetFacts, scales: Scales, *, counted: bool, opens: bool) -> Row:
    changes = target.changes
    is_made = target.islands is not None
    flag = flag_of(target)
    percent = None if target.fraction is None else 100 * target.fraction
    cells = (
        _count(target.round),
        Cell(target.target, target.target, "text", id_of(target) if opens and target.picture else None),
        _count(target.islands),
        Cell("" if percent is None else f"{percent:.3f}", percent),
        Cell(scales.noise.shown(target.noise), target.noise),
        Cell(scales.flux.shown(target.flux), target.flux),
        _count(None if changes is None else changes.kept),
        _count(None if changes is None else changes.gained),
        _count(None if changes is None else changes.lost),
        _clip(target.seed_clip, target.clip_unit),
        _clip(target.flood_clip, target.clip_unit),
        *([_count(target.negative)] if counted else []),
        _count(len(target.warnings) if is_made else None),
        Cell(flag, flag or None, "text"),
    )
    return Row(cells, target.round, is_marked=bool(flag))


def flag_of(target: TargetFacts) -> str:
    """What a reader should look at, in a few words; nothing if all is well."""
    number = len(target.warnings)
    words = (
        "no mask" if target.islands is None else "",
        "no image" if target.islands is not None and target.problem else "",
        "empty" if target.islands == 0 else "",
        f"{number} warning{'s' * (number > 1)}" if number else "",
        f"clean: {', '.join(target.clean)}" if target.clean else "",
    )
    return ", ".join(filter(None, words))


def round_table(field: FieldFacts, scales: Scales) -> Table:
    """A line for each round of a field; parameters as of `mask_table`."""
    on_mosaic = any(of_round.mosaics for of_round in field.rounds)
    columns = (
        Column("round"),
        Column("masks made", "text"),
        *([Column("islands of the mosaic")] if on_mosaic else []),
        Column("islands of the beams"),
        Column("kept"),
        Column("gained"),
        Column("lost"),
        Column("masked", unit="%, median"),
        Column("noise", unit=f"{scales.noise.unit}, median".removeprefix(", ")),
        Column("flux", unit=f"{scales.flux.unit}, {'mosaic' if on_mosaic else 'sum'}"),
        Column("with warnings"),
    )
    return Table(columns, tuple(_round_row(of_round, scales, on_mosaic=on_mosaic) for of_round in field.rounds))


def _round_row(of_round: RoundFacts, scales: Scales, *, on_mosaic: bool) -> Row:
    beams, mosaics = of_round.beams, of_round.mosaics
    made = [beam for beam in beams if beam.islands is not None]
    # What becomes of a source is told once: by the mosaic, which has it once, where there is one.
    compared = [one.changes for one in mosaics or beams if one.changes is not None]
    fraction = _median([beam.fraction for beam in made])
    flux = _sum([one.flux for one in mosaics or made])
    cells = (
        _count(of_round.round),
        Cell(f"{len(made)} of {len(beams)}", str(len(made)), "text"),
        *([] if not on_mosaic else [_count(_sum([mosaic.islands for mosaic in mosaics]))]),
        _count(_sum([beam.islands for beam in made])),
        *(_count(_sum([getattr(change, name) for change in compared])) for name in ("kept", "gained", "lost")),
        Cell("" if fraction is None else f"{100 * fraction:.3f}", fraction),
        Cell(scales.noise.shown(_median([beam.noise for beam in made]))),
        Cell(scales.flux.shown(flux)),
        _count(sum(bool(one.warnings) for one in of_round.targets)),
    )
    return Row(cells, of_round.round)


def _count(number: float | None) -> Cell:
    return Cell("" if number is None else f"{number:g}", number)


def _clip(clip: float | None, unit: str) -> Cell:
    if clip is None:
        return Cell("")
    sigma = unit == "sigma"
    return Cell(f"{clip:.3g} {chr(0x3C3) if sigma else 'MAC' if unit.startswith('factor') else unit}".rstrip(), clip)


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _sum(values: Sequence[float | None]) -> float | None:
    known = _known(values)
    return sum(known) if known else None


def _median(values: Sequence[float | None]) -> float | None:
    known = _known(values)
    return median(np.array(known)) if known else None
