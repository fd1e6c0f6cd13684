"""The step that tells what the regions of a file are in an image, and makes a mask of them."""

from __future__ import annotations

from pathlib import Path

from skerry.errors import SkerryError
from skerry.io.headers import mask_header
from skerry.io.image_headers import read_header
from skerry.io.products import Product
from skerry.steps.region_account import RegionsOfImage
from skerry.steps.step_files import StepFiles

__all__ = ["make_region_mask"]


def make_region_mask(
    regions: Path | str,
    image: Path | str,
    *,
    output: Path | str | None = None,
    axes: int | None = None,
    overwrite: bool = False,
) -> RegionsOfImage:
    """Find the pixels of the regions of a file, and write a mask of them if there is a name for it.

    Parameters
    ----------
    regions : path
        Region file of DS9 or CASA.
    image : path
        FITS image or mask, on whose grid the mask is.
    output : path, optional
        The mask: what is in a region, and in none that is excluded. By default none is written.
    axes : int, optional
        Axes of the mask, 2 or 4, the others than those of the sky of length 1; by default those of the image.
    overwrite : bool
        Whether the output may be replaced.

    Returns
    -------
    RegionsOfImage
        What became of each region.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, or the mask would be empty.
    """
    regions, image = Path(regions), Path(image)
    if output is None:
        told = RegionsOfImage(regions, read_header(image), str(image))
        for _ in told.blocks():
            pass
        return told
    output = Path(output)
    with StepFiles("regions", [regions, image], [output], overwrite, axes=axes) as files:
        opened = files.open_companion(image)
        told = RegionsOfImage(regions, opened.header, str(image))
        mask = told.mask()
        if not mask.any():
            raise SkerryError(
                f"{regions}: its regions leave no pixel of {image.name} in a mask; see them without `output`"
            )
        files.write(Product(output, mask, mask_header(opened.header, files.provenance()), opened.shape))
    return told
