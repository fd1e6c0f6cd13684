"""Running the workflow on a small field, and asking Snakemake what it would run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml
from astropy.io import fits
from conftest import REPOSITORY, write_fits


class Job(NamedTuple):
    """A job that Snakemake would run."""

    rule: str
    round: int
    what: str


SIZE = 48
"""Width of the images of small fields, pixels."""


def sky(seed: int, right: int = 0, up: int = 0, size: int = SIZE) -> np.ndarray:
    """Noise of 1 mJy, a compact source and an extended one, moved by some pixels."""
    y, x = np.mgrid[:size, :size]
    image = np.random.default_rng(seed).normal(0, 1e-3, (size, size))
    for row, column, peak, width in ((14, 16, 0.2, 1.7), (30, 26, 0.05, 5.0)):
        image += peak * np.exp(-((x - column - right) ** 2 + (y - row - up) ** 2) / (2 * width**2))
    return image.astype(np.float32)


def configure(directory: Path, keys: dict[str, Any]) -> Path:
    path = directory / "field.yaml"
    path.write_text(yaml.safe_dump(keys))
    return path


def alter(path: Path) -> None:
    """Change the pixels of an image."""
    data, header = fits.getdata(path, header=True)
    path.unlink()
    write_fits(path, np.float32(1.01) * data, header)


COMMAND = (sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile"))


def snakemake(directory: Path, *arguments: str, command: tuple[str, ...] = COMMAND, config: str = "field.yaml") -> str:
    """Run Snakemake on a field, which must succeed, and return all that it says."""
    done = subprocess.run(
        [*command, "--configfile", config, *arguments],
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def run(directory: Path, config: str = "field.yaml") -> str:
    return snakemake(directory, "--cores", "2", config=config)


def would_run(directory: Path, command: tuple[str, ...] = COMMAND) -> set[Job]:
    """Jobs that Snakemake would run, but `all`."""
    said = snakemake(directory, "--dry-run", command=command)
    jobs = re.findall(
        r"^ *(?:local)?rule (\w+):$.*?^ *output: .*?/round(\d+)/([^.]+)\.", said, re.MULTILINE | re.DOTALL
    )
    found = {Job(rule, int(k), what) for rule, k, what in jobs}
    counted = re.findall(r"^(?!all |total |job |-)(\w+) +(\d+)$", said, re.MULTILINE)
    assert len(found) * (2 if "Reasons:" in said else 0) == sum(int(count) for _, count in counted), said
    return found


def wait_for(condition: Callable[[], bool], seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def run_once(
    factory: pytest.TempPathFactory, name: str, write: Callable[[Path], Any], config: str = "field.yaml"
) -> Path:
    """A field that is written and run by the first of the test processes that wants it; the others wait for it."""
    directory = factory.getbasetemp() / name
    if "PYTEST_XDIST_WORKER" in os.environ:
        directory = factory.getbasetemp().parent / name
    failed, done = directory / "failed", directory / "done"
    try:
        directory.mkdir()
    except FileExistsError:
        wait_for(lambda: done.exists() or failed.exists(), seconds=600)
        assert done.exists(), f"another process failed to run {name}"
        return directory
    failed_or_done = failed
    try:
        write(directory)
        run(directory, config)
        failed_or_done = done
    finally:
        failed_or_done.touch()
    return directory
