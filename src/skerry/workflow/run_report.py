"""What the user of a run is told while it goes on: a line for each job as it ends, and what went wrong at its end.

Snakemake tells more than can be read, and an error scrolls away among the jobs that go on beside it. Its events come as
lines of the logger plugin `snakemake_logger_plugin_skerry`, in one stream with whatever else is written there.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from skerry.errors import SkerryError
from skerry.workflow.job_names import job_name, made_masks
from skerry.workflow.run_progress import RunProgress
from skerry.workflow.summary import mask_facts
from snakemake_logger_plugin_skerry import EVENT_MARK

if TYPE_CHECKING:
    from skerry.field.keys import FieldConfig

__all__ = ["RunReport"]

_LINES_OF_A_LOG = 10
_CHARACTERS_OF_A_LINE = 300
_BYTES_OF_A_LOG = 20_000
_ERRORS_IN_FULL = 5
_WARNINGS_OF_A_JOB = 3
_KILLED = re.compile(r"returned non-zero exit status 137\.|died with <Signals\.SIGKILL: 9>")
"""How the error of a command ends that was killed, or whose last command was."""
_REFUSED = re.compile(r"\w+Error: \[Errno \d+\] (?P<reason>[^']+): '(?P<file>.+)'")
"""The last line of an error of the system that names a file."""
_TARGET_OF_ALL = "all"
_NOISE = ("for setting default command line arguments.", "Assuming unrestricted shared filesystem usage.")
"""What Snakemake writes past its loggers, and nobody has to know."""
_REASONS = {
    "Forced execution": "is forced",
    "Incomplete output files": "was interrupted",
    "Updated input files": "has newer inputs",
    "Set of input files has changed": "has other inputs",
    "Params have changed": "has other options or files",
    "Code has changed": "has another command",
    "Software environment definition has changed": "has other software",
}
"""What Snakemake's reasons to make anew what is there say of a job; those to make what is not there need no words."""


class _Job(NamedTuple):
    """What Snakemake tells of a job."""

    name: str
    k: int | None
    """Round."""
    outputs: Sequence[str]
    logs: Sequence[str]


