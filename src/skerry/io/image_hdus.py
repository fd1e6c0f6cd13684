"""The HDU of a FITS file that holds its image, found and checked before anything is read of it.

With `skerry.io.fits_pixels`, which reads its pixels, and `skerry.io.fits_writer` no other module opens FITS files.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from astropy.io import fits

from skerry.config.input_files import check_input
from skerry.errors import SkerryError
from skerry.io.cube_files import SeveralPlanesError
from skerry.io.fits_pixels import reading
from skerry.io.header_cards import check_storage
from skerry.io.sky_first import copied_sky_first, order_of_axes
from skerry.io.unpacked import unpacked
from skerry.io.whole_files import place_of_output
from skerry.kernels import LONGEST_AXIS

__all__ = ["check_axes", "is_casa_image", "open_image_hdu", "open_stored_hdu", "shape_of_plane"]


def is_casa_image(path: Path) -> bool:
    """Whether a directory is a CASA image, by what its table says that it is."""
    try:
        return "Type = Image" in (Path(path) / "table.info").read_text(encoding="latin-1").splitlines()[0]
    except (OSError, IndexError):
        return False


@contextmanager
def open_image_hdu(path: Path, *, single: bool = False, pixels: bool = True) -> Iterator[tuple[Any, Any, Any]]:
    """Open the first HDU that holds an image, with the axes of the sky first, as `open_stored_hdu` does.

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
        hdu, file, hdus = stack.enter_context(open_stored_hdu(path))
        with reading(path):
            order = order_of_axes(hdu)
        if order is not None:
            copy, put_pixels = stack.enter_context(copied_sky_first(path, file, hdu, order))
            with reading(path):
                number = next(n for n, one in enumerate(hdus) if one is hdu)
                hdus = stack.enter_context(fits.open(copy, mode="readonly", memmap=False))
                file, hdu = copy, hdus[number]
        if single:
            shape_of_plane(path, hdu)
        if order is not None and pixels:
            with reading(path):
                put_pixels()
        yield hdu, file, hdus


@contextmanager
def open_stored_hdu(path: Path) -> Iterator[tuple[Any, Any, Any]]:
    """Open the first HDU that holds an image, checked for completeness; also its file, and all HDUs of that."""
    if place_of_output(path) is None:
        check_input(path, "a FITS file", takes_directories=True)
    if is_casa_image(path):
        export = f"exportfits({str(path)!r}, {f'{path}.fits'!r})"
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
                hdu = next((h for h in hdus if _is_image(h)), None)
            if hdu is None:
                raise SkerryError(f"{path}: holds no image; give a FITS file with an image in its primary HDU")
            _check_complete(path, hdu, os.fstat(file.fileno()).st_size)
        yield hdu, file, hdus


def _is_image(hdu: Any) -> bool:
    """Whether an HDU is an image with pixels; one whose header astropy does not take is nothing."""
    return hdu.is_image and hasattr(hdu, "shape") and hdu.header.get("NAXIS", 0) > 0


def _check_complete(path: Path, hdu: Any, size: int) -> None:
    """Find a file that ends before its pixels do."""
    info = hdu.fileinfo()
    if info is None or isinstance(hdu, fits.CompImageHDU):
        return
    header = hdu.header
    pixels = math.prod(header[f"NAXIS{n}"] for n in range(1, header["NAXIS"] + 1))
    needed = info["datLoc"] + pixels * abs(header["BITPIX"]) // 8
    if size < needed:
        raise SkerryError(f"{path}: is truncated: {size} bytes of at least {needed}; copy or make it again")


def shape_of_plane(path: Path, hdu: Any) -> tuple[int, ...]:
    """Shape of an image, which has to be a single plane."""
    shape = tuple(int(n) for n in hdu.shape)
    check_axes(path, shape)
    planes = math.prod(shape[:-2])
    if planes != 1:
        raise SeveralPlanesError(path, planes)
    return shape


def check_axes(path: Path, shape: tuple[int, ...]) -> None:
    """Refuse an image that has no planes, or planes of which the loops cannot count the rows or columns."""
    if len(shape) < 2 or 0 in shape:
        axes = "1 axis" if len(shape) == 1 else f"axes of lengths {shape[::-1]}"
        raise SkerryError(f"{path}: has {axes}; give a 2-D image")
    if max(shape[-2:]) > LONGEST_AXIS:
        size = f"{shape[-1]} x {shape[-2]} pixels"
        raise SkerryError(f"{path}: has {size}, and no axis may have more than {LONGEST_AXIS}; cut the image")
