"""Physical values of the pixels of an open HDU, as astropy reads them, for any thread.

Of an image that is compressed tile by tile astropy unpacks every tile that a row has a part in, whenever the row is
asked for, and bands of an image are neither read in order nor only once. So each tile is unpacked once, to a temporary
file.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.io.file_bytes import place_in, read_at, write_part
from skerry.io.fits_pixels import reading
from skerry.io.scratch import temporary_file
from skerry.planes.limits import check_kept

__all__ = ["PixelValues", "pixel_values"]

_PIXELS_AT_ONCE = 1 << 18
"""Of tiles, if one has not more."""
_BYTES_OF_TILE, _BYTES_OF_DOUBLES = 28, 40
"""A pixel of a tile, which is unpacked whole; and if it has 64 bits. The worst of all ways to compress it, GZIP_2."""
_BYTES_OF_TABLE = 80
"""A tile, however small."""
_SHARE_ALONE = 0.9
"""Of the memory, for a tile that is unpacked before there are bands of anything."""
_BY_ROWS = "compress it by rows"


class PixelValues:
    """Values of an HDU, read where they lie.

    Parameters
    ----------
    hdu : astropy.io.fits HDU
        The image.
    """

    def __init__(self, hdu: Any) -> None:
        self._hdu = hdu
        self._shape = tuple(int(n) for n in hdu.shape)
        self._lock = threading.Lock()

    are_packed = False
    """Whether they lie in the file as something else."""

    @property
    def are_kept(self) -> bool:
        """Whether they are kept once they were read, and to read them again costs little."""
        return False

    def prepare(self, leading: tuple[int, ...]) -> None:
        """Do what is better done before any rows of a plane are read.

        Parameters
        ----------
        leading : tuple of int
            Index of the plane.

        Raises
        ------
        SkerryError
            If the pixels that can only be read at once do not fit into the memory.
        """

    def rows(self, leading: tuple[int, ...], start: int, stop: int) -> NDArray[Any]:
        """Rows of a plane.

        Parameters
        ----------
        leading : tuple of int
            Index of the plane.
        start, stop : int
            Which.

        Returns
        -------
        ndarray, shape (stop - start, nx)
            Of the type that astropy gives; BLANK is NaN.
        """
        with self._lock:
            values: NDArray[Any] = self._hdu.section[(*leading, slice(start, stop), slice(None))]
        return values


class _TiledValues(PixelValues):
    """Values of an HDU that is compressed tile by tile.

    Parameters
    ----------
    path : Path
        Name of the image, for messages.
    hdu : astropy.io.fits.CompImageHDU
        The image.
    descriptor : int, optional
        Of an empty file to keep them in, as far as there is room; without one tiles are unpacked again and again.
    """

    are_packed = True

    def __init__(self, path: Path, hdu: Any, descriptor: int | None) -> None:
        super().__init__(hdu)
        self._path, self._kept_in = path, descriptor
        self._tile = tuple(min(int(n), length) for n, length in zip(hdu.tile_shape, self._shape, strict=True))
        self._tiles = [-(-length // n) for n, length in zip(self._tile, self._shape, strict=True)]
        # By the tile of a plane for each row of tiles, of which all or none are unpacked.
        self._is_kept: dict[tuple[int, ...], NDArray[np.bool_]] = {}
        self._dtype: np.dtype[Any] | None = None

    @property
    def are_kept(self) -> bool:
        """As of `PixelValues`."""
        return self._kept_in is not None

    def prepare(self, leading: tuple[int, ...]) -> None:
        """Refuse tiles that do not fit into the memory, and unpack large ones while nothing else takes any."""
        height, ny = self._tile[-2], self._shape[-2]
        self._check_memory(alone=math.prod(self._shape[:-2]) == 1)
        if math.prod(self._tile) > _PIXELS_AT_ONCE:
            for start in range(0, ny, height):
                self._keep(leading, start, min(start + height, ny))
            self._check_memory(alone=True)

    def _check_memory(self, *, alone: bool) -> None:
        pixels = math.prod(self._tile)
        each = _BYTES_OF_DOUBLES if abs(self._hdu.header["BITPIX"]) == 64 else _BYTES_OF_TILE
        told = f"the {pixels} pixels of a compressed tile of {self._path}, which are read at once"
        share = {"share": _SHARE_ALONE} if alone and self.are_kept else {}
        check_kept(each * pixels, told, _BY_ROWS, **share)
        tiles = math.prod(self._tiles)
        check_kept(_BYTES_OF_TABLE * tiles, f"the {tiles} compressed tiles of {self._path}", _BY_ROWS)

    def rows(self, leading: tuple[int, ...], start: int, stop: int) -> NDArray[Any]:
        """As of `PixelValues`."""
        descriptor = self._keep(leading, start, stop)
        if descriptor is not None:
            band = np.empty((stop - start, self._shape[-1]), self._dtype)
            # The file is empty once another thread found no room for more.
            with suppress(EOFError):
                read_at(descriptor, band, band.itemsize * place_in((*leading, start, 0), self._shape))
                return band
        return super().rows(leading, start, stop)

    def _keep(self, leading: tuple[int, ...], start: int, stop: int) -> int | None:
        """Have rows of a plane in the file, of which this is the descriptor; None if they are not there."""
        if start >= stop:
            return None
        first, last = start // self._tile[-2], (stop - 1) // self._tile[-2] + 1
        place = tuple(n // length for n, length in zip(leading, self._tile, strict=False))
        is_kept = self._is_kept.get(place)
        if is_kept is None or not np.all(is_kept[first:last]):
            with self._lock:
                self._unpack_missing(place, first, last)
        return self._kept_in

    def _unpack_missing(self, place: tuple[int, ...], first: int, last: int) -> None:
        is_kept = self._is_kept.setdefault(place, np.zeros(self._tiles[-2], bool))
        missing = first + np.flatnonzero(~is_kept[first:last])
        if self._kept_in is None or not missing.size:
            return
        try:
            for run in np.split(missing, 1 + np.flatnonzero(np.diff(missing) > 1)):
                self._unpack(self._kept_in, place, int(run[0]), int(run[-1]) + 1)
                is_kept[run] = True
        except OSError:
            # What has no room is not to take any from the output.
            os.ftruncate(self._kept_in, 0)
            self._kept_in = None

    def _unpack(self, descriptor: int, place: tuple[int, ...], first: int, last: int) -> None:
        """Unpack some rows of tiles, as many tiles at a time as are read at once, or one."""
        *behind, height, width = self._tile
        lengths = zip(place, behind, self._shape, strict=False)
        region = [slice(n * length, min((n + 1) * length, total)) for n, length, total in lengths]
        region.append(slice(first * height, min(last * height, self._shape[-2])))
        column = math.prod(part.stop - part.start for part in region)
        step = max(1, _PIXELS_AT_ONCE // column // width) * width
        for start in range(0, self._shape[-1], step):
            part = (*region, slice(start, min(start + step, self._shape[-1])))
            values = np.ascontiguousarray(self._hdu.section[part])
            self._dtype = values.dtype
            write_part(descriptor, values, 0, [piece.start for piece in part], self._shape)


@contextmanager
def pixel_values(path: Path, hdu: Any) -> Iterator[PixelValues]:
    """Read an open HDU for the duration of a block.

    Parameters
    ----------
    path : Path
        Name of its file, for messages.
    hdu : astropy.io.fits HDU
        The image.

    Yields
    ------
    PixelValues
        Of all its planes.
    """
    if not isinstance(hdu, fits.CompImageHDU):
        yield PixelValues(hdu)
        return
    with ExitStack() as stack:
        descriptor = None
        with suppress(SkerryError):
            descriptor = stack.enter_context(temporary_file()).fileno()
        with reading(path):
            values = _TiledValues(path, hdu, descriptor)
        yield values
