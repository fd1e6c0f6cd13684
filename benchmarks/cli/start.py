"""Time how skerry starts: each subcommand on a small image, the first time, many at once, and read-only.

The commands run on an image of 64 x 64, so that all is start-up. The first starts are those of a copy of the package
without the byte code that Python keeps; kernels are compiled when the package is built, and need no cache. What a trick
of `skerry.cli.start_up` saves is measured by leaving it out, and what one more would save by adding it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.cli.start_commands import SIDE, make_inputs
from benchmarks.timing import CHECKOUT, SKERRY, Usage, machine, median, row, run

WIDE, WIDEST = 4096, 8192
AT_ONCE = 36
NO_HOME = "/nonexistent"


PARAMETERS = "import skerry.cli.parameters as p; p.{} = lambda *_: None"
_GRIDS = "grids without coordinates"
LEFT_OUT = {
    "NumPy without threads": PARAMETERS.format("import_numpy"),
    "FITS without the network": PARAMETERS.format("import_fits"),
    _GRIDS: "import skerry.cli.images as i, skerry.cli.steps as s; i.import_wcs = s.import_wcs = int",
    "no search for garbage in modules": "import skerry.cli as c; c.ignore_garbage = c.end_quickly = lambda: None",
    "parameters of one command": "import skerry.cli.app as a; [a._with_parameters(c) for c in a._COMMANDS.values()]",
    "freed memory is kept": PARAMETERS.format("keep_freed_memory"),
    "checksums begun early": PARAMETERS.format("begin_checksums_of_inputs"),
}
"""Tricks, and the code that takes each out of a run."""
ADDED = {
    "os._exit": "import os, skerry.cli as c; c.end_quickly = lambda: (sys.stdout.flush(), os._exit(0))",
    "no numcodecs": "sys.modules['numcodecs'] = None",
    "no plug-ins of pydantic": "import os; os.environ['PYDANTIC_DISABLE_PLUGINS'] = '__all__'",
}
"""Tricks that are not used, and the code that puts each into a run."""


def show_start_up(commands: Mapping[str, Sequence[str]], repeat: int) -> None:
    print(f"\nStart-up, best and median of {repeat}, on an image of {SIDE} x {SIDE}; {machine()}\n")
    print(row("command", "best s", "median s", "best CPU s", "GB"), row(*["---"] * 5), sep="\n")
    for name, arguments in commands.items():
        usages = [run([SKERRY, *arguments]) for _ in range(repeat)]
        best = Usage(*map(min, zip(*usages, strict=True)))
        print(row(f"skerry {name}", best.wall, median(usages).wall, best.cpu, best.peak), flush=True)


def in_turn(arguments: Sequence[str], variants: Sequence[str], repeat: int) -> list[tuple[float, float]]:
    """Run a command as it is and with each code before it, in turn; tell by how many ms of CPU and wall they differ.

    Medians of the differences within a round, so that what else the machine does concerns all of a round.
    """
    rounds = []
    for n in range(repeat):
        codes = ["", *variants][:: 1 if n % 2 else -1]
        usages = [
            run([sys.executable, "-c", f"import sys; {code}\nfrom skerry.cli import run; run()", *arguments])
            for code in codes
        ]
        rounds.append(usages[:: 1 if n % 2 else -1])
    differences = [[Usage(*(b - a for a, b in zip(one[0], other, strict=True))) for other in one[1:]] for one in rounds]
    return [(1000 * m.cpu, 1000 * m.wall) for m in map(median, zip(*differences, strict=True))]


def show_tricks(commands: Mapping[str, Sequence[str]], directory: Path, repeat: int) -> None:
    """Print what each trick saves of the commands that it is for."""
    for side in (WIDE, WIDEST):
        run([sys.executable, "-m", "benchmarks.steps.images", str(directory), "--size", str(side)])
    images = {side: str(directory / f"image{side}.fits") for side in (WIDE, WIDEST)}
    rms = directory / "rms.fits"
    rms.hardlink_to(images[WIDEST])  # A second file to read and to name, as for the checksums.
    out = ["-o", str(directory / "skerry.fits"), "--overwrite"]
    mac = ["--positive-seed-clip", "1.5", "--positive-flood-clip", "1.2"]
    small = [name for name in LEFT_OUT if "memory" not in name and "checksums" not in name and name != _GRIDS]
    wanted = {
        f"signal, {SIDE}": (commands["signal"], [*small, *ADDED]),
        f"flood, {SIDE}": (commands["flood"], [*small, *ADDED]),
        f"extract-beam, {SIDE}": (commands["extract-beam"], [_GRIDS]),
        f"mosaic, {SIDE}": (commands["mosaic"], [_GRIDS]),
        "--help": (commands["--help"], ["parameters of one command"]),
        f"flood, {WIDE}": (["flood", images[WIDE], "--use-mac", *mac, *out], ["freed memory is kept"]),
        f"scale-mask, {WIDE}": (
            ["scale-mask", images[WIDE], "--scales", "0,8,16", *mac, *out],
            ["freed memory is kept"],
        ),
        f"signal, {WIDEST}": (["signal", images[WIDEST], "--rms", str(rms), *out], ["checksums begun early"]),
    }
    print(f"\nWhat each trick saves, medians of {repeat}; {machine()}\n")
    print(row("trick", "of", "used", "CPU ms", "wall ms"), row(*["---"] * 5), sep="\n")
    for what, (arguments, names) in wanted.items():
        found = in_turn(arguments, [LEFT_OUT.get(name) or ADDED[name] for name in names], repeat)
        for name, differences in zip(names, found, strict=True):
            sign = 1 if name in LEFT_OUT else -1
            print(row(name, what, "yes" if sign > 0 else "no", *(f"{sign * d:.0f}" for d in differences)), flush=True)


def copy_of_package(place: Path) -> Path:
    """Copy the package as it is just after it was installed, and give the directory to import it from."""
    command = [sys.executable, "-c", "import skerry; print(skerry.__path__[0])"]
    package = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    shutil.copytree(package, place / "src" / "skerry", ignore=shutil.ignore_patterns("__pycache__", "loops", "faces"))
    checkout = Path(package).parents[1]
    if (checkout / "Snakefile").is_file():
        shutil.copy(checkout / "Snakefile", place)
        for name in ("rules", "profiles", "config"):
            shutil.copytree(checkout / name, place / name)
    return place / "src"


def start(place: Path, arguments: Sequence[str], **changes: str | None) -> subprocess.Popen[str]:
    """Start skerry from a copy, with a changed environment; None takes a variable away."""
    environment = {**os.environ, "PYTHONPATH": str(place)} | {k: v for k, v in changes.items() if v is not None}
    for name in (name for name, value in changes.items() if value is None):
        environment.pop(name, None)
    command = [sys.executable, "-m", "skerry", *arguments]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=place
    )


def seconds(processes: Sequence[subprocess.Popen[str]], since: float) -> float:
    """Wait for processes that must all succeed."""
    for process in processes:
        complaints = process.communicate()[1]
        if process.returncode:
            raise SystemExit(f"{complaints}\na process of {len(processes)} failed")
    return time.perf_counter() - since


def show_cold_start(commands: Mapping[str, Sequence[str]], directory: Path) -> None:
    """Print what the first starts take, alone and many at once, and whether a read-only installation works."""
    print(f"\nCold start; {machine()}\n")
    print(row("what", "wall s"), row("---", "---"), sep="\n")
    names = ["flood", "mask"]
    for name in names:
        place = copy_of_package(directory / f"fresh-{name}")
        for which in ("first", "second"):
            begun = time.perf_counter()
            print(row(f"{which} start of skerry {name}", seconds([start(place, commands[name])], begun)), flush=True)
    for which in ("fresh", "used"):
        place = copy_of_package(directory / "many") if which == "fresh" else place
        outputs = [directory / f"{which}.{n}.fits" for n in range(AT_ONCE)]
        begun = time.perf_counter()
        processes = [start(place, [*commands["flood"], "-o", str(output)]) for output in outputs]
        taken = seconds(processes, begun)
        if len({output.read_bytes() for output in outputs}) != 1:
            raise SystemExit(f"{AT_ONCE} processes at once: their masks differ")
        print(row(f"{AT_ONCE} processes of skerry flood at once, {which} installation", taken), flush=True)
    show_read_only(commands, directory)
    print(row("compiling all loops, when the package is built", time_of_compiling(directory)), flush=True)


def show_read_only(commands: Mapping[str, Sequence[str]], directory: Path) -> None:
    """Print how long all subcommands take together where nothing can be written but the results."""
    place = copy_of_package(directory / "read-only")
    for path in (*place.rglob("*"), place):
        path.chmod(path.stat().st_mode & ~0o222)
    there = sorted(place.rglob("*"))
    # The superuser may write to it all the same: then Python at least is told not to, and it shows whether skerry did.
    unwritten = {"PYTHONDONTWRITEBYTECODE": "1"} if os.geteuid() == 0 else {}
    try:
        for home in (None, NO_HOME):
            begun = time.perf_counter()
            for arguments in commands.values():
                process = start(place, arguments, HOME=home, XDG_CACHE_HOME=None, XDG_CONFIG_HOME=None, **unwritten)
                seconds([process], begun)
            taken = time.perf_counter() - begun
            told = "no HOME" if home is None else "a HOME that is not there"
            print(row(f"all {len(commands)} subcommands, read-only installation, {told}", taken), flush=True)
        if sorted(place.rglob("*")) != there:
            raise SystemExit("a read-only installation was written to")
    finally:
        for path in (place, *place.rglob("*")):
            path.chmod(path.stat().st_mode | 0o200)


def time_of_compiling(directory: Path) -> float | str:
    """Compile the loops of a checkout as the build does; a dash where there is no checkout or no compiler."""
    kernels = CHECKOUT / "src" / "skerry" / "kernels"
    compiler = shutil.which("gcc") or shutil.which("cc")
    sources = sorted(kernels.glob("loops/*.c"))
    if compiler is None or not sources:
        return "-"
    flags = ["-c", "-fPIC", "-O3", "-std=c11", "-ffp-contract=off", "-fno-math-errno", f"-I{kernels}"]
    begun = time.perf_counter()
    for source in sources:
        run([compiler, *flags, str(source), "-o", str(directory / f"{source.stem}.o")])
    return time.perf_counter() - begun


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=7, help="starts of each subcommand (default 7)")
    parser.add_argument("--cold-start", action="store_true", help="only what the first starts take")
    parser.add_argument("--tricks", action="store_true", help="only what each trick of a quick start saves")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        commands = make_inputs(Path(temporary))
        if given.tricks:
            show_tricks(commands, Path(temporary), given.repeat)
            return
        if not given.cold_start:
            show_start_up(commands, given.repeat)
        show_cold_start(commands, Path(temporary))


if __name__ == "__main__":
    main()
