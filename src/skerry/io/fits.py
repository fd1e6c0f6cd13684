"""Reading and writing FITS files, with `fits_pixels` and `fits_writer`: no other module does either.

An image is a plane of native float32, a mask one of integers with all their bits, and both are read band by band as
they are needed; every problem becomes a `SkerryError` that names the file.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.io.cube_axes import CubeAxes, CubePlane, cube_axes
from skerry.io.cube_files import OpenCubes, PlaneInWork, SeveralPlanesError, plane_in_work, working_on
from skerry.io.fits_pixels import FilePlane, reading, stored_blocks
from skerry.io.fits_writer import write_products
from skerry.io.header_cards import check_storage, readable_header
from skerry.io.meant_header import header_without_table, meant_header, set_beam
from skerry.io.pixel_units import PixelUnit, unit_of
from skerry.io.sky_first import copied_sky_first, order_of_axes
from skerry.io.unpacked import unpacked
from skerry.planes.bands import each_band
from skerry.planes.computed import collect
from skerry.planes.mask_types import MaskArray, smallest_mask_type
from skerry.planes.plane import Plane
from skerry.sky.restoring_beam import RestoringBeam

__all__ = [
    "Image",
    "Mask",
    "OpenImage",
    "StoredImage",
    "check_same_size",
    "each_image",
    "each_mask",
    "is_casa_image",
    "open_image",
    "open_mask",
    "open_stored",
    "read_axes",
    "read_header",
    "read_image",
    "read_mask",
    "read_shape",
    "read_size",
    "write_products",
]


@dataclass(frozen=True)
class OpenImage:
    """A FITS image or mask whose pixels are read when they are asked for.

    Attributes
    ----------
    path : Path
        The file.
    data : Plane
        Float32 with NaN and infinite pixels for invalid ones; of a mask uint8, int16 or int32 with all its bits. Its
        rows can be read for as long as the file is open.
    header : astropy.io.fits.Header
        As it is meant, see `skerry.io.meant_header`: with the beam in BMAJ, BMIN and BPA wherever it stood.
    shape : tuple of int
        Shape of the array in the file, which may have more axes of length 1.
    empty : bool
        Whether it is known that no pixel is valid.
    level : bool
        Whether it is known that all valid pixels have the same value.
    """

    path: Path
    data: Plane
    header: fits.Header
    shape: tuple[int, ...]
    empty: bool = False
    level: bool = False

    @property
    def unit(self) -> PixelUnit:
        """What its pixels are measured in, by BUNIT."""
        return unit_of(self.header)


@dataclass(frozen=True)
class Image(OpenImage):
    """An image of which all pixels were read: `data` is an array of float32, shape (ny, nx)."""

    data: NDArray[np.float32]


@dataclass(frozen=True)
class Mask(OpenImage):
    """A mask of which all pixels were read: `data` is an array of uint8, int16 or int32, shape (ny, nx)."""

    data: MaskArray


@dataclass(frozen=True)
class StoredImage:
    """A FITS image as it lies in its file, for one who asks what another program would find there.

    Attributes
    ----------
    header : astropy.io.fits.Header
        With BITPIX, BSCALE, BZERO and BLANK, as far as its cards can be read.
    meant : astropy.io.fits.Header
        As of `OpenImage`.
    shape : tuple of int
        Of all axes.
    place : str
        Where in the file: "primary", "extension" or "compressed"; "casa" of a CASA image, which is none.
    hdus : int
        HDUs of the file.
    frequencies : str, optional
        Of a CASA image, the coordinates of its channels as casacore says them, of which nothing is rounded.
    """

    header: fits.Header
    meant: fits.Header
    shape: tuple[int, ...]
    place: Literal["primary", "extension", "compressed", "casa"]
    hdus: int
    _path: Path
    _hdu: Any
    frequencies: str | None = None

    def planes(self) -> Iterator[Iterator[tuple[slice, NDArray[Any]]]]:
        """Physical values of each plane, block of rows by block of rows; BLANK is NaN. At least two axes are needed."""
        for leading in np.ndindex(self.shape[:-2]):
            yield stored_blocks(self._path, self._hdu, self.shape, leading)


def is_casa_image(path: Path) -> bool:
    """Whether a directory is a CASA image, by what its table says that it is."""
    try:
        return "Type = Image" in (Path(path) / "table.info").read_text(encoding="latin-1").splitlines()[0]
    except (OSError, IndexError):
        return False


@contextmanager
def open_stored(path: str | Path, *, sky_first: bool = False) -> Iterator[StoredImage]:
    """Open a FITS image of any number of axes and planes, as it is stored, or a CASA image.

    Parameters
    ----------
    path : path
        The file, or the directory that a CASA image is.
    sky_first : bool
        Whether the axes of the sky come first, as everywhere else in skerry, though they lie behind others in the file;
        its planes are then not to be asked for.

    Yields
    ------
    StoredImage
        Its planes can be read for as long as the file is open.

    Raises
    ------
    SkerryError
        If the file is missing, truncated or no FITS image, also while its planes are read; or if it is a CASA image
        and python-casacore is not installed.
    """
    path = Path(path)
    if is_casa_image(path):
        # Imported here: few are.
        from skerry.io.casa_images import stored_casa_image

        yield stored_casa_image(path)
        return
    opened = partial(_open_image_hdu, pixels=False) if sky_first else _open_stored_hdu
    with opened(path) as (hdu, _, hdus):
        compressed = isinstance(hdu, fits.CompImageHDU)
        primary = isinstance(hdu, fits.PrimaryHDU) and not compressed
        place: Literal["primary", "extension", "compressed"] = "primary" if primary else "extension"
        shape = tuple(int(n) for n in hdu.shape)
        header, meant = readable_header(hdu.header, str(path)), meant_header(hdu, hdus, path)
        pixels = None if sky_first else hdu
        yield StoredImage(header, meant, shape, "compressed" if compressed else place, _count(hdus), path, pixels)


@contextmanager
def open_image(path: str | Path, beam: RestoringBeam | None = None) -> Iterator[OpenImage]:
    """Open the single plane of a FITS image, to be read as float32 in bands.

    Parameters
    ----------
    path : path
        2-D image, or one with more axes of length 1; any BITPIX, scaled or not, tile-compressed, or compressed as
        a whole by gzip, bzip2, xz or zip.
    beam : RestoringBeam, optional
        Its restoring beam, in place of whatever the file says.

    Yields
    ------
    OpenImage

    Raises
    ------
    SkerryError
        If the file is missing, truncated, no FITS image, or has several planes; also while its rows are read. If a
        card cannot be read that says something of its coordinates, its beam or its unit.
    """
    path = Path(path)
    with _open_plane(path, beam) as opened:
        yield OpenImage(path, opened.pixels(np.float32), opened.header, opened.shape)


@contextmanager
def open_mask(path: str | Path, beam: RestoringBeam | None = None) -> Iterator[OpenImage]:
    """Open the single plane of a FITS mask, to be read as integers in bands.

    Invalid pixels are read as 0, for a mask never says "clean here" of a pixel that is not there.

    Parameters
    ----------
    path : path
        As in `open_image`; integers, or floats with whole numbers.
    beam : RestoringBeam, optional
        As in `open_image`.

    Yields
    ------
    OpenImage
        In the smallest of uint8, int16 and int32 that holds its values.

    Raises
    ------
    SkerryError
        As in `open_image`, or if the values are not those of a mask: whole numbers from 0 to 2**31 - 1.
    """
    path = Path(path)
    with _open_plane(path, beam) as opened:
        plane = opened.pixels(np.int32)
        if plane.is_plain_bytes:
            plane = opened.pixels(np.uint8)
        elif opened.is_of_cube and plane.is_plain_short:
            # All planes have one type.
            plane = opened.pixels(np.int16)
        elif not opened.is_of_cube:
            largest = max((int(band.max(initial=0)) for _, band in each_band(plane)), default=0)
            plane = opened.pixels(smallest_mask_type(largest))
        yield OpenImage(path, plane, opened.header, opened.shape)


def each_mask(path: str | Path) -> Iterator[OpenImage]:
    """Open the planes of a FITS mask one after the other, in their order.

    Parameters
    ----------
    path : path
        As in `open_mask`, but of any number of planes.

    Yields
    ------
    OpenImage
        Of a mask of one plane as `open_mask` gives it, of others with the header of the plane. Each is open until the
        next is asked for.

    Raises
    ------
    SkerryError
        As in `open_mask`.
    """
    yield from _each_plane(Path(path), open_mask)


def each_image(path: str | Path) -> Iterator[OpenImage]:
    """Open the planes of a FITS image one after the other; otherwise as `each_mask`."""
    yield from _each_plane(Path(path), open_image)


def _each_plane(path: Path, opened: Callable[[Path], AbstractContextManager[OpenImage]]) -> Iterator[OpenImage]:
    axes, _ = read_axes(path)
    if axes.channels * axes.stokes == 1:
        with opened(path) as image:
            yield image
        return
    with OpenCubes() as cubes:
        for plane in axes.planes():
            with working_on(PlaneInWork(plane, cubes)), opened(path) as image:
                yield image


def read_image(path: str | Path) -> Image:
    """Read the whole of what `open_image` opens."""
    with open_image(path) as image:
        return Image(image.path, collect(image.data), image.header, image.shape)


def read_mask(path: str | Path) -> Mask:
    """Read the whole of what `open_mask` opens."""
    with open_mask(path) as mask:
        return Mask(mask.path, collect(mask.data), mask.header, mask.shape)


def read_header(path: str | Path) -> fits.Header:
    """Read the header of a FITS image of any number of planes, without its pixels.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    Header
        Of the first HDU that holds an image, as it is meant.

    Raises
    ------
    SkerryError
        If the file is missing or no FITS image, or a card that skerry needs cannot be read.
    """
    path = Path(path)
    if plane_in_work() is not None:
        with _open_plane(path, None) as opened:
            return opened.header
    with _open_image_hdu(path, pixels=False) as (hdu, _, hdus):
        return meant_header(hdu, hdus, path)


def read_shape(path: str | Path) -> tuple[int, ...]:
    """Shape of a single-plane FITS image, without reading its pixels; errors as in `read_image`."""
    if plane_in_work() is not None:
        with _open_plane(Path(path), None) as opened:
            return opened.shape
    with _open_image_hdu(Path(path), pixels=False) as (hdu, _, _):
        return _shape_of_plane(Path(path), hdu)


def read_size(path: str | Path) -> tuple[int, int]:
    """Height and width of a FITS image of any number of planes; errors as of `read_header`."""
    header = read_header(path)
    return int(header.get("NAXIS2", 0)), int(header.get("NAXIS1", 0))


def read_axes(path: str | Path) -> tuple[CubeAxes, list[fits.Header]]:
    """Axes of a FITS image behind those of its planes.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    CubeAxes
        Its axes.
    list of Header
        Of the first plane of each of its Stokes parameters.

    Raises
    ------
    SkerryError
        As of `read_image`, but that it may have several planes.
    """
    path = Path(path)
    with _open_image_hdu(path, pixels=False) as (hdu, _, hdus):
        header, shape = header_without_table(hdu, hdus, path), tuple(int(n) for n in hdu.shape)
        _check_axes(path, shape)
        axes = cube_axes(header, shape)
        indices = [axes.index(CubePlane(0, stokes)) for stokes in range(axes.stokes)]
        return axes, [axes.header_of(header, index) for index in indices]


def check_same_size(image: OpenImage, other: OpenImage) -> None:
    """Check that two images have the same width and height.

    Parameters
    ----------
    image, other : OpenImage
        The two; the error is about the other one.

    Raises
    ------
    SkerryError
        If they have not.
    """
    if image.data.shape != other.data.shape:
        ny, nx = other.data.shape
        ny_wanted, nx_wanted = image.data.shape
        raise SkerryError(
            f"{other.path}: has {nx} x {ny} pixels, but {image.path} has {nx_wanted} x {ny_wanted}; "
            "give images of the same grid"
        )


@contextmanager
def _open_image_hdu(path: Path, *, single: bool = False, pixels: bool = True) -> Iterator[tuple[Any, Any, Any]]:
    """Open the first HDU that holds an image, with the axes of the sky first, as `_open_stored_hdu` does.

    Parameters
    ----------
    path : Path
        The file.
    single : bool
        Whether an image of several planes is refused.
    pixels : bool
        Whether its pixels matter too.

    Yields
    ------
    hdu, file, hdus
        The image, its file, all HDUs of that.
    """
    with ExitStack() as stack:
        hdu, file, hdus = stack.enter_context(_open_stored_hdu(path))
        with reading(path):
            order = order_of_axes(hdu)
        if order is not None:
            number = next(n for n, one in enumerate(hdus) if one is hdu)
            copy, put_pixels = stack.enter_context(copied_sky_first(path, file, hdu, order))
            hdus = stack.enter_context(fits.open(copy, mode="readonly", memmap=False))
            file, hdu = copy, hdus[number]
        if single:
            _shape_of_plane(path, hdu)
        if order is not None and pixels:
            with reading(path):
                put_pixels()
        yield hdu, file, hdus


@contextmanager
def _open_stored_hdu(path: Path) -> Iterator[tuple[Any, Any, Any]]:
    """Open the first HDU that holds an image, checked for completeness; also its file, and all HDUs of that."""
    if not path.exists():
        raise SkerryError(f"{path}: there is no such file; check the name")
    if is_casa_image(path):
        export = f"exportfits('{path}', '{path}.fits')"
        raise SkerryError(f"{path}: is a CASA image; make a FITS file of it with CASA's {export}, and give that")
    if path.is_dir():
        raise SkerryError(f"{path}: is a directory; give a FITS file")
    with ExitStack() as stack:
        with reading(path):
            file = stack.enter_context(unpacked(path))
            check_storage(path, file)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                hdus = stack.enter_context(fits.open(file, mode="readonly", memmap=False))
                hdu = next((h for h in hdus if h.is_image and h.header.get("NAXIS", 0) > 0), None)
            if hdu is None:
                raise SkerryError(f"{path}: holds no image; give a FITS file with an image in its primary HDU")
            _check_complete(path, hdu, os.fstat(file.fileno()).st_size)
        yield hdu, file, hdus


def _count(hdus: Any) -> int:
    """Number of the HDUs of a file, as far as they can be read."""
    with warnings.catch_warnings(), suppress(OSError, ValueError, TypeError, KeyError, fits.VerifyError):
        warnings.simplefilter("ignore")
        return len(hdus)
    return 1


def _check_complete(path: Path, hdu: Any, size: int) -> None:
    """Find a file that ends before its pixels do."""
    info = hdu.fileinfo()
    if info is None or isinstance(hdu, fits.CompImageHDU):
        return
    header = hdu.header
    pixels = int(np.prod([header[f"NAXIS{n}"] for n in range(1, header["NAXIS"] + 1)], dtype=np.int64))
    needed = info["datLoc"] + pixels * abs(header["BITPIX"]) // 8
    if size < needed:
        raise SkerryError(f"{path}: is truncated: {size} bytes of at least {needed}; copy or make it again")


@dataclass(frozen=True)
class _OpenPlane:
    """The plane of an open file that is worked on."""

    path: Path
    hdu: Any
    file: Any
    header: fits.Header
    """Of the plane, as it is meant."""
    leading: tuple[int, ...] | None = None
    lock: Lock | None = None

    @property
    def is_of_cube(self) -> bool:
        return self.leading is not None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the plane, with the axes of its file."""
        shape = tuple(int(n) for n in self.hdu.shape)
        return (*(1 for _ in shape[:-2]), *shape[-2:])

    def pixels(self, dtype: type[np.generic]) -> FilePlane:
        """Its pixels, as numbers of a type."""
        shape = tuple(int(n) for n in self.hdu.shape)
        return FilePlane(self.path, self.hdu, self.file, shape, np.dtype(dtype), self.leading, self.lock)


