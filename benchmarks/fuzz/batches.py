"""Executions in child processes: what ends a child, or fills its memory, is counted and the next one goes on."""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from benchmarks.fuzz.oracle import MEMORY, Verdict, peak_memory
from benchmarks.fuzz.targets import Execute, opened
from benchmarks.fuzz.workplace import in_memory

__all__ = ["Tally", "guided_batch", "seeded_batch"]

FAULTS = ("traceback", "hang", "output", "memory", "message", "product", "crash")
LONGEST = 300
"""Seconds of some executions, after which a process is ended that the watch of processor time could not stop."""
GROWTH = 100_000_000
"""Bytes by which a process may grow over a batch."""
_SPACE = 500_000_000
"""Bytes of addresses that a process may take beyond what it has: an array without bounds is a MemoryError."""
_LOOKED = 50
"""Executions after which the memory is looked at, which takes as long as some of them."""
_WARM = 200
_KEPT = 20
_INSTRUMENTED = ("skerry", "regions", "yaml")
_MOST_BYTES = 600
"""Of an input: a byte or two for each of its decisions."""
_FIRST = 40
"""Inputs that a corpus begins with."""


@dataclass
class Tally:
    """What became of the executions of a target."""

    name: str
    executions: int = 0
    seconds: float = 0.0
    refused: int = 0
    coverage: int = 0
    """Branches that atheris has seen; 0 without it."""
    corpus: int = 0
    faults_of: dict[str, int] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    """Of the first faults."""

    @property
    def faults(self) -> int:
        """How many executions were wrong."""
        return sum(self.faults_of.values())

    def count(self, verdict: Verdict, told: str) -> None:
        """Add an execution."""
        self.executions += 1
        self.refused += verdict.refused
        if verdict.fault is not None:
            kind = verdict.fault if verdict.fault in FAULTS else "message"
            self.faults_of[kind] = self.faults_of.get(kind, 0) + 1
            self.tell(f"{self.name}: {verdict.fault}: {verdict.told}\n    {told}")

    def tell(self, told: str) -> None:
        """Keep what is told of a fault, once."""
        begin = told.partition("\n")[0][:90]
        if len(self.told) < _KEPT and not any(known.startswith(begin) for known in self.told):
            self.told.append(told[:3000])

    def add(self, other: Tally) -> None:
        """Add the executions of another one."""
        self.executions += other.executions
        self.seconds += other.seconds
        self.refused += other.refused
        self.coverage, self.corpus = max(self.coverage, other.coverage), max(self.corpus, other.corpus)
        self.faults_of = dict(Counter(self.faults_of) + Counter(other.faults_of))
        for told in other.told:
            self.tell(told)

    def cells(self) -> list[str]:
        """Cells of its row of the table."""
        speed = f"{self.executions / self.seconds:.0f}" if self.seconds else ""
        figures = (self.executions, speed, self.refused, self.executions - self.refused, self.coverage, self.corpus)
        return [self.name, *map(str, figures), *(str(self.faults_of.get(kind, 0)) for kind in FAULTS)]

    @staticmethod
    def sum(tallies: Iterable[Tally]) -> Tally:
        """All of some together; their coverage is of different things."""
        total = Tally("together")
        for tally in tallies:
            total.add(tally)
        total.coverage = total.corpus = 0
        return total

    @staticmethod
    def read(path: Path | None) -> dict[str, Tally]:
        """Figures of a state, none if there is none."""
        if path is None or not path.exists():
            return {}
        return {name: Tally(**values) for name, values in json.loads(path.read_text()).items()}

    @staticmethod
    def write(path: Path, tallies: Mapping[str, Tally]) -> None:
        """Keep figures."""
        partial = path.with_suffix(".part")
        partial.write_text(json.dumps({name: asdict(tally) for name, tally in tallies.items()}, indent=1))
        partial.replace(path)


def seeded_batch(name: str, seed: int, count: int) -> Tally:
    """Run executions of which the inputs follow from their numbers, from `seed` on."""
    return _in_child(["seeded", name, str(seed), str(count)], name, count, LONGEST)


def guided_batch(name: str, seed: int, count: int, corpus: Path | None) -> Tally:
    """Run executions of which atheris chooses the inputs, mutants of those in a corpus that brought coverage."""
    if corpus is None:
        with tempfile.TemporaryDirectory() as own:
            return guided_batch(name, seed, count, Path(own))
    place = corpus / name
    place.mkdir(parents=True, exist_ok=True)
    return _in_child(["guided", name, str(seed), str(count), str(place)], name, count, LONGEST)


