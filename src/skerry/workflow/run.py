"""Running the workflow: Snakemake, as a child process, with the Snakefile that belongs to this version of skerry.

The Snakefile and its rules lie in the wheel, or at the root of the checkout that an editable installation points to.
"""

from __future__ import annotations

import gc
import json
import os
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from skerry.config.shipped_files import shipped_root
from skerry.errors import SkerryError, SkerryNote, printable
from skerry.field.imager_check import check_imager
from skerry.field.inputs import check_inputs, given_files
from skerry.field.origin import check_origin, check_records, note_origin
from skerry.field.programs import check_programs
from skerry.workflow.job_names import field_names
from skerry.workflow.many_fields import load_fields
from skerry.workflow.one_run import free_snakemake, only_run
from skerry.workflow.profiles import LOCAL, check_executor, executor_of, profile_directory
from skerry.workflow.run_processes import PARENT_VARIABLE, end_processes
from skerry.workflow.run_progress import RunProgress
from skerry.workflow.run_report import RunReport
from skerry.workflow.run_signals import heed_interrupts, signals_heeded
from skerry.workflow.slurm_jobs import cancel_jobs, check_names, name_of_runs, new_run_name
from skerry.workflow.summary import summarise

if TYPE_CHECKING:
    from skerry.field.keys import FieldConfig

__all__ = [
    "COMMAND_PREFIX",
    "check_limit",
    "collect_garbage_rarely",
    "makes_masks",
    "run_workflow",
    "runs_jobs",
    "takes_results_anyway",
    "use_this_environment",
]

_DRY_RUN = re.compile(r"--dry-?run$|-[a-zA-Z]*n")
_NO_RUN = re.compile(
    r"--(unlock|touch|lint|list|dag|rulegraph|filegraph|d3dag|summary|detailed-summary|report$|report=|cleanup|delete|"
    r"archive|containerize|generate|logger$|logger=|print-|version)|-[DStlv]$"
)
"""Arguments with which Snakemake makes nothing, or tells of it in another way: what it says is what was asked for."""
_OWN_LOGGER = ("--logger", "skerry")
_CHANGES = re.compile(r"--(unlock|touch|delete|cleanup)|-t$")
"""Those of them with which it changes what a run would stumble over."""
_SAFE_PATH = "skerry"
"""What is as true as any other word, and tells who has set it."""
COMMAND_PREFIX = f'[ "$PYTHONSAFEPATH" != {_SAFE_PATH} ] || unset PYTHONSAFEPATH; set -euo pipefail; '
"""What the shell of a job does first; that it ends with the first error is Snakemake's own."""
_PROTECTED = "ProtectedOutputException"
"""What Snakemake says, before it makes or plans anything, of a file that is to be made anew and cannot be written."""
_ANYWAY = re.compile(r"--forceall$|-[a-zA-Z]*F")
"""Arguments with which it does not matter how results that are there were made; ``--touch`` alone leaves without a
record what seems up to date."""
_QUIET = re.compile(r"--quiet|-q")
_IN_DETAIL = re.compile(r"--(quiet|printshellcmds|debug)|-[a-zA-Z]*[pq]")
"""Arguments that say how much Snakemake tells of a dry run."""


