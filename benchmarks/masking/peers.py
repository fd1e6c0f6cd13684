"""Time `skerry mask` beside other mask makers, as whole processes in turn on the same image.

    python -m benchmarks.masking.peers --peers PEERS --install
    python -m benchmarks.masking.peers --peers PEERS --size 4096 8192 --repeat 5 --directory DIR

The first command installs the other programs, each in an environment of its own below PEERS, for they do not agree on
versions; a program that is not there is left out, and why is told. What is timed is a process with all that it starts,
reading and writing; a row of several programs is their sum. A ratio is the row's over that of skerry with the same
task: above 1 skerry takes less. `--beside old=OLD/bin/skerry` adds other builds of skerry. The image has no blank
border, for where there is one breizorro's noise map is blank.
"""

from __future__ import annotations

import argparse
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.process_tree import Together, run_together
from benchmarks.steps.compare import Build
from benchmarks.timing import CHECKOUT, SKERRY, machine, row, run

# Nothing heavy is imported here: the peak memory of a child counts that of its parent before the exec.

REQUIREMENTS = {
    "breizorro": "breizorro==0.2.0",
    "eye-patch": "eye-patch==2.0.1",
    "AegeanTools": "AegeanTools==2.3.5",
    "bdsf": "bdsf==1.14.1",
}
"""Environments below PEERS, and what is installed in each."""
SCALES = ("0", "8", "16", "32", "64", "128")
IMAGE, SIGNAL, OUT = "image.fits", "signal.fits", "out.fits"
NO_PRESET = "--no-preset"
# The long names of options, which all builds know.
MAC_CLIPS = ["--flood-fill-positive-seed-clip", "1.5", "--flood-fill-positive-flood-clip", "1.2"]
MAC = [NO_PRESET, "--flood-fill", "--flood-fill-use-mac", *MAC_CLIPS, "--beam-shape-erode"]
EYE_MAC = ["--use-mac", "--seed-clip", "1.5", "--flood-clip", "1.2"]
ADAPTIVE = ["--flood-fill-use-mac-adaptive-max-depth", "3", "--beam-shape-erode-scales", ",".join(SCALES)]
EYE_ADAPTIVE = ["--mac-adaptive-max-depth", "3", "--multiscale-scales", *SCALES]
EYE_FLOOD = ["mask", IMAGE, "--flood-fill", "--beam-shape-erode", "--overwrite"]
PYBDSF = str(CHECKOUT / "benchmarks/masking/pybdsf_islands.py")


class Command(NamedTuple):
    """A program and its arguments, by the names of files in the directory that it runs in."""

    environment: str
    """A key of `REQUIREMENTS`, or nothing for the Python that runs this."""
    program: str
    arguments: Sequence[str]


class Peer(NamedTuple):
    """A mask maker: programs that are run one after the other."""

    name: str
    commands: Sequence[Command]
    mask: str = OUT
    """What they make."""


class Task(NamedTuple):
    """What skerry is asked for, and those that do something for the same purpose."""

    name: str
    skerry: Sequence[str]
    peers: Sequence[Peer]


class Row(NamedTuple):
    """A mask maker, and what its runs took so far."""

    peer: Peer
    taken: list[Together]
    notes: list[str]
    """Masked pixels; or why it is left out."""


def plain(name: str, *arguments: str) -> Peer:
    """A peer that is a plain program of benchmarks.steps.plain."""
    return Peer(name, [Command("", "python", ["-m", "benchmarks.steps.plain", *arguments])])


def tasks() -> list[Task]:
    """All that is compared."""
    breizorro = Command("breizorro", "breizorro", ["-r", IMAGE, "-o", OUT])
    bane = Command("AegeanTools", "BANE", [IMAGE])
    maps = ["--rms-fits", "image_rms.fits", "--bkg-fits", "image_bkg.fits", "--seed-clip", "5"]
    of_bane = Command("eye-patch", "eye-patch", [*EYE_FLOOD, *maps])
    eye_mac = Command("eye-patch", "eye-patch", [*EYE_FLOOD, *EYE_MAC])
    eye_scales = Command("eye-patch", "eye-patch", [*EYE_FLOOD, *EYE_MAC, *EYE_ADAPTIVE])
    default = [
        Peer("breizorro, its defaults", [breizorro]),
        Peer("BANE, then eye-patch's flood 5/1.5, eroded", [bane, of_bane], "image.mask.fits"),
        Peer("PyBDSF up to its islands", [Command("bdsf", "python", [PYBDSF, IMAGE, OUT])]),
        plain("sep: background, extract", "mask-sep", IMAGE, OUT),
        plain("SciPy: noise, flood 4.5/1.5, eroded", "mask", IMAGE, OUT),
    ]
    mac, scales = ["mask", IMAGE, *MAC, "-o", OUT], ["mask", IMAGE, *MAC, *ADAPTIVE, "-o", OUT]
    return [
        Task("mask by default", ["mask", IMAGE, "--preset", "late-round", "-o", OUT], default),
        Task("MAC 1.5/1.2, eroded", mac, [Peer("eye-patch", [eye_mac], "image.mask.fits")]),
        Task("MAC, adaptive, six scales", scales, [Peer("eye-patch", [eye_scales], "image.scalemask.fits")]),
        Task("flood by S/N", ["flood", SIGNAL, "-o", OUT], [plain("SciPy", "flood", SIGNAL, OUT)]),
    ]


