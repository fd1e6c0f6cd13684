"""Give skerry many bad inputs, and count what becomes of them.

Run it as ``python -m benchmarks.fuzz TARGET --executions N --seed S`` (see README.md): ``all`` goes through the targets
in turn. With ``--guided`` atheris chooses the inputs by the coverage that they bring, otherwise they follow from the
seed. With ``--state FILE`` executions of several runs add up; ``--table`` prints what they come to.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from benchmarks.fuzz.batches import Tally, guided_batch, seeded_batch
from benchmarks.fuzz.oracle import tell
from benchmarks.fuzz.targets import TARGETS, share
from benchmarks.timing import row

BATCH = 10_000
"""Executions of a process; its start takes as long as a thousand."""
HEAD = (
    *("target", "executions", "executions/s", "refused", "accepted", "branches", "inputs kept"),
    *("tracebacks", "hangs", "outputs left", "memory", "messages", "products", "crashes"),
)


def main() -> int:
    """Run, and give 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("target", choices=[*TARGETS, "all"])
    parser.add_argument("--executions", type=int, default=10_000, help="of the target, or of all together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--guided", action="store_true", help="by atheris, pip install 'skerry[fuzz]'")
    parser.add_argument("--corpus", type=Path, help="where inputs that bring coverage are kept, for --guided")
    parser.add_argument("--state", type=Path, help="file to add the figures to")
    parser.add_argument("--table", action="store_true", help="print what is in the state, and run nothing")
    given = parser.parse_args()
    names = list(TARGETS) if given.target == "all" else [given.target]
    tallies = Tally.read(given.state)
    if not given.table:
        for name in names:
            count = given.executions if len(names) == 1 else round(given.executions * share(name))
            _run(name, count, given, tallies)
    print("\n".join([row(*HEAD), row(*["---"] * len(HEAD))]))
    chosen = [tallies[name] for name in names if name in tallies]
    for tally in chosen:
        print(row(*tally.cells()))
    total = Tally.sum(chosen)
    print(row(*total.cells()))
    for told in [line for tally in chosen for line in tally.told]:
        tell(told)
    return int(total.faults > 0)


def _run(name: str, executions: int, given: argparse.Namespace, tallies: dict[str, Tally]) -> None:
    """Run batches of a target, each in a process of its own, and keep what they came to."""
    tally = tallies.setdefault(name, Tally(name))
    done, began = 0, time.monotonic()
    while done < executions:
        count = min(BATCH, executions - done)
        # Executions of a state are not done again.
        seed = given.seed + tally.executions
        made = guided_batch(name, seed, count, given.corpus) if given.guided else seeded_batch(name, seed, count)
        tally.add(made)
        done += max(made.executions, 1)
        if given.state is not None:
            Tally.write(given.state, tallies)
        tell(f"{name}: {done} in {time.monotonic() - began:.0f} s, {tally.faults} faults")


if __name__ == "__main__":
    sys.exit(main())
