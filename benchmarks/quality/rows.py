"""Ways to clean that are compared: in the masks of mask makers, by WSClean's own means, in the true islands.

Each is judged in the rounds of a field (`judge_rounds`) and in a loop of self-calibration (`loop_rows`); `judge_makers`
does the former for a script that tries mask makers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.cleaning import AUTO_MASK, NO_MASK, PROCESSES, WITH_MASK, Request, clean_all
from benchmarks.quality.loops import Iteration, self_calibrate
from benchmarks.quality.makers import MaskMaker, eroded
from benchmarks.quality.models import Outcome, judge_clean
from benchmarks.quality.observed import Observed, given_round, simulated_round
from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.io.fits import Image

__all__ = [
    "BEFORE_MAKERS",
    "ORACLE",
    "Loops",
    "Results",
    "Rounds",
    "Row",
    "given_rounds",
    "judge_makers",
    "judge_rounds",
    "loop_rows",
    "rows_of",
    "simulated_rounds",
]

Flags = NDArray[np.bool_]


class Row(NamedTuple):
    """A way to clean."""

    name: str
    arguments: str
    """Of WSClean."""
    make: Callable[[Image, int], Flags] | None = None
    """The final mask of an image and its round."""
    oracle: bool = False
    """Whether to clean in the true islands."""
    options_of_beam: Callable[[int], MaskingOptions] | None = None
    """As of `MaskMaker`."""

    def mask(self, observed: Observed) -> Flags | None:
        """Mask of beam 0, out of that of the mosaic."""
        if self.oracle:
            return observed.mask_of_beam(observed.islands)
        if self.make is None:
            return None
        options = None if self.options_of_beam is None else self.options_of_beam(observed.round)
        return observed.mask_of_beam(self.make(observed.mosaic, observed.round), options)


BEFORE_MAKERS = (Row("WSClean auto-mask", AUTO_MASK), Row("no mask", NO_MASK))
ORACLE = Row("oracle: the true islands", WITH_MASK, oracle=True)

Results = dict[tuple[str, int], Outcome]
"""By row and round."""
Loops = dict[str, list[Iteration]]
"""By row."""
Rounds = Callable[[int], Observed]
"""What is observed in a round."""


def rows_of(makers: Sequence[MaskMaker], uneroded: Sequence[str] = ()) -> list[Row]:
    """Rows of mask makers: eroded by skerry's default response unless a maker erodes by itself, and also as made."""
    rows = []
    for maker in makers:
        make = maker.make if maker.erodes else partial(_make_eroded, maker)
        rows.append(Row(maker.name, WITH_MASK, make, options_of_beam=maker.options_of_beam))
        if not maker.erodes and maker.name.startswith(tuple(uneroded)):
            name = f"{maker.name}, not eroded"
            rows.append(Row(name, WITH_MASK, maker.make, options_of_beam=maker.options_of_beam))
    return rows


def _make_eroded(maker: MaskMaker, image: Image, k: int) -> Flags:
    return eroded(maker.make(image, k), image)


def judge_rows(rows: Sequence[Row], observed: Observed) -> list[Outcome]:
    """Clean beam 0 in each way, unless that has been done, and judge the models."""
    masks = [way.mask(observed) for way in rows]
    requests = [
        Request(observed.visibilities, way.arguments, mask, observed.grid.header)
        for way, mask in zip(rows, masks, strict=True)
    ]
    prefixes = clean_all(requests, observed.directory)
    return [
        judge_clean(prefix, observed.truth, observed.sigma, mask) for prefix, mask in zip(prefixes, masks, strict=True)
    ]


def judge_makers(
    makers: Sequence[MaskMaker],
    directory: Path,
    *,
    field: Path | None = None,
    sets: str = "",
    seed: int = 1,
    size: int = 640,
    rounds: Iterable[int] = (0, 1, 2),
) -> Results:
    """Judge mask makers from a script: on a given field, or on a simulated one.

    Parameters
    ----------
    makers : sequence of MaskMaker
        Eroded unless they erode by themselves.
    directory : Path
        What is there is used, as by the command line with the same `--directory`.
    field, sets : Path, str
        As on the command line; without a field, `seed` and `size` say which to simulate.
    rounds : iterable of int
        Which.

    Returns
    -------
    dict
        Outcome by name and round.
    """
    observe = given_rounds(field, sets, directory) if field is not None else simulated_rounds(seed, size, directory)
    return judge_rounds(rows_of(makers), observe, rounds)


def judge_rounds(rows: Sequence[Row], observe: Rounds, rounds: Iterable[int]) -> Results:
    """Judge every row in every round."""
    results: Results = {}
    for k in rounds:
        for way, outcome in zip(rows, judge_rows(rows, observe(k)), strict=True):
            results[way.name, k] = outcome
    return results


def loop_rows(rows: Sequence[Row], observed: Observed, iterations: int) -> Loops:
    """Put every row through a loop of self-calibration, two at a time."""
    if observed.gains is None:
        raise SkerryError(
            f"{observed.visibilities.path}: has no gains.npz beside it; self-calibration cannot be judged"
        )

    def loop(way: Row) -> list[Iteration]:
        return self_calibrate(observed, way.arguments, way.mask(observed), way.make, iterations)

    with ThreadPoolExecutor(PROCESSES) as pool:
        return dict(zip((way.name for way in rows), pool.map(loop, rows), strict=True))


def given_rounds(field: Path, sets: str, directory: Path) -> Rounds:
    """Of a given field."""
    return lambda k: given_round(field, sets, k, directory / "given" / f"round{k}")


def simulated_rounds(seed: int, size: int, directory: Path) -> Rounds:
    """Of a simulated field."""
    return lambda k: simulated_round(directory / f"seed{seed}.{size}", seed, size, k)