class RunReport:
    """What is told of a run.

    Parameters
    ----------
    fields : sequence of FieldConfig
        What is run.
    tell : callable
        Shows a line, or several, to the user.
    quiet : bool
        Whether jobs that end well are left out.
    progress : RunProgress, optional
        Is told how far the run has come.
    """

    def __init__(
        self,
        fields: Sequence[FieldConfig],
        tell: Callable[[str], None],
        *,
        quiet: bool = False,
        progress: RunProgress | None = None,
    ) -> None:
        self._fields = fields
        self._progress = RunProgress() if progress is None else progress
        self._tell = tell
        self._quiet = quiet
        self._jobs: dict[int, _Job] = {}
        self._failed: dict[int, _Job] = {}
        self._planned: list[tuple[tuple[str, int, int, str], str]] = []
        self._rules: tuple[str, ...] = ()
        self._total = 0
        self._finished = 0
        self._in_groups: set[int] = set()
        self._interrupted = False
        self._errors: list[str] = []

    def take(self, line: str) -> None:
        """Take a line of the standard error of Snakemake: an event, or what anything else has to say."""
        if not line.startswith(EVENT_MARK):
            text = line.rstrip()
            # Python tells where an interrupt found it.
            if text and not text.endswith(_NOISE) and not self._interrupted:
                self._tell(text)
            return
        event = json.loads(line.removeprefix(EVENT_MARK))
        takers: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "run_info": self._begin,
            "job_info": self._know,
            "job_finished": self._finish,
            "job_error": self._fail,
            "group_error": self._fail_group,
            "error": self._note_error,
        }
        takers.get(event["event"], self._warn)(event)

    def interrupt(self) -> None:
        """Take it that the user ends the run: what fails from now on fails by that."""
        if not self._interrupted:
            self._interrupted = True
            self._tell("interrupted: ending the jobs that run")

    @property
    def has_run(self) -> bool:
        """Whether there was anything to do."""
        return self._total > 0

    @property
    def planned(self) -> list[str]:
        """Jobs of the run by rounds and steps, each with the reason if it is to make anew what is there."""
        return [told for _, told in sorted(self._planned)]

    def _begin(self, event: Mapping[str, Any]) -> None:
        if self._total:
            return  # A dry run ends with this, too.
        jobs = {rule: count for rule, count in event.get("stats", {}).items() if rule not in ("total", _TARGET_OF_ALL)}
        self._rules, self._total = tuple(jobs), sum(jobs.values())
        self._progress.begin(self._total)
        if not self._quiet:
            self._tell(f"{_counted(self._total)} to do")

    def _know(self, event: Mapping[str, Any]) -> None:
        if event["rule_name"] != _TARGET_OF_ALL:
            job = self._jobs[event["jobid"]] = self._job(event)
            self._plan(job.name, event)

    def _plan(self, name: str, event: Mapping[str, Any]) -> None:
        rule, field = event["rule_name"], name.partition("round ")[0]
        k = int((event.get("wildcards") or {}).get("round", 0))
        step = self._rules.index(rule) if rule in self._rules else len(self._rules)
        reason = event.get("reason", "")
        why = ", ".join(words for begin, words in _REASONS.items() if f"; {begin}" in f"; {reason}")
        self._planned.append(((field, k, step, name), f"{name}: {why}" if why else name))

    def _job(self, event: Mapping[str, Any]) -> _Job:
        """Who a job is; the event of its failure does not tell all."""
        known = self._jobs.get(event["jobid"])
        if known is not None:
            return known
        outputs = event.get("output") or ()
        wildcards = event.get("wildcards") or {}
        name = job_name(event["rule_name"], wildcards, outputs, self._fields)
        k = int(wildcards["round"]) if "round" in wildcards else None
        return _Job(name, k, outputs, event.get("log") or ())

    def _finish(self, event: Mapping[str, Any]) -> None:
        number = event["job_id"]
        job = self._jobs.get(number)
        if job is None:
            return
        # What failed may have been run again.
        self._failed.pop(number, None)
        self._finished += 1
        masks = made_masks(job.outputs)
        self._progress.finish(job.k, sum(_is_of_beam(mask) for mask in masks))
        if not self._quiet:
            facts = ", ".join(filter(None, map(_facts, masks)))
            self._tell(f"{self._count} {job.name}{': ' if facts else ''}{facts}")
            news = self._progress.news()
            if news is not None:
                self._tell(news)
        warnings = _warnings(job.logs)
        for warning in warnings[:_WARNINGS_OF_A_JOB]:
            self._tell(f"skerry: warning: {job.name}: {warning}")
        if len(warnings) > _WARNINGS_OF_A_JOB:
            left = len(warnings) - _WARNINGS_OF_A_JOB
            self._tell(f"skerry: warning: {job.name}: {left} more in {_named(job.logs)}")

    @property
    def _count(self) -> str:
        total = str(self._total)
        return f"[{self._finished:{len(total)}d}/{total}]"

    def _fail(self, event: Mapping[str, Any]) -> None:
        number = event["jobid"]
        if number not in self._in_groups and not self._interrupted:
            job = self._job(event)
            # That of a cluster has a log of its own.
            self._note_failed(number, job._replace(logs=event.get("log") or job.logs), event.get("rule_msg") or "")

    def _fail_group(self, event: Mapping[str, Any]) -> None:
        """Take the failure of jobs that are one on a cluster: of them the first that is not done has failed."""
        infos = [] if self._interrupted else event.get("job_error_info") or []
        self._in_groups.update(info["jobid"] for info in infos)
        undone = [info for info in infos if not all(Path(output).exists() for output in info.get("output") or ())]
        begun = [info for info in undone if any(_end_of(log) for log in info.get("log") or ())]
        for info in (begun or undone or infos)[:1]:
            job = self._job(info)
            self._note_failed(info["jobid"], job._replace(logs=[*job.logs, *(event.get("aux_logs") or ())]))

    def _note_failed(self, number: int, job: _Job, why: str = "") -> None:
        told = " ".join(why.split()).partition(". ")[0].rstrip(".")
        self._tell(f"{job.name}: failed{f' ({told})' if told else ''}; see {_named(job.logs)}")
        self._failed[number] = job

    def _note_error(self, event: Mapping[str, Any]) -> None:
        self._errors.append(_in_words(event))

    def _warn(self, event: Mapping[str, Any]) -> None:
        if event["level"] == "WARNING":
            self._tell(event["text"])
        else:
            self._note_error(event)

    def end(self, status: int, *, killed: bool = False) -> None:
        """Tell at the end of a run what went wrong in it.

        Parameters
        ----------
        status : int
            Exit status of Snakemake.
        killed : bool
            Whether somebody else has killed it.
        """
        if status == 0:
            return
        failed = list(self._failed.values())
        if self._interrupted:
            done = f"{self._finished} of {_counted(self._total)} were done; " if self._total else ""
            self._tell(f"{done}run it again to go on")
        for job in failed[:_ERRORS_IN_FULL]:
            self._tell("\n".join(_account(job, self._became_of(job))))
        for job in failed[_ERRORS_IN_FULL:]:
            self._tell(f"skerry: error: {job.name} {self._became_of(job).rstrip(',')}; see {_named(job.logs)}")
        if killed:
            self._tell("skerry: error: Snakemake was killed, maybe for want of memory; run it again to go on")
        elif not failed and not self._interrupted:
            for error in self._errors:
                self._tell(f"skerry: error: {error}")
        if failed:
            left = self._total - self._finished - len(failed)
            others = f", {left} that follow were not run" if left > 0 else ""
            told = f"{len(failed)} of {_counted(self._total)} failed{others}"
            self._tell(f"skerry: error: {told}; what was made is kept: mend what is wrong and run it again")

    def _became_of(self, job: _Job) -> str:
        """What became of a job that failed, by how Snakemake says that its command ended."""
        names = [shlex.quote(log) for log in job.logs]
        killed = any(_KILLED.search(error) and any(name in error for name in names) for error in self._errors)
        return "was killed, maybe for want of memory," if killed else "failed"


