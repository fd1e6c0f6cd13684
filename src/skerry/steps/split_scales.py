"""The step that takes a scale mask apart: a plain mask for each CLEAN scale.

The imagers of today take one mask of zeros and ones, and read a scale mask as its union; so what the bits say can only
be used a scale at a time.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import reduce
from operator import or_
from pathlib import Path

from skerry.errors import SkerryError, SkerryWarning
from skerry.io.headers import mask_header, mask_scales
from skerry.io.image_headers import read_header
from skerry.io.outputs import default_output
from skerry.io.products import Product
from skerry.masking.scale_bits import UnknownBitError, plane_of_scale
from skerry.steps.chosen_planes import PlaneChoice
from skerry.steps.companions import is_mask_file
from skerry.steps.each_plane import of_each_plane
from skerry.steps.step_files import StepFiles

__all__ = ["make_masks_of_scales"]


@of_each_plane
def make_masks_of_scales(
    scale_mask: Path,
    *,
    scale: int | None = None,
    output: Path | None = None,
    axes: int | None = None,
    planes: PlaneChoice | None = None,
    overwrite: bool = False,
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
    axes : int, optional
        Axes of the masks, 2 or 4, the others than those of the sky of length 1; by default those of the scale mask.
    planes : PlaneChoice, optional
        Of a cube, which planes; by default all.
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
        raise SkerryError(f"`output` {output}: names one file for {len(scales)} scales; give `scale` too, or neither")
    if scale is not None and scale not in scales:
        raise SkerryError(f"{scale_mask}: has no scale of {scale} pixels; it has {', '.join(map(str, scales))}")
    chosen = scales if scale is None else (scale,)
    outputs = [output or default_output(scale_mask, f"scale{s}.mask") for s in chosen]
    with StepFiles("split-scales", [scale_mask], outputs, overwrite, axes=axes, planes=planes) as files:
        mask = files.open_mask(scale_mask)
        products, seen = [], list[int]()
        for s, path in zip(chosen, outputs, strict=True):
            provenance = files.provenance({"scale": s}, {"SKSCALE": (s, "[pix] CLEAN scale of this mask")})
            plane = plane_of_scale(mask.data, scales.index(s), len(scales), seen)
            products.append(Product(path, plane, mask_header(mask.header, provenance), mask.shape))
        try:
            files.write(*products)
        except UnknownBitError as error:
            raise SkerryError(f"{scale_mask}: {error}") from error
    _warn_of_empty_scales(scale_mask, scales, chosen, reduce(or_, seen, 0))
    return outputs


def _warn_of_empty_scales(scale_mask: Path, scales: Sequence[int], chosen: Sequence[int], bits: int) -> None:
    """Warn of masks without a pixel: those of large scales may be so, or the bits are no longer there.

    Parameters
    ----------
    scale_mask : Path
        The scale mask.
    scales, chosen : sequence of int
        All of its scales, by bit, and those of which masks were made.
    bits : int
        All that any pixel has.
    """
    empty = [s for n, s in enumerate(scales) if not bits >> n & 1]
    if bits == 1 and len(scales) > 1:
        named = ", ".join(map(str, scales))
        told = (
            f"its values are 0 and 1 only, though its header names scales of {named} pixels: those from {scales[1]} on"
        )
        why = "are empty; has another program written it? Then make it again with skerry"
        warnings.warn(f"{scale_mask}: {told} {why}", SkerryWarning, stacklevel=3)
        return
    if told := ", ".join(str(s) for s in chosen if s in empty):
        text = f"nothing may be cleaned at a scale of {told} pixels: no island is that wide"
        warnings.warn(f"{scale_mask}: {text if bits else 'is empty'}", SkerryWarning, stacklevel=3)


def _scales(scale_mask: Path) -> tuple[int, ...]:
    """Scales of a scale mask, by bit."""
    scales = mask_scales(read_header(scale_mask), str(scale_mask))
    if not scales:
        what = "a mask, but not a scale mask" if is_mask_file(scale_mask) else "not a scale mask"
        raise SkerryError(
            f"{scale_mask}: is {what}, for its header has no SKNSCALE; make one with 'skerry erode --scales'"
        )
    return scales
