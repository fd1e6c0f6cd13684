"""What WSClean makes of masks on fields of all kinds: each way to clean in each round of a field, and what came of it.

Outcomes are kept beside the field, by what they follow from; images of a clean are not, for there are too many.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.cleaning import PRODUCTS, Request, clean
from benchmarks.quality.kind_fields import FieldOfKind
from benchmarks.quality.kind_makers import Makers
from benchmarks.quality.kind_table import SOURCES
from benchmarks.quality.known_scenes import mosaic_noise
from benchmarks.quality.loops import Iteration, self_calibrate
from benchmarks.quality.models import CIRCLE, Outcome, judge_clean, know_truth, residual_sigma
from benchmarks.quality.observed import Observed, true_islands
from benchmarks.quality.rows import BEFORE_MAKERS, ORACLE, Row, rows_of
from skerry.io.fits import read_image
from skerry.sky.beam import read_beam

__all__ = ["MULTISCALE", "Asked", "FieldOutcomes", "judge_cleans", "observed_round"]

Flags = NDArray[np.bool_]

MULTISCALE = "multiscale"
"""In the name of a field that is cleaned so."""
UNERODED = ("breizorro", "skerry MAC")
"""Mask makers that get a second row, as they are used without erosion too."""
ISOLATION_BEAMS = 4.2
"""Beams within which an isolated source has no bright neighbour: 14 pixels in data/field."""
_JUDGED = 1
"""To be raised when the same clean is judged otherwise."""


@dataclass(frozen=True)
class Asked:
    """What is to be judged; of words and numbers, so that other processes understand it.

    Attributes
    ----------
    base : Path
        Where fields are kept.
    makers : Makers
        Which mask makers; the oracle and WSClean's auto-mask are rows beside them.
    rounds : tuple of int
        Which.
    source : str
        One of `SOURCES`: that of skerry's masks in fields of several beams; the others get rows of their own.
    iterations : int
        Of self-calibration, 0 for none.
    """

    base: Path
    makers: Makers
    rounds: tuple[int, ...]
    source: str = "beam"
    iterations: int = 0


class FieldOutcomes(NamedTuple):
    """Of a field."""

    kind: str
    """And the algorithm, if it is not Hogbom's."""
    seed: int
    outcomes: dict[tuple[str, int], Outcome]
    """By row and round."""
    true_flux: float
    """Of the sky as the beam receives it, Jy."""
    loops: dict[str, Iteration]
    """What self-calibration ended with, by row."""


def judge_cleans(asked: Asked, kinds: Sequence[str], seeds: Sequence[int], pool: Executor) -> Iterator[FieldOutcomes]:
    """Make, clean and judge the fields, rounds side by side; those that are done first are given first by seed."""
    jobs = {
        (name, seed, multiscale): [
            pool.submit(_judge_round, asked, field, k, multiscale) for k in (*asked.rounds, *_loops_asked(asked, field))
        ]
        for seed in seeds
        for name in kinds
        for field in [FieldOfKind(name, seed, asked.base)]
        for multiscale in ([False, True] if field.kind.multiscale else [False])
    }
    for (name, seed, multiscale), rounds in jobs.items():
        results = [job.result() for job in rounds]
        yield FieldOutcomes(
            f"{name}, {MULTISCALE}" if multiscale else name,
            seed,
            {key: outcome for outcomes, _ in results for key, outcome in outcomes.items()},
            float(FieldOfKind(name, seed, asked.base).catalogue(0).flux.sum()),
            {key: last for _, loops in results for key, last in loops.items()},
        )


_LOOP = -1
"""In place of a round."""


def _loops_asked(asked: Asked, field: FieldOfKind) -> list[int]:
    return [_LOOP] if asked.iterations and field.self_calibrates else []


def _judge_round(
    asked: Asked, field: FieldOfKind, k: int, multiscale: bool
) -> tuple[dict[tuple[str, int], Outcome], dict[str, Iteration]]:
    """Outcomes of a round; in place of a round, what loops of self-calibration end with."""
    observed = observed_round(field, max(k, 0))
    ways = ways_to_clean(asked, field)
    if multiscale:
        ways = [(replace_arguments(way), mask) for way, mask in ways]
    if k == _LOOP:
        # In a directory of their own: loops go on from images that a round does not keep.
        observed = replace(observed, directory=field.place(0) / "loops")
        return {}, {way.name: _last(asked, way, mask(observed), observed) for way, mask in ways}
    return {(way.name, k): judged(way, mask(observed), observed) for way, mask in ways}, {}


