"""The FITS files that a step writes: what they hold, and which of them make a mask.

A scale mask never comes alone, for most imagers read no bits: beside it lies the plain mask of its union.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from astropy.io import fits

from skerry.io.headers import Provenance, mask_header, scale_facts
from skerry.planes.masks import set_pixels
from skerry.planes.plane import Plane

__all__ = ["Product", "mask_products"]


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
    scale_output: Path | None = None,
    scales: Sequence[int] | None = None,
) -> list[Product]:
    """Files of a mask; of a scale mask, itself and the plain mask of its union, which is what most imagers read.

    Parameters
    ----------
    mask : Plane, shape (ny, nx)
        Of bool, or of integers with a bit for each of `scales`.
    template : Header
        Of the image that the mask is for.
    shape : tuple of int
        Shape of that image in its file.
    provenance : Provenance
        Of the mask.
    output, scale_output : Path
        Names of the plain mask and, if there are scales, of the scale mask.
    scales : sequence of int, optional
        CLEAN scales in pixels, by bit.

    Returns
    -------
    list of Product
        The plain mask and, if there are scales, the scale mask.
    """
    plain = set_pixels(mask)
    products = [Product(output, plain, mask_header(template, provenance), shape)]
    if scales is not None and scale_output is not None:
        by_scale = replace(provenance, facts={**provenance.facts, **scale_facts(scales)})
        products.append(Product(scale_output, mask, mask_header(template, by_scale), shape))
    return products
