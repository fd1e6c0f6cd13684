"""Locks of runs: files that say which run is at work on a directory, so that no other one begins there.

What a lock file says is enough to tell a run that is at work from one that was killed: by its process, or where that
cannot be asked, as on another machine, by the time at which the lock was last touched, for a run touches its locks
while it lasts. File systems that several machines share often have no locks of their own.
"""

from __future__ import annotations

import json
import os
import re
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from skerry.errors import SkerryError
from skerry.io.directory_locks import alone_in
from skerry.io.temporary_names import is_at_work, place_of_processes, start_of_process, temporary_name

__all__ = [
    "LOCK",
    "RUN_VARIABLE",
    "SECONDS_BETWEEN_SIGNS",
    "RunHolder",
    "free_lock",
    "is_held_by",
    "read_lock",
    "refuse_within_a_run",
    "renew_lock",
    "take_lock",
]

LOCK = ".skerry-run.lock"
"""Name of the lock in the directory of a field's results, and of Snakemake."""
RUN_VARIABLE = "SKERRY_RUN"
"""What the environment of all processes of a run says of it."""
SECONDS_BETWEEN_SIGNS = 20.0
_SECONDS_UNTIL_DEAD = 300.0
"""After which a run whose process cannot be asked counts as dead if its lock was not touched."""
_ROUND = re.compile(r"round\d+")
_TRIES = 5


@dataclass(frozen=True)
class RunHolder:
    """Who holds a lock."""

    run: str
    """A word that no other run has."""
    executor: str
    """What runs its jobs: "local", what submits them, or "snakemake" if that is not known."""
    directory: str
    """Where it was started."""
    host: str
    place: int
    pid: int
    start: int

    @classmethod
    def here(cls, run: str, executor: str) -> RunHolder:
        """Be this process."""
        pid, host = os.getpid(), os.uname().nodename
        return cls(run, executor, str(Path.cwd()), host, place_of_processes(), pid, start_of_process(pid) or 0)

    @property
    def is_at_work(self) -> bool | None:
        """Whether its process is; None if that cannot be known, as of another machine."""
        return is_at_work(self.pid, self.start) if self.place == place_of_processes() else None

    @property
    def in_words(self) -> str:
        """Process and machine."""
        return f"process {self.pid} on {self.host}"


