"""A small field, what an undisturbed run makes of it, and a run to which something is to happen."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

__all__ = ["COMMAND", "Disturbed", "Field", "files", "products", "role_of"]

MARK = "SKERRY_FAULT"
"""Variable by which what a disturbed run has started is found."""
COMMAND = (sys.executable, "-P", "-m", "skerry", "run", "field.yaml", "--cores", "2")
SECONDS_TO_END = 600.0
SECONDS_TO_VANISH = 100.0


class Field:
    """The field that is run, and what an undisturbed run makes of it.

    Parameters
    ----------
    directory : Path
        Where it is kept; made if it is not there.
    keep_steps : bool
        Whether each step is a job and a process of its own.
    rounds : int
        Rounds; with two of them there is a report, too.
    """

    def __init__(self, directory: Path, *, keep_steps: bool = False, rounds: int = 2) -> None:
        self.source, self.done, self._otherwise = (directory / n for n in ("field", "undisturbed", "otherwise"))
        if not self.source.exists():
            self._simulate(keep_steps, rounds)
        self._run_undisturbed(self.done)
        self.products, self.files = products(self.done), files(self.done)

    def _simulate(self, keep_steps: bool, rounds: int) -> None:
        how = ["--size", "64", "--beams", "2", "--rounds", str(rounds)]
        subprocess.run([*COMMAND[:4], "simulate", self.source, *how], check=True, capture_output=True)
        text = re.sub("^output:.*$", "output: results", (self.source / "field.yaml").read_text(), flags=re.MULTILINE)
        text = text if rounds > 1 else text.replace("report: true", "report: false")
        (self.source / "field.yaml").write_text(f"{text}keep_steps: {str(keep_steps).lower()}\n")

    def _run_undisturbed(self, done: Path, more: str = "") -> None:
        """Run the field where it was not run yet, with more in its YAML."""
        if not done.exists():
            begun = Path(shutil.copytree(self.source, done.with_name("begun"), symlinks=True))
            with (begun / "field.yaml").open("a") as yaml:
                yaml.write(more)
            subprocess.run(COMMAND, cwd=begun, check=True, capture_output=True)
            begun.rename(done)

    def products_with(self, more: str) -> dict[str, bytes]:
        """Products of an undisturbed run with more in its YAML, always the same."""
        self._run_undisturbed(self._otherwise, more)
        return products(self._otherwise)

    def copy(self, directory: Path) -> Path:
        """Put the field, not yet run, into a directory."""
        return Path(shutil.copytree(self.source, directory))


def products(directory: Path) -> dict[str, bytes]:
    """FITS files among the results, by their name."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted((directory / "results").rglob("*.fits"))
        if not path.name.startswith(".")
    }


def files(directory: Path) -> set[str]:
    """Names of all files, but Snakemake's own."""
    found = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)) for path in found if ".snakemake" not in path.parts} | {
        str(path.relative_to(directory)) for path in (directory / ".snakemake").glob(".skerry*")
    }


class Disturbed:
    """A run to which something happens.

    Parameters
    ----------
    directory : Path
        A copy of the field.
    rng : Random
        Says when.
    """

    def __init__(self, directory: Path, rng: random.Random) -> None:
        self.directory, self.rng = directory, rng
        self.mark = f"{os.getpid()}-{directory}"
        self._log = (directory.parent / f"{directory.name}.log").open("w+")
        # A child of this process outlives its parents as a child of whatever adopts orphans.
        self.process = subprocess.Popen(
            COMMAND, cwd=directory, stdout=self._log, stderr=self._log, env=os.environ | {MARK: self.mark}
        )
        self.statuses = {0}
        """Exit statuses that may follow."""
        self.must_tell: str | None = None
        """What is to be told unless the run ends well."""
        self.undo: Callable[[], None] = lambda: None
        """What is done before the run is repeated."""

    @property
    def told(self) -> str:
        """All that the run has told."""
        self._log.flush()
        return Path(self._log.name).read_text(errors="replace")

    def wait_for_a_moment(self) -> None:
        """Wait until some of the jobs are done, or one has begun, or nothing has yet, and a little longer."""
        phase = self.rng.randrange(12)
        while self.process.poll() is None:
            done = len(re.findall(r"^\[ *\d+/\d+\]", self.told, re.MULTILINE))
            if phase <= 1 or (phase == 2 and "jobs to do" in self.told) or (phase > 2 and done >= phase - 2):
                break
            time.sleep(0.02)
        time.sleep(self.rng.uniform(0, 2.0 if phase <= 1 else 0.3))

    def find(self, what: str) -> psutil.Process | None:
        """One of the processes of the run; None if it ends before there is one."""
        while self.process.poll() is None:
            with suppress(psutil.Error):
                run = psutil.Process(self.process.pid)
                found = [p for p in (run, *run.children(recursive=True)) if role_of(p) == what]
                if found:
                    return self.rng.choice(found)
            time.sleep(0.01)
        return None

    def end(self) -> int | None:
        """Exit status; None if there is no end."""
        try:
            return self.process.wait(timeout=SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            return None

    def left(self) -> list[psutil.Process]:
        """Processes that the run has started and that are there still after a while."""
        end = time.monotonic() + SECONDS_TO_VANISH
        while (found := _marked(self.mark)) and time.monotonic() < end:
            time.sleep(0.1)
        for process in found:
            with suppress(psutil.Error):
                process.kill()
        return found

    def close(self) -> None:
        """End the run, if it is at work, and remove the log."""
        self.process.kill()
        self._log.close()
        Path(self._log.name).unlink(missing_ok=True)


_JOB = re.compile(r"\bskerry (mask|mosaic|extract-beam|report|noise|signal|flood|erode)\b")


def role_of(process: psutil.Process) -> str:
    """What a process of a run is there for: the run itself, Snakemake, a server of jobs, a job, or something else."""
    words = " ".join(process.cmdline())
    if " -m skerry run " in words:
        return "run"
    if "skerry.cli.server" in words:
        parent = process.parent()
        return "job" if parent and "skerry.cli.server" in " ".join(parent.cmdline()) else "server"
    if re.search(r"-m snakemake\b", words):
        return "snakemake"
    return "job" if _JOB.search(words) else "other"


def _marked(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark:
                found.append(process)
    return found
