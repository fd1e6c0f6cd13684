"""The files that a step is to write: their names, what they hold, and whether they may be written at all.

Names and permission are settled before any work: a command that fails on an existing file after hours has wasted them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from astropy.io import fits

from skerry.errors import SkerryError
from skerry.io.headers import Provenance, mask_header, scale_facts
from skerry.planes.masks import set_pixels
from skerry.planes.plane import Plane

__all__ = ["Product", "check_outputs", "default_output", "mask_products"]

_FITS_SUFFIXES = (".gz", ".fz", ".fits", ".fit", ".fts")


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
    template, shape
        Header and shape in the file of the image that the mask is for.
    provenance : Provenance
        Of the mask.
    output, scale_output : Path
        Names of the plain mask and, if there are scales, of the scale mask.
    scales : sequence of int, optional
        CLEAN scales in pixels, by bit.
    """
    plain = set_pixels(mask)
    products = [Product(output, plain, mask_header(template, provenance), shape)]
    if scales is not None and scale_output is not None:
        by_scale = replace(provenance, facts={**provenance.facts, **scale_facts(scales)})
        products.append(Product(scale_output, mask, mask_header(template, by_scale), shape))
    return products


def default_output(image: str | Path, product: str) -> Path:
    """Default name of a product: X.fits gives X.`product`.fits, beside X.fits.

    The name of an earlier product in X is replaced: X.signal.fits gives X.mask.fits.
    """
    path = Path(image)
    stem = path.name
    while (suffix := Path(stem).suffix.lower()) in _FITS_SUFFIXES:
        stem = stem[: -len(suffix)]
    for earlier in (".signal", ".seeds", ".islands", ".mask", ".scalemask"):
        if stem.endswith(earlier) and stem != earlier:
            stem = stem[: -len(earlier)]
    return path.with_name(f"{stem}.{product}.fits")


def check_outputs(outputs: Iterable[Path], inputs: Iterable[str | Path], overwrite: bool) -> None:
    """Check, before any work, that the outputs may be written.

    Raises
    ------
    SkerryError
        If an output is an input, is given twice, exists while `overwrite` is false, or has no directory to be in.
    """
    outputs = [Path(p) for p in outputs]
    sources = {os.path.realpath(p) for p in inputs}
    seen: set[str] = set()
    for path in outputs:
        real = os.path.realpath(path)
        if real in sources:
            raise SkerryError(f"{path}: is an input of this command and cannot be its output; choose another --output")
        if real in seen:
            raise SkerryError(f"{path}: is the name of two outputs; give each its own")
        seen.add(real)
        if path.is_dir():
            raise SkerryError(f"{path}: is a directory; give the name of a FITS file as output")
        if path.exists() and not overwrite:
            raise SkerryError(f"{path}: exists; give --overwrite to replace it, or choose another --output")
        if not Path(real).parent.is_dir():
            raise SkerryError(f"{path}: its directory {path.parent} does not exist; make it first")
