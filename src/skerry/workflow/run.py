"""Running the workflow: Snakemake, as a child process, with the Snakefile that belongs to this version of skerry.

The Snakefile and its rules lie in the wheel, or at the root of the checkout that an editable installation points to.
"""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import psutil

from skerry.config.shipped_files import shipped_root
from skerry.errors import SkerryError, SkerryNote
from skerry.field.inputs import check_inputs, given_files
from skerry.workflow.many_fields import load_fields
from skerry.workflow.profiles import check_executor, executor_of, profile_directory
from skerry.workflow.slurm_jobs import cancel_jobs, check_names, name_of_runs, new_run_name

__all__ = ["collect_garbage_rarely", "run_workflow", "use_this_environment"]

_DRY_RUN = re.compile(r"--dry-?run$|-[a-zA-Z]*n")


def run_workflow(
    field_yaml: str | Path | Sequence[str | Path],
    cores: int | None = None,
    extra: Sequence[str] = (),
    profile: str | Path = "default",
) -> int:
    """Make the masks of a field, or of several, with Snakemake.

    Parameters
    ----------
    field_yaml : path, or sequence of paths
        The field's configuration; checked, with the files that it names, before Snakemake starts. Of several fields the
        rules are called after their field, and all else is as if each were run alone.
    cores : int, optional
        Jobs at a time; by default what the profile says.
    extra : sequence of str
        Further arguments for Snakemake, for instance ``--dry-run``, or ``--unlock`` after a run was killed.
    profile : str or path
        Where jobs run: the name of a profile that comes with skerry, or the directory of one's own.

    Returns
    -------
    int
        Exit status of Snakemake.

    Raises
    ------
    SkerryError
        If a configuration or the profile is wrong, a file that a configuration names is absent, or two fields write to
        the same directory.
    """
    paths = [field_yaml] if isinstance(field_yaml, str | Path) else list(field_yaml)
    fields = load_fields(paths)
    for field in fields:
        check_inputs(field)
    settings = profile_directory(profile)
    submits = not any(map(_DRY_RUN.match, extra))
    check_executor(settings, submits=submits)
    command = [sys.executable, "-m", "snakemake", *_workflow_of(paths, extra)]
    if cores is not None:
        command += ["--cores", str(cores)]
    if not any(argument.split("=")[0] == "--workflow-profile" for argument in extra):
        command += ["--workflow-profile", str(settings)]
    use_this_environment()
    _heed_interrupts()
    if executor_of(settings) == "slurm":
        named = (name for field in fields for name in (field.files.directory, *given_files(field)))
        check_names([Path.cwd(), *paths, *named])
        if submits:
            return _run_on_slurm(command, extra)
    return _run([*command, *extra])


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


def _run(command: Sequence[str]) -> int:
    with subprocess.Popen(command) as child, _signals_to(child):
        return _shell_status(child.wait())


def _run_on_slurm(command: Sequence[str], extra: Sequence[str]) -> int:
    """Run Snakemake so that no job is left in the queue if it ends early, nor of a run that was killed before."""
    here = Path.cwd()
    if "--unlock" in extra:
        cancelled = cancel_jobs(name_of_runs(here))
        if cancelled:
            warnings.warn(
                SkerryNote(f"{cancelled} job{'s' * (cancelled > 1)} of a run that was killed cancelled"), stacklevel=2
            )
    name = new_run_name(here)
    status = _run([*command, "--slurm-jobname-prefix", name, *extra])
    if status:
        cancel_jobs(name)
    return status


def use_this_environment() -> None:
    """Let child processes find the `skerry` beside the running Python, whether its environment is activated or not."""
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


@contextmanager
def _signals_to(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Pass an interrupt or a termination on to Snakemake and its jobs, and let it clean up.

    Both reach Snakemake as an interrupt, which cancels its jobs. Its own answer to a termination waits for their end,
    and waits for ever if the signal comes while it holds the lock that its handler asks for (Snakemake 9.27,
    ``JobScheduler.exit_gracefully``).
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def forward(number: int, _frame: FrameType | None) -> None:
        # A terminal sends its interrupt to all processes; a second one would cut short Snakemake's cleaning up.
        if number == signal.SIGINT and _in_terminal_foreground():
            return
        _interrupt(child)

    before = {number: signal.signal(number, forward) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _heed_interrupts() -> None:
    """Undo that a script's background job ignores interrupts, for so would its children."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(child: subprocess.Popen[bytes]) -> None:
    """Do what a terminal does: interrupt a process and those that it has started by now, not those that clean up."""
    with suppress(psutil.NoSuchProcess):
        started = psutil.Process(child.pid).children(recursive=True)
        child.send_signal(signal.SIGINT)
        for process in started:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGINT)


def _in_terminal_foreground() -> bool:
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _shell_status(returned: int) -> int:
    """Exit status as a shell has it: 128 and the signal's number if one ended the process."""
    return returned if returned >= 0 else 128 - returned
