"""The processes of a run: all of them end with it, whichever of them is killed.

They are known by a word in their environment, which they have from `skerry run` or from Snakemake, also when the
process that started them is gone.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress

import psutil

from skerry.io.run_locks import RUN_VARIABLE

__all__ = ["PARENT_VARIABLE", "end_processes", "end_with", "interrupt"]

PARENT_VARIABLE = "SKERRY_RUN_LIVES"
"""Descriptor of a pipe which ends with the process that started Snakemake."""
_SECONDS_TO_END = 10.0
_SECONDS_TO_CLEAN_UP = 90.0


def interrupt(pid: int) -> None:
    """Do what a terminal does: interrupt a process and those that it has started by now, not those that clean up."""
    with suppress(psutil.Error):
        started = psutil.Process(pid).children(recursive=True)
        for process in (psutil.Process(pid), *started):
            # One that runs as another user, as a container may, takes no signals.
            with suppress(psutil.Error):
                process.send_signal(signal.SIGINT)


def end_processes(run: str) -> int:
    """End what is left of a run on this machine, but for this process.

    Parameters
    ----------
    run : str
        Its word.

    Returns
    -------
    int
        How many processes there were.
    """
    left = _processes(run)
    for process in left:
        with suppress(psutil.Error):
            process.terminate()
    for process in psutil.wait_procs(left, timeout=_SECONDS_TO_END)[1]:
        with suppress(psutil.Error):
            process.kill()
    return len(left)


def _processes(run: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        # Of others' processes the environment cannot be read.
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(RUN_VARIABLE) == run:
                found.append(process)
    return found


def end_with(parent: int, run: str) -> None:
    """Let this process be interrupted when another one ends, and its jobs with it.

    Parameters
    ----------
    parent : int
        Descriptor of a pipe that nobody writes to, whose other end only that process has.
    run : str
        Word of the run.
    """

    def wait() -> None:
        with suppress(OSError):
            os.read(parent, 1)
        interrupt(os.getpid())
        time.sleep(_SECONDS_TO_CLEAN_UP)
        end_processes(run)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()