def install(peers: Path) -> None:
    """Make the environments that are not there yet."""
    for name, requirement in REQUIREMENTS.items():
        python = peers / name / "bin" / "python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", peers / name], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", requirement], check=True)
        print(f"{requirement}: {peers / name}", flush=True)


def program(command: Command, peers: Path) -> Path:
    """File of the program of a command."""
    if command.environment:
        return peers / command.environment / "bin" / command.program
    return Path(sys.executable) if command.program == "python" else Path(command.program)


def absent(peer: Peer, peers: Path) -> str:
    """Why a peer cannot be run; nothing if it can."""
    missing = [str(path) for path in (program(command, peers) for command in peer.commands) if not path.exists()]
    return f"there is no {' and no '.join(missing)}" if missing else ""


def use(peer: Peer, peers: Path, image: Path, signal: Path) -> tuple[Together, str]:
    """Run a mask maker in an empty directory; gives what it took, and the pixels that it masks."""
    with tempfile.TemporaryDirectory(dir=image.parent) as temporary:
        directory = Path(temporary)
        (directory / IMAGE).symlink_to(image)
        (directory / SIGNAL).symlink_to(signal)
        environment = {"PYTHONPATH": str(CHECKOUT)} if not peer.commands[0].environment else {}
        parts = [
            run_together([str(program(command, peers)), *command.arguments], directory, environment=environment)
            for command in peer.commands
        ]
        masked = masked_pixels(directory / peer.mask)
    wall, cpu, peak, disk = zip(*parts, strict=True)
    return Together(sum(wall), sum(cpu), max(peak), max(disk)), masked


def masked_pixels(mask: Path) -> str:
    """How many pixels a mask has, counted by another process."""
    if not mask.exists():
        raise SystemExit(f"made no {mask.name}")
    command = [sys.executable, "-m", "benchmarks.steps.plain", "count", str(mask)]
    return subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout.strip()


def known_arguments(arguments: Sequence[str], skerry: str) -> list[str]:
    """Arguments for a build of skerry: one that does not know --no-preset takes no preset unless it is told to."""
    helped = subprocess.run([skerry, arguments[0], "--help"], check=True, capture_output=True, text=True).stdout
    return [word for word in arguments if word != NO_PRESET or NO_PRESET in helped]


def rows_of(task: Task, builds: Sequence[Build], peers: Path) -> list[Row]:
    """The rows of a task, skerry's first; a row that cannot be run has the reason."""
    programs = [("skerry", SKERRY), *((f"skerry, {build.name}", str(build.skerry)) for build in builds)]
    ours = [Peer(name, [Command("", path, known_arguments(task.skerry, path))]) for name, path in programs]
    found = [Row(peer, [], []) for peer in (*ours, *task.peers)]
    for one in found:
        reason = absent(one.peer, peers)
        one.notes.extend([f"left out: {reason}"] if reason else [])
    return found


def reason_of(failure: SystemExit) -> str:
    """What a program said last before it failed."""
    said = [line for line in str(failure).splitlines() if line.strip() and not line.startswith("failed:")]
    return said[-1] if said else str(failure).strip()


