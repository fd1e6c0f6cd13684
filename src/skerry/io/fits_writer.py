"""Writing FITS files, band by band.

They carry no timestamp: the same input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
from astropy.io import fits

from skerry.io.file_bytes import write_at
from skerry.io.outputs import check_outputs
from skerry.io.products import Product
from skerry.io.whole_files import whole_files
from skerry.planes.bands import for_each_band

__all__ = ["header_bytes", "stored_type", "write_products"]

_BLOCK = 2880


def write_products(products: Sequence[Product], overwrite: bool = False) -> None:
    """Write files so that each appears whole, and none unless all could be written.

    The products are computed band by band, all of them for one band before the next, and written as they come.

    Parameters
    ----------
    products : sequence of Product
        Files to write, all of the same width and height.
    overwrite : bool
        Whether files of these names may be replaced.

    Raises
    ------
    SkerryError
        If a file exists and `overwrite` is false, or cannot be written.
    """
    check_outputs((p.path for p in products), overwrite=overwrite)
    with whole_files(*(p.path for p in products)) as partials, ExitStack() as stack:
        files = [stack.enter_context(partial.open("wb")) for partial in partials]
        starts = [_write_header(file, product) for file, product in zip(files, products, strict=True)]
        _write_pixels([file.fileno() for file in files], starts, products)
        for file, start, product in zip(files, starts, products, strict=True):
            end = start + product.data.dtype.itemsize * int(np.prod(product.shape))
            file.truncate(-(-end // _BLOCK) * _BLOCK)


def header_bytes(header: fits.Header, shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """Header of an image of a shape and type in its file, padded to whole blocks."""
    hdu = fits.PrimaryHDU(np.broadcast_to(np.zeros((), dtype=dtype), shape), header=header)
    content: bytes = hdu.header.tostring().encode("ascii")
    return content


def _write_header(file: Any, product: Product) -> int:
    """Write the header of a product, and tell where its pixels begin."""
    header = header_bytes(product.header, product.shape, stored_type(product.data.dtype))
    file.write(header)
    file.flush()
    return len(header)


def _write_pixels(descriptors: Sequence[int], starts: Sequence[int], products: Sequence[Product]) -> None:
    def write(rows: slice) -> None:
        for descriptor, start, product in zip(descriptors, starts, products, strict=True):
            band = np.ascontiguousarray(product.data[rows], dtype=stored_type(product.data.dtype))
            write_at(descriptor, band.view(np.uint8), start + rows.start * band.shape[1] * band.itemsize)

    for_each_band(write, *(product.data for product in products))


def stored_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Type in the file: a mask as bytes, all else as it is, big-endian."""
    return np.dtype(np.uint8) if dtype.kind == "b" else dtype.newbyteorder(">")
