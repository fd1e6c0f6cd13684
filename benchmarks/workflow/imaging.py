"""Measure what masks, and the depth of the clean, do to the sky model: WSClean in the loop, on the demo field.

For each strategy the whole workflow runs as config/wsclean.yaml has it, from the same measurement sets, but for the
thresholds and for whether there are masks. The model that the last round ends with is judged against the true sky
(demo/model_quality.py): by the flux that it has where the sky has none, and by its error, which is what calibration
would lock in. **The rms of the residual is a misleading judge** and stands beside them to show it: without a mask the
deepest clean has the lowest residual and the worst model. Prints tables in Markdown.

Needs WSClean on the PATH and python-casacore. A strategy takes one to five minutes.
"""

from __future__ import annotations

import argparse
import csv
import re
import shutil
import statistics
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from benchmarks.demo.model_quality import ModelQuality, model_quality
from benchmarks.timing import CHECKOUT, SKERRY, machine, row, run
from skerry.demo.demo_field import FIELD, truth_path
from skerry.demo.demo_sets import make_demo_sets
from skerry.io.image_headers import read_header

CONFIG = CHECKOUT / "config" / "wsclean.yaml"
DEMO_BEAMS = ("00", "01", "02", "03")
BEAMS = ("00", "03")
"""One with a bright source, and one without."""
SETS = "ms/{field}.beam{beam}.ms"
HEADS = (
    "strategy",
    "beam",
    "round",
    "spurious, mJy",
    "error",
    "residual, uJy",
    "iterations",
    "major",
    "imager s",
)


class Strategy(NamedTuple):
    """Whether there are masks, and how deep they are cleaned."""

    name: str
    masks: bool
    extra: str
    """Arguments of the imager in every round, ..."""
    extra_rounds: dict[int, str]
    """... and those that it gets instead in a round."""


def masked(first: str, middle: str, last: str, rounds: int) -> Strategy:
    """Strategy with masks; thresholds of round 0, which has none, of the rounds between, and of the last."""
    words = [f"-auto-threshold {threshold}" for threshold in (middle, first, last)]
    name = f"masks; {first}, then {middle}" + (f", last {last}" if last != middle else "")
    return Strategy(name, True, words[0], {0: words[1], rounds: words[2]})


def strategies(rounds: int) -> list[Strategy]:
    """Every strategy that is measured."""
    return [
        Strategy("no mask; 1", False, "-auto-threshold 1", {}),
        Strategy("no mask; 3", False, "-auto-threshold 3", {}),
        Strategy("no mask; auto-mask 5, then 1", False, "-auto-mask 5 -auto-threshold 1", {}),
        Strategy("no mask; auto-mask 3, then 0.3", False, "-auto-mask 3 -auto-threshold 0.3", {}),
        masked("5", "3", "3", rounds),
        masked("5", "1", "1", rounds),
        masked("5", "1", "0.5", rounds),
        masked("5", "1", "0.5 -niter 1000000", rounds),
        masked("5", "0.5", "0.5", rounds),
        masked("3", "1", "0.5", rounds),
        masked("1", "1", "0.5", rounds),
        masked("5 -local-rms", "1", "0.5", rounds),
    ]


class Outcome(NamedTuple):
    """What a round ended with, in one beam."""

    beam: str
    round: int
    quality: ModelQuality
    iterations: float
    majors: float
    seconds: float
    """Wall time of the imager, in this round and those before."""


def field_of(strategy: Strategy, config: dict[str, Any], beams: Sequence[str]) -> dict[str, Any]:
    """Field of a strategy: the example's, but for its thresholds and masks.

    Beams are imaged beside each other, with one thread each, so that the order of sums and thus the result is the same
    on any machine.
    """
    field = config | {"field": FIELD, "beams": list(beams), "measurement_sets": SETS, "output": "results"}
    imager = {"extra": strategy.extra, "extra_rounds": strategy.extra_rounds, "threads": 1}
    field["imager"] = config["imager"] | imager
    if not strategy.masks:
        field = {key: value for key, value in field.items() if not key.startswith("masking")} | {"mask_rounds": "none"}
    return field


