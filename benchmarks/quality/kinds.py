"""Score mask makers on kinds of fields: telescopes, beams, errors of calibration and skies that are unlike each other.

    python -m benchmarks.quality.kinds --directory FIELDS --make
    python -m benchmarks.quality.kinds --directory FIELDS --images-only
    python -m benchmarks.quality.kinds --directory FIELDS --selfcal

Fields are made where they are missing, and what has been cleaned is not cleaned again. What the figures say is in
benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path

from benchmarks.quality.images import show, together
from benchmarks.quality.kind_images import FieldCounts, judge_images, show_images
from benchmarks.quality.kind_makers import Makers
from benchmarks.quality.kind_table import KINDS, ROUNDS, SEEDS_ASIDE, SEEDS_TO_CHOOSE, SOURCES


def main() -> None:
    """Parse the command line, and make fields, or judge masks on them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", type=Path, required=True, help="of the fields, and of all that is made of them")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS), metavar="KIND", help="(all)")
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument("--seeds", type=int, nargs="+", default=SEEDS_TO_CHOOSE, help="(1 2 3)")
    seeds.add_argument(
        "--aside", action="store_const", dest="seeds", const=SEEDS_ASIDE, help="the seeds that constants never saw"
    )
    parser.add_argument("--rounds", type=int, nargs="+", default=ROUNDS, choices=ROUNDS, help="(0 1 2)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--make", action="store_true", help="make the fields and judge nothing")
    what.add_argument(
        "--images-only", action="store_true", help="judge masks of the images that are there, by the truth"
    )
    parser.add_argument("--only", nargs="+", default=(), metavar="NAME", help="rows whose names begin so")
    parser.add_argument(
        "--presets", nargs="+", default=(), metavar="PRESET", help="further ones, names or files; FIRST,LATER by round"
    )
    parser.add_argument("--breizorro", metavar="PROGRAM", help="run breizorro itself (another environment's)")
    parser.add_argument("--eye-patch", metavar="PYTHON", help="of an environment with eye-patch")
    parser.add_argument(
        "--source", choices=SOURCES, default="beam", help="of skerry's rows where beams are many (beam)"
    )
    parser.add_argument("--selfcal", type=int, nargs="?", const=3, default=0, metavar="N", help="iterations (3)")
    parser.add_argument("--each", action="store_true", help="show each kind too")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (one for each core)")
    given = parser.parse_args()
    makers = Makers(tuple(given.only), tuple(given.presets), given.breizorro, given.eye_patch)
    with ProcessPoolExecutor(given.jobs) as pool:
        if given.images_only:
            fields = judge_images(given.directory, given.kinds, given.seeds, given.rounds, makers, pool)
            if given.each:
                show_each(fields)
            show_images(fields)
        elif given.make:
            make_fields(given.directory, given.kinds, given.seeds, given.rounds, pool)
        else:
            judge_imager(given, makers, pool)


def judge_imager(given: argparse.Namespace, makers: Makers, pool: Executor) -> None:
    """Clean in the masks and print what came of it."""
    from benchmarks.quality import kind_tables
    from benchmarks.quality.kind_cleans import Asked, judge_cleans

    asked = Asked(given.directory.resolve(), makers, tuple(given.rounds), given.source, given.selfcal)
    fields = []
    for field in judge_cleans(asked, given.kinds, given.seeds, pool):
        print(f"{field.kind}, seed {field.seed}: done", file=sys.stderr, flush=True)
        fields.append(field)
    if given.each:
        kind_tables.show_each(fields)
    kind_tables.show_standings(fields)
    if given.selfcal:
        kind_tables.show_loops(fields, given.selfcal)


def make_fields(base: Path, kinds: Sequence[str], seeds: Sequence[int], rounds: Sequence[int], pool: Executor) -> None:
    """Make fields that are missing, side by side."""
    for job in [pool.submit(make_rounds, base.resolve(), kind, seed, rounds) for seed in seeds for kind in kinds]:
        print(job.result(), flush=True)


def make_rounds(base: Path, kind: str, seed: int, rounds: Sequence[int]) -> Path:
    """Make the rounds of a field that are missing; returns its directory."""
    from benchmarks.quality.kind_fields import FieldOfKind  # judging images needs no imager

    field = FieldOfKind(kind, seed, base)
    for k in rounds:
        field.make(k)
    return field.directory


def show_each(fields: Sequence[FieldCounts]) -> None:
    """Print the counts of each kind."""
    for kind in dict.fromkeys(field.kind for field in fields):
        of_kind = [field for field in fields if field.kind == kind]
        show(f"{kind}, seeds {', '.join(str(field.seed) for field in of_kind)}", together([f.results for f in of_kind]))


if __name__ == "__main__":
    main()
