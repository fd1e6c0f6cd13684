"""Every face of a loop called again and again with arguments made from bytes: at worst it refuses them.

Run it with kernels that sanitizers watch (README.md says how they are compiled), or it proves little. With `--guided`
bytes are made by libFuzzer, through atheris, from what they reach in the loops and in their faces, and the kernels have
to be compiled for that; without, by a generator of random numbers. Each face has a process of its own, and the same
number of calls.

A line is printed for each face when it is done: its calls, how many of them returned, were refused and had no memory,
and how many of right arguments were held against the plain statement. What ends a process, and every exception but
those with which a face refuses, is a finding: its bytes are kept, and `--replay` makes its calls again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "kernels"))

from faces_of_images import IMAGES
from faces_of_masks import MASKS

import _skerry_kernels as compiled
from benchmarks.kernels.spoiled import Target

FACES = IMAGES | MASKS
LONGEST = 400
"""Bytes of a program."""
COLUMNS = ("returned", "refused", "no memory", "compared")


def public_functions() -> set[str]:
    """Names of all faces there are."""
    return {name for name in vars(compiled) if not name.startswith("_")}


def programs(seed: int) -> Iterator[bytes]:
    """Bytes at random, without an end."""
    rng = random.Random(seed)
    while True:
        yield rng.randbytes(rng.randrange(4, LONGEST))


def fuzz(target: Target, calls: int, seed: int, place: Path, guided: bool) -> None:
    """Make so many calls of a face, and keep what they came to in a file of its name."""
    done = place / f"{target.name}.json"

    def run(program: bytes) -> None:
        target.run(program)
        if target.calls >= calls:
            done.write_text(json.dumps(target.counts))
            sys.stdout.flush()
            os._exit(0)

    if guided:
        import atheris

        corpus = place / "corpus" / target.name
        corpus.mkdir(parents=True, exist_ok=True)
        flags = f"-max_len={LONGEST} -len_control=0 -timeout=1200 -rss_limit_mb=4096 -verbosity=0 -print_funcs=0"
        findings = f"-artifact_prefix={place / target.name}-"
        atheris.Setup([sys.argv[0], str(corpus), *flags.split(), f"-seed={seed}", findings], run)
        atheris.Fuzz()
    else:
        for program in programs(seed):
            (place / f"{target.name}.bytes").write_bytes(program)
            run(program)


def in_a_process(target: Target, *rest: object) -> bool:
    """Fuzz a face in a process that ends with what it finds; whether it found nothing."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            log = os.open(rest[2] / f"{target.name}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            os.dup2(log, 2)
            fuzz(target, *rest)
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stderr.flush()
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, help="where figures, findings and what libFuzzer learns are kept")
    parser.add_argument("--calls", type=int, default=10_000_000, help="of all faces together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--guided", action="store_true", help="by what is reached in the loops")
    parser.add_argument("--only", nargs="+", choices=sorted(FACES), help="these faces")
    parser.add_argument(
        "--replay", type=Path, help="a file with the bytes of a finding, of the one face that `--only` names"
    )
    given = parser.parse_args()
    if missing := public_functions() ^ FACES.keys():
        sys.exit(f"not in the tables of the tests, or not compiled: {', '.join(sorted(missing))}")
    names = given.only or sorted(FACES)
    targets = [Target(name, FACES[name], getattr(compiled, name)) for name in names]
    if given.replay:
        targets[0].run(given.replay.read_bytes())
        return
    given.directory.mkdir(parents=True, exist_ok=True)
    total, found = Counter(), []
    print("| face | calls | " + " | ".join(COLUMNS) + " | s |\n" + "| --- " * (3 + len(COLUMNS)) + "|", flush=True)
    for target in targets:
        start, file = time.monotonic(), given.directory / f"{target.name}.json"
        file.unlink(missing_ok=True)
        calls = -(-given.calls // len(targets))
        if not in_a_process(target, calls, given.seed, given.directory, given.guided) or not file.exists():
            found.append(target.name)
            print(f"| {target.name} | a finding |\n{(given.directory / f'{target.name}.log').read_text()}", flush=True)
            continue
        target.counts = Counter(json.loads(file.read_text()))
        total += target.counts
        figures = (target.calls, *(target.counts[name] for name in COLUMNS), round(time.monotonic() - start, 1))
        print(f"| {target.name} | " + " | ".join(map(str, figures)) + " |", flush=True)
    calls = total["returned"] + total["refused"] + total["no memory"]
    print(f"{calls} calls of {len(targets) - len(found)} faces; with a finding: {', '.join(found) or 'none'}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
