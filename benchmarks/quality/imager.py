"""Score mask makers by what WSClean does with their masks, on visibilities of a known sky. Prints tables in Markdown.

Each round has calibration errors of its own: gain errors of 20 degrees and 10 % times 1, 0.30 and 0.08. All beams are
cleaned with WSClean's auto-mask and co-added; each mask is made of the mosaic and eroded by the restoring beam, and
beam 0, of the same round, is cleaned in its part of it down to 0.5 sigma (Hogbom). The figures, in the rounds from left
to right:

spurious     sum of the absolute model, mJy, where the true restored sky, two pixels round, is below 0.5 sigma thermal
error        norm of the model, convolved with the restoring beam, less the true restored sky, over the norm of the
             latter; both without a circle of 0.8 arcmin round the brightest source
model 5-10   median flux in the restored model, at its pixel, of isolated point sources of 5 to 10 sigma over the
model 10-30  true one; of 10 to 30 sigma. Sigma is the robust rms of the auto-mask's residual three pixels off the
             truth above 1.5 sigma thermal. Isolated: no other source with more than 0.3 of its flux within 14 pixels,
             a truth at its pixel within 12 % of its flux, 20 pixels from the edge, above 3 sigma thermal
peak 5-10    median peak of the same sources in the restored image over the true one: 1 less the clean bias
peak 10-30
left out     the same of those of 5 to 30 sigma that the mask leaves out, and how many they are
residual     robust rms of the residual, uJy/beam, where sigma is measured; it tells nothing of the model
masked %     of the pixels of beam 0

With --selfcal each row goes through a loop of its own, from round 0's data of beam 0: the gains that make the model
agree with the data are solved for (phases only at first, amplitudes too from then on; a solution for two integrations)
and applied, and the beam is imaged again in a mask made of its own last image. Then:

phase        rms error, degrees, of the solved phases of all antennas and times, less that common to all antennas, and
             less a shift of the whole sky, which no mask can know of
amplitude    rms of the solved over the true amplitude, over its mean, per cent
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.quality.loops import Iteration, least_errors
from benchmarks.quality.makers import mask_makers
from benchmarks.quality.models import Outcome
from benchmarks.quality.rows import (
    BEFORE_MAKERS,
    ORACLE,
    Loops,
    Results,
    Rounds,
    Row,
    given_rounds,
    judge_makers,
    judge_rounds,
    loop_rows,
    rows_of,
    simulated_rounds,
)
from benchmarks.quality.scenes import SEEDS_ASIDE, SEEDS_TO_CHOOSE
from benchmarks.timing import row

__all__ = ["judge_makers", "show", "show_loops"]

UNERODED = ("skerry MAC 1.5/1.2, box 75",)
"""Mask makers that get a second row, without erosion."""
HEADS = (
    "mask",
    "spurious, mJy",
    "error",
    "model 5-10",
    "model 10-30",
    "peak 5-10",
    "peak 10-30",
    "left out",
    "residual, uJy",
    "masked %",
)
LOOP_HEADS = ("mask", "phase, deg", "amplitude %", *HEADS[1:3], *HEADS[-2:])


def median(values: Iterable[float]) -> float:
    """Median of what is known."""
    known = [value for value in values if not np.isnan(value)]
    return statistics.median(known) if known else float("nan")


def median_outcome(outcomes: Iterable[Outcome]) -> Outcome:
    """Each figure by itself."""
    return Outcome(*map(median, zip(*outcomes, strict=True)))


def medians(fields: Sequence[Results]) -> Results:
    """Of several fields."""
    return {key: median_outcome(one[key] for one in fields) for key in fields[0]}


def median_loops(fields: Sequence[Loops]) -> Loops:
    """Of several fields."""

    def of(same: tuple[Iteration, ...]) -> Iteration:
        phase, amplitude, outcomes = zip(*same, strict=True)
        return Iteration(median(phase), median(amplitude), median_outcome(outcomes))

    return {name: list(map(of, zip(*(one[name] for one in fields), strict=True))) for name in fields[0]}


def show(title: str, results: Mapping[tuple[str, int], Outcome]) -> None:
    """Print a table with a line for each row and the rounds beside each other."""
    rounds = sorted({k for _, k in results})
    print(f"\n{title}; rounds {', '.join(map(str, rounds))}\n")
    print(row(*HEADS), row(*["---"] * len(HEADS)), sep="\n")
    for name in dict.fromkeys(name for name, _ in results):
        cells = zip(*(figures(results[name, k]) for k in rounds), strict=True)
        print(row(name, *map(" / ".join, cells)), flush=True)
    first = [next(outcome for (_, n), outcome in results.items() if n == k) for k in rounds]
    counts = "; ".join(f"{one.faint:g}, {one.bright:g}" for one in first)
    print(f"\nIsolated sources of 5-10, 10-30 sigma by round: {counts}.")


def show_loops(title: str, loops: Loops) -> None:
    """Print a table with a line for each row and the iterations beside each other."""
    print(f"\n{title}: self-calibration, after each iteration\n")
    print(row(*LOOP_HEADS), row(*["---"] * len(LOOP_HEADS)), sep="\n")
    for name, iterations in loops.items():
        lines = []
        for phase, amplitude, outcome in iterations:
            cells = figures(outcome)
            lines.append([f"{np.rad2deg(phase):.2f}", f"{100 * amplitude:.2f}", *cells[:2], *cells[-2:]])
        print(row(name, *map(" / ".join, zip(*lines, strict=True))), flush=True)


def figures(outcome: Outcome) -> list[str]:
    """Cells of a round, in the order of `HEADS`."""
    one = outcome
    ratios = [one.flux_faint, one.flux_bright, one.peak_faint, one.peak_bright]
    return [
        f"{one.spurious * 1e3:.1f}",
        f"{one.error:.4f}",
        *(ratio(value) for value in ratios),
        f"{ratio(one.peak_left_out)} ({one.left_out:g})",
        f"{one.residual * 1e6:.0f}",
        ratio(100 * one.masked),
    ]


def ratio(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.2f}"


def main() -> None:
    """Parse the command line, and judge the masks of each field."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("field", type=Path, nargs="?", help="a field with images, mosaics and truth, like data/field")
    parser.add_argument("--sets", metavar="PATTERN", help="its measurement sets, with {beam} in the name")
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument("--seeds", type=int, nargs="*", default=SEEDS_TO_CHOOSE, help="of simulated fields (1 2 3 4)")
    seeds.add_argument(
        "--aside", action="store_const", dest="seeds", const=SEEDS_ASIDE, help="the seeds that constants never saw"
    )
    parser.add_argument("--size", type=int, default=640, help="width of a simulated beam, pixels (640)")
    parser.add_argument("--rounds", type=int, nargs="+", default=[0, 1, 2], choices=[0, 1, 2], help="(0 1 2)")
    parser.add_argument("--only", nargs="+", default=[""], metavar="NAME", help="rows whose names begin so")
    parser.add_argument("--selfcal", type=int, nargs="?", const=3, default=0, metavar="N", help="iterations (3)")
    parser.add_argument("--uneroded", nargs="*", default=UNERODED, metavar="NAME", help="those not eroded, too")
    parser.add_argument("--each", action="store_true", help="show each simulated field too, not only the medians")
    parser.add_argument("--directory", type=Path, help="keep everything here, and clean nothing again")
    parser.add_argument("--breizorro", metavar="PROGRAM", help="run breizorro itself (another environment's)")
    given = parser.parse_args()
    if given.field is not None and given.sets is None:
        parser.error("a given field needs --sets")
    ways = [*BEFORE_MAKERS, *rows_of(mask_makers(given.breizorro), given.uneroded), ORACLE]
    ways = [way for way in ways if way.name.startswith(tuple(given.only))]
    with tempfile.TemporaryDirectory() as temporary:
        directory = (Path(temporary) if given.directory is None else given.directory).resolve()
        if given.field is not None:
            judge_field(
                "/".join(given.field.resolve().parts[-2:]),
                ways,
                given_rounds(given.field, given.sets, directory),
                given,
            )
        fields = [
            judge_field(
                f"Seed {seed}" if given.each else None, ways, simulated_rounds(seed, given.size, directory), given
            )
            for seed in given.seeds
        ]
    if fields:
        together = f"Medians of seeds {', '.join(map(str, given.seeds))}"
        show(together, medians([results for results, _ in fields]))
        if given.selfcal:
            show_loops(together, median_loops([loops for _, loops in fields]))


def judge_field(
    title: str | None, ways: Sequence[Row], observe: Rounds, given: argparse.Namespace
) -> tuple[Results, Loops]:
    """Judge a field as the command line says, and print it if it has a title."""
    results = judge_rounds(ways, observe, given.rounds)
    if title is not None:
        show(title, results)
    if not given.selfcal:
        return results, {}
    first = observe(0)
    loops = loop_rows(ways, first, given.selfcal)
    if title is not None:
        show_loops(title, loops)
        phase, amplitude = least_errors(first.gains)
        best = f"{np.rad2deg(phase):.2f} deg, {100 * amplitude:.2f} %"
        print(f"\nThe best solutions for two integrations have errors of {best}.")
    return results, loops


if __name__ == "__main__":
    main()
