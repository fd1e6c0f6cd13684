"""What a process and all that it has started take together: CPU time, memory at once, and the files in a directory.

`timing.run` tells the largest process; where several run side by side this looks, while they run, what they hold
between them. It also counts the CPU time of processes whose parents have ended before them. Linux only: it reads /proc.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.timing import Usage, run

__all__ = ["Together", "disk_use", "processes", "run_together", "shared_memory"]

INTERVAL = 0.2  # seconds between two looks at the memory
LOOKS_PER_DISK = 5  # the files are looked at so much more seldom
ORPHANS_END = 10  # seconds within which what outlives its parent has to end
GB = 1e9
_SET_CHILD_SUBREAPER = 36  # prctl: orphans become children of this process


class Together(NamedTuple):
    """What a process took with all that it started."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of all threads and processes, user and system."""
    peak: float
    """Memory of all processes at once in GB; what they share counts once."""
    disk: float
    """Files in the directory that was watched, at their most, in GB."""


class _Watcher:
    """Looks at a process and its children, and at a directory, while the process runs."""

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory
        self.peak, self.disk = 0, 0

    @contextmanager
    def of(self, pid: int) -> Iterator[None]:
        """Watch a process from here on."""
        ended = threading.Event()
        thread = threading.Thread(target=self._watch, args=(pid, ended), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self._look_at_disk()

    def _watch(self, pid: int, ended: threading.Event) -> None:
        looks = 0
        while not ended.wait(INTERVAL):
            self.peak = max(self.peak, sum(map(shared_memory, processes(pid))))
            if looks % LOOKS_PER_DISK == 0:
                self._look_at_disk()
            looks += 1

    def _look_at_disk(self) -> None:
        if self.directory is not None:
            self.disk = max(self.disk, disk_use(self.directory))


def run_together(
    command: Sequence[str],
    directory: Path,
    *,
    files: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Together:
    """Run a process to its end, watching it and its children.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    directory : Path
        Where to run it.
    files : Path, optional
        Directory whose files are measured.
    environment : mapping of str to str, optional
        Variables that differ from those of this process.

    Returns
    -------
    Together
        What it took. Memory is what was seen every 0.2 s, and at least the resident memory of the largest process; that
        counts what the process which calls this has, so call it from a small one.
    """
    watcher, before = _Watcher(files), set(_children(os.getpid()))
    with _adopting():
        usage: Usage = run(command, directory, environment=environment, watched=watcher.of)
        cpu = usage.cpu + _cpu_of_orphans(before)
    return Together(usage.wall, cpu, max(watcher.peak / GB, usage.peak), watcher.disk / GB)


@contextmanager
def _adopting() -> Iterator[None]:
    """Take processes whose parents end as children of this one, for that long: nobody else would wait for them here."""
    prctl = ctypes.CDLL(None).prctl
    prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def processes(pid: int) -> dict[int, int]:
    """Numbers of a process and of all that descend from it, with those of their parents; its own has 0."""
    found, todo = {pid: 0}, [pid]
    for parent in todo:  # which grows on the way
        children = _children(parent)
        found |= dict.fromkeys(children, parent)
        todo += children
    return found


def shared_memory(pid: int) -> int:
    """Resident bytes of a process, a page that n processes share counting as 1 / n; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def disk_use(directory: Path) -> int:
    """Bytes that the files in a directory take on the disk; of a link those of the link itself, one name of several."""
    seen: dict[tuple[int, int], int] = {}
    for path, _, names in os.walk(directory):
        for name in names:
            try:
                status = os.lstat(os.path.join(path, name))  # noqa: PTH118
            except OSError:  # it was removed meanwhile
                continue
            seen[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(seen.values())


def _children(pid: int) -> list[int]:
    """Numbers of the processes that all threads of a process have started; none if it has ended."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
            found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
    except OSError:  # a thread, or the process, has ended
        pass
    return found


def _cpu_of_orphans(before: set[int]) -> float:
    """Wait for children that this process has inherited; gives their CPU seconds."""
    total, end = 0.0, time.monotonic() + ORPHANS_END
    while orphans := set(_children(os.getpid())) - before:
        for pid in orphans:
            ended, _, usage = os.wait4(pid, os.WNOHANG)
            total += usage.ru_utime + usage.ru_stime if ended else 0
        if time.monotonic() > end:
            raise SystemExit(f"processes are left behind: {', '.join(map(str, orphans))}")
        time.sleep(0.02)
    return total
