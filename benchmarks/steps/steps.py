"""Time every subcommand as a whole process, in turn with the plain program of the same step.

The start of Python, reading and writing are part of a step, and a neighbour on the machine slows both programs alike
when they run in turn. Prints tables in Markdown: wall and CPU seconds, the peak of the resident memory in GB (10^9
bytes), what the step takes in units of reading the image once and writing a mask, and what the plain program takes in
units of what skerry takes. Several sizes, or one above 8192, give a table by size, without the plain program, which
would need tens of GB.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.steps.step_commands import Inputs, Step, prepare, run_skerry, steps
from benchmarks.timing import Usage, machine, median, row, run

# Nothing heavy is imported here: the peak memory of a child counts that of its parent before the exec.

LARGEST_PLAIN = 8192
READ_WRITES = 3  # at least: all steps are put beside their median


def plain(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.steps.plain", *arguments]


def pixels_that_differ(directory: Path) -> str:
    command = plain("differ", str(directory / "skerry.fits"), str(directory / "plain.fits"))
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def run_plain(arguments: Sequence[str], directory: Path) -> Usage:
    names = {"{out}": str(directory / "plain.fits"), "{more}": str(directory / "plain.more.fits")}
    return run(plain(*(names.get(a, a) for a in arguments)))


def time_step(
    step: Step, directory: Path, repeat: int, limits: Sequence[str], with_plain: bool
) -> tuple[Usage, Usage | None, str]:
    """Time a step, in turn with the plain one; tell also how many pixels differ."""
    ours, theirs = [], []
    for _ in range(repeat):
        ours.append(run_skerry(step, directory, limits))
        if with_plain and step.plain is not None:
            theirs.append(run_plain(step.plain, directory))
    different = pixels_that_differ(directory) if theirs and step.same_mask else ""
    return median(ours), median(theirs) if theirs else None, different


def time_of_reading_and_writing(directory: Path, size: int, repeat: int) -> Usage:
    """Time the plain program when it does no more than read an image and write a mask."""
    arguments = ["read-write", Inputs(directory, size).image, "{out}"]
    return median([run_plain(arguments, directory) for _ in range(max(repeat, READ_WRITES))])


def show_steps(
    wanted: Sequence[Step], directory: Path, size: int, repeat: int, limits: Sequence[str], with_plain: bool
) -> None:
    """Print a row for each step at one size."""
    heads = ["step", "wall s", "CPU s", "GB", "times read+write", "plain wall s", "CPU s", "GB"]
    heads += ["wall ratio", "CPU ratio", "pixels differ"]
    print(f"{size} x {size}, medians of {repeat}; {' '.join([*limits, machine()])}\n")
    print(row(*heads), row(*["---"] * len(heads)), sep="\n")
    once = time_of_reading_and_writing(directory, size, repeat)
    print(row("(read an image, write a mask)", "", "", "", "", *once, "", "", ""), flush=True)
    for step in wanted:
        ours, theirs, different = time_step(step, directory, repeat, limits, with_plain)
        compared: Sequence[str | float] = [""] * 6
        if theirs is not None:
            compared = [*theirs, theirs.wall / ours.wall, theirs.cpu / ours.cpu, different]
        print(row(step.name, *ours, ours.wall / once.wall, *compared), flush=True)


def show_sizes(
    wanted: Sequence[str], directory: Path, sizes: Sequence[int], repeat: int, limits: Sequence[str]
) -> None:
    """Print a row for each step with what it takes at each size, and by how much the time of a pixel grows."""
    base = LARGEST_PLAIN if LARGEST_PLAIN in sizes else sizes[0]
    heads = ["step", *(f"{head} at {n}" for n in sizes for head in ("wall s", "CPU s", "GB", "s/Mpixel"))]
    heads += [f"{n}: time of a pixel over {base}" for n in sizes if n != base]
    print(f"Medians of {repeat}; {' '.join([*limits, machine()])}\n")
    print(row(*heads), row(*["---"] * len(heads)), sep="\n")
    once = {n: time_of_reading_and_writing(directory, n, repeat) for n in sizes}
    show_growth("(read an image, write a mask)", once, base)
    by_size = {n: steps(directory, n) for n in sizes}
    for of_sizes in zip(*by_size.values(), strict=True):
        name = of_sizes[sizes.index(base)].name
        if name in wanted:
            taken = (time_step(step, directory, repeat, limits, with_plain=False)[0] for step in of_sizes)
            show_growth(name, dict(zip(sizes, taken, strict=True)), base)


def show_growth(name: str, taken: dict[int, Usage], base: int) -> None:
    per_pixel = {n: usage.wall / (n * n / 1e6) for n, usage in taken.items()}
    cells = [cell for n, usage in taken.items() for cell in (*usage, per_pixel[n])]
    growth = [per_pixel[n] / per_pixel[base] for n in taken if n != base]
    print(row(name, *cells, *growth), flush=True)


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--size",
        type=int,
        nargs="+",
        default=[8192],
        help="sides of the image, pixels (default 8192; also 16384, 32768)",
    )
    parser.add_argument("--repeat", type=int, default=1, help="runs of each step (default 1)")
    parser.add_argument("--only", nargs="+", default=[], metavar="STEP", help="steps whose names begin so")
    parser.add_argument("--memory", metavar="SIZE", help="passed on to skerry; default its own")
    parser.add_argument("--threads", metavar="N", help="passed on to skerry; default its own")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--no-plain", action="store_true", help="leave out the plain program")
    choice.add_argument("--plain", action="store_true", help="run the plain program at any size")
    parser.add_argument("--directory", type=Path, help="keep the images here, and use those that are there already")
    given = parser.parse_args()
    limits = [
        word for name in ("memory", "threads") if getattr(given, name) for word in (f"--{name}", getattr(given, name))
    ]
    sizes: list[int] = given.size
    if len(sizes) == 1 and sizes[0] > LARGEST_PLAIN and not given.plain:
        sizes = [LARGEST_PLAIN, *sizes]
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary) if given.directory is None else given.directory
        base = LARGEST_PLAIN if LARGEST_PLAIN in sizes else sizes[0]
        wanted = [one for one in steps(directory, base) if not given.only or one.name.startswith(tuple(given.only))]
        if not wanted:
            parser.error(f"--only: no step begins with {' or '.join(given.only)}")
        for size in sizes:
            prepare(directory, size, limits)
        if len(sizes) == 1:
            show_steps(wanted, directory, base, given.repeat, limits, not given.no_plain)
        else:
            show_sizes([step.name for step in wanted], directory, sizes, given.repeat, limits)


if __name__ == "__main__":
    main()
