"""What is written, as eye-patch writes it: in the image's own shape, with the image's header."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from astropy.io import fits
from pydantic import BaseModel

from skerry.io.fits import OpenImage, write_products
from skerry.io.headers import Provenance, mask_header
from skerry.io.products import Product
from skerry.planes.plane import Plane

__all__ = ["mask_product", "write_mask"]

_STEP = "eye-patch"


def mask_product(
    path: Path,
    mask: Plane,
    image: OpenImage,
    options: BaseModel | None = None,
    inputs: Sequence[Path] = (),
    made_from: fits.Header | None = None,
) -> Product:
    """Mask to be written for an image, whose HISTORY tells its options and inputs."""
    used = {} if options is None else options.model_dump()
    provenance = Provenance(_STEP, used, [image.path, *inputs])
    return Product(path, mask, mask_header(image.header, provenance, made_from), image.shape)


def write_mask(path: Path, mask: Plane, image: OpenImage, options: BaseModel | None = None) -> None:
    """Write a single mask; whether it may be replaced has been checked."""
    write_products([mask_product(path, mask, image, options)], overwrite=True)
