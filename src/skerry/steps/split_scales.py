"""The step that takes a scale mask apart: a plain mask for each CLEAN scale.

The imagers of today take one mask of zeros and ones, and read a scale mask as its union; so what the bits say can only
be used a scale at a time.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skerry.errors import SkerryError
from skerry.io.fits import open_mask, read_header, write_products
from skerry.io.headers import Provenance, mask_header, mask_scales
from skerry.io.products import Product, check_outputs, default_output
from skerry.planes.computed import Computed, pixelwise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skerry.io.fits import OpenImage
    from skerry.planes.mask_types import MaskArray
from skerry.masking.scale_bits import mask_of_scale

__all__ = ["make_masks_of_scales"]


def make_masks_of_scales(
    scale_mask: Path, *, scale: int | None = None, output: Path | None = None, overwrite: bool = False
) -> list[Path]:
    """Write a plain mask for each scale of a scale mask, or for one of them.

    Parameters
    ----------
    scale_mask : Path
        The scale mask, whose header says which bit is which scale.
    scale : int, optional
        Only this scale, pixels.
    output : Path, optional
        Name of the mask of `scale`. Default: X.scale8.mask.fits for scale 8 of X.scalemask.fits.
    overwrite : bool
        Whether the outputs may be replaced.

    Returns
    -------
    list of Path
        The masks, in the order of the scales; uint8, with the dimensions of the scale mask.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, is no scale mask, or has no such scale.
    """
    scales = _scales(scale_mask)
    if scale is None and output is not None:
        raise SkerryError(f"--output {output}: names one file for {len(scales)} scales; give --scale too, or neither")
    if scale is not None and scale not in scales:
        raise SkerryError(f"{scale_mask}: has no scale of {scale} pixels; it has {', '.join(map(str, scales))}")
    chosen = scales if scale is None else (scale,)
    outputs = [output or default_output(scale_mask, f"scale{s}.mask") for s in chosen]
    check_outputs(outputs, [scale_mask], overwrite)
    with open_mask(scale_mask) as mask:
        products = []
        for s, path in zip(chosen, outputs, strict=True):
            fact = {"SKSCALE": (s, "[pix] CLEAN scale of this mask")}
            header = mask_header(mask.header, Provenance("split-scales", {"scale": s}, [scale_mask], fact))
            products.append(Product(path, _plane_of_scale(mask, scales.index(s), len(scales)), header, mask.shape))
        write_products(products, overwrite)
    return outputs


def _plane_of_scale(mask: OpenImage, n: int, count: int) -> Computed:
    """Mask of a scale, uint8; that the scale mask has no bits beyond its scales is seen as it is read."""

    def bit(bits: MaskArray) -> NDArray[np.uint8]:
        if bits.max(initial=0) >= 1 << count:
            raise SkerryError(f"{mask.path}: has more bits than its {count} scales; make the scale mask again")
        return mask_of_scale(bits, n)

    return pixelwise(bit, mask.data, dtype=np.uint8)


def _scales(scale_mask: Path) -> tuple[int, ...]:
    """Scales of a scale mask, by bit."""
    try:
        scales = mask_scales(read_header(scale_mask))
    except (KeyError, ValueError) as error:
        raise SkerryError(f"{scale_mask}: has SKNSCALE but not an SKBIT for each scale; make it again") from error
    if not scales:
        raise SkerryError(
            f"{scale_mask}: is not a scale mask, for its header has no SKNSCALE; make one with 'skerry erode --scales'"
        )
    return scales
