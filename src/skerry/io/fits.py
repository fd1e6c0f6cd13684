"""Images and masks in FITS files, as steps open them, read them and write them.

An image is a plane of native float32, a mask one of integers with all their bits, and both are read band by band as
they are needed; every problem becomes a `SkerryError` that names the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.io.cube_files import OpenCubes, PlaneInWork, working_on
from skerry.io.fits_writer import write_products
from skerry.io.image_headers import read_axes
from skerry.io.open_plane import open_plane
from skerry.io.pixel_units import PixelUnit, unit_of
from skerry.planes.bands import each_band
from skerry.planes.computed import collect
from skerry.planes.mask_types import MaskArray, smallest_mask_type
from skerry.planes.plane import Plane
from skerry.sky.restoring_beam import RestoringBeam

__all__ = [
    "Image",
    "Mask",
    "OpenImage",
    "check_same_size",
    "each_image",
    "each_mask",
    "open_image",
    "open_mask",
    "read_image",
    "read_mask",
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
    with open_plane(path, beam) as opened:
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
    with open_plane(path, beam) as opened:
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
