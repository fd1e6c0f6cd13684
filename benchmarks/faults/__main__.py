"""Inject faults into subcommands, and print what became of them.

    python -m benchmarks.faults --faults 5000 --seed 1 --results faults.jsonl

goes on where an earlier run with the same file ended.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NoReturn

from benchmarks.faults.commands import COMMANDS, Command
from benchmarks.faults.faults import KINDS
from benchmarks.faults.interposer import REFUSED, compile_interposer, is_loaded, refused
from benchmarks.faults.oracle import PROBLEMS
from benchmarks.faults.process import import_all
from benchmarks.faults.runner import Bench, all_trials, at_each_call, in_rotation
from benchmarks.faults.trial import Kind
from benchmarks.timing import row


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description="Inject faults into subcommands.")
    parser.add_argument("--faults", type=int, default=500, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random")
    parser.add_argument("--seconds", type=float, help="begin no other fault after so long")
    parser.add_argument("--results", type=Path, help="file of a JSON object for each fault, to be gone on with")
    parser.add_argument("--directory", type=Path, help="where to try commands; default memory, or else $TMPDIR")
    parser.add_argument("--command", action="append", help="only this one; may be given again")
    parser.add_argument("--kind", action="append", help="only kinds of faults whose names have this in them")
    parser.add_argument("--not-kind", action="append", help="no kinds of faults whose names have this in them")
    parser.add_argument("--rotation", action="store_true", help="every kind and every command, as few as there can be")
    parser.add_argument("--every-call", action="store_true", help="strike at each call in turn, once")
    parser.add_argument("--refuse", action="append", choices=REFUSED, help="have a disk that cannot do this")
    arguments = parser.parse_args()
    # Of the directory in it nobody else knows the name.
    memory = Path("/dev/shm")  # nosec B108
    place = arguments.directory or (memory if os.access(memory, os.W_OK) else None)
    if not is_loaded():
        _start_with_interposer(refused(arguments.refuse or []))
    # Whatever ends this takes away what it has made.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="skerry-faults-", dir=place) as directory:
        try:
            _try(arguments, Path(directory))
        finally:
            shutil.rmtree(Path(os.environ["LD_PRELOAD"]).parent)


def _start_with_interposer(variables: Mapping[str, str]) -> NoReturn:
    """Begin anew, with the interposer and these variables."""
    directory = Path(tempfile.mkdtemp(prefix="skerry-interposer-"))
    library = compile_interposer(directory)
    if library is None:
        raise SystemExit("no C compiler, which the interposer needs")
    one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = os.environ | one_thread | variables | {"LD_PRELOAD": str(library), "MPLBACKEND": "agg"}
    os.execve(sys.executable, [sys.executable, "-m", "benchmarks.faults", *sys.argv[1:]], environment)


def _try(arguments: argparse.Namespace, directory: Path) -> None:
    import_all()
    bench = Bench(directory, arguments.refuse or [])
    results = _known(arguments.results)
    known = {(result["index"], result["command"], result["kind"], result["at"]) for result in results}
    until = time.perf_counter() + (arguments.seconds or float("inf"))
    for index, command, kind, at in _wanted(arguments, bench):
        if (index, command.name, kind.name, at) in known:
            continue
        if time.perf_counter() > until:
            break
        result = bench.try_fault(command, kind, index, arguments.seed, at).as_json()
        results.append(result)
        if arguments.results is not None:
            with arguments.results.open("a") as file:
                file.write(json.dumps(result) + "\n")
        if result["problems"]:
            print(f"{result}", flush=True)
    show(results)


def _wanted(arguments: argparse.Namespace, bench: Bench) -> Iterator[tuple[int, Command, Kind, int | None]]:
    """Faults that are asked for: which, of what, and at which call."""
    commands = [command for command in COMMANDS if not arguments.command or command.name in arguments.command]
    kinds = [
        kind
        for kind in KINDS
        if bench.can_try(kind)
        and any(part in kind.name for part in arguments.kind or [""])
        and not any(part in kind.name for part in arguments.not_kind or [])
    ]
    if arguments.every_call:
        for command in commands:
            for kind, at in at_each_call(bench, command, kinds):
                yield at, command, kind, at
    else:
        trials = in_rotation if arguments.rotation else all_trials
        for index, command, kind in islice(trials(arguments.seed, commands, kinds), arguments.faults):
            yield index, command, kind, None


def _known(path: Path | None) -> list[dict]:
    if path is None or not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def show(results: Iterable[dict]) -> None:
    """Print a table of the kinds of faults."""
    tried, found = Counter(), Counter()
    for result in results:
        for name in (result["kind"], "all"):
            tried[name] += 1
            found.update((name, problem) for problem in set(result["problems"]))
    print(row("fault", "tried", *PROBLEMS), row(*["---"] * (2 + len(PROBLEMS))), sep="\n")
    for name in sorted(tried, key=lambda name: (name == "all", name)):
        print(row(name, tried[name], *(found[name, problem] for problem in PROBLEMS)))


if __name__ == "__main__":
    main()
