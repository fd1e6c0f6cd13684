"""Reading and writing FITS files: the only module that does either.

An image is read as one plane of native float32, a mask as integers with all their bits; every problem becomes a
`SkerryError` that names the file. Files are written under a temporary name in the same directory and then renamed, so
that a reader sees the old file or the whole new one, and carry no timestamp: the same input gives the same bytes.
"""

from __future__ import annotations

import os
import secrets
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.products import MaskArray, Product, check_outputs, smallest_mask_type

__all__ = [
    "Image",
    "Mask",
    "StoredImage",
    "open_stored",
    "read_header",
    "read_image",
    "read_mask",
    "read_shape",
    "same_grid_size",
    "write_products",
]


_PIXELS_PER_READ = 1 << 18


@dataclass(frozen=True)
class Image:
    """One plane of a FITS image.

    Attributes
    ----------
    path : Path
        The file it was read from.
    data : ndarray of float32, shape (ny, nx)
        Native byte order; NaN and infinite pixels are invalid.
    header : astropy.io.fits.Header
        As in the file.
    shape : tuple of int
        Shape of the array in the file, which may have more axes of length 1.
    """

    path: Path
    data: NDArray[np.float32]
    header: fits.Header
    shape: tuple[int, ...]

    @property
    def unit(self) -> str:
        """BUNIT, or an empty string."""
        return str(self.header.get("BUNIT", "")).strip()


@dataclass(frozen=True)
class Mask:
    """One plane of a FITS mask; attributes as in `Image`, but `data` is uint8, int16 or int32 with all its bits."""

    path: Path
    data: MaskArray
    header: fits.Header
    shape: tuple[int, ...]


@dataclass(frozen=True)
class StoredImage:
    """A FITS image as it lies in its file, for one who asks what another program would find there.

    Attributes
    ----------
    header : astropy.io.fits.Header
        With BITPIX, BSCALE, BZERO and BLANK.
    shape : tuple of int
        Of all axes.
    place : str
        Where in the file: "primary", "extension" or "compressed".
    """

    header: fits.Header
    shape: tuple[int, ...]
    place: Literal["primary", "extension", "compressed"]
    _hdu: Any

    def planes(self) -> Iterator[Iterator[tuple[slice, NDArray[Any]]]]:
        """Physical values of each plane, block of rows by block of rows; BLANK is NaN. At least two axes are needed."""
        for leading in np.ndindex(self.shape[:-2]):
            yield _blocks(self._hdu, self.shape, leading)


@contextmanager
def open_stored(path: str | Path) -> Iterator[StoredImage]:
    """Open a FITS image of any number of axes and planes, as it is stored.

    Raises
    ------
    SkerryError
        If the file is missing, truncated or no FITS image, also while its planes are read.
    """
    with _open_image_hdu(Path(path)) as hdu:
        compressed = isinstance(hdu, fits.CompImageHDU)
        primary = isinstance(hdu, fits.PrimaryHDU) and not compressed
        place: Literal["primary", "extension", "compressed"] = "primary" if primary else "extension"
        shape = tuple(int(n) for n in hdu.shape)
        yield StoredImage(hdu.header.copy(), shape, "compressed" if compressed else place, hdu)


def read_image(path: str | Path) -> Image:
    """Read the single plane of a FITS image as float32.

    Parameters
    ----------
    path : path
        2-D image, or one with more axes of length 1; any BITPIX, scaled or not, gzipped or tile-compressed.

    Returns
    -------
    Image

    Raises
    ------
    SkerryError
        If the file is missing, truncated, no FITS image, or has several planes.
    """
    path = Path(path)
    with _open_plane(path) as (hdu, shape):
        data = np.empty(shape[-2:], dtype=np.float32)
        for rows, block in _blocks(hdu, shape):
            data[rows] = block
        return Image(path, data, hdu.header.copy(), shape)


def read_mask(path: str | Path) -> Mask:
    """Read the single plane of a FITS mask as integers.

    Invalid pixels are read as 0, for a mask never says "clean here" of a pixel that is not there.

    Parameters
    ----------
    path : path
        As in `read_image`; integers, or floats with whole numbers.

    Returns
    -------
    Mask
        In the smallest of uint8, int16 and int32 that holds its values.

    Raises
    ------
    SkerryError
        As in `read_image`, or if the values are not those of a mask: whole numbers from 0 to 2**31 - 1.
    """
    path = Path(path)
    with _open_plane(path) as (hdu, shape):
        data = np.zeros(shape[-2:], dtype=np.int32)
        for rows, block in _blocks(hdu, shape):
            valid = np.isfinite(block)
            values = np.where(valid, block, 0)
            if values.min(initial=0) < 0 or values.max(initial=0) >= 2**31 or np.any(values != np.floor(values)):
                raise SkerryError(
                    f"{path}: is not a mask: its values are not whole numbers from 0 to {2**31 - 1}; "
                    "make a mask from an image with 'skerry mask'"
                )
            data[rows] = values
        smallest = smallest_mask_type(int(data.max(initial=0)))
        return Mask(path, data.astype(smallest, copy=False), hdu.header.copy(), shape)