def run_strategy(field: dict[str, Any], demo: Path, directory: Path, cores: int) -> None:
    """Run the workflow in an empty directory, unless this field has run there.

    It gets its own measurement sets, for the imager writes its model into them.
    """
    text, done = yaml.safe_dump(field, sort_keys=False), directory / "done.yaml"
    if done.exists() and done.read_text() == text:
        return
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(demo / "ms", directory / "ms")
    (directory / "field.yaml").write_text(text)
    run([SKERRY, "run", "field.yaml", "--cores", str(cores)], directory)
    done.write_text(text)


def outcomes(directory: Path, demo: Path, beams: Sequence[str], rounds: int) -> Iterator[Outcome]:
    """Judge every round of a strategy that has run."""
    for beam in beams:
        seconds = 0.0
        for k in range(rounds + 1):
            made = directory / "results" / FIELD / f"round{k}"
            with (made / "benchmarks" / f"beam{beam}.image.tsv").open() as table:
                seconds += float(next(csv.DictReader(table, delimiter="\t"))["s"])
            prefix = made / "images" / f"beam{beam}"
            header = read_header(f"{prefix}-image.fits")
            quality = model_quality(prefix, truth_path(demo, int(beam)))
            yield Outcome(beam, k, quality, int(header["WSCMINOR"]), int(header["WSCMAJOR"]), seconds)


def median(found: Sequence[Outcome]) -> Outcome:
    """The same beam and round in several fields, each figure by itself."""
    quality = ModelQuality(*map(statistics.median, zip(*(one.quality for one in found), strict=True)))
    rest = zip(*((one.iterations, one.majors, one.seconds) for one in found), strict=True)
    return Outcome(found[0].beam, found[0].round, quality, *map(statistics.median, rest))


def show_heads(caption: str) -> None:
    print(f"\n{caption}\n\n{row(*HEADS)}\n{row(*['---'] * len(HEADS))}", flush=True)


def show(name: str, found: Iterable[Outcome]) -> None:
    for beam, k, quality, *numbers in found:
        figures = f"{quality.spurious * 1e3:.1f}", f"{quality.error:.4f}", f"{quality.residual * 1e6:.1f}"
        print(row(name, beam, k, *figures, *map(round, numbers)), flush=True)


def measure(directory: Path, seed: int, given: argparse.Namespace) -> dict[str, list[Outcome]]:
    """Make the field, run the strategies, and print and return what each of them ended with."""
    config = yaml.safe_load(CONFIG.read_text())
    demo, last = directory / "demo-ms", config["rounds"]
    if not (demo / "field.yaml").exists():
        make_demo_sets(demo, seed=seed, overwrite=True)
    show_heads(f"Seed {seed}, {last} rounds after round 0, --cores {given.cores}; {machine()}")
    ended = {}
    for strategy in strategies(last):
        if given.only and not strategy.name.startswith(tuple(given.only)):
            continue
        place = directory / re.sub(r"[^a-z0-9.]+", "-", strategy.name)
        run_strategy(field_of(strategy, config, given.beams), demo, place, given.cores)
        found = list(outcomes(place, demo, given.beams, last))
        ended[strategy.name] = [one for one in found if one.round == last]
        show(strategy.name, found if given.rounds == "all" else ended[strategy.name])
    return ended


def main() -> None:
    """Parse the command line, and measure with each seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, nargs="?", help="keep everything here, and use what has run already")
    parser.add_argument("--beams", nargs="+", default=BEAMS, choices=DEMO_BEAMS, help="(default 00 03)")
    parser.add_argument("--seed", type=int, nargs="+", default=[2045], help="of the field (default 2045)")
    parser.add_argument("--cores", type=int, default=2, help="cores for Snakemake (default 2)")
    parser.add_argument("--only", nargs="+", default=[], metavar="STRATEGY", help="strategies whose names begin so")
    parser.add_argument("--rounds", choices=("last", "all"), default="last", help="rounds that are shown")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary) if given.directory is None else given.directory.resolve()
        fields = [measure(directory / f"seed{seed}", seed, given) for seed in given.seed]
    if len(fields) > 1:
        show_heads(f"Medians of seeds {', '.join(map(str, given.seed))}, last round")
        for name in fields[0]:
            show(name, map(median, zip(*(ended[name] for ended in fields), strict=True)))


if __name__ == "__main__":
    main()
