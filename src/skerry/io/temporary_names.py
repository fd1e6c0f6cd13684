"""Names of files that are being written, which say whose they are, so that what a dead process has left can be told.

A lock would say the same, but file systems that several machines share often have none.
"""

from __future__ import annotations

import os
import re
import secrets
import zlib
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

__all__ = ["is_at_work", "is_left_behind", "place_of_processes", "start_of_process", "temporary_name"]

_NAME = re.compile(
    r"\.(?P<name>.+)\.(?P<place>[0-9a-f]{8})-(?P<pid>[0-9a-f]+)-(?P<start>[0-9a-f]+)-[0-9a-f]{8}\.(tmp|old)", re.DOTALL
)
_LONGEST = 255
"""Bytes of a file's name."""
_STATE, _START_TIME = 0, 19
"""Places of the state of a process and of the time at which it started in /proc/PID/stat, behind its name."""
_ENDED = ("Z", "X")
"""States of a process that has ended, and whose end its parent has not taken note of."""


def temporary_name(name: str, kind: str) -> str:
    """Hidden name that nobody else has.

    Parameters
    ----------
    name : str
        The file's own name.
    kind : str
        Of the file, its suffix: "tmp" of what is written, "old" of what is to be replaced.

    Returns
    -------
    str
        With the file's name, if both are not too long, and the machine and the process that it is of.
    """
    pid = os.getpid()
    owner = f"{place_of_processes():08x}-{pid:x}-{start_of_process(pid) or 0:x}-{secrets.token_hex(4)}.{kind}"
    long = len(os.fsencode(name)) + len(owner) + 2 > _LONGEST
    return f".{zlib.crc32(os.fsencode(name)):08x}.{owner}" if long else f".{name}.{owner}"


def is_left_behind(temporary: str) -> str | None:
    """Name of the file that a temporary one is of, if that is one of a process of this machine that is gone.

    Parameters
    ----------
    temporary : str
        Any file's name.

    Returns
    -------
    str, or None
        None if it is another file, of another machine, or of a process that may be at work.
    """
    found = _NAME.fullmatch(temporary)
    if found is None or int(found["place"], 16) != place_of_processes():
        return None
    return found["name"] if is_at_work(int(found["pid"], 16), int(found["start"], 16)) is False else None


def is_at_work(pid: int, start: int) -> bool | None:
    """Whether a process of this machine is at work.

    Parameters
    ----------
    pid : int
        Its number, which another one may have by now.
    start : int
        When it started, as of `start_of_process`.

    Returns
    -------
    bool, or None
        None if there is a process of that number, but when it started cannot be known: where the system does not tell,
        or not of other users' processes, as Linux where /proc is mounted with ``hidepid``.
    """
    found = start_of_process(pid)
    if found is None:
        return False
    return found == start if found and start else None


@lru_cache
def place_of_processes() -> int:
    """Number of this machine, and of the set of processes on it that see each other."""
    processes = ""
    with suppress(OSError):
        processes = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - what it leads to is no path
    return zlib.crc32(f"{os.uname().nodename} {processes}".encode())


def start_of_process(pid: int) -> int | None:
    """When a process started, in ticks since the machine did; 0 where that cannot be known, None if there is none."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        return None if told[_STATE] in _ENDED else int(told[_START_TIME])
    except (OSError, ValueError, IndexError):
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except OSError:
        return 0
    return 0