def read_lock(lock: Path) -> RunHolder | None:
    """Who holds a lock; None if nobody does, or it does not say who."""
    try:
        return RunHolder(**json.loads(lock.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def is_held_by(lock: Path, run: str) -> bool:
    """Whether a lock is that of a run."""
    holder = read_lock(lock)
    return holder is not None and holder.run == run


def take_lock(lock: Path, mine: RunHolder, where: str, *, forced: bool = False) -> RunHolder | None:
    """Take a lock, also that of a run which was killed.

    Parameters
    ----------
    lock : Path
        Its file, in a directory that there is.
    mine : RunHolder
        Who takes it.
    where : str
        What is locked, for the error.
    forced : bool
        Whether a run whose process cannot be asked, as on another machine, is taken for dead.

    Returns
    -------
    RunHolder, or None
        Who held it and is dead.

    Raises
    ------
    SkerryError
        If another run is at work; it names its process.
    """
    partial = lock.with_name(temporary_name(lock.name, "tmp"))
    dead: RunHolder | None = None
    try:
        partial.write_text(json.dumps(asdict(mine)), encoding="utf-8")
        with alone_in([lock.parent]):
            for _ in range(_TRIES):
                if _created(lock, partial):
                    return dead
                found = read_lock(lock)
                _refuse_if_alive(found, lock, partial, where, forced)
                dead = _removed(lock, found) or dead
    except OSError as error:
        reason = error.strerror or error
        raise SkerryError(f"{lock}: cannot be written: {reason}; see to that, and run it again") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    raise SkerryError(f"{where}: other runs begin here, too; run it again")


def _refuse_if_alive(found: RunHolder | None, lock: Path, partial: Path, where: str, forced: bool) -> None:
    """Raise an error if a run that holds a lock may be at work."""
    at_work = None if found is None else found.is_at_work
    if at_work is False:
        return
    if found is not None and at_work:
        raise SkerryError(
            f"{where}: another run is at work there, {found.in_words}; wait for its end, or give all fields to one run"
        )
    try:
        # By the clock of the file system.
        silent = partial.stat().st_mtime - lock.stat().st_mtime
    except FileNotFoundError:
        return
    if silent < _SECONDS_UNTIL_DEAD and not forced:
        whose = "" if found is None else f", {found.in_words}"
        raise SkerryError(
            f"{where}: another run is at work there{whose}, which gave a sign {max(0, round(silent))} s ago; wait for "
            f"its end; if it was killed, run it again {_SECONDS_UNTIL_DEAD:.0f} s after that, or give 'skerry run "
            "FIELD.yaml --unlock' first"
        )


def free_lock(lock: Path, mine: RunHolder) -> None:
    """Give a lock back, if it is still one's own."""
    if is_held_by(lock, mine.run):
        with suppress(OSError):
            lock.unlink(missing_ok=True)


def renew_lock(lock: Path, mine: RunHolder) -> bool:
    """Give a sign that a run is at work.

    Parameters
    ----------
    lock : Path
        Its file.
    mine : RunHolder
        Who has taken it.

    Returns
    -------
    bool
        False if another run has taken the lock, for this one was taken for dead.
    """
    found = read_lock(lock)
    if found is not None and found.run != mine.run:
        return False
    with suppress(OSError):
        if found is None:
            # Whoever removed all results has removed the lock, too.
            lock.write_text(json.dumps(asdict(mine)), encoding="utf-8")
        else:
            os.utime(lock)
    return True


def refuse_within_a_run(path: Path) -> None:
    """Check that a file is not one of those that a run is making, unless this process is of that run.

    Parameters
    ----------
    path : Path
        A file that is to be written.

    Raises
    ------
    SkerryError
        If it lies in the directory of a round, and a run on this machine is at work there.
    """
    round_directory = Path(os.path.realpath(path)).parent
    if not _ROUND.fullmatch(round_directory.name):
        return
    results = round_directory.parent
    holder = read_lock(results / LOCK)
    # Not every scheduler hands the environment on to its jobs, so only of a run on one machine others are told.
    if holder is None or holder.executor != "local" or holder.run == os.environ.get(RUN_VARIABLE):
        return
    alive = holder.is_at_work
    if alive is None:
        alive = _seconds_silent(results / LOCK) < _SECONDS_UNTIL_DEAD
    if alive:
        raise SkerryError(
            f"{path}: is made by a run that is at work, {holder.in_words}; wait for its end, or choose another "
            "directory"
        )


def _seconds_silent(lock: Path) -> float:
    """Since a lock was last touched; by the clock of the file system if it tells: that of a machine may be wrong."""
    now = time.time()
    probe = lock.with_name(temporary_name(lock.name, "tmp"))
    try:
        with suppress(OSError):
            probe.touch()
            now = probe.stat().st_mtime
        return now - lock.stat().st_mtime
    except OSError:
        return _SECONDS_UNTIL_DEAD
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)


def _created(lock: Path, partial: Path) -> bool:
    """Give a file the name of the lock, if there is none; it never exists without its contents."""
    try:
        lock.hardlink_to(partial)
    except FileExistsError:
        # NFS says so of one's own, too, if its answer got lost and it was asked again.
        return read_lock(lock) == read_lock(partial)
    except OSError:
        # Where a file can have one name alone.
        try:
            with lock.open("x", encoding="utf-8") as file:
                file.write(partial.read_text(encoding="utf-8"))
        except FileExistsError:
            return False
    return True


def _removed(lock: Path, found: RunHolder | None) -> RunHolder | None:
    """Remove the lock of a dead run, but not that of another which has taken its place meanwhile."""
    aside = lock.with_name(temporary_name(lock.name, "tmp"))
    try:
        lock.rename(aside)
    except FileNotFoundError:
        return None
    if read_lock(aside) != found:
        with suppress(OSError):
            lock.hardlink_to(aside)
        found = None
    aside.unlink(missing_ok=True)
    return found
