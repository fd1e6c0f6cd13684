"""The peak of each subcommand at extreme values of whatever sizes an array, beside what `--memory` allows.

Every option of `MaskingOptions` that is a number or a list of scales is given values from its least to far beyond any
image, in a subcommand in which it counts; so are the sizes of images (square, one row, one column, many planes), of
beams, and of what subcommands take besides. A command has to end, with a result or with one line and status 2, and
its peak may be no more than `--memory` and `SLACK`. Each runs as a process of its own, whose address space is bounded.
The order is that of a seed, so that a part of them is a sample of all; stopped, it goes on with the same `--output`.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.cli.memory_cases import Case, all_cases, make_inputs
from benchmarks.timing import SKERRY, row

SLACK = 100
"""MB above `--memory`."""
ADDRESSES = 8 << 30
"""Bytes that a process may address."""
LONGEST = 60
"""Seconds of processor time, and tenths of those that pass, after which a command is ended."""
ENDED = (-signal.SIGXCPU, -signal.SIGKILL)
WITHOUT_LIMITS = ("run", "summary", "report", "simulate")
"""Commands that take no `--memory`."""
PREFIXES = {
    "image": "",
    "image2": "2-",
    "rms": "rms-",
    "mask": "mask-",
    "mask2": "mask2-",
    "noise_mask": "noise-",
    "scales": "scales-",
}
"""Of the names of the files of an image."""

# The peak of a process begins with that of its parent when it was started.
SMALL_PARENT = """
import json, os, resource, signal, subprocess, sys, time
addresses, longest = int(sys.argv[1]), float(sys.argv[2])
def bounded():
    resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))
    resource.setrlimit(resource.RLIMIT_CPU, (int(longest), int(longest) + 5))
start = time.perf_counter()
with open("said", "wb") as said:
    process = subprocess.Popen(sys.argv[3:], stdout=said, stderr=subprocess.STDOUT, preexec_fn=bounded)
    signal.signal(signal.SIGALRM, lambda *_: process.kill())
    signal.setitimer(signal.ITIMER_REAL, 10 * longest)
    _, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
cpu, passed = usage.ru_utime + usage.ru_stime, time.perf_counter() - start
print(json.dumps([process.returncode, usage.ru_maxrss * 1024 / 1e6, cpu, passed]))
"""


class Done(NamedTuple):
    """How a command ended."""

    status: int
    peak: float
    """MB."""
    cpu: float
    """Seconds, of all threads."""
    seconds: float
    said: str

    @property
    def is_failure(self) -> bool:
        """Whether it neither made a result nor said in a line why not, in the time that it had."""
        return self.status not in (0, 2, *ENDED) or (self.status == 2 and "skerry: error" not in self.said)


def done(case: Case, inputs: Path, given: argparse.Namespace) -> Done:
    """Run a command in a directory of its own."""
    with tempfile.TemporaryDirectory(dir=inputs.parent) as name:
        directory = Path(name)
        for path in inputs.iterdir():
            (directory / path.name).symlink_to(path)
        files = {key: f"{prefix}{case.image}.fits" for key, prefix in PREFIXES.items()}
        words = case.words.format(**files).split()
        limits = [] if words[0] in WITHOUT_LIMITS else [f"--memory={given.memory}MB", f"--threads={given.threads}"]
        launch = [sys.executable, "-S", "-c", SMALL_PARENT, str(ADDRESSES), str(given.seconds), SKERRY, *words, *limits]
        found = subprocess.run(launch, cwd=directory, check=True, capture_output=True, text=True)
        status, peak, cpu, seconds = json.loads(found.stdout)
        lines = (directory / "said").read_text(errors="replace").strip().splitlines()
        return Done(status, peak, cpu, seconds, lines[-1] if lines else "")


def show(case: Case, one: Done, most: float) -> None:
    """Print a row; the peak is marked if it is above `most`, in MB, the status if it is that of no good end."""
    peak = f"**{one.peak:.0f}**" if one.peak > most else f"{one.peak:.0f}"
    status = f"**{one.status}**" if one.is_failure else str(one.status)
    said = f"{case.words.split()[0]}: {one.said[:150]}"
    print(row(case.option, case.value, case.image, peak, f"{one.cpu:.1f}", status, said), flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--directory", type=Path, help="where inputs are, or are made (2.5 GB); default a temporary one"
    )
    parser.add_argument("--memory", type=int, default=300, help="MB")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="", help="cases whose option, value, image or command has this in it")
    parser.add_argument("--images", default="", help="cases on images whose name begins so")
    parser.add_argument("--part", default="0/1", help="of these cases every n-th, as 0/2 and 1/2")
    parser.add_argument("--minutes", type=float, default=1e9, help="after so long nothing is begun")
    parser.add_argument("--seed", type=int, default=1, help="of the order")
    parser.add_argument(
        "--seconds", type=int, default=LONGEST, help="of processor time, after which a command is ended"
    )
    parser.add_argument("--output", type=Path, help="also write a line of JSON for each case; what it has is not run")
    return parser.parse_args()


def chosen_cases(given: argparse.Namespace) -> list[Case]:
    """The cases that were asked for, in the order of the seed."""
    cases = [case for case in all_cases() if given.only in " ".join(case) and case.image.startswith(given.images)]
    random.Random(given.seed).shuffle(cases)
    part, parts = map(int, given.part.split("/"))
    return cases[part::parts]


def known(output: Path | None) -> dict[Case, Done]:
    """What a file of results has: how each case ended when it last ran."""
    lines = output.read_text().splitlines() if output is not None and output.exists() else []
    values = [json.loads(line) for line in lines]
    return {Case(*map(one.get, Case._fields)): Done(*map(one.get, Done._fields)) for one in values}


def show_sum(found: Sequence[Done], most: float) -> None:
    """Print how many commands there were, and how many of them ended as they should not."""
    above, failed = sum(one.peak > most for one in found), sum(one.is_failure for one in found)
    worst, ended = max((one.peak for one in found), default=0.0), sum(one.status in ENDED for one in found)
    print(
        f"\n{len(found)} commands: {above} above {most} MB, the worst {worst:.0f}; {failed} failures, {ended} too slow"
    )


def measure(given: argparse.Namespace, directory: Path) -> None:
    """Run the cases that were asked for, and print a row for each and the sum of them."""
    inputs = directory / "inputs"
    if not inputs.exists():
        inputs.mkdir(parents=True)
        make_inputs(inputs)
    most, start, before, found = given.memory + SLACK, time.monotonic(), known(given.output), list[Done]()
    print(row("option", "value", "image", "peak MB", "CPU s", "status", "last line"), row(*["---"] * 7), sep="\n")
    for case in chosen_cases(given):
        if case in before:
            found.append(before[case])
            continue
        if time.monotonic() - start > 60 * given.minutes:
            break
        found.append(done(case, inputs, given))
        show(case, found[-1], most)
        if given.output is not None:
            with given.output.open("a") as file:
                file.write(json.dumps({**case._asdict(), **found[-1]._asdict()}) + "\n")
    show_sum(found, most)


def main() -> None:
    given = arguments()
    if given.directory is not None:
        measure(given, given.directory)
        return
    with tempfile.TemporaryDirectory() as directory:
        measure(given, Path(directory))


if __name__ == "__main__":
    main()
