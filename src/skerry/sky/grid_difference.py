"""Whether a mask lies on the grid that an imager is about to make.

WSClean compares the width and the height only and goes by pixel numbers: a mask of the right size but of another place
on the sky is taken without a word, and cleaned where no source is. A grid that is said in the image's own words needs
no coordinates, the import of which takes longer than all else.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skerry.errors import SkerryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from astropy.io import fits
    from astropy.wcs import WCS
    from numpy.typing import NDArray

__all__ = ["Target", "grid_problems", "target_of_size"]

_TOLERANCE = 0.1
"""Pixels. A mask is made on the image's own grid or it is not; rounded keywords stay far below."""

_OF_PLAIN_GRID = ("CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", "CDELT1", "CDELT2")
_OF_FRAME = ("RADESYS", "EQUINOX", "LONPOLE", "LATPOLE")
_NOT_PLAIN = re.compile(
    r"(CROTA[12]|(PC|CD|PV|PS)\d+_\d+|(PC|CD)\d{6}|(A|B|AP|BP)_.*|CPDIS\d|CQDIS\d|D2IM.*|RADECSYS|EPOCH)$"
)
_NEAR = 50.0
"""Degrees from the reference: every pixel within is on the sky."""

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
        and its header.
    scale : float, optional
        Without an image, the size of a pixel in degrees.
    """

    name: str
    size: tuple[int, int]
    image: Path | None = None
    header: fits.Header | None = None
    scale: float | None = None


def target_of_size(size: tuple[int, int], scale: float) -> Target:
    """Target that WSClean would make of its -size and -scale.

    Parameters
    ----------
    size : tuple of int
        Width and height, pixels; WSClean makes odd ones even.
    scale : float
        Size of a pixel, degrees.

    Raises
    ------
    SkerryError
        If there is no such image.
    """
    if min(size) < 1 or not scale > 0:
        raise SkerryError(f"--size {size[0]} {size[1]} with --scale of {scale:g} deg: both must be above zero")
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
    """
    nx, ny = shape[-1], shape[-2]
    problems = []
    if (nx, ny) != target.size:
        problems.append(
            f"has {nx} x {ny} pixels, but {target.name} has {target.size[0]} x {target.size[1]}: WSClean "
            f"rejects it; {_remake(mask, target)}"
        )
    plain = _plain_grid(header, (ny, nx))
    if target.header is None and plain is not None:
        return problems + _pixel_problems(np.diag(plain[4:6]), target) + _reference_problems(plain[2:4], target)
    if target.header is not None and plain is not None and plain == _plain_grid(target.header, (ny, nx)):
        return problems
    from skerry.sky.grid import celestial_wcs

    try:
        wcs = celestial_wcs(mask, header)
        if target.image is not None and target.header is not None:
            return problems + _shift(mask, wcs, (ny, nx), target, celestial_wcs(target.image, target.header))
    except SkerryError as error:
        return [*problems, str(error).removeprefix(f"{mask}: ")]
    return problems + _pixel_problems(wcs.pixel_scale_matrix, target) + _reference_problems(wcs.wcs.crpix, target)


def _plain_grid(header: fits.Header, shape: tuple[int, int]) -> tuple[Any, ...] | None:
    """Keywords of a grid as WSClean writes it, all of whose pixels are on the sky; None of any other grid.

    The first six are `_OF_PLAIN_GRID`.
    """
    types = [str(header.get(keyword, "")).strip() for keyword in ("CTYPE1", "CTYPE2", "CUNIT1", "CUNIT2")]
    if types != ["RA---SIN", "DEC--SIN", "deg", "deg"] or any(_NOT_PLAIN.match(keyword) for keyword in header):
        return None
    numbers = [header.get(keyword) for keyword in _OF_PLAIN_GRID]
    if not all(isinstance(number, int | float) and math.isfinite(number) for number in numbers):
        return None
    _, _, x, y, width, height = numbers
    reach = math.hypot(max(abs(x), abs(shape[1] - x)) * width, max(abs(y), abs(shape[0] - y)) * height)
    if width == 0 or height == 0 or reach > _NEAR:
        return None
    return (*numbers, *(header.get(keyword) for keyword in _OF_FRAME))