def _in_child(words: list[str], name: str, count: int, longest: float) -> Tally:
    """Run this module in a process of its own, and read what it came to; a process that ended otherwise is a crash."""
    # All that the child works with lies in it, for a child may end without an end.
    with tempfile.TemporaryDirectory(prefix="skerry-fuzz-", dir=in_memory()) as place:
        report = Path(place) / "report"
        began = time.monotonic()
        command = [sys.executable, "-m", "benchmarks.fuzz.batches", str(report), *words]
        child = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=min(count * longest, 86_400)
        )
        tally = Tally.read(report).get(name, Tally(name))
        tally.seconds = time.monotonic() - began
        if guided := [line for line in child.stderr.splitlines() if " cov: " in line]:
            tally.coverage = int(guided[-1].partition(" cov: ")[2].split()[0])
            tally.corpus = len(list(Path(words[-1]).iterdir()))
        if child.returncode != 0:
            tally.faults_of["crash"] = tally.faults_of.get("crash", 0) + 1
            tally.executions += 1
            where = Path(f"{report}.at")
            at = where.read_text().strip() if where.exists() else "the start"
            tally.tell(f"{name}: crash: status {child.returncode} at {at}: {child.stderr[-1500:]}")
    return tally


class _Batch:
    """The executions of this process."""

    def __init__(self, report: Path, name: str) -> None:
        self._report, self.tally = report, Tally(name)
        self._resident, self._peak, self._number = 0, peak_memory(), ""
        self._at = os.open(f"{report}.at", os.O_RDWR | os.O_CREAT)
        limit = _status("VmSize") + _SPACE
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    def execute(self, execute: Execute, number: str, rng: Callable[[], Random]) -> None:
        """Make an input and run it, and once more if it took long: a machine under load may have been slow."""
        self._begin(number)
        verdict, told = execute(rng())
        if verdict.fault == "hang":
            verdict, told = execute(rng())
        self.tally.count(verdict, f"input {number}: {told}")
        if self.tally.executions == _WARM:
            self._resident = _status("VmRSS")
        if self.tally.executions % _LOOKED == 0:
            risen, self._peak = peak_memory() - self._peak, peak_memory()
            if risen > MEMORY:
                self._tell_memory(
                    f"{risen / 1e6:.0f} MB more than before, within {_LOOKED} executions to {self._number}"
                )

    def _begin(self, number: str) -> None:
        """Note what is executed now, for the one who finds this process dead, and watch the time."""
        self._number = number
        os.pwrite(self._at, number.encode().ljust(200), 0)
        if self.tally.executions % _LOOKED == 0:
            faulthandler.dump_traceback_later(LONGEST, exit=True)

    def write(self) -> None:
        grown = _status("VmRSS") - self._resident
        if self._resident and grown > GROWTH:
            self._tell_memory(f"grew by {grown / 1e6:.0f} MB in {self.tally.executions} executions")
            self._resident = 0
        Tally.write(self._report, {self.tally.name: self.tally})

    def _tell_memory(self, told: str) -> None:
        self.tally.faults_of["memory"] = self.tally.faults_of.get("memory", 0) + 1
        self.tally.tell(f"{self.tally.name}: memory: {told}")


def _status(kind: str) -> int:
    """Bytes of the memory of this process, of a kind."""
    text = Path("/proc/self/status").read_text()
    return int(text.partition(f"{kind}:")[2].split()[0]) * 1024


def _seeded(report: Path, name: str, seed: int, count: int) -> None:
    with opened(name, report.parent) as execute:
        # What is imported late, and made once, is no growth.
        for number in range(3):
            execute(Random(number))
        batch = _Batch(report, name)
        for number in range(seed, seed + count):
            batch.execute(execute, str(number), partial(Random, number))
        batch.write()
    os._exit(0)


def _guided(report: Path, name: str, seed: int, count: int, corpus: Path) -> None:
    import atheris

    from benchmarks.fuzz.chance import ByteRandom

    drawn = Random(seed)
    if not any(corpus.iterdir()):
        for number in range(_FIRST):
            (corpus / f"first{number}").write_bytes(drawn.randbytes(drawn.choice((50, 200, _MOST_BYTES))))
    # What a command imports when it first needs it has to be instrumented too.
    with atheris.instrument_imports(include=list(_INSTRUMENTED)), opened(name, report.parent) as execute:
        for _ in range(_WARM):
            execute(ByteRandom(drawn.randbytes(_MOST_BYTES)))
        batch = _Batch(report, name)

        def one(content: bytes) -> None:
            batch.execute(execute, content[:90].hex(), partial(ByteRandom, content))
            if batch.tally.executions % _WARM == 0 or batch.tally.executions >= count:
                batch.write()

        limits = ["-rss_limit_mb=0", f"-timeout={2 * LONGEST}", f"-max_len={_MOST_BYTES}", "-len_control=0"]
        atheris.Setup([sys.argv[0], f"-runs={count}", f"-seed={seed + 1}", *limits, str(corpus)], one)
        atheris.Fuzz()


def _main() -> None:
    report, kind, name, seed, count, *rest = sys.argv[1:]
    if kind == "seeded":
        _seeded(Path(report), name, int(seed), int(count))
    else:
        _guided(Path(report), name, int(seed), int(count), Path(rest[0]))


if __name__ == "__main__":
    _main()
