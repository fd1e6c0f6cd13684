"""Run WSClean on a measurement set with a mask, and keep what it made under a name that says what it was made from.

A clean that has run with the same visibilities, arguments and mask is not run again, so that a mask maker can be tried
while the others stay as they are.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.io.fits import write_products
from skerry.io.headers import Provenance, mask_header
from skerry.io.products import Product

__all__ = ["AUTO_MASK", "NO_MASK", "WITH_MASK", "Request", "Visibilities", "clean", "clean_all", "predict"]

Flags = NDArray[np.bool_]

GRIDDING = "-pol I -weight briggs 0 -use-wgridder -padding 1.3"
AUTO_MASK = "-niter 200000 -mgain 0.8 -nmiter 8 -auto-mask 4 -auto-threshold 0.5"
WITH_MASK = "-niter 200000 -mgain 0.8 -nmiter 8 -auto-threshold 0.5"
NO_MASK = "-niter 50000 -mgain 0.8 -nmiter 6 -auto-threshold 1"
"""Without a mask the clean goes on in the noise: it ends earlier."""
PRODUCTS = ("residual", "model", "image")
PROCESSES = 2


@dataclass(frozen=True)
class Visibilities:
    """What is imaged, and on what grid.

    Attributes
    ----------
    path : Path
        The measurement set, which is not changed.
    column : str
        Of the data.
    size : int
        Width of the image, pixels.
    scale : float
        Width of a pixel, arcsec.
    history : str
        What was done to the data since: two sets of one history are the same, wherever they lie.
    """

    path: Path
    column: str
    size: int
    scale: float
    history: str = ""


@dataclass(frozen=True)
class Request:
    """A clean to be run: Hogbom's, with the arguments, in a mask if there is one."""

    visibilities: Visibilities
    arguments: str
    mask: Flags | None = None
    grid: fits.Header | None = None
    """Header of an image on the grid of the mask."""

    @property
    def key(self) -> str:
        """Name of what is made: the same for the same visibilities, arguments and mask."""
        data = self.visibilities
        whence = data.history or str(data.path.resolve())
        words = [whence, data.column, str(data.size), f"{data.scale:.9g}", GRIDDING, self.arguments]
        digest = hashlib.sha256("\n".join(words).encode())
        if self.mask is not None:
            digest.update(np.packbits(self.mask).tobytes())
        return digest.hexdigest()[:16]

    def prefix(self, directory: Path) -> Path:
        """What the names of the products begin with."""
        return directory / self.key

    def done(self, directory: Path) -> bool:
        """Whether it has run: the image is the last product to appear."""
        return Path(f"{self.prefix(directory)}-image.fits").exists()


def clean_all(requests: Sequence[Request], directory: Path) -> list[Path]:
    """Run cleans two at a time; returns the prefix of each."""
    wanted = {request.key: request for request in requests if not request.done(directory)}
    with ThreadPoolExecutor(PROCESSES) as pool:
        for _ in pool.map(lambda request: clean(request, directory), wanted.values()):
            pass
    return [request.prefix(directory) for request in requests]


def clean(request: Request, directory: Path) -> Path:
    """Run a clean, unless it has run; returns the prefix of its products.

    Raises
    ------
    SkerryError
        If WSClean fails.
    """
    prefix = request.prefix(directory)
    if request.done(directory):
        return prefix
    directory.mkdir(parents=True, exist_ok=True)
    data, start = request.visibilities, time.monotonic()
    with tempfile.TemporaryDirectory(dir=directory) as temporary:
        made = Path(temporary) / "made"
        command = ["wsclean", "-j", "1", "-no-update-model-required", "-no-dirty", "-temp-dir", temporary]
        command += ["-name", str(made), "-size", str(data.size), str(data.size), "-scale", f"{data.scale:.9g}asec"]
        command += ["-data-column", data.column, *GRIDDING.split(), *request.arguments.split()]
        if request.mask is not None:
            command += ["-fits-mask", str(_write_mask(request, Path(temporary) / "mask.fits"))]
        _run([*command, str(data.path)])
        for product in PRODUCTS:
            Path(f"{made}-{product}.fits").replace(f"{prefix}-{product}.fits")
    print(f"{prefix.name}: cleaned in {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return prefix


def predict(prefix: Path, ms: Path) -> None:
    """Write the visibilities of a model into MODEL_DATA of a measurement set."""
    _run(["wsclean", "-j", "1", "-predict", "-use-wgridder", "-padding", "1.3", "-name", str(prefix), str(ms)])


def _write_mask(request: Request, path: Path) -> Path:
    assert request.mask is not None
    assert request.grid is not None
    mask = request.mask.astype(np.uint8)
    header = mask_header(request.grid, Provenance("benchmark"))
    write_products([Product(path, mask, header, (1, 1, *mask.shape))])
    return path


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    if done.returncode:
        raise SkerryError(f"{command[-1]}: WSClean failed:\n{' '.join(command)}\n{done.stdout[-2000:]}")
