"""Reading and writing CASA images, which are directories of tables: the only module that does either.

Coordinates go through FITS files of one pixel, which casacore reads and writes: an image gets those that CASA's own
`importfits` would give it, or exactly those of another image. python-casacore is imported where it is used.
"""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.io.image_hdus import is_casa_image
from skerry.io.image_headers import read_header
from skerry.io.outputs import check_outputs
from skerry.io.stored_images import StoredImage
from skerry.io.whole_files import telling_os_errors, whole_files
from skerry.planes.bands import each_band
from skerry.planes.plane import Plane

__all__ = [
    "CasaGrid",
    "PlanesOfImage",
    "StoredCasaImage",
    "check_casa_output",
    "is_casa_image",
    "read_casa_grid",
    "stored_casa_image",
    "write_casa_image",
]

PlanesOfImage: TypeAlias = tuple[Sequence[tuple[int, ...]], Plane]
"""Indices of planes, and the pixels that all of them have."""
_ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class CasaGrid:
    """The coordinates of a CASA image.

    Attributes
    ----------
    path : Path
        The image.
    header : astropy.io.fits.Header
        As FITS says them.
    shape : tuple of int
        Of all axes, (..., ny, nx).
    record : object
        As casacore says them, of which nothing is rounded.
    """

    path: Path
    header: fits.Header
    shape: tuple[int, ...]
    record: Any


def read_casa_grid(path: Path) -> CasaGrid:
    """Read the coordinates of a CASA image, and none of its pixels.

    Parameters
    ----------
    path : Path
        The image, a directory.

    Returns
    -------
    CasaGrid
        Of all its axes.

    Raises
    ------
    SkerryError
        If python-casacore is not installed, or the directory is no CASA image that it can read.
    """
    if not is_casa_image(path):
        raise SkerryError(f"{path}: is no CASA image; give the directory that tclean made, as NAME.image")
    with _casacore(path, "cannot be read") as image, tempfile.TemporaryDirectory() as directory:
        opened, one_pixel = image(str(_checked_name(path))), Path(directory) / "one.fits"
        shape, coordinates = tuple(int(n) for n in opened.shape()), opened.coordinates()
        values = np.zeros((1,) * len(shape), np.float32)
        image("", values=values, coordsys=coordinates).tofits(str(one_pixel), velocity=False)
        return CasaGrid(path, read_header(one_pixel), shape, coordinates)


@dataclass(frozen=True)
class StoredCasaImage(StoredImage):
    """A CASA image as it lies on the disk; its header is that of a FITS file with its coordinates."""

    def planes(self) -> Iterator[Iterator[tuple[slice, NDArray[Any]]]]:
        """Values of each plane, block of rows by block of rows; what its own mask leaves out is NaN."""
        for index in np.ndindex(self.shape[:-2]):
            yield self._plane(index)

    def _plane(self, index: tuple[int, ...]) -> Iterator[tuple[slice, NDArray[Any]]]:
        ny, nx = self.shape[-2:]
        with _casacore(self._path, "cannot be read") as image:
            opened = image(str(_checked_name(self._path)))
            for first in range(0, ny, _ROWS_AT_ONCE):
                last = min(first + _ROWS_AT_ONCE, ny)
                box = ([*index, first, 0], [*index, last - 1, nx - 1])
                values, invalid = (read(*box)[(0,) * len(index)] for read in (opened.getdata, opened.getmask))
                yield slice(first, last), np.where(invalid, np.nan, values) if invalid.any() else values


def stored_casa_image(path: Path) -> StoredCasaImage:
    """Look into a CASA image.

    Parameters
    ----------
    path : Path
        The image, a directory.

    Returns
    -------
    StoredCasaImage
        As `skerry.io.stored_images.open_stored` gives a FITS file.

    Raises
    ------
    SkerryError
        If python-casacore is not installed, or cannot read the image.
    """
    # Imported here: what merely looks for a CASA image does not need it.
    from astropy import units as u

    grid = read_casa_grid(path)
    header = grid.header.copy()
    with _casacore(path, "cannot be read") as image:
        opened = image(str(_checked_name(path)))
        header["BUNIT"], beam = opened.unit(), opened.imageinfo().get("restoringbeam", {})
    for keyword, name in (("BMAJ", "major"), ("BMIN", "minor"), ("BPA", "positionangle")):
        # Of several beams there is none.
        if name in beam:
            header[keyword] = (beam[name]["value"] * u.Unit(beam[name]["unit"])).to_value(u.deg)
    header["ORIGIN"] = "CASA"
    if parts := [part for name, part in grid.record.dict().items() if name.startswith("spectral")]:
        header["SPECSYS"] = parts[0]["system"]
    for axis, length in enumerate(grid.shape[::-1], start=1):
        header[f"NAXIS{axis}"] = length
    frequencies = repr([{key: part.get(key) for key in ("system", "wcs", "tabular")} for part in parts])
    return StoredCasaImage(header, header.copy(), grid.shape, "casa", 1, path, None, frequencies)


