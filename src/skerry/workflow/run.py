"""Running the workflow: Snakemake, as a child process, with the Snakefile that belongs to this version of skerry.

The Snakefile and its rules lie in the wheel, or at the root of the checkout that an editable installation points to.
"""

from __future__ import annotations

import gc
import json
import os
import re
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from skerry.config.shipped_files import shipped_root
from skerry.errors import SkerryError, printable
from skerry.field.imager_check import check_imager
from skerry.field.inputs import check_inputs, given_files
from skerry.field.origin import check_origin, check_records, note_origin
from skerry.field.programs import check_programs
from skerry.workflow.job_names import field_names
from skerry.workflow.many_fields import load_fields
from skerry.workflow.one_run import only_run
from skerry.workflow.profiles import LOCAL, check_executor, executor_of, profile_directory
from skerry.workflow.run_arguments import (
    OWN_LOGGER,
    changes_results,
    check_arguments,
    is_dry_run,
    is_quiet,
    lists_jobs,
    makes_masks,
    runs_jobs,
    takes_results_anyway,
    tells_in_detail,
)
from skerry.workflow.run_progress import RunProgress
from skerry.workflow.run_report import RunReport
from skerry.workflow.run_signals import heed_interrupts
from skerry.workflow.slurm_jobs import check_names
from skerry.workflow.snakemake_process import run_on_slurm, run_snakemake
from skerry.workflow.summary import summarise

if TYPE_CHECKING:
    from skerry.field.keys import FieldConfig

__all__ = [
    "COMMAND_PREFIX",
    "check_limit",
    "collect_garbage_rarely",
    "run_workflow",
    "use_this_environment",
]

_SAFE_PATH = "skerry"
"""What is as true as any other word, and tells who has set it."""
COMMAND_PREFIX = f'[ "$PYTHONSAFEPATH" != {_SAFE_PATH} ] || unset PYTHONSAFEPATH; set -euo pipefail; '
"""What the shell of a job does first; that it ends with the first error is Snakemake's own."""
_PROTECTED = "ProtectedOutputException"
"""What Snakemake says, before it makes or plans anything, of a file that is to be made anew and cannot be written."""


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
    check_arguments(extra)
    paths = [field_yaml] if isinstance(field_yaml, str | Path) else list(field_yaml)
    fields = load_fields(paths)
    _check_fields(paths, fields, extra)
    settings = profile_directory(profile)
    check_executor(settings, submits=not is_dry_run(extra))
    if makes_masks(extra):
        _check_directory()
    use_this_environment()
    heed_interrupts()
    command = _snakemake(paths, extra, cores, settings)
    runs, lists = runs_jobs(extra), lists_jobs(extra) and not tells_in_detail(extra)
    closed = _cannot_be_written(fields) if runs else []
    if closed:
        return _tell_of_finished(fields, closed, command, extra)
    report = None
    if (runs or lists) and not verbose:
        report = RunReport(fields, _tell, quiet=is_quiet(extra), progress=progress)
        command += OWN_LOGGER
    if runs:
        # What the hooks do is done here, for Snakemake calls them only where there is something to do. Before targets
        # there has to be an option without values.
        command.append("--no-hooks")
    is_here = executor_of(settings) in LOCAL
    for field in fields:
        check_programs(field, is_here=runs and is_here)
    on_slurm = executor_of(settings) == "slurm"
    if on_slurm:
        named = (name for field in fields for name in (field.files.directory, *given_files(field)))
        check_names([Path.cwd(), *paths, *named])
    alone: AbstractContextManager[str] = nullcontext("")
    if runs or changes_results(extra):
        alone = only_run(fields, "local" if is_here else executor_of(settings), forced="--unlock" in extra)
    with alone as run:
        if runs:
            _note_origins(paths, fields, records=not takes_results_anyway(extra))
        if on_slurm and not is_dry_run(extra):
            status = run_on_slurm(command, extra, report, run)
        else:
            status = run_snakemake([*command, *extra], report, run)
        if status == 0 and not is_dry_run(extra) and takes_results_anyway(extra):
            _note_origins(paths, fields, records=True)
    if status == 0:
        if report is not None:
            _say_what_was_to_do(fields, report, lists=lists)
        if runs:
            _show_masks(fields)
    return status


def _check_fields(paths: Sequence[str | Path], fields: Sequence[FieldConfig], extra: Sequence[str]) -> None:
    for path, field in zip(paths, fields, strict=True):
        check_inputs(field, path)
        check_imager(field)
        check_origin(field, Path(path))
        if makes_masks(extra) and not takes_results_anyway(extra):
            check_records(field, Path(path))


def _note_origins(paths: Sequence[str | Path], fields: Sequence[FieldConfig], *, records: bool) -> None:
    for path, field in zip(paths, fields, strict=True):
        note_origin(field, Path(path), records=records)


def _snakemake(paths: Sequence[str | Path], extra: Sequence[str], cores: int | None, settings: Path) -> list[str]:
    """The command of a run, but for the arguments that are Snakemake's own."""
    command = [sys.executable, "-P", "-m", "snakemake", *_workflow_of(paths, extra)]
    if cores is not None:
        command += ["--cores", str(cores)]
    if not any(argument.split("=")[0] == "--workflow-profile" for argument in extra):
        command += ["--workflow-profile", str(settings)]
    return command


def _cannot_be_written(fields: Sequence[FieldConfig]) -> list[str]:
    """Directories of results that are there and cannot be written to, and so not locked either."""
    directories = [str(field.files.directory) for field in fields]
    return [name for name in directories if Path(name).is_dir() and not os.access(name, os.W_OK | os.X_OK)]


def _tell_of_finished(
    fields: Sequence[FieldConfig], closed: Sequence[str], command: Sequence[str], extra: Sequence[str]
) -> int:
    """Do what a run of fields does that are all made, some in directories that cannot be written to; or refuse it."""
    heard = list[str]()
    report = RunReport(fields, heard.append, quiet=True)
    status = run_snakemake([*command, *OWN_LOGGER, "--dry-run", *extra], report, "")
    if report.has_run or any(_PROTECTED in text for text in heard):
        told = "cannot be written to, and not all that is asked for is there and up to date"
        raise SkerryError(f"{', '.join(closed)}: {told}; make it writable, or give the field another `output`")
    for text in heard:
        _tell(text)
    if status == 0:
        _say_what_was_to_do(fields, report, lists=False)
        _show_masks(fields)
    return status


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
