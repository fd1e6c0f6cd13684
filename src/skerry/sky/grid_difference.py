"""How the pixel grid of a mask differs from the one it is meant for.

A grid that is said in the other's own words needs no coordinates, the import of which takes longer than all else.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from astropy.io import fits
    from numpy.typing import NDArray

__all__ = [
    "GridShift",
    "PixelDifference",
    "centres_apart",
    "grid_cards",
    "grid_shift",
    "has_celestial_grid",
    "pixel_difference",
    "pixels_and_reference",
    "reference_difference",
]

_TOLERANCE = 0.1
"""Pixels. A mask is made on the image's own grid or it is not; rounded keywords stay far below."""

_OF_PLAIN_GRID = ("CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", "CDELT1", "CDELT2")
_OF_FRAME = ("RADESYS", "EQUINOX", "LONPOLE", "LATPOLE")
_NOT_PLAIN = r"(CROTA[12]|(PC|CD|PV|PS)\d+_\d+|(PC|CD)\d{6}|(A|B|AP|BP)_.*|CPDIS\d|CQDIS\d|D2IM.*|RADECSYS|EPOCH)$"
_OF_GRID = (
    r"((CTYPE|CRVAL|CRPIX|CDELT|CUNIT|CROTA)[12]|(PC|CD)([12]_[12]|00[12]00[12])|(PV|PS)[12]_\d+|(LON|LAT)POLE|EQUINOX|"
    r"EPOCH|RADE(SYS|CSYS)|(A|B|AP|BP)_.*|C[PQ]DIS\d|D2IM.*)$"
)
_CELESTIAL = r"(RA|DEC|[A-Z]LON|[A-Z]LAT|[A-Z]{2}L[NT])(-|$)"
_NEAR = 50.0
"""Degrees from the reference: every pixel within is on the sky."""


class GridShift(NamedTuple):
    """How far the pixels of a grid lie from the pixels of the same numbers of another."""

    largest: float
    """Pixels; infinite in another part of the sky."""
    alike: bool
    """Whether all are shifted alike; otherwise the pixels have another size, angle or projection."""


class PixelDifference(NamedTuple):
    """How pixels differ from square ones of a given size with right ascension to the left and declination upwards."""

    width: float
    """Degrees."""
    height: float
    turned: bool
    """Whether they have the size, but the axes are turned or flipped."""


def grid_shift(
    header: fits.Header,
    other: fits.Header,
    shape: tuple[int, int],
    other_shape: tuple[int, int],
    names: tuple[str, str] = ("header", "other header"),
    tolerance: float = _TOLERANCE,
) -> GridShift | None:
    """Compare the sky positions of the corners, the edges' middles and the centre of two grids.

    Parameters
    ----------
    header, other : Header
        Of the two.
    shape, other_shape : tuple of int
        (ny, nx) of the two. Pixels of the numbers of the first one are compared.
    names : tuple of str
        What to call the headers in messages, for instance their files.
    tolerance : float
        Pixels.

    Returns
    -------
    GridShift, or None
        None if no pixel is shifted by more than the tolerance.

    Raises
    ------
    SkerryError
        If one has no celestial WCS.
    """
    plain = _plain_grid(header, shape)
    if plain is not None and plain == _plain_grid(other, shape):
        return None
    from skerry.sky.grid import celestial_wcs, pixel_map, pixel_to_sky

    wcs, other_wcs = celestial_wcs(names[0], header), celestial_wcs(names[1], other)
    x, y = np.meshgrid(*(np.array([0, (n - 1) / 2, n - 1]) for n in shape[::-1]))
    ny, nx = other_shape
    there_x, there_y = pixel_map(wcs, other_wcs, (ny, nx))(x, y)
    # The corners of an image of the whole sky lie beyond the horizon, in the mask as in the image.
    on_sky, other_on_sky = (np.isfinite(pixel_to_sky(w, x, y)[0]) for w in (wcs, other_wcs))
    inside = (there_x > -0.5) & (there_x < nx - 0.5) & (there_y > -0.5) & (there_y < ny - 0.5)
    if not np.array_equal(on_sky, other_on_sky) or not inside.any() or not np.isfinite(there_x[on_sky]).all():
        return GridShift(math.inf, alike=False)
    dx, dy = (there_x - x)[on_sky], (there_y - y)[on_sky]
    largest = float(np.hypot(dx, dy).max())
    if largest <= tolerance:
        return None
    return GridShift(largest, bool(max(np.ptp(dx), np.ptp(dy)) <= max(_TOLERANCE, 0.05 * largest)))


def grid_cards(header: fits.Header) -> dict[str, Any]:
    """Keywords that say where the pixels of the first two axes lie, with their values."""
    return {keyword: header[keyword] for keyword in header if re.match(_OF_GRID, keyword)}


