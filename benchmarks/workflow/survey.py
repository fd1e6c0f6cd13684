"""Run a simulated field of the size of a survey: masks from the beams, and from a co-added mosaic.

    python -m benchmarks.workflow.survey --directory DIR
    python -m benchmarks.workflow.survey --directory DIR --beams 540 --size 1024 --rounds 1
    python -m benchmarks.workflow.survey --directory DIR --beside old=OLD/bin/skerry --group 9

Each round is a run of its own, `skerry run --cores 2`, for that is when its images are there in self-calibration, too.
Images of a round are made before it and removed after it, results are removed as soon as they are measured
(`--keep-images`, `--keep`). Where the disk is short for the results of all beams, `--group` takes so many beams in a
run, for masks from beams, and adds up what these runs take: time, disk and jobs. What was measured is noted in DIR, in
measured.jsonl: the same command goes on where it was ended, and other builds are measured beside those that are there.
Take another DIR for another build of the same name.

Wall and CPU time are those of the run with all that it starts. Memory is that of all its processes at once, what they
share counted once, every 0.2 s; disk that of all the run has made, temporary files included, at its most. Beside them
stands what is expected by the formulas that the jobs ask for memory and time by (src/skerry/field/resources.py): CPU
seconds of the steps with the costliest of their options, without the starts of processes; memory that the jobs are
given that run side by side; and the files of all steps if each writes its own.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from benchmarks.process_tree import run_together
from benchmarks.steps.compare import Build
from benchmarks.timing import CHECKOUT, SKERRY, machine, row, run
from benchmarks.workflow.survey_images import Survey, image_path
from benchmarks.workflow.survey_needs import expected
from benchmarks.workflow.workflow import count_jobs

MEASURED = "measured.jsonl"
ALL_STEPS = 14
"""Bytes a pixel of the files of all steps: rms, background and signal, islands and mask."""
FIELD = """\
field: SURVEY
beams: {beams}
rounds: {k}
mask_rounds: [{k}]
source: {source}
images: {images}/beam{{beam}}.round{{round}}.fits
"""
CO_ADDED = "mosaic: {{primary_beam_fwhm: {fwhm:.6f} deg}}\n"
SOURCES = ("beam", "mosaic")


class Run(NamedTuple):
    """What is run: the masks of a round for some beams, by a build."""

    source: str
    k: int
    beams: tuple[int, int]
    """The first, and one more than the last."""
    build: str

    @property
    def name(self) -> str:
        """For a directory."""
        return f"{self.build}.{self.source}.round{self.k}.beam{self.beams[0]}"


@dataclass(frozen=True)
class Measured:
    """What a run took, and what was expected; seconds and GB."""

    wall: float
    cpu: float
    peak: float
    disk: float
    jobs: int
    masks: int
    expected_cpu: float
    expected_memory: float
    expected_masks: float
    expected_products: float


def runs(survey: Survey, sources: Sequence[str], k: int, group: int, builds: Sequence[Build]) -> Iterator[Run]:
    """Runs of a round: builds take turns, and which of them begins."""
    order = list(builds)
    for source in sources:
        step = survey.beams if source == "mosaic" else group
        for first in range(0, survey.beams, step):
            for build in order:
                yield Run(source, k, (first, min(first + step, survey.beams)), build.name)
            order.reverse()


def disk_wanted(survey: Survey, wanted: Sequence[Run]) -> float:
    """Bytes that the images of a round and the largest of some runs take at the most."""
    image = survey.size**2
    made = [
        ALL_STEPS * image * (last - first)
        if source == "beam"
        else (ALL_STEPS + 4) * survey.side**2 + image * survey.beams
        for source, _, (first, last), _ in wanted
    ]
    return 4.0 * image * survey.beams + max(made, default=0)


def write_field(path: Path, survey: Survey, one: Run, images: Path) -> None:
    """Write the YAML file of a run."""
    beams = json.dumps(survey.names[slice(*one.beams)])
    text = FIELD.format(beams=beams, k=one.k, source=one.source, images=images)
    path.write_text(text + (CO_ADDED.format(fwhm=survey.fwhm) if one.source == "mosaic" else ""))


def measure(one: Run, skerry: Path, survey: Survey, directory: Path, cores: int, keep: bool) -> Measured:
    """Do a run from its beginning; of one that was ended nothing is used."""
    here = directory / one.name
    shutil.rmtree(here, ignore_errors=True)
    (here / "temporary").mkdir(parents=True)
    write_field(here / "field.yaml", survey, one, directory / "images")
    needs = expected(here / "field.yaml", cores)
    command = [str(skerry), "run", "field.yaml", "--cores", str(cores)]
    taken = run_together(command, here, files=here, environment={"TMPDIR": str(here / "temporary")})
    masks = len(list((here / "results").glob("*/round*/beam*.mask.fits")))
    if masks != one.beams[1] - one.beams[0]:
        raise SystemExit(f"{here}: {masks} masks of {one.beams[1] - one.beams[0]} beams")
    jobs = count_jobs(here)
    if not keep:
        shutil.rmtree(here)
    return Measured(*taken, jobs, masks, *needs)


def read_measured(directory: Path) -> dict[Run, Measured]:
    """What was measured before."""
    path = directory / MEASURED
    lines = path.read_text().splitlines() if path.exists() else []
    found = {}
    for line in lines:
        of, figures = json.loads(line)
        source, k, beams, build = of
        found[Run(source, k, tuple(beams), build)] = Measured(**figures)
    return found


def together(parts: Sequence[Measured]) -> Measured:
    """Runs one after the other: the most memory, and the sum of all else."""
    sums = {key: sum(asdict(part)[key] for part in parts) for key in asdict(parts[0])}
    most = {key: max(asdict(part)[key] for part in parts) for key in ("peak", "expected_memory")}
    return Measured(**(sums | most))


def show(known: dict[Run, Measured], wanted: Sequence[Run]) -> None:
    """Print a row for each source, round and build, and for all rounds together."""
    heads = ["masks from", "by", "rounds", "wall s", "CPU s", "expected", "GB", "expected", "disk GB", "masks alone"]
    heads += ["all steps' files", "jobs", "masks", "jobs/s", "masks/s"]
    print(row(*heads), row(*["---"] * len(heads)), sep="\n")
    for source, build in dict.fromkeys((one.source, one.build) for one in wanted):
        of = [one for one in wanted if (one.source, one.build) == (source, build)]
        rounds = sorted({one.k for one in of})
        for some in ([[k] for k in rounds] + [rounds])[: None if len(rounds) > 1 else 1]:
            m = together([known[one] for one in of if one.k in some])
            cells: list[str | float] = [m.wall, m.cpu, m.expected_cpu, m.peak, m.expected_memory, m.disk]
            cells += [m.expected_masks, m.expected_products, m.jobs, m.masks, m.jobs / m.wall, m.masks / m.wall]
            print(row(source, build, "-".join(str(k) for k in dict.fromkeys((some[0], some[-1]))), *cells))


def check_disk(survey: Survey, wanted: Sequence[Run], directory: Path) -> None:
    """End if the disk is too small for the images and the files of all steps."""
    missing = sum(not image_path(directory / "images", beam, wanted[0].k - 1).exists() for beam in survey.names)
    images_there = 4.0 * survey.size**2 * (survey.beams - missing)
    needed, free = disk_wanted(survey, wanted) - images_there, shutil.disk_usage(directory).free
    if needed > free:
        raise SystemExit(
            f"{directory}: {free / 1e9:.0f} GB are free, {needed / 1e9:.0f} may be needed; take fewer beams at once "
            "(--group), or one source (--source), or another directory, or run it --anyway if it needs less"
        )


def run_round(survey: Survey, todo: Sequence[Run], given: argparse.Namespace, builds: Sequence[Build]) -> None:
    """Make the images of a round, and do its runs."""
    directory: Path = given.directory
    if not given.anyway:
        check_disk(survey, todo, directory)
    k, images = todo[0].k - 1, directory / "images"
    shape = ["--beams", str(survey.beams), "--size", str(survey.size), "--round", str(k)]
    run([sys.executable, "-m", "benchmarks.workflow.survey_images", str(images), *shape], CHECKOUT)
    programs = {build.name: build.skerry for build in builds}
    for one in todo:
        found = measure(one, programs[one.build], survey, directory, given.cores, given.keep)
        with (directory / MEASURED).open("a") as file:
            file.write(json.dumps([one, asdict(found)]) + "\n")
        print(
            f"{one.name}: {found.wall:.0f} s, {found.cpu:.0f} CPU s, {found.disk:.2f} GB", file=sys.stderr, flush=True
        )
    if not given.keep_images:
        for beam in survey.names:
            image_path(images, beam, k).unlink()


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, do what is not done yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", type=Path, required=True, help="for images, results and what was measured")
    parser.add_argument("--beams", type=int, default=36, help="default 36")
    parser.add_argument("--size", type=int, default=10_000, help="side of an image, pixels (default 10000)")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of masks (default 2)")
    parser.add_argument("--cores", type=int, default=2, help="cores for Snakemake (default 2)")
    parser.add_argument("--source", nargs="+", choices=SOURCES, default=list(SOURCES), help="default both, in turn")
    parser.add_argument("--group", type=int, help="beams in a run, for masks from beams; default all")
    parser.add_argument("--beside", type=Build.parse, action="append", default=[], metavar="NAME=SKERRY", help="build")
    parser.add_argument("--anyway", action="store_true", help="do not look whether the disk has room for all steps")
    parser.add_argument("--keep", action="store_true", help="leave what the runs have made in DIR")
    parser.add_argument("--keep-images", action="store_true", help="leave the images in DIR")
    given = parser.parse_args(arguments)
    given.directory = given.directory.absolute()
    given.directory.mkdir(parents=True, exist_ok=True)
    survey = Survey(given.beams, given.size)
    builds = [Build("this", Path(SKERRY)), *given.beside]
    wanted = []
    for k in range(1, given.rounds + 1):
        of_round = list(runs(survey, given.source, k, given.group or survey.beams, builds))
        wanted += of_round
        if todo := [one for one in of_round if one not in read_measured(given.directory)]:
            run_round(survey, todo, given, builds)
    print(f"{survey.beams} beams of {survey.size} x {survey.size}, --cores {given.cores}; {machine()}\n")
    show(read_measured(given.directory), wanted)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended; the same command goes on"))
    main()
