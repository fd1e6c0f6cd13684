"""The image that a mask is for, and how a mask lies that is not on its grid.

Most imagers compare the width and the height at best and go by pixel numbers: a mask of the right size but of another
place on the sky is taken without a word, and cleaned where no source is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from skerry.config.imagers import IMAGERS
from skerry.errors import SkerryError
from skerry.io.stored_images import open_stored
from skerry.sky.grid_difference import grid_shift, pixel_difference, pixels_and_reference, reference_difference
from skerry.sky.made_size import made_size
from skerry.steps.checked_mask_file import Found

if TYPE_CHECKING:
    import numpy as np
    from astropy.io import fits
    from numpy.typing import NDArray

    from skerry.config.imagers import ImagerUse
    from skerry.io.stored_images import StoredImage
    from skerry.steps.checked_mask_file import CheckedFile

__all__ = [
    "Target",
    "place_findings",
    "size_findings",
    "small_shift_findings",
    "target_of",
    "target_of_image",
    "target_of_size",
]

_EXACT = 1e-4
"""Pixels: CASA copies a mask exactly that is nearer, and regrids any other."""


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
    stored : StoredImage, optional
        and its file, closed.
    scale : float, optional
        Without an image, the size of a pixel in degrees.
    made_of : str, optional
        What the size follows from, where it is not that of the image.
    """

    name: str
    size: tuple[int, int]
    image: Path | None = None
    header: fits.Header | None = None
    stored: StoredImage | None = None
    scale: float | None = None
    made_of: str | None = None

    @property
    def sized_name(self) -> str:
        """How a message calls what has the size."""
        return self.made_of or self.name


def target_of(image: Path | None, size: tuple[int, int] | None, scale: float | None, use: ImagerUse) -> Target:
    """Target that a user named.

    Parameters
    ----------
    image : Path, optional
        An image.
    size : tuple of int, optional
        In its place width and height in pixels.
    scale : float, optional
        With a size, that of a pixel in degrees.
    use : ImagerUse
        How the imager is called. It may know a size itself.

    Returns
    -------
    Target
        Its size is what the imager makes of the one it is asked for, if that is known.

    Raises
    ------
    SkerryError
        If it was named in both ways, or in none; or the image cannot be read.
    """
    made = None if use.size is None else made_size(use.imager, use.size)
    if image is not None and size is None and scale is None:
        target = target_of_image(Path(image))
    elif image is None and scale is not None and (size is not None or made is not None):
        target = target_of_size(size or made or (0, 0), scale, use.imager)
    else:
        raise SkerryError("give either `image`, or `size` and `scale`, to say which image the mask is for")
    if made is None:
        return target
    return replace(target, size=made, made_of=f"what {IMAGERS[str(use.imager)]} makes of {use.asked_size}")


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
    with open_stored(image, sky_first=True) as stored:
        if len(stored.shape) < 2:
            raise SkerryError(f"{image}: has 1 axis; give the image that the mask is for")
        size = stored.shape[-1], stored.shape[-2]
        return Target(str(image), size, image=image, header=stored.meant, stored=stored)


