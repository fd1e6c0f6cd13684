"""The pixels of an open FITS file, read in any order, a few rows at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from skerry.config.input_files import reason_of
from skerry.errors import SkerryError
from skerry.io.file_bytes import read_at
from skerry.kernels.pixels import swap_bytes
from skerry.planes.limits import check_kept
from skerry.planes.plane import Needs

if TYPE_CHECKING:
    from skerry.io.pixel_values import PixelValues

__all__ = ["FilePlane", "NotMaskError", "reading", "stored_blocks"]

_PIXELS_PER_READ = 1 << 18
_BYTES_OF_ASTROPY = 24  # a pixel
_BYTES_OF_VALUES = 16
"""A physical value of a row, with what it is compared with and what of it is kept meanwhile."""
_SHARE_OF_ROW = 0.6


class NotMaskError(SkerryError):
    """What was to be a mask has other values."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what goes wrong while a file is read into an error that names it.

    No exception passes but skerry's own and a lack of memory. A narrower set would let some of astropy's through: of
    broken files it raises, beside OSError, TypeError, ValueError, KeyError, IndexError, AttributeError, AssertionError
    and RuntimeError, also VerifyError, zlib.error and the CfitsioException of a private module, which are no more than
    Exceptions. So nothing but what reads the file is to stand in such a block.

    Parameters
    ----------
    path : Path
        Its name.

    Raises
    ------
    SkerryError
        If anything does.
    """
    try:
        yield
    except (SkerryError, MemoryError):
        raise
    except Exception as error:
        reason = reason_of(error)
        told = f"{path}: cannot be read as a FITS image"
        if "No SIMPLE card" in reason:
            # What astropy goes on to advise is a parameter of its own.
            raise SkerryError(f"{told}, for it does not begin as one; give a FITS file") from error
        raise SkerryError(f"{told} ({reason}); is it complete?") from error


def stored_blocks(
    path: Path, values: PixelValues, shape: tuple[int, ...], leading: tuple[int, ...]
) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Physical values of a plane of an open HDU, block of rows by block of rows; a row has to fit into the memory."""
    ny, nx = shape[-2:]
    check_kept(_BYTES_OF_VALUES * nx, f"rows of {nx} pixels of {path}", "cut the image", share=_SHARE_OF_ROW)
    with reading(path):
        values.prepare(leading)
    step = max(1, _PIXELS_PER_READ // nx)
    for start in range(0, ny, step):
        stop = min(start + step, ny)
        with reading(path):
            block = values.rows(leading, start, stop)
        yield slice(start, stop), block


class FilePlane:
    """The pixels of an open HDU as a plane: float32 of an image, integers of a mask.

    What lies in the file as float32 or, of a mask, as bytes is read where it lies; all else is asked for as values.

    Parameters
    ----------
    path : Path
        Name of the file.
    hdu : astropy.io.fits HDU
        The image in it.
    file : file
        The file that the HDU was opened from, uncompressed.
    values : PixelValues
        Those of the HDU.
    shape : tuple of int
        Of the HDU: (..., ny, nx).
    dtype : dtype
        Of the rows: float32, or an integer type for a mask.
    leading : tuple of int, optional
        Index of the plane; by default the only one.
    """

    def __init__(
        self,
        path: Path,
        hdu: Any,
        file: BinaryIO,
        values: PixelValues,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        leading: tuple[int, ...] | None = None,
    ) -> None:
        self.shape = (shape[-2], shape[-1])
        self.dtype = dtype
        self._path, self._values, self._descriptor = path, values, file.fileno()
        self._leading = (0,) * (len(shape) - 2) if leading is None else leading
        header, info = hdu.header, hdu.fileinfo()
        scaled = header.get("BSCALE", 1) != 1 or header.get("BZERO", 0) != 0
        scaled = scaled or (header["BITPIX"] > 0 and "BLANK" in header)
        with reading(path):
            values.prepare(self._leading)
        self._bitpix = None if scaled or values.are_packed or info is None else header["BITPIX"]
        self._start = 0 if info is None else info["datLoc"]
        if any(self._leading):
            before = int(np.ravel_multi_index(self._leading, shape[:-2]))
            self._start += before * shape[-2] * shape[-1] * abs(header["BITPIX"]) // 8
        self._direct = self._bitpix is not None and self._bitpix == self._readable_as(dtype)
        # What goes through astropy takes some numbers of double precision, and is not read twice for nothing.
        again = None if values.are_kept else 0
        self.needs = Needs(dtype.itemsize) if self._direct else Needs(dtype.itemsize + _BYTES_OF_ASTROPY, again=again)

    @property
    def is_plain_bytes(self) -> bool:
        """Whether the file has bytes that mean what they are."""
        return self._bitpix == 8

    @property
    def is_plain_short(self) -> bool:
        """Whether the file has numbers of 16 bits that mean what they are."""
        return self._bitpix == 16

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        start, stop, _ = rows.indices(self.shape[0])
        if self._direct:
            with reading(self._path):
                return self._stored(start, stop)
        band = np.empty((max(0, stop - start), self.shape[1]), dtype=self.dtype)
        step = max(1, _PIXELS_PER_READ // max(self.shape[1], 1))
        with reading(self._path):
            for first in range(start, stop, step):
                last = min(first + step, stop)
                values = self._values.rows(self._leading, first, last)
                if self.dtype.kind != "f":
                    values = _whole_numbers(self._path, values)
                band[first - start : last - start] = values
        return band

    def into(self, start: int, stop: int, out: NDArray[Any]) -> None:
        """Put rows from `start` up to `stop` into a contiguous array of the type of the plane."""
        if self._direct:
            with reading(self._path):
                self._read_stored(start, out)
        else:
            out[:] = self[start:stop]

    @staticmethod
    def _readable_as(dtype: np.dtype[Any]) -> int | None:
        return {"float32": -32, "uint8": 8}.get(dtype.name)

    def _stored(self, start: int, stop: int) -> NDArray[Any]:
        band = np.empty((max(0, stop - start), self.shape[1]), dtype=self.dtype)
        self._read_stored(start, band)
        return band

    def _read_stored(self, start: int, band: NDArray[Any]) -> None:
        if band.size == 0:
            return
        try:
            read_at(self._descriptor, band, self._start + start * self.shape[1] * self.dtype.itemsize)
        except EOFError:
            told = f"{self._path}: has become shorter while it was read; is another program writing it?"
            raise SkerryError(told) from None
        if self.dtype.itemsize == 4 and sys.byteorder == "little":
            swap_bytes(band)


def _whole_numbers(path: Path, values: NDArray[Any]) -> NDArray[Any]:
    """Values of a mask, 0 where they are invalid."""
    if values.dtype.kind == "f":
        values = np.where(np.isfinite(values), values, 0)
    whole = values.dtype.kind != "f" or not np.any(values != np.floor(values))
    if not whole or values.min(initial=0) < 0 or values.max(initial=0) >= 2**31:
        raise NotMaskError(
            f"{path}: is an image, not a mask, for its values are not whole numbers from 0 to {2**31 - 1}; "
            "give a mask there, made from an image with 'skerry mask'"
        )
    return values
