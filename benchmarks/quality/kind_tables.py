"""What masks are worth on fields of all kinds, in tables: the median, the worst field, and how often not the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from benchmarks.quality.imager import median, medians, show
from benchmarks.quality.kind_cleans import MULTISCALE, FieldOutcomes
from benchmarks.quality.models import Outcome
from benchmarks.quality.rows import ORACLE
from benchmarks.timing import row

__all__ = ["Standing", "show_each", "show_loops", "show_standings", "standings"]

_Judged = TypeVar("_Judged")

BEST = 1.001
"""Errors that are this many times the smallest are as good."""
LEAST_SPURIOUS, SPURIOUS_SHARE = 2e-3, 1e-3
"""More spurious flux than this (Jy), and than this share of the true flux, is too much."""
BREIZORRO = "breizorro"
HEADS = (
    "mask",
    "fields",
    "error",
    "over the best %",
    "worst",
    "not best",
    "spurious, mJy",
    "worst",
    "too much",
    "model 5-10",
    "lost",
    "masked %",
)


class Standing(NamedTuple):
    """A row among the others in a round of all fields."""

    fields: int
    error: float
    """Median error of the model."""
    over_best: float
    worst_over_best: float
    """Error over the smallest of all rows but the oracle, less 1, in the median and in the worst field."""
    not_best: int
    """Fields with an error more than a thousandth above the smallest."""
    spurious: float
    worst_spurious: float
    """Jy, in the median and in the worst field; cleans on several scales do not count, in the next figure neither."""
    too_much: int
    """Fields with more than 2 mJy and more than a thousandth of the true flux."""
    flux_faint: float
    """Median of the fields' median flux of isolated sources of 5 to 10 sigma in the model, over the true one."""
    lost: int
    """Fields in which that is 0 and breizorro's is not."""
    masked: float


def standings(fields: Sequence[FieldOutcomes], k: int) -> dict[str, Standing]:
    """Of every row in a round."""
    of_rows: dict[str, list[tuple[Outcome, FieldOutcomes]]] = {}
    for field in fields:
        for (name, of_round), outcome in field.outcomes.items():
            if of_round == k:
                of_rows.setdefault(name, []).append((outcome, field))
    smallest = {}
    for field in fields:
        of_round = {name: outcome for (name, n), outcome in field.outcomes.items() if n == k}
        if of_round:
            smallest[field.kind, field.seed] = min(outcome.error for outcome in _rivals(of_round).values())
    return {name: _standing(judged, smallest, k) for name, judged in of_rows.items()}


def _rivals(of_rows: Mapping[str, _Judged]) -> Mapping[str, _Judged]:
    """All rows but the oracle; the oracle if there is nothing else."""
    return {name: one for name, one in of_rows.items() if name != ORACLE.name} or of_rows


def _standing(
    judged: Sequence[tuple[Outcome, FieldOutcomes]], smallest: Mapping[tuple[str, int], float], k: int
) -> Standing:
    outcomes = [outcome for outcome, _ in judged]
    over = np.array([one.error / smallest[field.kind, field.seed] for one, field in judged])
    # A component of a scale is wider than its mask, and that is no fault of the mask.
    points = [(one, field) for one, field in judged if MULTISCALE not in field.kind]
    spurious = np.array([one.spurious for one, _ in points] or [np.nan])
    limits = np.maximum(LEAST_SPURIOUS, [SPURIOUS_SHARE * field.true_flux for _, field in points] or [np.nan])
    return Standing(
        fields=len(judged),
        error=median(one.error for one in outcomes),
        over_best=median(over) - 1,
        worst_over_best=float(over.max()) - 1,
        not_best=int((over > BEST).sum()),
        spurious=median(spurious),
        worst_spurious=float(spurious.max()),
        too_much=int((spurious > limits).sum()),
        flux_faint=median(one.flux_faint for one in outcomes),
        lost=sum(
            one.flux_faint == 0 and any(theirs.flux_faint > 0 for theirs in _breizorros(field, k))
            for one, field in judged
        ),
        masked=median(one.masked for one in outcomes),
    )


def _breizorros(field: FieldOutcomes, k: int) -> list[Outcome]:
    return [one for (name, of_round), one in field.outcomes.items() if of_round == k and name.startswith(BREIZORRO)]


def show_standings(fields: Sequence[FieldOutcomes]) -> None:
    """Print a line for each row, with the rounds beside each other."""
    rounds = sorted({k for field in fields for _, k in field.outcomes})
    of_rounds = {k: standings(fields, k) for k in rounds}
    print(f"\n{len(fields)} fields; rounds {', '.join(map(str, rounds))}\n")
    print(row(*HEADS), row(*["---"] * len(HEADS)), sep="\n")
    for name in dict.fromkeys(name for of_round in of_rounds.values() for name in of_round):
        standing = [of_rounds[k][name] for k in rounds if name in of_rounds[k]]
        print(row(name, *map(" / ".join, zip(*map(_cells, standing), strict=True))), flush=True)


def _cells(one: Standing) -> list[str]:
    return [
        str(one.fields),
        f"{one.error:.4f}",
        f"{100 * one.over_best:.1f}",
        f"{100 * one.worst_over_best:.1f}",
        str(one.not_best),
        f"{1e3 * one.spurious:.1f}",
        f"{1e3 * one.worst_spurious:.1f}",
        str(one.too_much),
        f"{one.flux_faint:.2f}",
        str(one.lost),
        f"{100 * one.masked:.2f}",
    ]


def show_each(fields: Sequence[FieldOutcomes]) -> None:
    """Print the medians of each kind."""
    for kind in dict.fromkeys(field.kind for field in fields):
        of_kind = [field for field in fields if field.kind == kind]
        show(f"{kind}, seeds {', '.join(str(one.seed) for one in of_kind)}", medians([one.outcomes for one in of_kind]))


def show_loops(fields: Sequence[FieldOutcomes], iterations: int) -> None:
    """Print what loops of self-calibration ended with: the errors of the phases beside the smallest of their field."""
    heads = ("mask", "fields", "phase, deg", "over the best %", "worst", "not best", "amplitude %", "error")
    fields = [field for field in fields if field.loops]
    print(f"\n{len(fields)} fields after {iterations} iterations of self-calibration\n")
    print(row(*heads), row(*["---"] * len(heads)), sep="\n")
    smallest = [min(last.phase for name, last in _rivals(one.loops).items()) for one in fields]
    for name in dict.fromkeys(name for field in fields for name in field.loops):
        there = [(one.loops[name], best) for one, best in zip(fields, smallest, strict=True) if name in one.loops]
        over = np.array([last.phase / best for last, best in there])
        print(
            row(
                name,
                str(len(there)),
                f"{np.rad2deg(median(last.phase for last, _ in there)):.3f}",
                f"{100 * (median(over) - 1):.1f}",
                f"{100 * (over.max() - 1):.1f}",
                str(int((over > BEST).sum())),
                f"{100 * median(last.amplitude for last, _ in there):.2f}",
                f"{median(last.outcome.error for last, _ in there):.4f}",
            ),
            flush=True,
        )