def replace_arguments(way: Row) -> Row:
    """The same way to clean, on several scales."""
    return way._replace(arguments=f"{way.arguments} -multiscale")


MaskOf = Callable[[Observed], Flags | None]


def ways_to_clean(asked: Asked, field: FieldOfKind) -> list[tuple[Row, MaskOf]]:
    """Rows, and how each gets the mask of beam 0."""
    ways: list[tuple[Row, MaskOf]] = []
    fixed = [way for way in (BEFORE_MAKERS[0], ORACLE) if asked.makers.wants(way.name)]
    for way in [*fixed, *rows_of(asked.makers.chosen(), UNERODED)]:
        skerrys = way.name.startswith(("skerry", "preset"))
        if field.kind.beams == 1 or not skerrys:
            ways.append((way, partial_mask(field, way, "beam")))
            continue
        for source in SOURCES:
            name = way.name if source == asked.source else f"{way.name}, from {source}"
            ways.append((way._replace(name=name), partial_mask(field, way, source)))
    return ways


def partial_mask(field: FieldOfKind, way: Row, source: str) -> MaskOf:
    """Mask of beam 0 made of its own image, of the mosaic, or of both."""

    def mask_of(observed: Observed) -> Flags | None:
        parts = [
            way.mask(observed if one == "beam" else with_mosaic(field, observed))
            for one in ("beam", "mosaic")
            if source in (one, "both")
        ]
        masks = [part for part in parts if part is not None]
        return np.logical_or.reduce(masks) if masks else None

    return mask_of


def observed_round(field: FieldOfKind, k: int) -> Observed:
    """Beam 0 in a round, as if there were no other; the field is made if it is missing."""
    place, noise = field.make(k), field.noise(0)
    prefix = clean(field.image(k, 0), place / "cleaned")
    grid = read_image(place / "beam00.image.fits")
    beam = read_beam(grid.header)
    width = float(np.sqrt(beam.bmaj * beam.bmin)) / abs(grid.header["CDELT2"])
    image = read_image(place / "beam00.truth.fits")
    truth = know_truth(
        image,
        field.catalogue(0),
        noise,
        isolation=ISOLATION_BEAMS * width,
        circle=0.0 if field.kind.one_source else CIRCLE,
    )
    return Observed(
        round=k,
        visibilities=field.visibilities(k, 0),
        mosaic=grid,
        grid=grid,
        islands=true_islands(grid, image.data, noise=noise),
        truth=truth,
        sigma=residual_sigma(prefix, truth),
        gains=field.gains(0, 0) if field.self_calibrates else None,
        directory=place / "cleaned",
    )


def with_mosaic(field: FieldOfKind, observed: Observed) -> Observed:
    """The same, masks being made of the mosaic."""
    place = field.place(observed.round)
    mosaic = read_image(place / "mosaic.fits")
    noise = mosaic_noise(place, mosaic, json.loads((place / "about.json").read_text()))
    islands = true_islands(mosaic, read_image(place / "mosaic.truth.fits").data, noise=noise)
    return replace(observed, mosaic=mosaic, islands=islands)


def judged(way: Row, mask: Flags | None, observed: Observed) -> Outcome:
    """Clean and judge, unless that has been done."""
    request = Request(observed.visibilities, way.arguments, mask, observed.grid.header)
    kept = Path(f"{request.prefix(observed.directory)}.outcome.json")
    if kept.exists():
        content = json.loads(kept.read_text())
        if content.pop("judged") == _JUDGED:
            return Outcome(**content)
    was_there = request.done(observed.directory)
    prefix = clean(request, observed.directory)
    outcome = judge_clean(prefix, observed.truth, observed.sigma, mask)
    kept.write_text(json.dumps({"judged": _JUDGED, **outcome._asdict()}), encoding="utf-8")
    if not was_there:
        for product in PRODUCTS:
            Path(f"{prefix}-{product}.fits").unlink()
    return outcome


def _last(asked: Asked, way: Row, mask: Flags | None, observed: Observed) -> Iteration:
    return self_calibrate(observed, way.arguments, mask, way.make, asked.iterations)[-1]