def _shift(mask: Path, wcs: WCS, shape: tuple[int, int], target: Target, target_wcs: WCS) -> list[str]:
    """Compare the sky positions of the corners, the edges' middles and the centre."""
    from skerry.sky.grid import pixel_map, pixel_to_sky

    x, y = np.meshgrid(*(np.array([0, (n - 1) / 2, n - 1]) for n in shape[::-1]))
    nx, ny = target.size
    there_x, there_y = pixel_map(wcs, target_wcs, (ny, nx))(x, y)
    # The corners of an image of the whole sky lie beyond the horizon, in the mask as in the image.
    on_sky, target_on_sky = (np.isfinite(pixel_to_sky(w, x, y)[0]) for w in (wcs, target_wcs))
    inside = (there_x > -0.5) & (there_x < nx - 0.5) & (there_y > -0.5) & (there_y < ny - 0.5)
    if not np.array_equal(on_sky, target_on_sky) or not inside.any() or not np.isfinite(there_x[on_sky]).all():
        return [
            f"lies in another part of the sky than {target.name}: {_UNSEEN}; make the mask from an image of this field"
        ]
    dx, dy = (there_x - x)[on_sky], (there_y - y)[on_sky]
    largest = np.hypot(dx, dy).max()
    if largest <= _TOLERANCE:
        return []
    alike = max(np.ptp(dx), np.ptp(dy)) <= max(_TOLERANCE, 0.05 * largest)
    how = "is shifted" if alike else "is shifted, or has pixels of another size, angle or projection"
    away = f"up to {largest:.3g} pixels from the same pixels of {target.name}"
    return [f"{how}: its pixels lie {away}, and {_UNSEEN}; {_remake(mask, target)}"]


def _pixel_problems(degrees: NDArray[np.float64], target: Target) -> list[str]:
    """Compare the pixels' size and angle, as a matrix, with WSClean's: square, right ascension to the left."""
    assert target.scale is not None
    matrix = degrees / target.scale
    corners = np.array([[1, 1], [1, -1]]) * np.array(target.size)[:, np.newaxis] / 2
    error = (matrix - np.diag([-1, 1])) @ corners
    if np.hypot(*error).max() <= _TOLERANCE:
        return []
    width, height = np.hypot(*degrees) * 3600
    wanted = target.scale * 3600
    if np.abs(np.array([width, height]) / wanted - 1).max() * max(target.size) / 2 <= _TOLERANCE:
        what = "its axes are turned or flipped, but WSClean has right ascension to the left and declination upwards"
    else:
        what = f"its pixels are {width:.6g} x {height:.6g} arcsec, but --scale is {wanted:.6g} arcsec"
    return [f"{what}: {_UNSEEN}; {_remake(Path(), target)}"]


def _reference_problems(reference: Sequence[float], target: Target) -> list[str]:
    """Compare the reference pixel with that of an image that WSClean made without -shift."""
    wanted = np.array(target.size) / 2 + 1
    x, y = reference
    if np.hypot(x - wanted[0], y - wanted[1]) <= _TOLERANCE:
        return []
    found = f"its reference pixel is {x:g}, {y:g}, but {target.name} has it at {wanted[0]:g}, {wanted[1]:g}"
    mend = "make the mask from an image of that size, or with your -shift give an image of it as --image"
    return [f"{found}: {_UNSEEN}; {mend}"]


def _remake(mask: Path, target: Target) -> str:
    if target.image is None:
        return "make the mask from an image of that size and scale"
    return f"put it on the image's grid with 'skerry extract-beam {target.image} {mask} -o NEW.fits'"
