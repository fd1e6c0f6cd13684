"""Time every subcommand as a whole process, in turn with the plain program of the same step.

The start of Python, reading and writing are part of a step, and a neighbour on the machine slows both programs alike
when they run in turn. Prints tables in Markdown: wall and CPU seconds, the peak of the resident memory in GB (10^9
bytes), and what the plain program takes in units of what skerry takes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

# Nothing heavy is imported here: the peak memory of a child counts that of its parent before the exec.

HERE = Path(__file__).parent
SKERRY = str(Path(sys.executable).with_name("skerry"))
SCALES = "0,8,16,32,64,128"
PRIMARY_BEAM = 0.6  # FWHM over the side of a beam
DEGREES_PER_PIXEL = 0.000694444444444444  # of the images of images.py
START_UPS = 7


class Usage(NamedTuple):
    """What a process took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of all threads, user and system, children included."""
    peak: float
    """Resident memory in GB, of the largest process."""


@dataclass(frozen=True)
class Step:
    """A subcommand and the plain step that does the same."""

    name: str
    skerry: Sequence[str]
    """Arguments; `{out}` and `{more}` stand for the names of the outputs."""
    plain: Sequence[str]
    same_mask: bool = False
    """Whether both write the same mask to `{out}`, but for what a plain program does wrong at edges."""


def steps(directory: Path, size: int) -> list[Step]:
    """Every step that is timed, on the images in a directory."""
    image, rms, bkg, signal, islands = (
        str(directory / f"image{size}{product}.fits") for product in ("", ".rms", ".bkg", ".signal", ".islands")
    )
    beams = [str(directory / f"beam{size // 2}.{n}.fits") for n in range(2)]
    fwhm = PRIMARY_BEAM * DEGREES_PER_PIXEL * size / 2
    out, more = ["-o", "{out}"], "{more}"
    mac = ["--use-mac", "--positive-seed-clip", "1.5", "--positive-flood-clip", "1.2"]
    scale_mac = mac[1:]
    clips = ["--positive-seed-clip", "4.5", "--positive-flood-clip", "1.5"]
    return [
        Step("noise", ["noise", image, "--rms-output", "{out}", "--bkg-output", more], ["noise", image, "{out}", more]),
        Step("signal", ["signal", image, "--rms", rms, "--bkg", bkg, *out], ["signal", image, rms, bkg, "{out}"]),
        Step("snr-mask", ["snr-mask", signal, *out], ["snr-mask", signal, "{out}"], same_mask=True),
        Step("flood, S/N 4.5/1.5", ["flood", signal, *clips, *out], ["flood", signal, "{out}"], same_mask=True),
        Step(
            "flood, MAC 1.5/1.2, box 75",
            ["flood", image, *mac, *out],
            ["flood-mac", image, "{out}"],
            same_mask=True,
        ),
        Step(
            "the same, box 400",
            ["flood", image, *mac, "--use-mac-box-size", "400", *out],
            ["flood-mac", image, "{out}", "--box", "400"],
            same_mask=True,
        ),
        Step(
            "flood, adaptive MAC, depth 3",
            ["flood", image, *mac, "--use-mac-adaptive-max-depth", "3", *out],
            ["flood-mac", image, "{out}", "--depth", "3"],
            same_mask=True,
        ),
        Step(
            "flood with low-S/N islands",
            ["flood", signal, *clips, "--grow-low-snr-island", *out],
            ["flood-low-snr", signal, "{out}"],
            same_mask=True,
        ),
        Step("erode, one shape", ["erode", islands, *out], ["erode", islands, "{out}"], same_mask=True),
        Step(
            f"erode, scales {SCALES}",
            ["erode", islands, "--scales", SCALES, "--scale-output", "{out}", "-o", more],
            ["erode-scales", islands, "{out}", more, "--scales", SCALES],
            same_mask=True,
        ),
        Step(
            "scale-mask, same scales",
            ["scale-mask", image, "--scales", SCALES, *scale_mac, *out, "--mask-output", more],
            ["scale-mask", image, "{out}", more, "--scales", SCALES],
            same_mask=True,
        ),
        Step(
            f"extract-beam to {size // 2}",
            ["extract-beam", beams[0], islands, *out],
            ["extract-beam", beams[0], islands, "{out}"],
            same_mask=True,
        ),
        Step(
            f"mosaic of 2 beams of {size // 2}",
            ["mosaic", *beams, "--primary-beam-fwhm", f"{fwhm:.6f} deg", *out],
            ["mosaic", *beams, "{out}", "--fwhm", f"{fwhm:.6f}"],
        ),
        Step(
            "mask: noise, flood 4.5/1.5, erode",
            ["mask", image, "--flood-fill", "--beam-shape-erode", *out],
            ["mask", image, "{out}"],
        ),
    ]


def run(command: Sequence[str], directory: Path | None = None) -> Usage:
    """Run a process to its end; what it says is shown if it fails."""
    with tempfile.TemporaryFile() as messages:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=messages, cwd=directory)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            messages.seek(0)
            raise SystemExit(f"{messages.read().decode()}\nfailed: {' '.join(command)}")
    return Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e9)


def plain(*arguments: str) -> list[str]:
    return [sys.executable, str(HERE / "plain.py"), *arguments]


def median(usages: Sequence[Usage]) -> Usage:
    return Usage(*map(statistics.median, zip(*usages, strict=True)))


def prepare(directory: Path, size: int) -> None:
    """Make the images, and those products of skerry that are the inputs of later steps."""
    image = directory / f"image{size}.fits"
    names = {product: str(directory / f"image{size}.{product}.fits") for product in ("rms", "bkg", "signal", "islands")}
    if not (directory / f"beam{size // 2}.1.fits").exists():
        run([sys.executable, str(HERE / "images.py"), str(directory), "--size", str(size)])
    if not Path(names["islands"]).exists():
        run([SKERRY, "noise", str(image), "--overwrite"])
        run([SKERRY, "signal", str(image), "--rms", names["rms"], "--bkg", names["bkg"], "--overwrite"])
        run([SKERRY, "flood", names["signal"], "-o", names["islands"]])


def pixels_that_differ(directory: Path) -> str:
    command = plain("differ", str(directory / "skerry.fits"), str(directory / "plain.fits"))
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def time_step(step: Step, directory: Path, repeat: int, with_plain: bool) -> tuple[Usage, Usage | None, str]:
    """Time a step, in turn with the plain one; tell also how many pixels differ."""
    ours, theirs = [], []
    for _ in range(repeat):
        names = {"{out}": str(directory / "skerry.fits"), "{more}": str(directory / "skerry.more.fits")}
        ours.append(run([SKERRY, *(names.get(a, a) for a in step.skerry), "--overwrite"]))
        if with_plain:
            names = {"{out}": str(directory / "plain.fits"), "{more}": str(directory / "plain.more.fits")}
            theirs.append(run(plain(*(names.get(a, a) for a in step.plain))))
    different = pixels_that_differ(directory) if with_plain and step.same_mask else ""
    return median(ours), median(theirs) if theirs else None, different


def row(*cells: str | float) -> str:
    shown = (f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in cells)
    return f"| {' | '.join(shown)} |"


def show_steps(wanted: Sequence[Step], directory: Path, size: int, repeat: int, with_plain: bool) -> None:
    heads = ["step", "wall s", "CPU s", "GB", "plain wall s", "CPU s", "GB", "wall ratio", "CPU ratio", "pixels differ"]
    print(f"{size} x {size}, medians of {repeat}; {machine()}\n")
    print(row(*heads), row(*["---"] * len(heads)), sep="\n")
    image, output = str(directory / f"image{size}.fits"), str(directory / "plain.fits")
    once = median([run(plain("read-write", image, output)) for _ in range(repeat)])
    print(row("(read an image, write a mask)", "", "", "", *once, "", "", ""), flush=True)
    for step in wanted:
        ours, theirs, different = time_step(step, directory, repeat, with_plain)
        if theirs is None:
            print(row(step.name, *ours, *[""] * 6), flush=True)
        else:
            ratios = theirs.wall / ours.wall, theirs.cpu / ours.cpu
            print(row(step.name, *ours, *theirs, *ratios, different), flush=True)


def show_start_up(directory: Path) -> None:
    """Print how long a command takes on an image so small that all is start-up."""
    side = 64
    run([sys.executable, str(HERE / "images.py"), str(directory), "--size", str(side)])
    image, rms, mask = (str(directory / f"image{side}{product}.fits") for product in ("", ".rms", ".mask"))
    beams = [str(directory / f"beam{side // 2}.{n}.fits") for n in range(2)]
    out = ["-o", str(directory / "skerry.fits"), "--overwrite"]
    mac = ["--use-mac", "--positive-seed-clip", "1.2", "--positive-flood-clip", "1"]
    run([SKERRY, "noise", image, "--overwrite"])
    run([SKERRY, "flood", image, *mac, "-o", mask])
    commands = {
        "--help": ["--help"],
        "signal": ["signal", image, "--rms", rms, *out],
        "snr-mask": ["snr-mask", image, "--rms", rms, *out],
        "flood": ["flood", image, *mac, *out],
        "erode": ["erode", mask, *out],
        "noise": ["noise", image, "--overwrite"],
        "extract-beam": ["extract-beam", beams[0], mask, *out],
        "mosaic": ["mosaic", *beams, "--primary-beam-fwhm", "1 deg", *out],
        "scale-mask": ["scale-mask", image, "--scales", "0,8", *out],
    }
    print(f"\nStart-up, best and median of {START_UPS}, on an image of {side} x {side}\n")
    print(row("command", "best s", "median s", "best CPU s", "GB"), row(*["---"] * 5), sep="\n")
    for name, arguments in commands.items():
        usages = [run([SKERRY, *arguments]) for _ in range(START_UPS)]
        best = Usage(*map(min, zip(*usages, strict=True)))
        print(row(f"skerry {name}", best.wall, median(usages).wall, best.cpu, best.peak), flush=True)


def machine() -> str:
    """Cores that this process may use, and the memory of the machine."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return (
        f"{len(os.sched_getaffinity(0))} cores, {memory:.0f} GB of memory, load {os.getloadavg()[0]:.1f} at the start"
    )


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=8192, help="side of the image, pixels (default 8192)")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each step (default 1)")
    parser.add_argument("--only", nargs="+", default=[], metavar="STEP", help="steps whose names begin so; or start-up")
    parser.add_argument("--no-plain", action="store_true", help="leave out the plain program")
    parser.add_argument("--directory", type=Path, help="keep the images here, and use those that are there already")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary) if given.directory is None else given.directory
        wanted = [
            one for one in steps(directory, given.size) if not given.only or one.name.startswith(tuple(given.only))
        ]
        if wanted:
            prepare(directory, given.size)
            show_steps(wanted, directory, given.size, given.repeat, not given.no_plain)
        elif given.only != ["start-up"]:
            parser.error(f"--only: no step begins with {' or '.join(given.only)}")
        if not given.only or "start-up" in given.only:
            show_start_up(Path(temporary))


if __name__ == "__main__":
    main()
