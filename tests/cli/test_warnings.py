"""Nothing that skerry does makes Python or another package warn, in subcommands, nor in a workflow and its jobs.

Warnings are errors here as in all tests, but in processes of their own, in Python's development mode: so are those of
imports, and of files that are left open.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

STRICT = {"PYTHONWARNINGS": "error", "PYTHONDEVMODE": "1"}
COMMANDS = """
simulate demo --size 64 --beams 1 --rounds 1
noise x.fits --noise-box-size 16
signal x.fits --rms x.rms.fits --bkg x.bkg.fits
snr-mask x.signal.fits --seeds --seed-clip 5
flood x.signal.fits --seeds x.seeds.fits --flood-clip 2 -o islands.fits
erode islands.fits --scales 0,4 -o eroded.fits --scale-output scales.fits
scale-mask x.fits --scales 0,4 -o of-scales.fits --mask-output of-all.fits
mask x.fits --noise-box-size 16 --plot x.png --table planes.ecsv
regions x.reg x.fits -o regions.fits
edit x.mask.fits --add-regions x.reg --image x.fits -o edited.fits
mosaic x.fits --primary-beam-fwhm 1deg -o mosaic.fits
extract-beam x.fits edited.fits -o beam.fits
split-scales scales.fits
export x.mask.fits --to wsclean -o exported.fits
check x.mask.fits --image x.fits
check-clean x.mask.fits --image x.fits
stats x.mask.fits --image x.fits -o islands.ecsv -o islands.reg --match x.csv
plot x.fits x.mask.fits -o x.pdf
info x.mask.fits
info absent.fits
"""
RUN = """
import shlex, sys
from skerry.cli import main
for line in sys.stdin:
    if line.strip():
        print(main(shlex.split(line)), line, file=sys.stderr)
"""
_OF_SNAKEMAKE = re.compile(r"snakemake-runtime-cache")
"""Copies of its files, which Snakemake opens and leaves to Python to close and to remove."""


def told(text: str) -> list[str]:
    """Lines that tell of a warning of Python's, but of those that are none of ours to mend."""
    lines = [line for line in text.splitlines() if re.search(r"\w+Warning: |Exception ignored|^Traceback", line)]
    return [line for line in lines if not _OF_SNAKEMAKE.search(line) and not line.startswith("Traceback")]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A demo field and files made of its image by all subcommands, and what they told."""
    directory = tmp_path_factory.mktemp("strict")
    (directory / "x.reg").write_text('fk5;circle(60.0,-45.0,30")\n')
    (directory / "x.csv").write_text("ra,dec\n60.0,-45.0\n")
    said = ""
    first, *others = COMMANDS.strip().splitlines()
    for commands in ([first], others):
        done = subprocess.run(
            [sys.executable, "-c", RUN],
            cwd=directory,
            input="\n".join(commands),
            env=os.environ | STRICT,
            capture_output=True,
            text=True,
            check=False,
        )
        said += done.stderr
        (image,) = (directory / "demo" / "images").glob("*beam00.round0*")
        if not (directory / "x.fits").exists():
            (directory / "x.fits").symlink_to(image)
    return directory, said


def test_no_subcommand_makes_python_warn(demo: tuple[Path, str]) -> None:
    _, said = demo
    assert told(said) == []
    assert "Traceback" not in said
    ended = re.findall(r"^(\d) (\S+ \S+)", said, re.M)
    assert [words for status, words in ended if status != "0"] == ["info absent.fits"]
    assert len(ended) == len(COMMANDS.split("\n")) - 2


def test_no_job_of_a_workflow_makes_python_warn(demo: tuple[Path, str]) -> None:
    directory, _ = demo
    done = subprocess.run(
        [sys.executable, "-m", "skerry", "run", "demo/field.yaml", "--cores", "1", "--verbose", "report"],
        cwd=directory,
        env=os.environ | STRICT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    logs = [path.read_text() for path in directory.rglob("*.log")]
    assert len(logs) > 2
    assert told("\n".join([done.stderr, *logs])) == []
