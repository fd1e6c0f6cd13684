"""Time two builds of skerry in turn: CPU time, wall time and peak memory of whole processes, and their ratios.

    python -m benchmarks.steps.compare --build old=OLD/bin/skerry --build new=NEW/bin/skerry --rounds 5

The builds take turns, and which of them begins changes from round to round, so that a neighbour on the machine, or a
processor that slows down, meets both. CPU time, of all threads, user and system, suffers least from it, and its minimum
less than its median. Both read the same inputs, made by the first build; whether their products are equal is told, too.
A ratio is the second build over the first one: above 1 the second is the slower. The error of the ratio of CPU times
is that of a median, from the scatter of the ratios of each pair of runs. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from benchmarks.cli.start_commands import SIDE, make_inputs
from benchmarks.steps.product_checksums import Checksums
from benchmarks.steps.step_commands import BOTH, OUT, SMOOTHED, Inputs, Step, prepare, steps
from benchmarks.timing import Usage, machine, median, row, run

# Nothing heavy is imported here: the peak memory of a child counts that of its parent before the exec.

NAMES = {"{out}": "out.fits", "{more}": "more.fits"}
DEMO = ["--beams", "2", "--rounds", "1", "--size", "256"]
IMPORTS = ("skerry", "skerry.cli")
WORSE = 0.03
"""By which a build may be slower, or larger, before that is told; and by more than twice the error."""
ERROR_OF_MEDIAN = 1.253 * 1.4826
"""Of n values, in units of their median absolute deviation over the root of n."""
SAME_ROUNDS = 5  # of what takes tenths of a second, for each round of what takes seconds


class Build(NamedTuple):
    """An installation of skerry."""

    name: str
    skerry: Path
    """The executable; the Python beside it is that of the build."""

    @classmethod
    def parse(cls, text: str) -> Build:
        """Build of an argument NAME=PATH."""
        name, equals, path = text.partition("=")
        if not name or not equals or not Path(path).is_file():
            raise argparse.ArgumentTypeError(f"{text!r} is not NAME=PATH of an executable")
        return cls(name, Path(path).absolute())


@dataclass(frozen=True)
class Item:
    """What is timed.

    Attributes
    ----------
    name : str
        For the table.
    arguments : sequence of str
        Of skerry, or of Python; `{out}` and `{more}` stand for names of outputs.
    rounds : int
        Times that it is run for each round.
    python : bool
        Whether it is the build's Python that is run, in place of its skerry.
    within : Path, optional
        Directory to run in; default that of the build's outputs.
    """

    name: str
    arguments: Sequence[str]
    rounds: int = 1
    python: bool = False
    within: Path | None = None


class Ratios(NamedTuple):
    """The second build over the first one, of the medians but for `least`."""

    cpu: float
    error: float
    """Of `cpu`; NaN of a single run."""
    least: float
    """Of the least CPU times."""
    wall: float
    peak: float


def start_items(directory: Path, skerry: str) -> list[Item]:
    """What is start-up only: help, import, and each subcommand on an image of 64 x 64."""
    commands = make_inputs(directory, skerry)
    items = [Item(f"skerry {text}", text.split(), SAME_ROUNDS) for text in ("--help", "mask --help", "--version")]
    items += [Item(f"import {name}", ["-c", f"import {name}"], SAME_ROUNDS, python=True) for name in IMPORTS]
    small = {name: arguments for name, arguments in commands.items() if name != "--help"}
    return items + [Item(f"{name}, {SIDE}", arguments, SAME_ROUNDS) for name, arguments in small.items()]


def step_items(directory: Path, size: int, limits: Sequence[str], skerry: str) -> list[Item]:
    """Each subcommand on a large image, and the presets."""
    prepare(directory, size, limits, skerry)
    given = Inputs(directory, size)
    maps = ["--rms", given.rms, "--bkg", given.bkg]
    early, union = ["mask", given.image, "--preset", "early-round", *OUT], ["--union", "--blank-border", "50", *OUT]
    everything = ["--grow-low-snr-island", "--mac-plateaus", "--false-islands", "0.3", "--suppress-artefacts"]
    more = [
        Step("mask, preset early-round", early),
        Step("snr-mask, both statistics", ["snr-mask", given.image, *maps, "--seeds", *BOTH[:2], *OUT]),
        Step("flood, everything", ["flood", given.image, *maps, *BOTH, *SMOOTHED, *everything, *OUT]),
        Step("extract-beam, union", ["extract-beam", given.beams[0], given.islands, *union]),
    ]
    return [Item(f"{step.name}", [*step.skerry, *limits]) for step in (*steps(directory, size), *more)]


def field_items(directory: Path, skerry: str) -> list[Item]:
    """A demo, and the run of one: its plan alone, and every job."""
    field = directory / "field"
    field.mkdir()
    run([skerry, "simulate", "demo", *DEMO], field)
    whole = ["run", "demo/field.yaml", "--cores", "1", "--forceall", "--quiet", "all"]
    return [
        Item("simulate, 512", ["simulate", "demo", "--overwrite"]),
        Item("run --dry-run, 2 beams, 1 round", [*whole, "--dry-run"], within=field),
        Item("run, 2 beams of 256, 1 round", whole, within=field),
        Item("summary", ["summary", "demo/field.yaml"], SAME_ROUNDS, within=field),
    ]


def use(item: Item, build: Build, outputs: Path) -> Usage:
    """Run an item by a build."""
    program = build.skerry.with_name("python") if item.python else build.skerry
    arguments = [str(outputs / NAMES[word]) if word in NAMES else word for word in item.arguments]
    return run([str(program), *arguments], item.within or outputs)


def take_turns(item: Item, builds: Sequence[Build], rounds: int, directory: Path) -> tuple[list[list[Usage]], str]:
    """Run an item by the builds in turn; gives what each of them took, and whether their products are equal."""
    taken: list[list[Usage]] = [[] for _ in builds]
    with tempfile.TemporaryDirectory(dir=directory) as temporary:
        outputs = [Path(temporary) / str(n) for n in range(len(builds))]
        for path in outputs:
            path.mkdir()
        order = list(range(len(builds)))
        for _ in range(rounds * item.rounds):
            for n in order:
                taken[n].append(use(item, builds[n], outputs[n]))
            order.reverse()
        made = [Checksums().of_directory(path, set()) for path in outputs]
    return taken, "" if not made[0] else "yes" if made[0] == made[1] else "NO"


def ratios(taken: Sequence[Sequence[Usage]]) -> Ratios:
    """Compare what two builds took, run by run in the same order."""
    first, second = (median(usages) for usages in taken)
    least = [min(usage.cpu for usage in usages) for usages in taken]
    pairs = [b.cpu / a.cpu for a, b in zip(*taken, strict=True)]
    scatter = statistics.median(abs(pair - statistics.median(pairs)) for pair in pairs)
    error = ERROR_OF_MEDIAN * scatter / math.sqrt(len(pairs)) if len(pairs) > 1 else math.nan
    cpu, wall, peak = second.cpu / first.cpu, second.wall / first.wall, second.peak / first.peak
    return Ratios(cpu, error, least[1] / least[0], wall, peak)


def cells(taken: Sequence[Sequence[Usage]], ratio: Ratios) -> list[str | float]:
    """What a row shows behind the name: of each quantity what both took, and the ratio."""
    first, second = (median(usages) for usages in taken)
    least = [min(usage.cpu for usage in usages) for usages in taken]
    row_cells: list[str | float] = [first.cpu, second.cpu, f"{ratio.cpu:.3f} ± {ratio.error:.3f}"]
    row_cells += [*least, f"{ratio.least:.3f}", first.wall, second.wall, f"{ratio.wall:.3f}"]
    return [*row_cells, first.peak, second.peak, f"{ratio.peak:.3f}"]


def show_summary(found: dict[str, Ratios]) -> None:
    """Print what is worse beyond doubt, and the median and the worst ratio of each quantity."""
    slower = [
        f"{name} ({r.cpu:.3f} ± {r.error:.3f})" for name, r in found.items() if r.cpu - 1 > max(WORSE, 2 * r.error)
    ]
    larger = [f"{name} ({r.peak:.3f})" for name, r in found.items() if r.peak - 1 > WORSE]
    print(f"\nMore CPU time by {WORSE:.0%}, and twice the error: {', '.join(slower) or 'none'}")
    print(f"More memory by {WORSE:.0%}: {', '.join(larger) or 'none'}")
    parts = []
    for what in ("cpu", "least", "wall", "peak"):
        values = {name: getattr(ratio, what) for name, ratio in found.items()}
        worst = max(values, key=lambda name: values[name])
        parts.append(f"{what} {statistics.median(values.values()):.3f}, worst {values[worst]:.3f} ({worst})")
    print(f"Ratios, median and worst of {len(found)}: {'; '.join(parts)}")


def main() -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Build.parse, action="append", required=True, metavar="NAME=PATH", help="twice")
    parser.add_argument("--rounds", type=int, default=5, help=f"runs by each, times {SAME_ROUNDS} of what is start-up")
    parser.add_argument("--size", type=int, default=4096, help="side of the large image, pixels (default 4096)")
    parser.add_argument("--only", default="", metavar="PATTERN", help="what has this in its name")
    parser.add_argument("--memory", metavar="SIZE", help="passed on to the steps on the large image")
    parser.add_argument("--threads", metavar="N", help="passed on likewise; 1 makes CPU times steadier")
    parser.add_argument("--directory", type=Path, help="keep the images here, and use those that are there already")
    given = parser.parse_args()
    builds: list[Build] = given.build
    if len(builds) != 2 or builds[0].name == builds[1].name:
        parser.error("--build: give two, with different names")
    limits = ["--memory", given.memory] if given.memory else []
    limits += ["--threads", given.threads] if given.threads else []
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        images = given.directory or here / "images"
        images.mkdir(parents=True, exist_ok=True)
        (here / "small").mkdir()
        # The inputs of both are made by the first build, whatever skerry this Python has.
        first = str(builds[0].skerry)
        items = start_items(here / "small", first) + step_items(images, given.size, limits, first)
        items += field_items(here, first)
        wanted = [item for item in items if given.only in item.name]
        if not wanted:
            parser.error(f"--only: no name has {given.only!r}; there are {', '.join(item.name for item in items)}")
        show(wanted, builds, given.rounds, here, f"{given.size} x {given.size}; {' '.join([*limits, machine()])}")


def show(
    items: Sequence[Item],
    builds: Sequence[Build],
    rounds: int,
    directory: Path,
    where: str,
    *,
    may_differ: bool = False,
) -> None:
    """Print a row for each item as soon as it is measured, and the summary; products that differ are a failure."""
    a, b = (build.name for build in builds)
    heads = ["what", *(f"{what} {of}" for what in ("CPU s", "least CPU s", "wall s", "GB") for of in (a, b, "ratio"))]
    print(f"{a}: {builds[0].skerry}\n{b}: {builds[1].skerry}\nMedians of {rounds} rounds; {where}\n")
    print(row(*heads, "equal"), row(*["---"] * (len(heads) + 1)), sep="\n", flush=True)
    found, unequal = {}, []
    for item in items:
        taken, equal = take_turns(item, builds, rounds, directory)
        found[item.name] = ratio = ratios(taken)
        unequal += [item.name] if equal == "NO" else []
        print(row(item.name, *cells(taken, ratio), equal), flush=True)
    show_summary(found)
    if unequal and not may_differ:
        sys.exit(f"products differ: {', '.join(unequal)}")


if __name__ == "__main__":
    main()
