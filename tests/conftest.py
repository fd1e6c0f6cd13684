"""What every test may ask for: the shared data if it is there, and small radio images with a known answer."""

from __future__ import annotations

import ast
import inspect
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from astropy.io import fits
from browser import Browser, running_browser
from hypothesis import settings
from numpy.typing import NDArray

# A deadline for each example would time the machine, not the code.
settings.register_profile("skerry", deadline=None, derandomize=True)
settings.load_profile("skerry")

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _environment_as_before() -> Iterator[None]:
    """Let no test hand on to the next one what a command has put into the environment, as `run` does."""
    before = dict(os.environ)
    yield
    if os.environ != before:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real images and the field imaged by WSClean, which are not part of the project."""
    shared = Path(os.environ.get("SKERRY_SHARED", REPOSITORY.parent / "shared"))
    if not (shared / "data").is_dir():
        pytest.skip(f"no shared data at {shared} (set SKERRY_SHARED)")
    return shared / "data"


def warned(err: str) -> str:
    """What a subcommand told on standard error, but for the line of what is in its mask."""
    return "".join(line for line in err.splitlines(keepends=True) if not re.match(r"skerry: \d+ islands?, ", line))


def parameters_of(text: str) -> dict[str, object]:
    """Parameters of a function, as they stand between its brackets, with their defaults, in their order."""
    arguments = ast.parse(f"def f({text}): ...").body[0].args
    names = [argument.arg for argument in arguments.args]
    required = [inspect.Parameter.empty] * (len(names) - len(arguments.defaults))
    return dict(zip(names, [*required, *map(ast.literal_eval, arguments.defaults)], strict=True))


def radio_header(
    shape: tuple[int, ...] = (64, 64),
    *,
    ra: float = 60.0,
    dec: float = -45.0,
    pixel: float = 6.0 / 3600,
    beam: tuple[float, float, float] | None = (22.0 / 3600, 17.5 / 3600, 60.0),
    unit: str | None = "Jy/beam",
) -> fits.Header:
    """Header of a SIN image with square pixels (degrees), its reference in the middle."""
    header = fits.Header()
    header["CTYPE1"], header["CTYPE2"] = "RA---SIN", "DEC--SIN"
    header["CRVAL1"], header["CRVAL2"] = ra, dec
    header["CRPIX1"], header["CRPIX2"] = shape[-1] // 2 + 1, shape[-2] // 2 + 1
    header["CDELT1"], header["CDELT2"] = -pixel, pixel
    header["CUNIT1"], header["CUNIT2"] = "deg", "deg"
    for axis, name in enumerate(("FREQ", "STOKES")[: len(shape) - 2], start=3):
        header[f"CTYPE{axis}"], header[f"CRVAL{axis}"] = name, 1.0
        header[f"CRPIX{axis}"], header[f"CDELT{axis}"] = 1.0, 1.0
    if beam is not None:
        header["BMAJ"], header["BMIN"], header["BPA"] = beam
    if unit is not None:
        header["BUNIT"] = unit
    return header


def write_fits(path: Path, data: NDArray, header: fits.Header | None = None, ndim: int | None = None) -> Path:
    """Write an array as FITS, with axes of length 1 in front up to `ndim`."""
    if ndim is not None:
        data = data.reshape((1,) * (ndim - data.ndim) + data.shape)
    fits.PrimaryHDU(data, header=header if header is not None else radio_header(data.shape)).writeto(path)
    return path


@pytest.fixture(scope="session")
def wsclean() -> str:
    """Path of the imager that masks are made for."""
    path = shutil.which("wsclean")
    if path is None:
        pytest.skip("no wsclean on the PATH (Debian: apt-get install wsclean)")
    return path


@pytest.fixture(scope="session")
def casacore_tables() -> ModuleType:
    """Module that reads and writes measurement sets."""
    return pytest.importorskip("casacore.tables", reason="no python-casacore (pip install 'skerry[casacore]')")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium without a window."""
    with running_browser(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture
def rng() -> np.random.Generator:
    """Random numbers that are the same in every run."""
    return np.random.default_rng(20400)


@pytest.fixture(params=[1, 3, 1000], ids="bands of {} rows".format)
def band_rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Work in bands of so many rows, on two threads: no result may depend on either."""
    monkeypatch.setattr("skerry.planes.bands._band_rows", lambda *_: (request.param, 2))
    return request.param
