"""The faults that `interposer.c` injects at calls of the file system: compiled, loaded into processes, and armed."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

__all__ = ["REFUSED", "Action", "Calls", "Strike", "compile_interposer", "counted", "is_loaded", "refused", "watch"]

REFUSED = {"links": 1, "exchanges": 2}
"""What a disk may not be able to do: give a file a second name, exchange two names."""
_SOURCE = Path(__file__).with_name("interposer.c")


class Calls(IntEnum):
    """What calls do to files."""

    READS = 1
    CHANGES = 2
    GROWS = 4


class Action(IntEnum):
    """What becomes of a call."""

    SIGNAL = 1
    FAIL = 2
    FAIL_FROM_THEN = 3
    SHORTEN = 4


@dataclass(frozen=True)
class Strike:
    """A fault at the n-th call of a kind, counted from 1; `value` is the number of a signal or of an error."""

    calls: Calls
    at: int
    action: Action
    value: int = 0

    def environment(self, directory: Path) -> dict[str, str]:
        """Variables that arm a process from its start."""
        numbers = {"CALLS": self.calls, "AT": self.at, "ACTION": self.action, "VALUE": self.value}
        return {"FAULT_WATCHED": str(directory)} | {f"FAULT_{name}": str(int(n)) for name, n in numbers.items()}


def compile_interposer(directory: Path) -> Path | None:
    """Compile it into a directory; None where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    library = directory / "interposer.so"
    command: Sequence[str] = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(_SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return library


def is_loaded() -> bool:
    """Whether this process has it."""
    return "interposer.so" in os.environ.get("LD_PRELOAD", "")


def refused(names: Iterable[str]) -> dict[str, str]:
    """Variables of the environment of a process for which a disk cannot do some of `REFUSED`."""
    return {"FAULT_REFUSED": str(sum(REFUSED[name] for name in set(names)))}


def watch(directory: Path, strike: Strike | None) -> None:
    """Count calls of this process on files in a directory from now on, and strike at one of them."""
    library = ctypes.CDLL(None)
    if strike is not None:
        library.fault_arm(int(strike.calls), ctypes.c_long(strike.at), int(strike.action), int(strike.value))
    library.fault_watch(str(directory).encode())


def counted() -> dict[Calls, int]:
    """How many calls of each kind this process has made since then."""
    library = ctypes.CDLL(None)
    library.fault_counted.restype = ctypes.c_long
    return {calls: int(library.fault_counted(int(calls))) for calls in Calls}
