"""Whether an imager would take a mask and clean where it says, found out before hours of work.

The contract is that of WSClean 3.1, as measured with the program: it rejects some files only after the first imaging,
and reads others, without a word, as another mask than was meant. So every problem is told at once, and how to mend it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from skerry.errors import SkerryError, SkerryWarning
from skerry.filters.islands import count_islands
from skerry.io.fits import open_image, open_stored
from skerry.io.headers import mask_scales
from skerry.masking.mask_contents import mask_contents
from skerry.steps.check_target import Target, grid_problems, target_of_image, target_of_size
from skerry.steps.companions import is_mask_file
from skerry.steps.wsclean_contract import (
    content_warnings,
    extent_problems,
    keyword_problems,
    name_problems,
    plane_problems,
    storage_problems,
    value_problems,
)

if TYPE_CHECKING:
    from astropy.io import fits

_ANY_LABEL = 2**53
"""Up to which double precision has all whole numbers."""

__all__ = ["CheckedMask", "check_mask"]

_PIXEL_TYPES = {8: "uint8", 16: "int16", 32: "int32", 64: "int64", -32: "float32", -64: "float64"}


class CheckedMask(NamedTuple):
    """Facts of a mask that an imager would take."""

    size: tuple[int, int]
    """Width and height, pixels."""
    planes: int
    """One, or the imager's channels."""
    pixel_type: str
    """Type of the pixels, as NumPy calls it."""
    islands: int
    """8-connected sets of masked pixels, in the first plane."""
    fraction: float
    """Masked pixels over all pixels."""


def check_mask(
    mask: Path,
    *,
    image: Path | None = None,
    size: tuple[int, int] | None = None,
    scale: float | None = None,
    channels: int = 1,
    allow_empty: bool = False,
    nonzero: bool = False,
) -> CheckedMask:
    """Check that an imager would take a mask and clean where it says.

    Parameters
    ----------
    mask : Path
        FITS file, for the imager.
    image : Path, optional
        An image that the imager made with the settings that the mask is for.
    size, scale : tuple of int, float, optional
        In place of `image`: width and height in pixels, and the size of a pixel in degrees, as given to WSClean.
    channels : int
        Output channels of the imager, WSClean's -channels-out. The mask has one plane, or one for each.
    allow_empty : bool
        Whether a mask without a masked pixel is taken. It is, with a warning, if `image` has no valid pixel.
    nonzero : bool
        Whether values of 0 and any others that are whole are taken, as labels or 255: WSClean cleans where they are
        not 0.

    Returns
    -------
    CheckedMask
        Facts of the mask; what is unusual, but taken, is warned of.

    Raises
    ------
    SkerryError
        Says everything that is wrong with the mask, a line each.
    """
    mask = Path(mask)
    if channels < 1:
        raise SkerryError(f"`channels` {channels}: must be 1 or more, as WSClean's -channels-out")
    target = _target(image, size, scale)
    with open_stored(mask) as stored:
        header, shape = stored.header, stored.shape
        problems = [*name_problems(mask), *storage_problems(stored), *keyword_problems(header, target.stored)]
        if len(shape) < 2 or 0 in shape:
            axes = "1 axis" if len(shape) == 1 else f"axes of lengths {shape[::-1]}"
            raise _error(mask, [*problems, f"has {axes}: WSClean wants a width and a height; give a 2-D mask"])
        scales, scale_problems = _scales(mask, header)
        problems += [
            *scale_problems,
            *plane_problems(stored, channels),
            *grid_problems(mask, stored.meant, shape, target),
        ]
        largest = 1 if scales is None else 2 ** len(scales) - 1
        largest = _ANY_LABEL if nonzero else largest
        contents = mask_contents(stored.planes(), (shape[-2], shape[-1]), largest)
    if contents.is_image:
        raise SkerryError(f"{mask}: is an image, not a mask, for its values are not 0 and 1; {_give_mask(image)}")
    problems += value_problems(contents, integer=header["BITPIX"] > 0)
    of_nothing = bool(contents.empty_planes) and image is not None and _has_no_valid_pixel(image)
    if of_nothing:
        warnings.warn(f"{mask}: is empty, for {image} has no valid pixel", SkerryWarning, stacklevel=2)
    problems += extent_problems(contents, allow_empty=allow_empty or of_nothing)
    for warning in content_warnings(contents, scales):
        warnings.warn(f"{mask}: {warning}", SkerryWarning, stacklevel=2)
    if problems:
        raise _error(mask, problems)
    pixel_type = _PIXEL_TYPES[header["BITPIX"]]
    islands = count_islands(contents.first_plane).islands
    return CheckedMask((shape[-1], shape[-2]), len(contents.masked), pixel_type, islands, contents.fraction)


def _has_no_valid_pixel(path: Path) -> bool:
    """Whether nothing of an image is sky: of a beam that was flagged altogether all is NaN, or the same."""
    from skerry.masking.padding import without_padding

    with open_image(path) as image:
        found = without_padding(image.data)
    return found.empty or found.level


def _target(image: Path | None, size: tuple[int, int] | None, scale: float | None) -> Target:
    """Grid that the mask is for."""
    if image is not None and size is None and scale is None:
        return target_of_image(Path(image))
    if image is None and size is not None and scale is not None:
        return target_of_size(size, scale)
    raise SkerryError("give either `image`, or `size` and `scale`, to say which image the mask is for")


def _give_mask(image: Path | None) -> str:
    """Say which file is to stand where, if an image stands in the place of the mask."""
    if image is not None and is_mask_file(image):
        return f"it is {image} that is a mask: exchange the two"
    return "give the mask there, and the image as `image`"


def _error(mask: Path, problems: Sequence[str]) -> SkerryError:
    if len(problems) == 1:
        return SkerryError(f"{mask}: {problems[0]}")
    return SkerryError("\n  ".join([f"{mask}: {len(problems)} problems", *problems]))


def _scales(mask: Path, header: fits.Header) -> tuple[tuple[int, ...] | None, list[str]]:
    """Scales of a scale mask, and what is wrong with the keywords that say so."""
    try:
        return mask_scales(header, str(mask)) or None, []
    except SkerryError as error:
        return None, [str(error).removeprefix(f"{mask}: ")]
