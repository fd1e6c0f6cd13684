"""FITS images as they lie in their files, and CASA images, for what asks of them what other programs would find.

What steps compute with is opened by `skerry.io.fits`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.io.fits_pixels import stored_blocks
from skerry.io.header_cards import readable_header
from skerry.io.image_hdus import is_casa_image, open_image_hdu, open_stored_hdu
from skerry.io.meant_header import meant_header
from skerry.io.pixel_values import PixelValues, pixel_values

__all__ = ["StoredImage", "open_stored"]


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
    _values: PixelValues | None
    """None of a CASA image, and where its planes are not to be asked for."""
    frequencies: str | None = None

    def planes(self) -> Iterator[Iterator[tuple[slice, NDArray[Any]]]]:
        """Physical values of each plane, block of rows by block of rows; BLANK is NaN. At least two axes are needed."""
        assert self._values is not None
        for leading in np.ndindex(self.shape[:-2]):
            yield stored_blocks(self._path, self._values, self.shape, leading)


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
    opened = partial(open_image_hdu, pixels=False) if sky_first else open_stored_hdu
    with opened(path) as (hdu, _, hdus), pixel_values(path, hdu) as values:
        place: Literal["primary", "extension", "compressed"]
        place = "compressed" if values.are_packed else "primary" if isinstance(hdu, fits.PrimaryHDU) else "extension"
        shape = tuple(int(n) for n in hdu.shape)
        header, meant = readable_header(hdu.header, str(path)), meant_header(hdu, hdus, path)
        yield StoredImage(header, meant, shape, place, _count(hdus), path, None if sky_first else values)


def _count(hdus: Any) -> int:
    """Number of the HDUs of a file, as far as they can be read."""
    with warnings.catch_warnings(), suppress(Exception):
        warnings.simplefilter("ignore")
        return len(hdus)
    return 1
