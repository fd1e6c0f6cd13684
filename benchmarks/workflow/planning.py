"""Time the plan of a survey: `skerry run ... --dry-run` for fields of 36 beams and 8 rounds.

The images are a header and as many empty bytes as their pixels would take, for a plan looks at no pixel. Each plan is
made twice: as it is printed, with every job, and with --quiet, which leaves out what it takes to print them. Beside
them stands what Snakemake takes by itself: the plan of as many jobs with the same inputs and outputs, whose rules have
no params, resources, logs or benchmarks, and no code of skerry. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.steps.images import header
from benchmarks.timing import SKERRY, Usage, machine, row, run

BEAMS = 36
ROUNDS = 8
SIDE = 10_000
FIELD = """\
field: F{number}
beams: "00-{last:02d}"
rounds: {rounds}
images: images/{{field}}.beam{{beam}}.round{{round}}.fits
mosaic: {mosaic}
source: {source}
preset: none
masking: {{flood_fill: true, beam_shape_erode: true}}
output: {source}
"""
MOSAICS = "images/{field}.round{round}.fits"
BARE = """\
BEAMS = [f"{{beam:02d}}" for beam in range({beams})]
TARGETS = {targets}
OUT = "bare/F{{field}}/round{{round}}/"
ROUNDS = [f"bare/F{{field}}/round{{k}}" for field in range({fields}) for k in range(1, {rounds} + 1)]

wildcard_constraints: field=r"\\d+", round=r"\\d+", beam=r"\\d+", target="|".join(TARGETS)

def image(wildcards):
    what = wildcards.get("target", "beam" + wildcards.get("beam", "")).replace("mosaic", "")
    return f"images/F{{wildcards.field}}.{{what}}{{what and '.'}}round{{int(wildcards.round) - 1}}.fits"

rule all:
    input: [f"{{directory}}/beam{{beam}}.mask.fits" for directory in ROUNDS for beam in BEAMS]
rule mask:
    input: image
    output: OUT + "{{target}}.mask.fits"
    shell: "touch {{output}}"

if TARGETS == ["mosaic"]:
    rule extract_beam:
        input: image, OUT + "mosaic.mask.fits"
        output: OUT + "beam{{beam}}.mask.fits"
        shell: "touch {{output}}"
"""


def write_images(directory: Path, fields: int) -> None:
    """Names of all beams and mosaics; one file, of a header and as many bytes as its pixels would take."""
    (directory / "images").mkdir()
    image = directory / "image.fits"
    cards = header(SIDE, (0.0, -30.0)).tostring().encode("ascii")
    with image.open("wb") as file:
        file.write(cards)
        file.truncate(len(cards) + 4 * SIDE**2)
    for field in range(fields):
        for k in range(ROUNDS):
            for what in ("", *(f"beam{beam:02d}." for beam in range(BEAMS))):
                (directory / "images" / f"F{field}.{what}round{k}.fits").hardlink_to(image)


def write_field(directory: Path, number: int, source: str) -> str:
    mosaic = MOSAICS if source == "mosaic" else "null"
    name = f"{source}{number}.yaml"
    text = FIELD.format(number=number, last=BEAMS - 1, rounds=ROUNDS, mosaic=mosaic, source=source)
    (directory / name).write_text(text)
    return name


def write_bare(directory: Path, fields: int, source: str) -> str:
    targets = '["mosaic"]' if source == "mosaic" else '[f"beam{beam}" for beam in BEAMS]'
    text = BARE.format(beams=BEAMS, rounds=ROUNDS, fields=fields, targets=targets)
    (directory / "Snakefile").write_text(text)
    return "Snakefile"


def plan(command: Sequence[str], directory: Path) -> tuple[Usage, int]:
    """What a plan took, and its jobs; of a quiet one they are not known."""
    usage = run(["sh", "-c", 'exec "$0" "$@" > plan.txt', *command], directory)
    found = re.search(r"^total +(\d+)$", (directory / "plan.txt").read_text(), re.MULTILINE)
    return usage, int(found[1]) if found else 0


def main() -> None:
    """Make the plans and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fields", type=int, nargs="+", default=[1, 10], help="numbers of fields (default: 1 10)")
    given = parser.parse_args()
    print(f"{BEAMS} beams, {ROUNDS} rounds; {machine()}\n")
    heads = ("fields", "masks from", "jobs", "plan", "wall s", "CPU s", "GB", "of it Snakemake itself, CPU s")
    print(row(*heads), row(*["---"] * len(heads)), sep="\n")
    for fields in given.fields:
        for source in ("mosaic", "beam"):
            with tempfile.TemporaryDirectory() as temporary:
                directory = Path(temporary)
                write_images(directory, fields)
                names = [write_field(directory, number, source) for number in range(fields)]
                ours = [SKERRY, "run", *names, "--cores", "2", "--dry-run"]
                bare = [sys.executable, "-m", "snakemake", "--cores", "2", "--scheduler", "greedy", "--dry-run"]
                bare += ["--snakefile", write_bare(directory, fields, source)]
                jobs = 0
                for name, flags in (("printed", []), ("--quiet", ["--quiet"])):
                    # By itself `skerry run` lists the jobs of a dry run in fewer words.
                    usage, counted = plan([*ours, *(flags or ["--verbose"])], directory)
                    itself, expected = plan([*bare, *flags], directory)
                    if counted != expected:
                        raise SystemExit(f"{counted} jobs, but {expected} without skerry")
                    jobs = jobs or counted
                    print(row(fields, source, jobs, name, *usage, itself.cpu), flush=True)


if __name__ == "__main__":
    main()
