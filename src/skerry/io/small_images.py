"""Small FITS files of the primary HDU alone, any number of axes, that are read and written whole."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.io.fits_pixels import reading
from skerry.io.header_cards import check_storage
from skerry.io.unpacked import unpacked
from skerry.io.whole_files import whole_files

__all__ = ["read_small_image", "write_small_image"]


def read_small_image(path: Path) -> tuple[fits.Header, NDArray[np.float32]] | None:
    """Header and values of a file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    tuple of Header and ndarray of float32, or None
        None if there is no such file; of one that cannot be read an empty header and no values.
    """
    if not path.exists():
        return None
    try:
        with reading(path), warnings.catch_warnings(), unpacked(path) as file:
            warnings.simplefilter("ignore")
            check_storage(path, file)
            with fits.open(file, memmap=False) as hdus:
                return hdus[0].header, np.array(hdus[0].data, np.float32)
    except SkerryError:
        return fits.Header(), np.empty(0, np.float32)


def write_small_image(path: Path, values: NDArray[Any], header: fits.Header) -> None:
    """Write values and their header, whole or not at all; a file of the name is replaced.

    Parameters
    ----------
    path : Path
        The file.
    values : ndarray
        Any shape.
    header : Header
        Without the cards of the shape and the type.

    Raises
    ------
    SkerryError
        If it cannot be written.
    """
    with whole_files(path) as (partial,):
        fits.PrimaryHDU(values, header).writeto(partial)