def has_celestial_grid(header: fits.Header) -> bool:
    """Whether a header says of its first two axes that they are those of the sky."""
    types = [str(header.get(keyword, "")).strip().upper() for keyword in ("CTYPE1", "CTYPE2")]
    return all(re.match(_CELESTIAL, kind) for kind in types)


def centres_apart(
    header: fits.Header,
    other: fits.Header,
    shape: tuple[int, int],
    other_shape: tuple[int, int],
    names: tuple[str, str] = ("header", "other header"),
) -> float:
    """Distance on the sky of the centres of two grids, degrees; parameters as of `grid_shift`, NaN if one is off it."""
    from astropy.coordinates import SkyCoord
    from astropy.wcs.utils import wcs_to_celestial_frame

    from skerry.sky.grid import celestial_wcs, pixel_to_sky

    centres = []
    for one, (ny, nx), name in ((header, shape, names[0]), (other, other_shape, names[1])):
        wcs = celestial_wcs(name, one)
        lon, lat = pixel_to_sky(wcs, np.array([(nx - 1) / 2]), np.array([(ny - 1) / 2]))
        if not np.isfinite(lon).all():
            return math.nan
        centres.append(SkyCoord(lon, lat, unit="deg", frame=wcs_to_celestial_frame(wcs)).icrs)
    return float(centres[0].separation(centres[1]).deg[0])


def pixels_and_reference(
    header: fits.Header, shape: tuple[int, int], name: str = "header"
) -> tuple[NDArray[np.float64], Sequence[float]]:
    """Size and angle of the pixels of a grid as a matrix, degrees, and its reference pixel (x, y), from 1.

    Parameters
    ----------
    header : Header
        Of the grid.
    shape : tuple of int
        Its (ny, nx).
    name : str
        What to call the header in messages, for instance its file.

    Returns
    -------
    matrix : ndarray of float, shape (2, 2)
        From pixel offsets (x, y) to intermediate world coordinates.
    reference : sequence of float
        CRPIX1 and CRPIX2.

    Raises
    ------
    SkerryError
        If there is no celestial WCS.
    """
    plain = _plain_grid(header, shape)
    if plain is not None:
        return np.diag(plain[4:6]), plain[2:4]
    from skerry.sky.grid import celestial_wcs

    wcs = celestial_wcs(name, header)
    return wcs.pixel_scale_matrix, wcs.wcs.crpix


def pixel_difference(matrix: NDArray[np.float64], scale: float, size: tuple[int, int]) -> PixelDifference | None:
    """Compare pixels with square ones, right ascension to the left and declination upwards.

    Parameters
    ----------
    matrix : ndarray of float, shape (2, 2)
        As of `pixels_and_reference`, degrees.
    scale : float
        Size of a square pixel, degrees.
    size : tuple of int
        Width and height of the image, pixels: what is small in a pixel adds up to its corners.

    Returns
    -------
    PixelDifference, or None
        None if no corner is off by more than a tenth of a pixel.
    """
    corners = np.array([[1, 1], [1, -1]]) * np.array(size)[:, np.newaxis] / 2
    error = (matrix / scale - np.diag([-1, 1])) @ corners
    if np.hypot(*error).max() <= _TOLERANCE:
        return None
    width, height = (float(length) for length in np.hypot(*matrix))
    largest = max(abs(width / scale - 1), abs(height / scale - 1))
    return PixelDifference(width, height, turned=largest * max(size) / 2 <= _TOLERANCE)


def reference_difference(reference: Sequence[float], size: tuple[int, int]) -> tuple[float, float] | None:
    """Reference pixel (x, y) that an image of a width and height has in its middle; None if `reference` is that."""
    x, y = (n // 2 + 1 for n in size)
    return None if math.hypot(reference[0] - x, reference[1] - y) <= _TOLERANCE else (x, y)


def _plain_grid(header: fits.Header, shape: tuple[int, int]) -> tuple[Any, ...] | None:
    """Keywords of a grid as WSClean writes it, all of whose pixels are on the sky; None of any other grid.

    The first six are `_OF_PLAIN_GRID`.
    """
    types = [str(header.get(keyword, "")).strip() for keyword in ("CTYPE1", "CTYPE2", "CUNIT1", "CUNIT2")]
    if types != ["RA---SIN", "DEC--SIN", "deg", "deg"] or any(re.match(_NOT_PLAIN, keyword) for keyword in header):
        return None
    numbers = [header.get(keyword) for keyword in _OF_PLAIN_GRID]
    if not all(isinstance(number, int | float) and math.isfinite(number) for number in numbers):
        return None
    _, _, x, y, width, height = numbers
    reach = math.hypot(max(abs(x), abs(shape[1] - x)) * width, max(abs(y), abs(shape[0] - y)) * height)
    if width == 0 or height == 0 or reach > _NEAR:
        return None
    return (*numbers, *(header.get(keyword) for keyword in _OF_FRAME))
