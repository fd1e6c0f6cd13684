"""Disturb runs of the workflow, and look at what is left of them and what the next run makes of it.

    python -m benchmarks.workflow.faults --directory DIR --faults 200

A small field, two beams and two rounds from co-added mosaics with a report, is run once undisturbed. Then each fault,
drawn by its number alone, strikes a run of its own at a random moment: signals to `skerry run`, to Snakemake, to the
process that forks for jobs, to a job, to all at once; a full disk; inputs that are removed, cut off or replaced, an
option that is changed, results that are removed; another run in the same directory. After each

- a product is absent, as Snakemake leaves one that it is about to make, or whole: the bytes of the undisturbed run;
- no process is left, and the exit status and the last line that is told are those of the fault, without a traceback;
- the same command again, without anything else, ends well, gives the undisturbed bytes for all products, and leaves no
  file that an undisturbed run does not leave.

What was found is appended to DIR/faults.jsonl, a line for each fault; the same command goes on where it was ended.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

__all__ = ["KINDS", "PROBLEMS", "Field", "Outcome", "strike", "strike_in_turn"]

MARK = "SKERRY_FAULT"
"""Variable by which what a disturbed run has started is found."""
COMMAND = (sys.executable, "-P", "-m", "skerry", "run", "field.yaml", "--cores", "2")
SECONDS_TO_END = 600.0
SECONDS_TO_VANISH = 100.0
SMALL_DISK = 200  # kB: not enough for the field
PROBLEMS = {
    "torn": "a product that is not whole",
    "processes": "processes that are left",
    "hung": "no end",
    "status": "another exit status than that of the fault",
    "message": "a traceback, or nothing that says what went wrong",
    "rerun": "the same command again fails, or gives other bytes",
    "left": "files that an undisturbed run does not leave",
}


@dataclass
class Outcome:
    """What came of a fault."""

    kind: str
    number: int
    status: int | None = None
    problems: list[str] = field(default_factory=list)
    told: str = ""


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
        self.source, self.done = directory / "field", directory / "undisturbed"
        if not self.source.exists():
            self._simulate(keep_steps, rounds)
        if not self.done.exists():
            shutil.copytree(self.source, directory / "begun", symlinks=True)
            subprocess.run(COMMAND, cwd=directory / "begun", check=True, capture_output=True)
            (directory / "begun").rename(self.done)
        self.products, self.files = products(self.done), files(self.done)

    def _simulate(self, keep_steps: bool, rounds: int) -> None:
        how = ["--size", "64", "--beams", "2", "--rounds", str(rounds)]
        subprocess.run([*COMMAND[:4], "simulate", self.source, *how], check=True, capture_output=True)
        text = re.sub("^output:.*$", "output: results", (self.source / "field.yaml").read_text(), flags=re.MULTILINE)
        text = text if rounds > 1 else text.replace("report: true", "report: false")
        (self.source / "field.yaml").write_text(f"{text}keep_steps: {str(keep_steps).lower()}\n")

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
                found = [run] if what == "run" else [p for p in run.children(recursive=True) if _role(p) == what]
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


def _role(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
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


SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
GO_ON = "run it again to go on"
MEND = "mend what is wrong and run it again"


def _signalled(what: str) -> Callable[[Disturbed], None]:
    def strike(run: Disturbed) -> None:
        number = run.rng.choice(SIGNALS)
        run.wait_for_a_moment()
        process = run.find(what)
        if process is None:
            return
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
        run.statuses |= {-number, 128 + number} if what == "run" else {1, 128 + number}
        # Signals before Snakemake is called end the command in silence, as they do all others.
        run.must_tell = None if what == "run" else f"{GO_ON}|{MEND}|skerry: error: "

    return strike


def _killed_at_once(run: Disturbed) -> None:
    """Kill the run with all that it has started, or all of it but its jobs."""
    spared = run.rng.choice(["", "job"])
    run.wait_for_a_moment()
    with suppress(psutil.NoSuchProcess):
        top = psutil.Process(run.process.pid)
        for process in (top, *top.children(recursive=True)):
            with suppress(psutil.Error):
                if not spared or _role(process) not in ("job", "server", "other"):
                    process.kill()
    run.statuses |= {-signal.SIGKILL}


def _input_changed(run: Disturbed) -> None:
    """Remove, cut off or replace an image, and put it back before the run is repeated."""
    image = run.rng.choice(sorted((run.directory / "images").glob("*.fits")))
    before = image.read_bytes()
    run.wait_for_a_moment()
    how = run.rng.choice(["removed", "cut off", "replaced"])
    image.unlink()
    if how != "removed":
        other = before[: len(before) // 2] if how == "cut off" else before[:-2880] + bytes(2880)
        image.write_bytes(other)

    def undo() -> None:
        image.write_bytes(before)

    run.undo = undo
    run.statuses |= {1, 2}
    run.must_tell = f"{MEND}|skerry: error: "


def _yaml_changed(run: Disturbed) -> None:
    """Change an option while the run is at work, which began with another."""
    yaml = run.directory / "field.yaml"
    before = yaml.read_text()
    run.wait_for_a_moment()
    yaml.write_text(before + "masking: {flood_fill_positive_seed_clip: 20}\n")
    run.undo = lambda: (yaml.write_text(before), None)[1]
    # A job that reads the file just then fails, and with it the run.
    run.statuses |= {1, 2}
    run.must_tell = "skerry: error: "


def _results_removed(run: Disturbed) -> None:
    """Remove what the run has made so far, with its lock, or the results of a round."""
    run.wait_for_a_moment()
    rounds = sorted((run.directory / "results").glob(run.rng.choice(["*", "*/round1", "*/round2"])))
    for directory in rounds:
        shutil.rmtree(directory, ignore_errors=True)
    run.statuses |= {1}
    run.must_tell = f"{MEND}|skerry: error: "


def _second_run(run: Disturbed) -> None:
    """Begin another run in the same directory."""
    run.wait_for_a_moment()
    other = subprocess.run(COMMAND, cwd=run.directory, capture_output=True, text=True, check=False)
    if run.process.poll() is None and (other.returncode, other.stderr.count("\n")) != (2, 1):
        run.statuses, run.must_tell = {-1}, other.stderr


def _full_disk(run: Disturbed) -> None:
    """Fill the disk that the results are on, a small one."""
    run.wait_for_a_moment()
    full = run.directory / "results" / "full"
    with suppress(OSError), full.open("wb") as file:
        while file.write(bytes(4096)):
            file.flush()
    run.undo = lambda: full.unlink(missing_ok=True)
    run.statuses |= {1, 2}
    run.must_tell = f"{MEND}|skerry: error: "


KINDS: dict[str, Callable[[Disturbed], None]] = {
    "signal to the run": _signalled("run"),
    "signal to Snakemake": _signalled("snakemake"),
    "signal to the server": _signalled("server"),
    "signal to a job": _signalled("job"),
    "killed at once": _killed_at_once,
    "input changed": _input_changed,
    "YAML changed": _yaml_changed,
    "results removed": _results_removed,
    "second run": _second_run,
    "full disk": _full_disk,
}


@contextmanager
def _small_disk(directory: Path) -> Iterator[bool]:
    """Put the results on a disk that can be filled; whether that was possible."""
    results = directory / "results"
    results.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK + 4000}k", "skerry-faults", str(results)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "--lazy", str(results)], check=True)


def strike(whole: Field, kind: str, number: int, directory: Path) -> Outcome | None:
    """Disturb a run, run it again, and judge both.

    Parameters
    ----------
    whole : Field
        What is run.
    kind : str
        Of the fault, one of `KINDS`.
    number : int
        All that the fault is drawn by.
    directory : Path
        For the run; removed afterwards.

    Returns
    -------
    Outcome, or None
        What was found; None if there can be no such fault here.
    """
    outcomes = strike_in_turn(whole, [(kind, number)], directory)
    return outcomes[0] if outcomes else None


def strike_in_turn(whole: Field, faults: Sequence[tuple[str, int]], directory: Path) -> list[Outcome]:
    """Disturb runs of which each goes on from what the one before has left, and judge them, at last one undisturbed.

    Parameters
    ----------
    whole : Field
        What is run.
    faults : sequence of (str, int)
        Kind and number of each, as `strike` takes them. What a changed input has made is made again by the run that
        follows, so that a product which another fault leaves of it counts as torn: such a fault comes last.
    directory : Path
        For the runs; removed afterwards.

    Returns
    -------
    list of Outcome
        What was found, for each; what is wrong with the last run is that of the last. Faults that there cannot be here
        are left out.
    """
    outcomes: list[Outcome] = []
    copy = whole.copy(directory / f"fault{faults[0][1]}")
    with ExitStack() as over:
        over.callback(shutil.rmtree, copy, ignore_errors=True)
        if any(kind == "full disk" for kind, _ in faults) and not over.enter_context(_small_disk(copy)):
            faults = [fault for fault in faults if fault[0] != "full disk"]
        for kind, number in faults:
            outcomes.append(Outcome(kind, number))
            run = Disturbed(copy, random.Random(number))
            over.callback(run.close)
            KINDS[kind](run)
            _judge(run, outcomes[-1], whole)
            run.undo()
        if outcomes:
            _judge_again(copy, outcomes[-1], whole)
            if outcomes[-1].kind == "killed at once" and run.left():
                outcomes[-1].problems.append("processes")
    return outcomes


def _judge(run: Disturbed, outcome: Outcome, whole: Field) -> None:
    """Look at a run that was disturbed."""
    outcome.status = run.end()
    # What outlives the death of all that could end it ends when the next run begins.
    left = run.left() if outcome.status is not None and outcome.kind != "killed at once" else []
    outcome.told = run.told[-2000:]
    if outcome.status is None:
        outcome.problems.append("hung")
    elif outcome.status not in run.statuses:
        outcome.problems.append("status")
    if left:
        outcome.problems.append("processes")
    silent = outcome.status and run.must_tell is not None and not re.search(run.must_tell, outcome.told)
    if silent or "Traceback" in outcome.told:
        outcome.problems.append("message")
    made = products(run.directory)
    # An image that was replaced gives other products, whole none the less, which the run that follows makes again.
    if outcome.kind != "input changed" and any(content != whole.products.get(name) for name, content in made.items()):
        outcome.problems.append("torn")


def _judge_again(directory: Path, outcome: Outcome, whole: Field) -> None:
    """Look at the same command again."""
    again = subprocess.run(COMMAND, cwd=directory, capture_output=True, text=True, check=False)
    if again.returncode or products(directory) != whole.products:
        outcome.problems.append("rerun")
        outcome.told += f"\n--- again, status {again.returncode}\n{again.stderr[-1500:]}"
    if more := files(directory) - whole.files:
        outcome.problems.append("left")
        outcome.told += f"\n--- left: {sorted(more)}"


def main() -> None:
    """Try faults, and print how many of each kind there were and what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", type=Path, required=True, help="where runs are, and what was found is noted")
    parser.add_argument("--faults", type=int, default=200, help="how many (default 200)")
    parser.add_argument("--first", type=int, default=0, help="number of the first")
    parser.add_argument("--kinds", nargs="*", default=[*KINDS], choices=[*KINDS], help="of these kinds (default all)")
    parser.add_argument("--keep-steps", action="store_true", help="each step as a job and a process of its own")
    given = parser.parse_args()
    given.directory.mkdir(parents=True, exist_ok=True)
    notes = given.directory / "faults.jsonl"
    whole = Field(given.directory, keep_steps=given.keep_steps)
    outcomes = [Outcome(**json.loads(line)) for line in notes.read_text().splitlines()] if notes.exists() else []
    known = {outcome.number for outcome in outcomes}
    for number in range(given.first, given.first + given.faults):
        if number in known:
            continue
        outcome = strike(whole, given.kinds[number % len(given.kinds)], number, given.directory)
        if outcome is not None:
            outcomes.append(outcome)
            with notes.open("a") as file:
                file.write(json.dumps(asdict(outcome)) + "\n")
    print("fault | tried | " + " | ".join(PROBLEMS), "--- | " * (1 + len(PROBLEMS)) + "---", sep="\n")
    for kind in KINDS:
        of_kind = [outcome for outcome in outcomes if outcome.kind == kind]
        found = Counter(problem for outcome in of_kind for problem in outcome.problems)
        print(f"{kind} | {len(of_kind)} | " + " | ".join(str(found[problem]) for problem in PROBLEMS))


if __name__ == "__main__":
    main()