def target_of_size(size: tuple[int, int], scale: float, imager: str | None = None) -> Target:
    """Target that an imager would make of a size, as WSClean of its -size and -scale.

    Parameters
    ----------
    size : tuple of int
        Width and height, pixels; WSClean makes odd ones even.
    scale : float
        Size of a pixel, degrees.
    imager : str, optional
        Its name, if it is not WSClean.

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
    return Target(f"an image of -size {size[0]} {size[1]}", made_size(imager or "wsclean", size), scale=scale)


def size_findings(mask: CheckedFile) -> Iterator[Found]:
    """Find another width or height than the target has."""
    nx, ny = mask.stored.shape[-1], mask.stored.shape[-2]
    target = mask.target
    if (nx, ny) != target.size:
        has = f"{target.sized_name} has {target.size[0]} x {target.size[1]}"
        mend = "make the mask from an image of that size"
        if target.made_of is None:
            mend = _remake(mask)
        elif mask.use.imager == "ddfacet" and mask.use.size is not None:
            npix = mask.use.size[0]
            mend = f"'skerry export {mask.path} --to ddfacet --npix {npix} -o OUT.fits' makes one that fits"
        yield Found(f"has {nx} x {ny} pixels, but {has}", mend)


def place_findings(mask: CheckedFile) -> Iterator[Found]:
    """Find pixels that lie elsewhere than those of the target, or are of another size or angle.

    Parameters
    ----------
    mask : CheckedFile
        The mask, and its target.

    Yields
    ------
    Found
        What differs, and how to mend it; nothing if the mask lies on the grid.

    Raises
    ------
    SkerryError
        If the mask has no celestial WCS.
    """
    target, header = mask.target, mask.stored.meant
    shape = mask.stored.shape[-2], mask.stored.shape[-1]
    if target.header is not None:
        yield from _shifts(mask, header, shape, target.header)
    else:
        matrix, reference = pixels_and_reference(header, shape, str(mask.path))
        yield from _pixels(mask, matrix)
        yield from _references(reference, target)


def small_shift_findings(mask: CheckedFile) -> Iterator[Found]:
    """Find pixels that lie, or may lie, elsewhere than those of the image by less than `place_findings` minds."""
    target, header = mask.target, mask.stored.meant
    if target.header is None:
        return
    shape = mask.stored.shape[-2], mask.stored.shape[-1]
    names = str(mask.path), target.name
    shift = grid_shift(header, target.header, shape, _shape_of(target), names, _EXACT)
    if shift is not None and grid_shift(header, target.header, shape, _shape_of(target), names) is None:
        yield Found(f"its pixels lie up to {shift.largest:.1g} pixels from the same pixels of {target.name}")
        return
    frames = [str(one.get("RADESYS", "")).strip() for one in (header, target.header)]
    if "" in frames and frames[0] != frames[1]:
        # CASA takes coordinates without a frame for J2000, which differs from the ICRS by some 20 milliarcseconds.
        which = [f"RADESYS = {frame!r}" if frame else "no RADESYS" for frame in frames]
        yield Found(f"has {which[0]}, and {target.name} has {which[1]}")


def _shifts(
    mask: CheckedFile, header: fits.Header, shape: tuple[int, int], target_header: fits.Header
) -> Iterator[Found]:
    name = mask.target.name
    shift = grid_shift(header, target_header, shape, _shape_of(mask.target), (str(mask.path), name))
    if shift is None:
        return
    if math.isinf(shift.largest):
        mend = "make the mask from an image of this field"
        yield Found(f"lies in another part of the sky than {name}", mend)
        return
    how = "is shifted" if shift.alike else "is shifted, or has pixels of another size, angle or projection"
    away = f"up to {shift.largest:.3g} pixels from the same pixels of {name}"
    yield Found(f"{how}: its pixels lie {away}", _remake(mask))


def _pixels(mask: CheckedFile, matrix: NDArray[np.float64]) -> Iterator[Found]:
    """Find pixels of another size or angle than an imager's: square, right ascension to the left."""
    target = mask.target
    assert target.scale is not None
    found = pixel_difference(matrix, target.scale, target.size)
    if found is None:
        return
    if found.turned:
        what = "its axes are turned or flipped, where imagers have right ascension to the left and declination upwards"
    else:
        size = f"{found.width * 3600:.6g} x {found.height * 3600:.6g} arcsec"
        what = f"its pixels are {size}, but `scale` is {target.scale * 3600:.6g} arcsec"
    yield Found(what, _remake(mask))


def _references(reference: Sequence[float], target: Target) -> Iterator[Found]:
    """Find another reference pixel than that of an image whose middle is the phase centre."""
    wanted = reference_difference(reference, target.size)
    if wanted is not None:
        has_it = f"{target.name} has it at {wanted[0]:g}, {wanted[1]:g}"
        mend = "make the mask from an image of that size; of a shifted image, give one as `image`"
        yield Found(f"its reference pixel is {reference[0]:g}, {reference[1]:g}, but {has_it}", mend)


def _shape_of(target: Target) -> tuple[int, int]:
    return target.size[1], target.size[0]


def _remake(mask: CheckedFile) -> str:
    if mask.target.image is None:
        return "make the mask from an image of that size and scale"
    return f"put it on the image's grid with 'skerry extract-beam {mask.target.image} {mask.path} -o NEW.fits'"