def run_workflow(
    field_yaml: str | Path | Sequence[str | Path],
    cores: int | None = None,
    extra: Sequence[str] = (),
    profile: str | Path = "default",
    *,
    verbose: bool = False,
    progress: RunProgress | None = None,
) -> int:
    """Make the masks of a field, or of several, with Snakemake.

    Tells on standard error of each job as it ends, at the end of what went wrong, and on standard output what is in the
    masks; or, for a dry run, the jobs that there are.

    Parameters
    ----------
    field_yaml : path, or sequence of paths
        The field's configuration; checked, with the files that it names, before Snakemake starts. Of several fields the
        rules are called after their field, and all else is as if each were run alone.
    cores : int, optional
        Jobs at a time; by default what the profile says.
    extra : sequence of str
        Further arguments for Snakemake, for instance ``--dry-run``, or ``--unlock`` if a run elsewhere is dead.
    profile : str or path
        Where jobs run: the name of a profile that comes with skerry, or the directory of one's own.
    verbose : bool
        Whether Snakemake tells of the run in its own way.
    progress : RunProgress, optional
        Is told how far the run has come, unless Snakemake tells of it.

    Returns
    -------
    int
        Exit status of Snakemake.

    Raises
    ------
    SkerryError
        If an argument, a configuration or the profile is wrong, a file that a configuration names is absent, two fields
        write to the same directory, the results there were made from another YAML file, a program that a command
        calls is not on the PATH, another run is at work in this directory or on the results, or the results cannot be
        written to and are not all there.
    """
    _check_arguments(extra)
    paths = [field_yaml] if isinstance(field_yaml, str | Path) else list(field_yaml)
    fields = load_fields(paths)
    for path, field in zip(paths, fields, strict=True):
        check_inputs(field, path)
        check_imager(field)
        check_origin(field, Path(path))
        if makes_masks(extra) and not takes_results_anyway(extra):
            check_records(field, Path(path))
    settings = profile_directory(profile)
    closed = _cannot_be_written(fields) if runs_jobs(extra) else []
    if closed:
        # What is there may be all that is asked for.
        extra, verbose = ["--dry-run", *extra], False
    submits = not any(map(_DRY_RUN.match, extra))
    runs, lists = submits and makes_masks(extra), makes_masks(extra) and not submits
    lists = lists and (bool(closed) or not any(map(_IN_DETAIL.match, extra)))
    check_executor(settings, submits=submits)
    if makes_masks(extra):
        _check_directory()
    command = [sys.executable, "-P", "-m", "snakemake", *_workflow_of(paths, extra)]
    if cores is not None:
        command += ["--cores", str(cores)]
    if not any(argument.split("=")[0] == "--workflow-profile" for argument in extra):
        command += ["--workflow-profile", str(settings)]
    report, heard = None, list[str]()
    if (runs or lists) and not verbose:
        quiet = bool(closed) or any(map(_QUIET.match, extra))
        report = RunReport(fields, heard.append if closed else _tell, quiet=quiet, progress=progress)
        command += _OWN_LOGGER
    if runs:
        # What the hooks do is done here, for Snakemake calls them only where there is something to do. Before targets
        # there has to be an option without values.
        command.append("--no-hooks")
    use_this_environment()
    for field in fields:
        check_programs(field, is_here=runs and executor_of(settings) in LOCAL)
    heed_interrupts()
    on_slurm = executor_of(settings) == "slurm"
    if on_slurm:
        named = (name for field in fields for name in (field.files.directory, *given_files(field)))
        check_names([Path.cwd(), *paths, *named])
    alone: AbstractContextManager[str] = nullcontext("")
    if runs or any(map(_CHANGES.match, extra)):
        executor = "local" if executor_of(settings) in LOCAL else executor_of(settings)
        alone = only_run(fields, executor, forced="--unlock" in extra)
    with alone as run:
        if runs:
            for path, field in zip(paths, fields, strict=True):
                note_origin(field, Path(path), records=not takes_results_anyway(extra))
        if on_slurm and submits:
            status = _run_on_slurm(command, extra, report, run)
        else:
            status = _run([*command, *extra], report, run)
    if closed and ((report is not None and report.has_run) or any(_PROTECTED in text for text in heard)):
        told = "cannot be written to, and not all that is asked for is there and up to date"
        raise SkerryError(f"{', '.join(closed)}: {told}; make it writable, or give the field another `output`")
    for text in heard:
        _tell(text)
        if status == 0 and submits and takes_results_anyway(extra):
            for path, field in zip(paths, fields, strict=True):
                note_origin(field, Path(path))
    if status == 0:
        if report is not None:
            _say_what_was_to_do(fields, report, lists=lists)
        if runs or closed:
            _show_masks(fields)
    return status


def makes_masks(arguments: Sequence[str]) -> bool:
    """Whether Snakemake is to make something, or plan it, by its arguments."""
    pairs = pairwise([*arguments, ""])
    return not any(_NO_RUN.match(argument) for argument, value in pairs if (argument, value) != _OWN_LOGGER)


def check_limit(limit: int | None) -> None:
    """Check that Snakemake may run a job at all: it waits for ever for what it may not.

    Parameters
    ----------
    limit : int, optional
        Cores, or jobs of a cluster, at a time; none is no limit.

    Raises
    ------
    SkerryError
        If it is less than 1.
    """
    if limit is not None and limit < 1:
        raise SkerryError(f"`cores`, or jobs of a cluster, at a time: {limit} let nothing run; give 1 or more")


def takes_results_anyway(arguments: Sequence[str]) -> bool:
    """Whether all results are made again, or taken as they are, by the arguments of Snakemake."""
    return any(map(_ANYWAY.match, arguments))


def runs_jobs(arguments: Sequence[str]) -> bool:
    """Whether Snakemake is to run jobs, by its arguments: while it reads a Snakefile it does not know that itself."""
    return makes_masks(arguments) and not any(map(_DRY_RUN.match, arguments))