def take_turns(
    rows: Sequence[Row],
    peers: Path,
    image: Path,
    signal: Path,
    *,
    repeat: int,
    longest: float = math.inf,
    until: float = math.inf,
) -> None:
    """Run all rows in turn.

    Parameters
    ----------
    rows : sequence of Row
        What is run; what it took is added to each.
    peers : Path
        Directory of the environments.
    image, signal : Path
        What masks are made of.
    repeat : int
        Runs of each row.
    longest : float
        Seconds; what took longer is not run again.
    until : float
        By `time.monotonic`; nothing is begun again after it.
    """
    for turn in range(repeat):
        for one in rows:
            if turn and time.monotonic() > until:
                return
            slow = bool(one.taken) and one.taken[0].wall > longest
            if slow or (one.notes and not one.taken):
                continue
            print(f"{time.strftime('%H:%M:%S')} {one.peer.name}", file=sys.stderr, flush=True)
            try:
                taken, masked = use(one.peer, peers, image, signal)
            except SystemExit as failure:
                one.taken.clear()
                one.notes[:] = [f"failed: {reason_of(failure)}"]
                continue
            one.taken.append(taken)
            one.notes[:] = [masked]


def prepare(directory: Path, size: int) -> tuple[Path, Path]:
    """The image of a size and its signal, made if they are not there."""
    image, signal = directory / f"whole{size}.fits", directory / f"whole{size}.signal.fits"
    if not image.exists():
        run([sys.executable, "-m", "benchmarks.steps.images", str(directory), "--whole", "--size", str(size)], CHECKOUT)
    if not signal.exists():
        rms, bkg = directory / f"whole{size}.rms.fits", directory / f"whole{size}.bkg.fits"
        run([SKERRY, "noise", str(image), "--rms-output", str(rms), "--bkg-output", str(bkg), "--overwrite"])
        run([SKERRY, "signal", str(image), "--rms", str(rms), "--bkg", str(bkg), "-o", str(signal)])
        rms.unlink()
        bkg.unlink()
    return image.absolute(), signal.absolute()


def show(size: int, found: Sequence[tuple[Task, Sequence[Row]]]) -> None:
    """Print the table of a size."""
    heads = ["task", "by", "runs", "wall s", "CPU s", "GB", "wall ratio", "CPU ratio", "memory ratio", "masked %"]
    print(f"\n{size} x {size}, medians; {machine()}\n")
    print(row(*heads), row(*["---"] * len(heads)), sep="\n")
    for task, rows in found:
        base = median(rows[0].taken) if rows[0].taken else None
        for one in rows:
            if not one.taken:
                print(row(task.name, one.peer.name, 0, *[""] * 6, one.notes[0]))
                continue
            taken = median(one.taken)
            ratios: list[str | float] = ["", "", ""]
            if base is not None and one is not rows[0]:
                ratios = [taken.wall / base.wall, taken.cpu / base.cpu, taken.peak / base.peak]
            share = 100 * int(one.notes[0]) / size**2
            print(row(task.name, one.peer.name, len(one.taken), *taken[:3], *ratios, share), flush=True)


def median(taken: Sequence[Together]) -> Together:
    return Together(*map(statistics.median, zip(*taken, strict=True)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line; install the peers, or print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, required=True, help="directory of the environments")
    parser.add_argument("--install", action="store_true", help="make them, and end")
    parser.add_argument("--size", type=int, nargs="+", default=[4096, 8192], help="sides of the images, pixels")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each row (default 5)")
    parser.add_argument("--longest", type=float, default=120, help="what takes longer, in s, is run once (default 120)")
    parser.add_argument("--minutes", type=float, default=math.inf, help="after so many, nothing is begun again")
    parser.add_argument("--only", nargs="+", default=[""], metavar="TASK", help="tasks whose names begin so")
    parser.add_argument("--beside", type=Build.parse, action="append", default=[], metavar="NAME=SKERRY", help="build")
    parser.add_argument("--directory", type=Path, help="keep the images here, and use those that are there already")
    given = parser.parse_args(arguments)
    peers: Path = given.peers.absolute()
    if given.install:
        install(peers)
        return
    wanted = [task for task in tasks() if task.name.startswith(tuple(given.only))]
    if not wanted:
        parser.error(f"--only: no task begins so; there are {'; '.join(task.name for task in tasks())}")
    with tempfile.TemporaryDirectory() as temporary:
        directory = given.directory or Path(temporary)
        for size in given.size:
            image, signal = prepare(directory, size)
            found = [(task, rows_of(task, given.beside, peers)) for task in wanted]
            rows = [one for _, some in found for one in some]
            limits = {"longest": given.longest, "until": time.monotonic() + 60 * given.minutes}
            take_turns(rows, peers, image, signal, repeat=given.repeat, **limits)
            show(size, found)


if __name__ == "__main__":
    main()
