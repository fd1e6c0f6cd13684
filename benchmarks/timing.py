"""What a process takes, and tables of it in Markdown: what the benchmarks share.

Nothing heavy is imported here: the peak memory of a child counts that of its parent before the exec.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import NamedTuple

__all__ = ["CHECKOUT", "SKERRY", "Usage", "machine", "median", "row", "run"]

CHECKOUT = Path(__file__).parents[1]
SKERRY = str(Path(sys.executable).with_name("skerry"))


class Usage(NamedTuple):
    """What a process took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of all threads, user and system, children included."""
    peak: float
    """Resident memory in GB, of the largest process."""


def run(
    command: Sequence[str],
    directory: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    watched: Callable[[int], AbstractContextManager[None]] = lambda _: nullcontext(),
) -> Usage:
    """Run a process to its end; what it says is shown if it fails.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    directory : Path, optional
        Where to run it; default here.
    environment : mapping of str to str, optional
        Variables that differ from those of this process.
    watched : function, optional
        Given the process's number; what it returns is entered while the process runs.

    Returns
    -------
    Usage
        What the process took.
    """
    variables = os.environ | dict(environment or {})
    with tempfile.TemporaryFile() as messages:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=messages, cwd=directory, env=variables)
        try:
            with watched(process.pid):
                _, status, usage = os.wait4(process.pid, 0)
                wall = time.perf_counter() - start
        except BaseException:  # this process is ended, which shall leave none behind
            process.terminate()
            process.wait()
            raise
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            messages.seek(0)
            raise SystemExit(f"{messages.read().decode()}\nfailed: {' '.join(command)}")
    return Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e9)


def median(usages: Sequence[Usage]) -> Usage:
    return Usage(*map(statistics.median, zip(*usages, strict=True)))


def row(*cells: str | float) -> str:
    shown = (f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in cells)
    return f"| {' | '.join(shown)} |"


def machine() -> str:
    """Cores that this process may use, and the memory of the machine."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return (
        f"{len(os.sched_getaffinity(0))} cores, {memory:.0f} GB of memory, load {os.getloadavg()[0]:.1f} at the start"
    )
