"""One run at a time, and nothing of it is left at work when one of its processes is killed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import yaml
from test_run_report import RUN, skerry_run, write_field
from workflow_runs import COMMAND, wait_for

from skerry.io.run_locks import LOCK, read_lock

GO_ON = "skerry: error: Snakemake was killed, maybe for want of memory; run it again to go on\n"
HOST = os.uname().nodename
ALONE = (*COMMAND, "--configfile", "S.yaml", "--cores", "1")


class Sleeping:
    """A run whose imager does nothing for a long time, and says when it has begun."""

    def __init__(self, directory: Path, command: tuple[str, ...] = (*RUN, "S.yaml", "--cores", "1")) -> None:
        (directory / "imaging").unlink(missing_ok=True)
        if not (directory / "S.yaml").exists():
            (directory / "S.ms").mkdir()
            imager = {"command": "touch imaging; sleep 3000; false {ms} {prefix} {mask_argument}"}
            write_field(directory, "S", imager=imager, measurement_sets="S.ms")
        self.directory = directory
        # No pipe, which what outlives the run would hold open.
        self._log = tempfile.NamedTemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(command, cwd=directory, stderr=self._log, stdout=subprocess.DEVNULL)
        wait_for(lambda: (directory / "imaging").exists() or self.process.poll() is not None)
        assert self.process.poll() is None, self.end()
        wait_for(self._sleeps)

    def _sleeps(self) -> bool:
        self.started = psutil.Process(self.process.pid).children(recursive=True)
        return any(process.name() == "sleep" for process in self.started)

    def end(self) -> str:
        """Wait for its end, and say what it told."""
        self.process.wait(timeout=600)
        return Path(self._log.name).read_text()

    def named(self, *words: str) -> psutil.Process:
        """The first of its processes whose command has some words."""
        return next(process for process in self.started if set(words) <= set(process.cmdline()))

    @property
    def at_work(self) -> list[psutil.Process]:
        """What it has started and has not ended."""
        return [process for process in self.started if process.is_running() and process.status() != "zombie"]

    @property
    def snakemake_locks(self) -> list[Path]:
        return [*(self.directory / ".snakemake" / "locks").glob("*.lock")]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Sleeping]]:
    """Start such a run in the same directory, again and again; what is left of any of them ends with the test."""
    begun: list[Sleeping] = []

    def begin_another(*command: tuple[str, ...]) -> Sleeping:
        begun.append(Sleeping(tmp_path, *command))
        return begun[-1]

    yield begin_another
    for run in begun:
        for process in run.at_work:
            with suppress(psutil.Error):
                process.kill()
        run.process.kill()
        run.end()


def ready(directory: Path) -> None:
    """Let the imager of a field fail at once."""
    keys = yaml.safe_load((directory / "S.yaml").read_text())
    keys["imager"]["command"] = "false {ms} {prefix} {mask_argument}"
    (directory / "S.yaml").write_text(yaml.safe_dump(keys))


def test_a_second_run_is_refused_wherever_it_begins_and_changes_nothing_and_the_first_can_be_interrupted(
    begin: Callable[..., Sleeping], tmp_path: Path
) -> None:
    sleeping = begin()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.name != LOCK}
    pid, results = sleeping.process.pid, tmp_path / "masks" / "S"
    told = f"another run is at work there, process {pid} on {HOST}; wait for its end, or give all fields to one run\n"
    refused = skerry_run(tmp_path, "S.yaml", "--cores", "1")
    assert (refused.returncode, refused.stderr) == (2, f"skerry: error: {tmp_path}: {told}")
    alone = subprocess.run(ALONE, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert alone.returncode == 2
    assert alone.stderr.splitlines()[-1] == f"skerry: {tmp_path}: {told.strip()}"
    unlocked = skerry_run(tmp_path, "S.yaml", "--unlock")
    assert (unlocked.returncode, unlocked.stderr) == (2, f"skerry: error: {tmp_path}: {told}")
    mask = results / "round1" / "beam00.mask.fits"
    by_hand = [*RUN[:-1], "mask", "S.fits", "-o", str(mask), "--overwrite"]
    written = subprocess.run(by_hand, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert written.returncode == 2
    assert f"{mask}: is made by a run that is at work, process {pid} on {HOST}" in written.stderr
    # From another directory, through a link, to the same results.
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    keys = yaml.safe_load((tmp_path / "S.yaml").read_text())
    images = {"images": str(tmp_path / "S.fits"), "measurement_sets": str(tmp_path / "S.ms")}
    (elsewhere / "masks").symlink_to(tmp_path / "masks")
    (elsewhere / "S.yaml").write_text(yaml.safe_dump(keys | images))
    (tmp_path / "masks" / "S" / "made-from.txt").unlink()
    refused = skerry_run(elsewhere, "S.yaml", "--cores", "1")
    assert (refused.returncode, refused.stderr) == (2, f"skerry: error: masks/S: {told}")
    assert {path.name for path in elsewhere.iterdir()} == {"masks", "S.yaml"}
    assert skerry_run(tmp_path, "S.yaml", "--dry-run").returncode == 0
    shutil.rmtree(elsewhere)
    assert sleeping.process.poll() is None
    changed = {path for path in before if not path.exists() or path.stat().st_mtime_ns != before[path]}
    assert {path.name for path in changed if ".snakemake" not in path.parts} <= {"made-from.txt", "S"}

    sleeping.process.send_signal(signal.SIGINT)
    lines = sleeping.end().splitlines()
    assert sleeping.process.returncode == 128 + signal.SIGINT
    assert "interrupted: ending the jobs that run" in lines
    assert lines[-1] == "2 of 4 jobs were done; run it again to go on"
    assert not sleeping.at_work
    assert not sleeping.snakemake_locks


def test_all_of_a_run_ends_whatever_of_it_is_killed_and_the_next_goes_on(
    begin: Callable[..., Sleeping], tmp_path: Path
) -> None:
    killed = begin()
    killed.process.kill()
    wait_for(lambda: not killed.at_work)
    # The process that tells of the jobs is gone; the next one goes on, and loses Snakemake.
    killed = begin()
    assert killed.snakemake_locks
    killed.named("-m", "snakemake").kill()
    said = killed.end()
    assert killed.process.returncode == 128 + signal.SIGKILL
    assert said.endswith(GO_ON)
    assert said.startswith("2 jobs to do\n")
    assert not killed.at_work
    assert not killed.snakemake_locks
    assert not any(tmp_path.rglob(LOCK))
    # Both at once, so that neither can end what the other has left: that the next one does.
    killed = begin()
    snakemake = killed.named("-m", "snakemake")
    snakemake.suspend()
    killed.process.kill()
    snakemake.kill()
    wait_for(lambda: not snakemake.is_running() or snakemake.status() == "zombie")
    assert [process for process in killed.at_work if "3000" in process.cmdline()]
    lock = read_lock(tmp_path / "masks" / "S" / LOCK)
    assert lock is not None
    assert lock.pid == killed.process.pid
    assert killed.snakemake_locks
    # Snakemake alone, of which nothing else knows when it is killed.
    alone = begin(ALONE)
    assert not killed.at_work
    lock = read_lock(tmp_path / "masks" / "S" / LOCK)
    assert lock is not None
    assert lock.pid == alone.process.pid
    alone.process.kill()
    assert re.search(r"\d process(es)? of a run that was killed ended\n", alone.end())
    ready(tmp_path)
    again = subprocess.run(ALONE, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "Directory cannot be locked" not in again.stderr
    assert "Error in rule image" in again.stderr
    assert not alone.at_work
    assert not any(tmp_path.rglob(LOCK))


def test_modules_do_not_come_from_the_directory_but_beside_a_users_own_script(tmp_path: Path) -> None:
    (tmp_path / "A.ms").mkdir()
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "beside.py").write_text("")
    (tmp_path / "scripts" / "imager.py").write_text("import beside, shutil, sys\nshutil.copy('A.fits', sys.argv[1])\n")
    command = f"{sys.executable} scripts/imager.py {{prefix}}-image.fits; : {{ms}} {{mask_argument}}"
    name = write_field(
        tmp_path, "A", imager={"command": command, "image": "{prefix}-image.fits"}, measurement_sets="A.ms"
    )
    for module in ("yaml", "numpy", "psutil", "snakemake", "skerry", "sitecustomize"):
        (tmp_path / f"{module}.py").write_text(f"open('imported {module}', 'w')\nraise SystemExit(3)\n")
    skerry, snakemake = (str(Path(sys.executable).with_name(script)) for script in ("skerry", "snakemake"))
    done = subprocess.run(
        [skerry, "run", name, "--cores", "1"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    alone = [snakemake, *COMMAND[3:], "--configfile", name, "--cores", "1", "--forceall"]
    done = subprocess.run(alone, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.glob("imported *"))
