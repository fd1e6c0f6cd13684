"""The image that a mask is for, and what is wrong with a mask that does not lie on its grid.

WSClean compares the width and the height only and goes by pixel numbers: a mask of the right size but of another place
on the sky is taken without a word, and cleaned where no source is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from skerry.errors import SkerryError
from skerry.io.fits import open_stored
from skerry.sky.grid_difference import grid_shift, pixel_difference, pixels_and_reference, reference_difference

if TYPE_CHECKING:
    import numpy as np
    from astropy.io import fits
    from numpy.typing import NDArray

__all__ = ["Target", "grid_problems", "target_of_image", "target_of_size"]

_UNSEEN = "WSClean never looks at the WCS and would clean elsewhere than meant"


@dataclass(frozen=True)
class Target:
    """The image that a mask is for.

    Attributes
    ----------
    name : str
        How a message calls it.
    size : tuple of int
        Width and height, pixels.
    image : Path, optional
        The image, if there is one,
    header : Header, optional
        its header as it is meant,
    stored : Header, optional
        and as it lies in the file.
    scale : float, optional
        Without an image, the size of a pixel in degrees.
    """

    name: str
    size: tuple[int, int]
    image: Path | None = None
    header: fits.Header | None = None
    stored: fits.Header | None = None
    scale: float | None = None


def target_of_image(image: Path) -> Target:
    """Target that is an image of the imager.

    Parameters
    ----------
    image : Path
        The image.

    Returns
    -------
    Target
        With the image's header.

    Raises
    ------
    SkerryError
        If it cannot be read, or has no width and height.
    """
    with open_stored(image) as stored:
        if len(stored.shape) < 2:
            raise SkerryError(f"{image}: has 1 axis; give the image that the mask is for")
        size = stored.shape[-1], stored.shape[-2]
        return Target(str(image), size, image=image, header=stored.meant, stored=stored.header)


def target_of_size(size: tuple[int, int], scale: float) -> Target:
    """Target that WSClean would make of its -size and -scale.

    Parameters
    ----------
    size : tuple of int
        Width and height, pixels; WSClean makes odd ones even.
    scale : float
        Size of a pixel, degrees.

    Returns
    -------
    Target
        With the scale.

    Raises
    ------
    SkerryError
        If there is no such image.
    """
    if min(size) < 1 or not scale > 0:
        raise SkerryError(f"`size` {size[0]} {size[1]} with a `scale` of {scale:g} deg: both must be above zero")
    nx, ny = (n + n % 2 for n in size)
    return Target(f"an image of -size {size[0]} {size[1]}", (nx, ny), scale=scale)


def grid_problems(mask: Path, header: fits.Header, shape: tuple[int, ...], target: Target) -> list[str]:
    """Say how the grid of a mask differs from that of its image.

    Parameters
    ----------
    mask : Path
        The mask's name.
    header : Header
        Of the mask.
    shape : tuple of int
        Of the mask: (..., ny, nx).
    target : Target
        The image.

    Returns
    -------
    list of str
        Problems, and how to mend them; none if the mask lies on the grid.
    """
    nx, ny = shape[-1], shape[-2]
    problems = []
    if (nx, ny) != target.size:
        problems.append(
            f"has {nx} x {ny} pixels, but {target.name} has {target.size[0]} x {target.size[1]}: WSClean "
            f"rejects it; {_remake(mask, target)}"
        )
    try:
        if target.header is not None:
            return problems + _shift_problems(mask, header, (ny, nx), target, target.header)
        matrix, reference = pixels_and_reference(header, (ny, nx), str(mask))
    except SkerryError as error:
        return [*problems, str(error).removeprefix(f"{mask}: ")]
    return problems + _pixel_problems(mask, matrix, target) + _reference_problems(reference, target)


def _shift_problems(
    mask: Path, header: fits.Header, shape: tuple[int, int], target: Target, target_header: fits.Header
) -> list[str]:
    shift = grid_shift(header, target_header, shape, target.size[::-1], (str(mask), target.name))
    if shift is None:
        return []
    if math.isinf(shift.largest):
        return [
            f"lies in another part of the sky than {target.name}: {_UNSEEN}; make the mask from an image of this field"
        ]
    how = "is shifted" if shift.alike else "is shifted, or has pixels of another size, angle or projection"
    away = f"up to {shift.largest:.3g} pixels from the same pixels of {target.name}"
    return [f"{how}: its pixels lie {away}, and {_UNSEEN}; {_remake(mask, target)}"]


def _pixel_problems(mask: Path, matrix: NDArray[np.float64], target: Target) -> list[str]:
    """Find pixels of another size or angle than WSClean's: square, right ascension to the left."""
    assert target.scale is not None
    found = pixel_difference(matrix, target.scale, target.size)
    if found is None:
        return []
    if found.turned:
        what = "its axes are turned or flipped, but WSClean has right ascension to the left and declination upwards"
    else:
        size = f"{found.width * 3600:.6g} x {found.height * 3600:.6g} arcsec"
        what = f"its pixels are {size}, but `scale` is {target.scale * 3600:.6g} arcsec"
    return [f"{what}: {_UNSEEN}; {_remake(mask, target)}"]


def _reference_problems(reference: Sequence[float], target: Target) -> list[str]:
    """Find another reference pixel than that of an image that WSClean made without -shift."""
    wanted = reference_difference(reference, target.size)
    if wanted is None:
        return []
    has_it = f"{target.name} has it at {wanted[0]:g}, {wanted[1]:g}"
    mend = "make the mask from an image of that size, or with your -shift give an image of it as `image`"
    return [f"its reference pixel is {reference[0]:g}, {reference[1]:g}, but {has_it}: {_UNSEEN}; {mend}"]


def _remake(mask: Path, target: Target) -> str:
    if target.image is None:
        return "make the mask from an image of that size and scale"
    return f"put it on the image's grid with 'skerry extract-beam {target.image} {mask} -o NEW.fits'"
