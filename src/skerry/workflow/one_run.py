"""One run at a time in a directory, and on the results of a field; what a run that was killed has left goes.

Snakemake's own lock does not say whose it is, stays when Snakemake is killed, and lets two runs begin at the same
moment.
"""

from __future__ import annotations

import atexit
import os
import secrets
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from skerry.errors import SkerryNote
from skerry.io.run_locks import (
    LOCK,
    RUN_VARIABLE,
    SECONDS_BETWEEN_SIGNS,
    RunHolder,
    free_lock,
    is_held_by,
    renew_lock,
    take_lock,
)
from skerry.io.temporary_names import place_of_processes
from skerry.io.whole_files import telling_os_errors
from skerry.workflow.run_processes import PARENT_VARIABLE, end_processes, end_with, interrupt
from skerry.workflow.slurm_jobs import cancel_jobs, name_of_runs

if TYPE_CHECKING:
    from skerry.field.keys import FieldConfig

__all__ = ["be_the_only_run", "free_snakemake", "only_run"]

_SNAKEMAKE = Path(".snakemake")
"""Directory that Snakemake makes where it runs."""
_held = ExitStack()
"""Locks that a Snakemake holds which was not started by `skerry run`."""


@contextmanager
def only_run(fields: Sequence[FieldConfig], executor: str, *, forced: bool = False) -> Iterator[str]:
    """Let no other run begin in this directory or on the results of fields for the duration of a block.

    Parameters
    ----------
    fields : sequence of FieldConfig
        What is run.
    executor : str
        What runs the jobs, "local" for this machine.
    forced : bool
        Whether a run on another machine is taken for dead.

    Yields
    ------
    str
        A word for the run, which the environment has, too.

    Raises
    ------
    SkerryError
        If another run is at work, or a lock cannot be written.
    """
    mine = RunHolder.here(secrets.token_hex(8), executor)
    before = os.environ.get(RUN_VARIABLE)
    with _locked([_SNAKEMAKE, *_results(fields)], mine, forced, partial(os.kill, os.getpid(), signal.SIGTERM)):
        os.environ[RUN_VARIABLE] = mine.run
        try:
            yield mine.run
        finally:
            os.environ.pop(RUN_VARIABLE)
            if before is not None:
                os.environ[RUN_VARIABLE] = before


def be_the_only_run(field: FieldConfig) -> None:
    """Do for a Snakemake that plans jobs, until it ends, what `only_run` does, unless `skerry run` has done it.

    Parameters
    ----------
    field : FieldConfig
        A field that is run; each of several takes its turn.

    Raises
    ------
    SkerryError
        As of `only_run`.
    """
    (results,) = _results([field])
    run = os.environ.get(RUN_VARIABLE, "")
    parent = os.environ.pop(PARENT_VARIABLE, None)
    if parent is not None:
        end_with(int(parent), run)
    if run and is_held_by(results / LOCK, run):
        return
    # Of `skerry run`, whose results Snakemake's own arguments lead elsewhere; or of another of several fields.
    within = bool(run) and is_held_by(_SNAKEMAKE / LOCK, run)
    # What runs the jobs Snakemake does not know yet.
    mine = RunHolder.here(run if within else secrets.token_hex(8), "snakemake")
    directories = [results] if within else [_SNAKEMAKE, results]
    _held.enter_context(_locked(directories, mine, False, partial(interrupt, os.getpid())))
    atexit.register(_held.close)
    os.environ[RUN_VARIABLE] = mine.run


def free_snakemake() -> None:
    """Take away the lock of a Snakemake that was killed here."""
    for lock in (_SNAKEMAKE / "locks").glob("*.lock"):
        with suppress(OSError):
            lock.unlink(missing_ok=True)


def _results(fields: Sequence[FieldConfig]) -> list[Path]:
    return [Path(field.files.directory) for field in fields]


@contextmanager
def _locked(directories: Sequence[Path], mine: RunHolder, forced: bool, lost: Callable[[], None]) -> Iterator[None]:
    """Hold the locks of directories; `lost` is called if another run takes one."""
    over = threading.Event()
    with ExitStack() as held:
        held.callback(over.set)
        dead = set()
        for directory in directories:
            where = str(Path.cwd()) if directory == _SNAKEMAKE else str(directory)
            with telling_os_errors(f"{directory}: cannot be made"):
                held.callback(_remove_empty, _make(directory))
            killed = take_lock(directory / LOCK, mine, where, forced=forced)
            held.callback(free_lock, directory / LOCK, mine)
            if killed is not None:
                dead.add(killed)
                if directory == _SNAKEMAKE:
                    free_snakemake()
        for killed in dead:
            _tidy_after(killed)
        locks = [(directory / LOCK).resolve() for directory in directories]
        threading.Thread(target=_give_signs, args=[locks, mine, over, lost], daemon=True).start()
        yield


def _tidy_after(killed: RunHolder) -> None:
    """End what a run that was killed has left at work."""
    cancelled = cancel_jobs(name_of_runs(Path(killed.directory))) if killed.executor == "slurm" else 0
    if cancelled:
        _note(f"{cancelled} job{'s' * (cancelled > 1)} of a run that was killed cancelled")
    left = end_processes(killed.run) if killed.place == place_of_processes() else 0
    if left:
        _note(f"{left} process{'es' * (left > 1)} of a run that was killed ended")


def _note(text: str) -> None:
    warnings.warn(SkerryNote(text), stacklevel=2)


def _make(directory: Path) -> list[Path]:
    """Make a directory, and say which had to be made, the innermost first."""
    made = [path for path in (directory, *directory.parents) if not path.exists()]
    directory.mkdir(parents=True, exist_ok=True)
    return made


def _remove_empty(directories: Sequence[Path]) -> None:
    for directory in directories:
        with suppress(OSError):
            directory.rmdir()


def _give_signs(locks: Sequence[Path], mine: RunHolder, over: threading.Event, lost: Callable[[], None]) -> None:
    """Touch locks until the run is over, or another run has one of them."""
    while not over.wait(SECONDS_BETWEEN_SIGNS):
        renewed = [renew_lock(lock, mine) for lock in locks]
        if not all(renewed) and not over.is_set():
            _note("another run has taken this one for dead, and its place; this one ends")
            lost()
            return
