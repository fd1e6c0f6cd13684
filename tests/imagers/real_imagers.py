"""The imagers, as tests call them: the same field, depth and mask to each in its own words."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from conftest import REPOSITORY
from numpy.typing import NDArray

TCLEAN = REPOSITORY / "config" / "imagers" / "tclean.py"
CELL = 8
"""Width of a pixel, arcsec."""


class Grid(NamedTuple):
    """What to image: width and height in pixels, planes of frequency, and the centre if it is not the set's.

    WSClean cleans planes jointly unless `apart`, as the others always do.
    """

    width: int
    height: int
    planes: int = 1
    centre: SkyCoord | None = None
    apart: bool = False


class Made(NamedTuple):
    """A restored image, and the models of its planes on one grid."""

    image: Path
    models: list[Path]
    said: str

    def model(self) -> NDArray[np.float32]:
        """Pixels (plane, y, x), of planes in a cube or in files of their own."""
        data = [fits.getdata(path) for path in self.models]
        return np.concatenate([part.reshape(-1, *part.shape[-2:]) for part in data])


class CannotImage(Exception):
    """What an imager said that ended with an error."""


@dataclass(frozen=True)
class Imager:
    """An imager that is installed."""

    program: tuple[str, ...]
    make: Callable[[Imager, Path, Path, Grid, Path | None, float], Made]
    environment: tuple[tuple[str, str], ...] = ()
    even: bool = True
    """Whether sizes have to be even; where not, they have to be odd."""

    def image(self, ms: Path, prefix: Path, grid: Grid, mask: Path | None = None, *, sigma: float) -> Made:
        """Clean down to so many sigma of the residual."""
        return self.make(self, ms, prefix, grid, mask, sigma)

    def call(self, prefix: Path, *arguments: object) -> str:
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"} | dict(self.environment)
        command = [*self.program, *map(str, arguments)]
        run = {"cwd": prefix.parent, "env": environment, "text": True, "check": False}
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=900, **run)
        if done.returncode != 0:
            raise CannotImage(done.stdout[-2000:])
        return done.stdout


def by_wsclean(imager: Imager, ms: Path, prefix: Path, grid: Grid, mask: Path | None, sigma: float) -> Made:
    words: list[object] = ["-j", 2, "-name", prefix, "-size", grid.width, grid.height, "-scale", f"{CELL}asec"]
    words += ["-weight", "briggs", 0, "-mgain", 0.8, "-no-update-model-required", "-use-wgridder"]
    words += ["-niter", 20000, "-nmiter", 15, "-auto-threshold", sigma]
    if grid.centre is not None:
        words += ["-shift", *grid.centre.to_string("hmsdms").split()]
    if grid.planes > 1:
        words += ["-channels-out", grid.planes, *([] if grid.apart else ["-join-channels"])]
    said = imager.call(prefix, *words, *(["-fits-mask", mask] if mask else []), ms)
    middle = "-MFS" if grid.planes > 1 else ""
    models = [f"{prefix}-{n:04d}-model.fits" for n in range(grid.planes)] if middle else [f"{prefix}-model.fits"]
    return Made(Path(f"{prefix}{middle}-image.fits"), [Path(name) for name in models], said)


def by_tclean(imager: Imager, ms: Path, prefix: Path, grid: Grid, mask: Path | None, sigma: float) -> Made:
    words: list[object] = [TCLEAN, ms, prefix]
    if mask:
        words += ["usemask=user", f"mask={mask}"] if mask.is_dir() else ["--mask", mask]
    words += [f"imsize=[{grid.width},{grid.height}]", f"cell={CELL}arcsec", "weighting=briggs", "robust=0.0"]
    words += ["gridder=wproject", "wprojplanes=8", "pblimit=-0.1", "datacolumn=data"]
    words += ["niter=20000", f"nsigma={sigma:.1f}"]
    if grid.centre is not None:
        words.append(f"phasecenter=J2000 {grid.centre.to_string('hmsdms')}")
    if grid.planes > 1:
        words += ["specmode=cube", f"nchan={grid.planes}", "width=2", "outframe=TOPO", "restoringbeam=common"]
    said = imager.call(prefix, *words)
    return Made(Path(f"{prefix}.image.fits"), [Path(f"{prefix}.model.fits")], said)


def by_ddfacet(imager: Imager, ms: Path, prefix: Path, grid: Grid, mask: Path | None, sigma: float) -> Made:
    words: list[object] = ["--Data-MS", ms, "--Data-ColName", "DATA", "--Output-Name", prefix, "--Output-Clobber", 1]
    words += ["--Output-Mode", "Clean", "--Cache-Reset", 1, "--Parallel-NCPU", 2, "--Facets-NFacets", 1]
    words += ["--Image-NPix", f"[{grid.width},{grid.height}]", "--Image-Cell", CELL, "--Freq-NBand", grid.planes]
    words += ["--Weight-Mode", "Briggs", "--Weight-Robust", 0]
    words += ["--Deconv-Mode", "Hogbom", "--Deconv-MaxMinorIter", 20000, "--Deconv-RMSFactor", sigma]
    if grid.centre is not None:
        ra, dec = grid.centre.to_string("hmsdms", sep=":").split()
        words += ["--Image-PhaseCenterRADEC", f"[{ra},{dec}]"]
    said = imager.call(prefix, *words, *(["--Mask-External", mask] if mask else []))
    return Made(Path(f"{prefix}.app.restored.fits"), [Path(f"{prefix}.app.model.fits")], said)


def installed(name: str) -> Imager:
    """An imager on this machine; the test is skipped where it is not."""
    if name == "wsclean of the PATH":
        return Imager(("wsclean",), by_wsclean)
    given = os.environ.get("SKERRY_IMAGERS")
    if given is None:
        pytest.skip("SKERRY_IMAGERS is not set: the directory where tests/imagers/install.py has put the real imagers")
    place = Path(given).resolve() / name
    if not (place / "installed").exists():
        pytest.skip(f"no {name} in {given} (python tests/imagers/install.py {given} {name})")
    if name == "casa":
        return Imager((str(place / "bin" / "python"),), by_tclean, (("HOME", str(place / "home")),))
    if name == "ddfacet":
        return Imager((str(place / "bin" / "DDF.py"),), by_ddfacet, even=False)
    # A program of a newer Debian runs with the libraries beside it.
    (loader,) = (place / "lib64").glob("ld-linux-*.so.2")
    libraries = [place / "usr" / "lib" / f"{os.uname().machine}-linux-gnu" / sub for sub in ("", "blas", "lapack")]
    paths = ":".join(str(path) for path in libraries)
    return Imager((str(loader), "--library-path", paths, str(place / "usr" / "bin" / "wsclean")), by_wsclean)
