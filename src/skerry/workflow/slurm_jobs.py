"""The jobs of a run in the queue of SLURM: a run that ends early leaves none behind.

Snakemake cancels those that it knows of when it is interrupted, but not what it was submitting at that moment, and none
if it is killed. So the names of a run's jobs tell the directory that it ran in and the run, and are looked for.
"""

from __future__ import annotations

import getpass
import hashlib
import re
import secrets
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from skerry.errors import SkerryError

__all__ = ["cancel_jobs", "check_names", "name_of_runs", "new_run_name"]

_SECONDS_TO_END = 90
_CHANGED = re.compile(r"['\"\\\x00-\x1f]")
"""What Snakemake's plugin does not hand on to a job as it is (snakemake-interface-executor-plugins 9.4)."""


def check_names(names: Iterable[str | Path]) -> None:
    """Check that files can be named to a job.

    Parameters
    ----------
    names : iterable of path
        The files.

    Raises
    ------
    SkerryError
        If a name has a quote or a backslash in it.
    """
    for name in names:
        if _CHANGED.search(str(name)):
            raise SkerryError(
                f"{name}: a job cannot be given a name with quotes or backslashes; rename the file or directory"
            )
    here = Path.cwd()
    if "%" in str(here):
        raise SkerryError(
            f"{here}: SLURM takes a percent sign in the name of a log for its own; run in another directory"
        )


def name_of_runs(directory: Path) -> str:
    """What the names of the jobs of all runs in a directory begin with."""
    return f"skerry-{hashlib.sha256(bytes(directory.resolve())).hexdigest()[:12]}"


def new_run_name(directory: Path) -> str:
    """What the names of the jobs of a new run in a directory begin with."""
    return f"{name_of_runs(directory)}-{secrets.token_hex(4)}"


def cancel_jobs(name: str) -> int:
    """Cancel the user's jobs whose name begins with `name`, and wait until none of them runs.

    Parameters
    ----------
    name : str
        As of `name_of_runs` or `new_run_name`.

    Returns
    -------
    int
        How many there were.

    Raises
    ------
    SkerryError
        If SLURM does not answer, or a job does not end.
    """
    jobs = _jobs(name)
    if jobs:
        _slurm("scancel", *jobs)
    end = time.monotonic() + _SECONDS_TO_END
    while left := _jobs(name):
        if time.monotonic() > end:
            raise SkerryError(f"jobs {', '.join(left)} do not end; look at 'squeue -j {','.join(left)}'")
        time.sleep(1)
    return len(jobs)


def _jobs(name: str) -> list[str]:
    """Numbers of the jobs that are waiting, running or ending."""
    lines = _slurm("squeue", "--noheader", f"--user={getpass.getuser()}", "--format=%i %j").splitlines()
    found = (line.split(maxsplit=1) for line in lines)
    return [job[0] for job in found if len(job) == 2 and job[1].startswith(name)]


def _slurm(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise SkerryError(f"{command[0]} failed ({' '.join(said.split())}); jobs may be left in the queue") from error
