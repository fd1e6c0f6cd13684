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
import random
import re
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from benchmarks.workflow.disturbed import COMMAND, Disturbed, Field, files, products, role_of

__all__ = ["KINDS", "PROBLEMS", "Outcome", "strike", "strike_in_turn"]

SMALL_DISK = 200  # kB: not enough for the field
OTHER_OPTION = "masking: {flood_fill_positive_seed_clip: 20}\n"
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
                if not spared or role_of(process) not in ("job", "server", "other"):
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
    yaml.write_text(before + OTHER_OPTION)
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
    versions = [whole.products]
    if outcome.kind == "YAML changed":
        # By then the run may not have read it.
        versions.append(whole.products_with(OTHER_OPTION))
    is_torn = any(all(content != version.get(name) for version in versions) for name, content in made.items())
    # An image that was replaced gives other products, whole none the less, which the run that follows makes again.
    if is_torn and outcome.kind != "input changed":
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
