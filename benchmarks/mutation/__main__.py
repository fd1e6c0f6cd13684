"""Mutants of the modules that compute without files, and how many of them tests notice. Prints a table in Markdown.

Each mutant costs a fork and the quickest tests that run its line, until one fails. Survivors are printed as they are
found, unless `read.yaml` says what they are.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from benchmarks.mutation.modules import MODULES
from benchmarks.mutation.mutants import Mutant, chosen
from benchmarks.mutation.trials import measure, module_path, preload, try_mutant
from benchmarks.timing import row

READ = Path(__file__).with_name("read.yaml")
OUTCOMES = ("killed", "hung", "survived", "not run")
KINDS = ("equivalent", "message", "cost", "tolerance", "telling")
"""What a survivor that was read is: the same for any input; another text; another need of memory or time; within what
a result may differ; or one that a test should notice."""

Change = tuple[str, str]


def read_survivors() -> dict[str, dict[Change, str]]:
    """What the survivors are that somebody read: for each module the kind of each change."""
    text = yaml.safe_load(READ.read_text()) or {}
    return {
        module: {(was, now): kind for kind, changes in kinds.items() for was, now in changes}
        for module, kinds in text.items()
    }


class State:
    """Outcomes of mutants, kept in a file of JSON lines so that a run goes on where another ended.

    Parameters
    ----------
    path : Path or None
        The file.
    again : collection of str
        Outcomes that are not believed.
    """

    def __init__(self, path: Path | None, again: Iterable[str]) -> None:
        self._path = path
        self._known: dict[tuple[str, str, str], str] = {}
        for line in path.read_text().splitlines() if path is not None and path.exists() else ():
            module, was, now, outcome = json.loads(line)
            self._known[module, was, now] = outcome
        self._known = {key: outcome for key, outcome in self._known.items() if outcome not in set(again)}

    def get(self, module: str, mutant: Mutant) -> str | None:
        """Give the outcome of a mutant that was tried."""
        return self._known.get((module, *mutant.change))

    def put(self, module: str, mutant: Mutant, outcome: str) -> None:
        """Keep the outcome of a mutant."""
        self._known[module, *mutant.change] = outcome
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(json.dumps([module, *mutant.change, outcome]) + "\n")


def outcomes(module: str, asked: argparse.Namespace, state: State) -> Iterator[tuple[Mutant, str]]:
    """What becomes of each chosen mutant of a module."""
    baseline = None
    for mutant in chosen(module_path(module), asked.most, asked.seed):
        outcome = state.get(module, mutant)
        if outcome is None:
            baseline = baseline or measure(module, MODULES[module])
            outcome = try_mutant(module, mutant, baseline, asked.seconds)
            state.put(module, mutant, outcome)
        yield mutant, outcome


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", help="room.name, or a room; without, all that have tests in modules.py")
    parser.add_argument("--most", type=int, default=40, help="mutants of a module, chosen by chance (default: 40)")
    parser.add_argument("--seed", type=int, default=18, help="which (default: 18)")
    parser.add_argument("--seconds", type=float, default=10.0, help="tests for a mutant, by their time (default: 10)")
    parser.add_argument("--examples", type=int, default=25, help="random ones of a test of properties (default: 25)")
    parser.add_argument("--state", type=Path, help="file in which outcomes are kept; those in it are not tried again")
    parser.add_argument("--again", nargs="*", default=(), choices=OUTCOMES, help="but those with these outcomes")
    asked = parser.parse_args()
    wanted = [module for name in asked.modules or [""] for module in MODULES if _is_of(module, name)]
    preload(asked.examples)
    state, read = State(asked.state, asked.again), read_survivors()
    rows, total = [], Counter[str]()
    for module in wanted:
        count = Counter[str]()
        for mutant, outcome in outcomes(module, asked, state):
            kind = read.get(module, {}).get(mutant.change, "unread")
            count.update(["mutants", outcome])
            if outcome in ("survived", "not run"):
                count[kind] += 1
                if kind == "unread":
                    print(f"{module}:{mutant.line} {outcome}\n  - {mutant.was}\n  + {mutant.now}", flush=True)
        rows.append(_row(f"`{module.replace('.', '/')}`", count))
        print(rows[-1], flush=True)
        total += count
    print()
    print(row("module", "mutants", *OUTCOMES, *KINDS, "unread"))
    print(row(*["---"] * (len(OUTCOMES) + len(KINDS) + 3)))
    print(*rows, _row("all", total), sep="\n")


def _is_of(module: str, name: str) -> bool:
    return not name or name in (module, module.partition(".")[0])


def _row(name: str, count: Counter[str]) -> str:
    return row(name, *(str(count[key]) for key in ("mutants", *OUTCOMES, *KINDS, "unread")))


if __name__ == "__main__":
    main()