@contextmanager
def _open_plane(path: Path, beam: RestoringBeam | None) -> Iterator[_OpenPlane]:
    """Open the plane of an image: the only one, or that which is worked on."""
    work = plane_in_work()
    if work is not None:
        cube = work.cubes.get(path, beam, _open_image_hdu)
        _check_axes(path, tuple(cube.hdu.shape))
        index = work.index_in(path, cube.axes)
        opened = _OpenPlane(path, cube.hdu, cube.file, cube.axes.header_of(cube.header, index), index, cube.lock)
        if cube.beams is not None and cube.beams.rows.size:
            own = cube.beams.beam_at(*cube.axes.plane_at(index))
            # In a plane where all is flagged there is nothing that a beam matters to.
            blank = own is None and _is_blank(opened.pixels(np.float32))
            set_beam(opened.header, cube.beams.first if blank else own)
        yield opened
        return
    with _open_image_hdu(path, single=True) as (hdu, file, hdus):
        yield _OpenPlane(path, hdu, file, meant_header(hdu, hdus, path, beam))


def _is_blank(plane: FilePlane) -> bool:
    """Whether no pixel is a number other than 0."""
    return not any(np.any(np.isfinite(band) & (band != 0)) for _, band in each_band(plane))


def _shape_of_plane(path: Path, hdu: Any) -> tuple[int, ...]:
    """Shape of an image, which has to be a single plane."""
    shape = tuple(int(n) for n in hdu.shape)
    _check_axes(path, shape)
    planes = int(np.prod(shape[:-2], dtype=np.int64))
    if planes != 1:
        raise SeveralPlanesError(path, planes)
    return shape


def _check_axes(path: Path, shape: tuple[int, ...]) -> None:
    """Refuse an image that has no planes."""
    if len(shape) < 2 or 0 in shape:
        axes = "1 axis" if len(shape) == 1 else f"axes of lengths {shape[::-1]}"
        raise SkerryError(f"{path}: has {axes}; give a 2-D image")