def read_header(path: str | Path) -> fits.Header:
    """Read the header of a FITS image of any number of planes, without its pixels.

    Raises
    ------
    SkerryError
        If the file is missing or no FITS image.
    """
    path = Path(path)
    with _open_image_hdu(path) as hdu:
        return hdu.header.copy()


def read_shape(path: str | Path) -> tuple[int, ...]:
    """Shape of a single-plane FITS image, without reading its pixels; errors as in `read_image`."""
    with _open_plane(Path(path)) as (_, shape):
        return shape


def same_grid_size(image: Image | Mask, other: Image | Mask) -> None:
    """Check that two images have the same width and height.

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


def write_products(products: Sequence[Product], overwrite: bool = False) -> None:
    """Write files so that each appears whole, and none unless all could be written.

    Parameters
    ----------
    products : sequence of Product
        Files to write.
    overwrite : bool
        Whether files of these names may be replaced.

    Raises
    ------
    SkerryError
        If a file exists and `overwrite` is false, or cannot be written.
    """
    check_outputs([p.path for p in products], (), overwrite)
    written: list[tuple[Path, Path]] = []
    try:
        for product in products:
            final = Path(os.path.realpath(product.path))
            partial = final.with_name(f".{final.name}.{secrets.token_hex(4)}.tmp")
            written.append((partial, final))
            hdu = fits.PrimaryHDU(product.data.reshape(product.shape), header=product.header)
            with partial.open("wb") as file:
                hdu.writeto(file)
                file.flush()
                os.fsync(file.fileno())
        for partial, final in written:
            partial.replace(final)
    except OSError as error:
        names = ", ".join(str(p.path) for p in products)
        raise SkerryError(f"{names}: cannot be written: {error.strerror or error}") from error
    finally:
        for partial, _ in written:
            with suppress(OSError):
                partial.unlink(missing_ok=True)


@contextmanager
def _open_image_hdu(path: Path) -> Iterator[Any]:
    """Open the first HDU that holds an image, checked for completeness."""
    if not path.exists():
        raise SkerryError(f"{path}: there is no such file; check the name")
    if path.is_dir():
        raise SkerryError(f"{path}: is a directory; give a FITS file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with fits.open(path, mode="readonly", memmap=False) as hdus:
                hdu = next((h for h in hdus if h.is_image and h.header.get("NAXIS", 0) > 0), None)
                if hdu is None:
                    raise SkerryError(f"{path}: holds no image; give a FITS file with an image in its primary HDU")
                _check_complete(path, hdu)
                yield hdu
    except SkerryError:
        raise
    except (OSError, ValueError, TypeError, KeyError, EOFError, fits.VerifyError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise SkerryError(f"{path}: cannot be read as a FITS image ({reason}); is it complete?") from error


def _check_complete(path: Path, hdu: Any) -> None:
    """Find a file that ends before its pixels do."""
    info = hdu.fileinfo()
    if path.suffix.lower() == ".gz" or info is None or isinstance(hdu, fits.CompImageHDU):
        return
    header = hdu.header
    pixels = int(np.prod([header[f"NAXIS{n}"] for n in range(1, header["NAXIS"] + 1)], dtype=np.int64))
    needed = info["datLoc"] + pixels * abs(header["BITPIX"]) // 8
    size = path.stat().st_size
    if size < needed:
        raise SkerryError(f"{path}: is truncated: {size} bytes of at least {needed}; copy or make it again")


@contextmanager
def _open_plane(path: Path) -> Iterator[tuple[Any, tuple[int, ...]]]:
    """Open an image HDU and check that it is a single plane."""
    with _open_image_hdu(path) as hdu:
        shape = tuple(int(n) for n in hdu.shape)
        planes = int(np.prod(shape[:-2], dtype=np.int64)) if len(shape) > 2 else 1
        if len(shape) < 2 or 0 in shape:
            axes = "1 axis" if len(shape) == 1 else f"axes of lengths {shape[::-1]}"
            raise SkerryError(f"{path}: has {axes}; give a 2-D image")
        if planes != 1:
            raise SkerryError(f"{path}: has {planes} planes; give an image of a single plane")
        yield hdu, shape


def _blocks(
    hdu: Any, shape: tuple[int, ...], plane: tuple[int, ...] | None = None
) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Physical values of a plane, by default the first, block of rows by block of rows."""
    ny, nx = shape[-2:]
    leading = (0,) * (len(shape) - 2) if plane is None else plane
    step = max(1, _PIXELS_PER_READ // nx)
    for start in range(0, ny, step):
        rows = slice(start, min(start + step, ny))
        yield rows, hdu.section[(*leading, rows, slice(None))]