def check_casa_output(path: Path, inputs: Iterable[Path], overwrite: bool) -> None:
    """Check, before any work, that a CASA image may be written.

    Parameters
    ----------
    path : Path
        The image.
    inputs : iterable of Path
        What the command reads.
    overwrite : bool
        Whether a CASA image of this name may be replaced; nothing else is.

    Raises
    ------
    SkerryError
        If it may not, or python-casacore is not installed.
    """
    with _casacore(path, "cannot be written"):
        _checked_name(path)
    check_outputs([], inputs, overwrite, directories=[path])
    if path.exists() and not is_casa_image(path):
        raise SkerryError(f"{path}: is no CASA image and is not replaced by one; choose another name for the output")


def write_casa_image(
    path: Path,
    planes: Iterable[PlanesOfImage],
    size: tuple[int, int],
    header: fits.Header,
    like: CasaGrid | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write planes as a CASA image of float32 that appears whole; one of the same name is replaced.

    Parameters
    ----------
    path : Path
        The directory to make, see `check_casa_output`.
    planes : iterable of (indices, Plane)
        Pixels, and the planes of the image that they are for, each an index before that of rows.
    size : (int, int)
        Height and width of the planes.
    header : Header
        Of four axes, the last two of which have a length of 1: the coordinates, unless there is `like`.
    like : CasaGrid, optional
        An image whose coordinates are taken, and whose other axes.
    facts : mapping of str to object, optional
        What to say of it in its own list of further keywords.

    Raises
    ------
    SkerryError
        If it cannot be written, or python-casacore is not installed.
    """
    shape = (*((1, 1) if like is None else like.shape[:-2]), *size)
    _check_space(path, 4 * math.prod(shape))
    with _casacore(path, "cannot be written") as image, whole_files(path) as (partial,):
        record = _coordinates(image, header) if like is None else like.record
        made = image(str(partial), shape=list(shape), coordsys=record)
        try:
            for indices, data in planes:
                _put(made, data, indices)
        except BaseException as error:
            # An image is closed with the last reference to it, and casacore aborts if its directory is gone by then.
            traceback.clear_frames(error.__traceback__)
            raise
        finally:
            del made
        _put_facts(partial, dict(facts or {}))


def _put(image: Any, data: Plane, indices: Sequence[tuple[int, ...]]) -> None:
    """Write the pixels of a plane into some planes of an image."""
    for rows, band in each_band(data):
        for first in range(0, len(band), _ROWS_AT_ONCE):
            values = np.asarray(band[first : first + _ROWS_AT_ONCE], np.float32)
            for index in indices:
                image.putdata(values[(np.newaxis,) * len(index)], blc=[*index, rows.start + first, 0])


def _check_space(path: Path, size: int) -> None:
    """Find out whether there is room, for of a full disk casacore tells by ending the process."""
    with telling_os_errors(f"{path}: cannot be written"):
        free = shutil.disk_usage(Path(os.path.realpath(path)).parent).free
    if free < size:
        raise SkerryError(f"{path}: needs {size / 1e6:.0f} MB, and its disk has {free / 1e6:.0f} MB left; make room")


def _coordinates(image: Any, header: fits.Header) -> Any:
    """Coordinates as casacore reads them of a header."""
    with tempfile.TemporaryDirectory() as directory:
        one_pixel = Path(directory) / "one.fits"
        pixels = np.zeros((1,) * (2 + sum(f"CTYPE{n}" in header for n in (3, 4))), np.float32)
        fits.PrimaryHDU(pixels, header).writeto(one_pixel, output_verify="fix+ignore")
        return image(str(one_pixel)).coordinates()


def _put_facts(path: Path, facts: dict[str, Any]) -> None:
    from casacore.tables import table

    with table(str(path), readonly=False, ack=False) as opened:
        opened.putkeyword("miscinfo", facts)


def _checked_name(path: Path) -> Path:
    """The absolute name of an image, in which casacore would replace nothing."""
    absolute = path.absolute()
    if "$" in str(absolute) or str(path).startswith("~"):
        raise SkerryError(f"{path}: has a dollar sign or begins with a tilde, which casacore replaces; rename it")
    return absolute


@contextmanager
def _casacore(path: Path, problem: str) -> Iterator[Any]:
    """What makes and opens images; its errors are about a file, and told as such."""
    try:
        from casacore.images import image
    except ImportError as error:
        raise SkerryError(
            "CASA images need python-casacore, which is not installed; pip install 'skerry[casacore]'"
        ) from error
    try:
        yield image
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise SkerryError(f"{path}: {problem}: {reason}; see to that, and run it again") from error