def _counted(jobs: int) -> str:
    return f"{jobs} job{'s' * (jobs != 1)}"


def _named(files: Sequence[str]) -> str:
    return ", ".join(files) or ".snakemake/log"


def _is_of_beam(mask: str) -> bool:
    """Whether a file is the mask that a beam is cleaned with, and not one of a scale or of the beam's own sources."""
    return re.fullmatch(r"beam[^.]+\.mask\.fits", Path(mask).name) is not None


def _facts(mask: str) -> str:
    """What is in a mask, if it can be read."""
    try:
        facts = mask_facts(mask)
    except SkerryError:
        return ""
    if not facts.islands:
        return "empty"
    return f"{facts.islands} island{'s' * (facts.islands != 1)}, {100 * facts.fraction:.2g} % masked"


def _end_of(log: str) -> list[str]:
    """Last lines of a log; none if there is no such file."""
    try:
        with Path(log).open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - _BYTES_OF_A_LOG))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    # An imager that shows its progress goes back to the beginning of a line.
    lines = (line.rsplit("\r", 1)[-1].rstrip() for line in text.replace("\r\n", "\n").split("\n"))
    return [line[:_CHARACTERS_OF_A_LINE] for line in lines if line]


def _warnings(logs: Sequence[str]) -> list[str]:
    """What a step of skerry warned of."""
    begin = "skerry: warning: "
    return [line.removeprefix(begin) for log in logs for line in _end_of(log) if line.startswith(begin)]


def _account(job: _Job, became: str) -> list[str]:
    """Lines on a job that failed: its name, what became of it, the end of its log, and where that is."""
    ends = {log: _end_of(log) for log in job.logs}
    log, lines = next(((log, lines) for log, lines in ends.items() if lines), ("", []))
    if not lines:
        return [f"skerry: error: {job.name} {became} and wrote nothing to its log, {_named(job.logs)}"]
    # A step of skerry says in a line what is wrong; other programs may need more.
    own = [line for line in lines if line.startswith("skerry: error: ")]
    return [
        f"skerry: error: {job.name} {became.rstrip(',')}; {log} ends with",
        *(f"    {line}" for line in own[-1:] or lines[-_LINES_OF_A_LOG:]),
    ]


def _in_words(event: Mapping[str, Any]) -> str:
    """What Snakemake itself could not do."""
    kind = event.get("exception")
    if kind == "LockException":
        return (
            "another Snakemake is at work in this directory, or one was killed here; if there is none, 'skerry run "
            "FIELD.yaml --unlock' and run it again"
        )
    text = str(event["text"]).strip()
    if not text.startswith("Traceback"):
        return text
    # What it has not foreseen, mostly a place for its own files that it cannot write to; the last line says which.
    last = text.splitlines()[-1]
    if refused := _REFUSED.fullmatch(last):
        return (
            f"{refused['file']}: cannot be used by Snakemake: {refused['reason']}; make that possible, and run it again"
        )
    return f"Snakemake cannot go on: {last}; 'skerry run FIELD.yaml --verbose' shows all that it says"
