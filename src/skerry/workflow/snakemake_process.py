"""Snakemake as a child process: it ends with this one, and its jobs with it, on this machine or on a cluster."""

from __future__ import annotations

import os
import subprocess
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path

from skerry.errors import SkerryNote
from skerry.workflow.one_run import free_snakemake
from skerry.workflow.run_processes import PARENT_VARIABLE, end_processes
from skerry.workflow.run_report import RunReport
from skerry.workflow.run_signals import signals_heeded
from skerry.workflow.slurm_jobs import cancel_jobs, name_of_runs, new_run_name

__all__ = ["run_on_slurm", "run_snakemake"]


def run_snakemake(command: Sequence[str], report: RunReport | None, run: str) -> int:
    """Run Snakemake, and hand over to a report, if there is one, what comes of it on standard error.

    Whatever of a run was at work when Snakemake was killed ends; so does Snakemake when this process is killed, for a
    pipe tells it.

    Parameters
    ----------
    command : sequence of str
        Of Snakemake, with all its arguments.
    report : RunReport, optional
        Without one Snakemake tells of the run in its own way.
    run : str
        Word of the run; empty if nothing is made.

    Returns
    -------
    int
        Exit status, as a shell has it.
    """
    heard = None if report is None else subprocess.PIPE
    lives, held = os.pipe()
    try:
        with signals_heeded(report) as signals:
            environment = os.environ | ({PARENT_VARIABLE: str(lives)} if run else {})
            with subprocess.Popen(
                command, stderr=heard, encoding="utf-8", errors="replace", pass_fds=[lives], env=environment
            ) as child:
                signals.pass_on_to(child)
                # What outlives Snakemake has its standard error, which does not end before.
                rest = threading.Thread(target=_end_rest, args=[child, run])
                rest.start()
                if report is not None and child.stderr is not None:
                    for line in child.stderr:
                        report.take(line)
                returned = child.wait()
                rest.join()
    finally:
        os.close(lives)
        os.close(held)
    killed = returned < 0 and not signals.number
    if run and killed:
        free_snakemake()
    if report is not None:
        report.end(returned, killed=killed)
    if returned and signals.number:
        return 128 + signals.number
    return _shell_status(returned)


def _end_rest(child: subprocess.Popen[str], run: str) -> None:
    """End what is left of a run when its Snakemake has ended, and not well."""
    if child.wait() and run:
        end_processes(run)


def run_on_slurm(command: Sequence[str], extra: Sequence[str], report: RunReport | None, run: str) -> int:
    """Run Snakemake so that no job is left in the queue if it ends early, nor of a run that was killed before.

    Parameters
    ----------
    command : sequence of str
        Of Snakemake.
    extra : sequence of str
        Arguments that the user has given to it, behind all others.
    report : RunReport, optional
        As of `run_snakemake`.
    run : str
        Word of the run.

    Returns
    -------
    int
        Exit status, as a shell has it.
    """
    here = Path.cwd()
    if "--unlock" in extra:
        cancelled = cancel_jobs(name_of_runs(here))
        if cancelled:
            warnings.warn(
                SkerryNote(f"{cancelled} job{'s' * (cancelled > 1)} of a run that was killed cancelled"), stacklevel=2
            )
    name = new_run_name(here)
    status = run_snakemake([*command, "--slurm-jobname-prefix", name, *extra], report, run)
    if status:
        cancel_jobs(name)
    return status


def _shell_status(returned: int) -> int:
    """Exit status as a shell has it: 128 and the signal's number if one ended the process."""
    return returned if returned >= 0 else 128 - returned
