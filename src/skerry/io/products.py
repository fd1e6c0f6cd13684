"""The FITS files that a step writes: what they hold, how many axes, and which of them make a mask.

A scale mask never comes alone, for most imagers read no bits: beside it lies the plain mask of its union.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from astropy.io import fits

from skerry.io.headers import Provenance, mask_header, scale_facts
from skerry.planes.plane import Plane
from skerry.sky.image_axes import with_axes

__all__ = ["Product", "mask_products", "of_axes"]


@dataclass(frozen=True)
class Product:
    """A file to be written.

    Attributes
    ----------
    path : Path
        Where.
    data : Plane, shape (ny, nx)
        Bool, which is written as bytes of 0 and 1, uint8, int16, int32 or float32.
    header : astropy.io.fits.Header
        From `mask_header` or `value_header`.
    shape : tuple of int
        Shape in the file: (ny, nx), with further axes of length 1 in front.
    """

    path: Path
    data: Plane
    header: fits.Header
    shape: tuple[int, ...]


def mask_products(
    mask: Plane,
    template: fits.Header,
    shape: tuple[int, ...],
    provenance: Provenance,
    output: Path,
    scale_mask: Plane | None = None,
    scale_output: Path | None = None,
    scales: Sequence[int] | None = None,
) -> list[Product]:
    """Files of a mask, and of the scale mask of which it is the union, if there is one: most imagers read the first.

    Parameters
    ----------
    mask : Plane of bool, shape (ny, nx)
        The mask.
    template : Header
        Of the image that the mask is for.
    shape : tuple of int
        Shape of that image in its file.
    provenance : Provenance
        Of the mask.
    output : Path
        Name of the mask.
    scale_mask : Plane of integers, shape (ny, nx), optional
        With a bit for each of `scales`.
    scale_output : Path, optional
        Its name.
    scales : sequence of int, optional
        CLEAN scales in pixels, by bit.

    Returns
    -------
    list of Product
        The mask and, if there is one, the scale mask.
    """
    products = [Product(output, mask, mask_header(template, provenance), shape)]
    if scale_mask is not None and scale_output is not None and scales is not None:
        by_scale = replace(provenance, facts={**provenance.facts, **scale_facts(scales)})
        products.append(Product(scale_output, scale_mask, mask_header(template, by_scale), shape))
    return products


def of_axes(product: Product, axes: int | None) -> Product:
    """Give a product 2 or 4 axes: of frequency and of polarisation are added, in this order, or taken away.

    Parameters
    ----------
    product : Product
        Of one plane.
    axes : int, optional
        How many; None for as many as there are. What has these is given back as it is.

    Returns
    -------
    Product
        The same pixels.
    """
    kinds = {str(product.header.get(f"CTYPE{n}", "")).strip() for n in (3, 4)}
    has_them = len(product.shape) == axes and (axes == 2 or kinds == {"FREQ", "STOKES"})
    if axes is None or has_them:
        return product
    shape = (1,) * (axes - 2) + product.shape[-2:]
    return replace(product, header=with_axes(product.header, axes), shape=shape)
