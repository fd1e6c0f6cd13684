"""Show what the jobs of the workflow ask for, and what their steps use of it.

Runs each step, with the costliest of its options, with the memory and the threads that its rule gives it, and prints in
Markdown the peak of its memory and its wall time beside what it was given: the most of all options, and of 1 thread, as
for a beam, and 4, as for a mosaic. Ends with an error if a step used more than it was given.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.steps.step_commands import (
    BOTH,
    MAC,
    OUT,
    SMOOTHED,
    Inputs,
    Step,
    prepare,
    run_skerry,
    steps,
)
from benchmarks.timing import Usage, machine, row
from skerry.field.resources import (
    LEAST_MINUTES,
    MOST_MB,
    SLACK,
    SNAKEMAKE_MB,
    STEPS,
    image_megapixels,
    minutes,
    step_mb,
)

THREADS = (1, 4)
WIDE_SCALES = "0,16,64,256"


class Share(NamedTuple):
    """What a step used, and what it was given."""

    used: float
    given: float
    what: str
    """Name of the step with its options, the size of the image, the threads."""

    def __str__(self) -> str:
        return f"{self.used:.3g} / {self.given:.0f}"


def costly_steps(given: Inputs) -> list[Step]:
    """Options that cost more memory or time than those of the other benchmarks."""
    image, signal, islands = given.image, given.signal, given.islands
    low_snr = ["--grow-low-snr-island", "--grow-low-snr-island-clip", "3.25", "--grow-low-snr-island-smooth-beams", "1"]
    counted = ["--mac-plateaus", "--false-islands", "0.3", "--suppress-artefacts"]
    wide = ["--scales", WIDE_SCALES]
    return [
        Step(
            "noise, box 256", ["noise", image, "--box-size", "256", "--rms-output", "{out}", "--bkg-output", "{more}"]
        ),
        Step("snr-mask, false islands", ["snr-mask", signal, "--seeds", "--false-islands", "0.3", *OUT]),
        Step(
            "flood, everything",
            ["flood", image, "--signal", signal, *BOTH, *SMOOTHED, *low_snr, *counted, *OUT],
        ),
        Step("flood, box 1000", ["flood", image, *MAC, "--use-mac-box-size", "1000", *OUT]),
        Step("flood, adaptive, depth 4", ["flood", image, *MAC, "--use-mac-adaptive-max-depth", "4", *OUT]),
        Step("erode, wide scales", ["erode", islands, *wide, "--scale-output", "{more}", *OUT]),
        Step("erode, wide rims", ["erode", islands, "--signal", signal, "--rims", "--rims-beams", "20", *OUT]),
        Step("scale-mask, wide scales", ["scale-mask", image, *wide, "--mask-output", "{more}", *OUT]),
        Step("extract-beam, union", ["extract-beam", given.beams[0], islands, "--union", "--smoothed-clip", "2", *OUT]),
    ]


def all_steps(directory: Path, size: int) -> list[Step]:
    """Every step that is a rule of the workflow, with all options that are tried."""
    return steps(directory, size) + costly_steps(Inputs(directory, size))


def megapixels(step: str, given: Inputs) -> float:
    """Pixels by which the rule of a step asks for memory and time."""
    beams = [image_megapixels(beam) for beam in given.beams]
    mosaic = image_megapixels(given.image)
    return {"mosaic": sum(beams), "extract-beam": beams[0] + mosaic}.get(step, mosaic)


def use(step: Step, directory: Path, size: int) -> Iterator[tuple[Share, Share]]:
    """Run a step as its rule does; gives memory in MB and time in s for each number of threads."""
    rule = step.skerry[0]
    pixels = megapixels(rule, Inputs(directory, size))
    memory, limit = step_mb(rule, pixels), minutes(rule, pixels) * 60
    overwriting = [] if "--overwrite" in step.skerry or rule == "check" else ["--overwrite"]
    for threads in THREADS:
        limits = ["--memory", f"{memory}MB", "--threads", str(threads), *overwriting]
        usage: Usage = run_skerry(step, directory, limits)
        what = f"{step.name} at {size}, {threads} threads"
        yield Share(usage.peak * 1000, memory, what), Share(usage.wall, limit, what)


def largest(shares: Sequence[Share]) -> Share:
    return max(shares, key=lambda share: share.used / share.given)


def show_formula() -> None:
    """Print what a job asks for, by step."""
    print(
        f"Memory: (MB + MB per Mpixel x Mpixel, at most {MOST_MB}, and {SNAKEMAKE_MB} beside the step) x attempt. "
        f"Time: ({LEAST_MINUTES} min + {SLACK} x s per Mpixel x Mpixel) x attempt.\n"
    )
    heads = ["step", "MB", "MB per Mpixel", "s per Mpixel"]
    print(row(*heads), row(*["---"] * len(heads)), sep="\n")
    for name, needs in STEPS.items():
        print(row(name, *needs))


def show_use(directory: Path, sizes: Sequence[int], wanted: Sequence[str]) -> list[Share]:
    """Print a row for each step with what it uses of what it is given, and return all that was measured."""
    heads = ["step", *(f"{what} at {n}" for n in sizes for what in ("MB", "s"))]
    print(f"\nUsed / given; {machine()}\n")
    print(row(*heads), row(*["---"] * len(heads)), sep="\n")
    measured: list[Share] = []
    for rule in wanted:
        cells: list[str] = []
        for size in sizes:
            runs = [
                run
                for step in all_steps(directory, size)
                if step.skerry[0] == rule
                for run in use(step, directory, size)
            ]
            both = [largest(shares) for shares in zip(*runs, strict=True)]
            cells += map(str, both)
            measured += both
        print(row(rule, *cells), flush=True)
    return measured


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, nargs="+", default=[512, 2048, 4096], help="sides of the image, pixels")
    parser.add_argument("--only", nargs="+", default=list(STEPS), choices=list(STEPS), metavar="STEP", help="steps")
    parser.add_argument("--directory", type=Path, help="keep the images here, and use those that are there already")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary) if given.directory is None else given.directory
        for size in given.size:
            prepare(directory, size, ["--memory", "2GB"])
        show_formula()
        measured = show_use(directory, given.size, given.only)
    most = largest(measured)
    print(f"\nThe largest share of what was given: {most.used / most.given:.0%}, {most.what}")
    if most.used > most.given:
        raise SystemExit("a step used more than it was given")


if __name__ == "__main__":
    main()
