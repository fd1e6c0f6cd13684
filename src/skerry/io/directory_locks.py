"""Locks of directories, for the moment in which names change in them: writers take their turns.

They are the system's own, which end with their process. File systems that several machines share often have none, so
nothing relies on one.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

__all__ = ["alone_in"]

_PATIENCE, _BETWEEN = 3.0, 0.01
"""Seconds to wait for another writer, who needs milliseconds unless the process is stopped, and between two tries."""


@contextmanager
def alone_in(directories: Iterable[Path]) -> Iterator[None]:
    """Let other processes of this machine that ask for the same wait for the end of a block.

    Parameters
    ----------
    directories : iterable of Path
        Those in which names change. One that cannot be locked, or that another process holds and does not go on, is
        done without.
    """
    with ExitStack() as stack:
        # In one order, so that no two wait for each other.
        for directory in sorted(directories):
            with suppress(OSError):
                descriptor = os.open(directory, os.O_RDONLY)
                stack.callback(os.close, descriptor)
                _lock(descriptor)
        yield


def _lock(descriptor: int) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_BETWEEN)
        else:
            return
