"""Masks on images of fields of all kinds, judged without an imager: what holds in the median and in the worst field."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from functools import reduce
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.quality.images import BINS, STATES, Results, judge_scenes, per_cent
from benchmarks.quality.kind_makers import Makers
from benchmarks.quality.known_scenes import known_scenes
from benchmarks.quality.scenes import Scene
from benchmarks.quality.scores import Counts
from benchmarks.timing import row

__all__ = ["FieldCounts", "judge_images", "show_images"]

HEADS = ("mask", "false", "worst", "empty %", "worst", "covered %", "worst", "faint %", *BINS)


class FieldCounts(NamedTuple):
    """Of the images of a field."""

    kind: str
    """With what the masks are made of, where there are beams and a mosaic."""
    seed: int
    results: Results


def judge_images(
    base: Path, kinds: Sequence[str], seeds: Sequence[int], rounds: Sequence[int], makers: Makers, pool: Executor
) -> list[FieldCounts]:
    """Make every mask of the images that are there, side by side, and judge it."""
    jobs = [pool.submit(judge_field, base, kind, seed, rounds, makers) for kind in kinds for seed in seeds]
    return [field for job in jobs for field in job.result()]


def judge_field(base: Path, kind: str, seed: int, rounds: Sequence[int], makers: Makers) -> list[FieldCounts]:
    """Judge the images of a field: of beam 0 and, if it has one, of the mosaic."""
    scenes: dict[str, list[Scene]] = {}
    for one in known_scenes(base, [kind], [seed], rounds):
        of_mosaic = one.image.path.name == "mosaic.fits"
        name = kind if len(one.about["thermal_noise"]) == 1 else f"{kind}, {'mosaic' if of_mosaic else 'beam'}"
        scenes.setdefault(name, []).append(Scene(one.image, one.round, one.known))
    return [FieldCounts(name, seed, judge_scenes(images, makers.chosen())) for name, images in scenes.items()]


def show_images(fields: Sequence[FieldCounts]) -> None:
    """Print a table for each state of the masks; cells have the rounds from left to right."""
    for state in STATES:
        names = list(dict.fromkeys(name for field in fields for made, name, _ in field.results if made == state))
        rounds = sorted({k for field in fields for _, _, k in field.results})
        print(f"\n{len(fields)} fields, {state}; rounds {', '.join(map(str, rounds))}\n")
        print(row(*HEADS), row(*["---"] * len(HEADS)), sep="\n")
        for name in names:
            cells = zip(*(summary(counts_of(fields, state, name, k)) for k in rounds), strict=True)
            print(row(name, *map(" / ".join, cells)), flush=True)


def counts_of(fields: Iterable[FieldCounts], state: str, name: str, k: int) -> dict[str, list[Counts]]:
    """Counts of a mask maker in a round, by kind."""
    counts: dict[str, list[Counts]] = {}
    for field in fields:
        if (state, name, k) in field.results:
            counts.setdefault(field.kind, []).append(field.results[state, name, k])
    return counts


def summary(kinds: dict[str, list[Counts]]) -> list[str]:
    """Cells of a round: false islands of a field, and per cent of each kind, in the median and in the worst."""
    fields = [one for counts in kinds.values() for one in counts]
    together = [reduce(Counts.plus, counts) for counts in kinds.values()]
    every = reduce(Counts.plus, fields)

    def shares(part: Callable[[Counts], int], whole: Callable[[Counts], int]) -> list[float]:
        return [100 * part(one) / whole(one) for one in together if whole(one)] or [np.nan]

    false = [one.false_islands for one in fields]
    empty = shares(lambda one: one.empty, lambda one: one.masked)
    covered = shares(lambda one: one.covered, lambda one: one.detectable)
    faint = shares(lambda one: one.faint_covered, lambda one: one.faint)
    return [
        f"{statistics.median(false):g}",
        str(max(false)),
        f"{statistics.median(empty):.1f}",
        f"{max(empty):.0f}",
        f"{statistics.median(covered):.1f}",
        f"{min(covered):.0f}",
        f"{statistics.median(faint):.1f}",
        *(per_cent(part, whole, 0) for part, whole in zip(every.found, every.sources, strict=True)),
    ]