def _tell(text: str) -> None:
    print(printable(text), file=sys.stderr, flush=True)


def _say_what_was_to_do(fields: Sequence[FieldConfig], report: RunReport, *, lists: bool) -> None:
    """Say that there was nothing to do, or, after a dry run, what there is."""
    if not report.has_run:
        names = ", ".join(field_names(fields))
        _tell(f"nothing to do: what is asked for of {names} is there and up to date")
    elif lists:
        print(printable("\n".join(report.planned)), flush=True)
        _tell("a dry run: nothing was made")


def _show_masks(fields: Sequence[FieldConfig]) -> None:
    """Say what is in the masks of fields."""
    from rich.console import Console

    for field in fields:
        summarise(field, Console())


def _check_arguments(extra: Sequence[str]) -> None:
    """Find flags that other subcommands have, for Snakemake has others of the same meaning."""
    for argument in extra:
        if argument.split("=")[0] in ("--memory", "--threads"):
            raise SkerryError(
                f"run has no {argument.split('=')[0]}: each job gets memory by the size of its images, and all share "
                "`cores`; 'skerry run FIELD.yaml --set-resources mask:mem_mb=8000' sets the memory of a step"
            )


def _cannot_be_written(fields: Sequence[FieldConfig]) -> list[str]:
    """Directories of results that are there and cannot be written to, and so not locked either."""
    directories = [str(field.files.directory) for field in fields]
    return [name for name in directories if Path(name).is_dir() and not os.access(name, os.W_OK | os.X_OK)]


def _check_directory() -> None:
    """Check that Snakemake can write to its directory in this one, which it does for a dry run, too."""
    own = Path(".snakemake")
    if not os.access(own if own.exists() else ".", os.W_OK):
        raise SkerryError(f"{Path.cwd()}: Snakemake cannot write its own files there; run it in another directory")


def _workflow_of(paths: Sequence[str | Path], extra: Sequence[str]) -> list[str]:
    """Arguments that give Snakemake the workflow and its configuration."""
    root = shipped_root()
    if len(paths) == 1:
        return ["--snakefile", str(root / "Snakefile"), "--configfile", str(paths[0])]
    for option in extra:
        if re.match(r"--config|-C", option):
            raise SkerryError(f"{option}: cannot be given with several fields; write it into their YAML files")
    # Snakemake does not hand on to the jobs of a cluster what is escaped.
    files = json.dumps([str(path) for path in paths], ensure_ascii=False)
    return ["--config", f"fields={files}", "--snakefile", str(root / "rules" / "fields.smk")]


def _run(command: Sequence[str], report: RunReport | None, run: str) -> int:
    """Run Snakemake, and hand over to a report, if there is one, what comes of it on standard error.

    Whatever of a run was at work when Snakemake was killed ends; so does Snakemake when this process is killed, for a
    pipe tells it.
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


def _run_on_slurm(command: Sequence[str], extra: Sequence[str], report: RunReport | None, run: str) -> int:
    """Run Snakemake so that no job is left in the queue if it ends early, nor of a run that was killed before."""
    here = Path.cwd()
    if "--unlock" in extra:
        cancelled = cancel_jobs(name_of_runs(here))
        if cancelled:
            warnings.warn(
                SkerryNote(f"{cancelled} job{'s' * (cancelled > 1)} of a run that was killed cancelled"), stacklevel=2
            )
    name = new_run_name(here)
    status = _run([*command, "--slurm-jobname-prefix", name, *extra], report, run)
    if status:
        cancel_jobs(name)
    return status


def use_this_environment() -> None:
    """Let child processes find the `skerry` beside the running Python, whether its environment is activated or not.

    The Snakemakes that jobs on a cluster start import nothing of the directory that they run in. For a user's own
    commands that is taken back (`COMMAND_PREFIX`), for scripts may have modules beside them.
    """
    os.environ.setdefault("PYTHONSAFEPATH", _SAFE_PATH)
    own = str(Path(sys.executable).parent)
    path = os.environ.get("PATH", "")
    if path.split(os.pathsep)[0] != own:
        os.environ["PATH"] = os.pathsep.join(filter(None, [own, path]))


def collect_garbage_rarely() -> None:
    """Let Snakemake plan without looking through all of its jobs for garbage, again and again while they get more.

    Of what it makes for a plan almost all is kept, and the search for the rest took a quarter of the time of a plan of
    thousands of jobs.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def _shell_status(returned: int) -> int:
    """Exit status as a shell has it: 128 and the signal's number if one ended the process."""
    return returned if returned >= 0 else 128 - returned
