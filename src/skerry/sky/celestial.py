"""The one reader of celestial coordinates: the first two axes of a header, as whoever wrote it means them.

An axis beyond the first two never matters, whatever its type and unit. What is mended is what wcslib reads otherwise
than it was meant, and what it does not read though it could be nothing else.
"""

from __future__ import annotations

import math
import re
import warnings
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.sky.header_cards import check_card, is_of_coordinates, value_of

if TYPE_CHECKING:
    from astropy.io import fits
    from astropy.wcs import WCS

__all__ = ["Positions", "celestial_axes", "coordinate_mends", "is_zenithal", "pixel_to_sky", "plane_header", "turn"]

Positions: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]

_OF_OTHER_AXES = (
    r"(CTYPE|CUNIT|CRVAL|CRPIX|CDELT|CROTA|CNAME|CRDER|CSYER|NAXIS)([3-9]|\d\d+)[A-Z]?$"
    r"|(PC|CD|PV|PS)0*([3-9]|[1-9]\d+)_\d+[A-Z]?$|(PC|CD)\d+_0*([3-9]|[1-9]\d+)[A-Z]?$"
    r"|(PC|CD)(\d{3}00[3-9]|00[3-9]\d{3})$|(WCSAXES|NAXIS|HISTORY|COMMENT|CONTINUE|)$"
)
_MIXES_AXES = r"(PC|CD)(0*[12]_0*[3-9]|0*[3-9]_0*[12]|00[12]00[3-9]|00[3-9]00[12])$"
_SIZES = r"CD0*[12]_0*[12]$"
_TURNS = r"PC0*[12]_?0*[12]$"
_CELESTIAL = r"\s*(RA-|DEC-|GL(ON|AT)-|EL(ON|AT)-|RA\s*$|DEC\s*$)"
_UNITS = ("deg", "arcmin", "arcsec", "mas", "rad")
_ZENITHAL = ("AZP", "SZP", "TAN", "STG", "SIN", "NCP", "ARC", "ZPN", "ZEA", "AIR")
_CYLINDRICAL = ("CYP", "CEA", "CAR", "MER")


def celestial_axes(header: fits.Header, name: str = "header") -> WCS:
    """Celestial WCS of the plane of an image.

    Parameters
    ----------
    header : Header
        With longitude and latitude on its first two axes, in either order.
    name : str
        What to call the header in messages, for instance its file.

    Returns
    -------
    WCS
        Of two axes, in degrees.

    Raises
    ------
    SkerryError
        If there is no such WCS, a card of it cannot be read, or the size of the pixels is not given.
    """
    from astropy.wcs import WCS, FITSFixedWarning

    plane = plane_header(header, name)
    try:
        _check_pixels_have_size(plane)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FITSFixedWarning)
            wcs = WCS(plane, naxis=2)
        if wcs.naxis != 2 or {wcs.wcs.lng, wcs.wcs.lat} != {0, 1}:
            raise ValueError("its first two axes are not longitude and latitude")
        matrix = wcs.pixel_scale_matrix
        if not np.isfinite(matrix).all() or np.linalg.det(matrix) == 0:
            raise ValueError("its pixels have no size")
    except (ValueError, KeyError, MemoryError, AssertionError) as error:
        raise _unusable(name, str(error)) from error
    return wcs


def plane_header(header: fits.Header, name: str = "header") -> fits.Header:
    """Cards of a header that matter to its first two axes, each with a value, and as they are meant.

    Parameters
    ----------
    header : Header
        Of an image.
    name : str
        What to call the header in messages, for instance its file.

    Returns
    -------
    Header
        A new one.

    Raises
    ------
    SkerryError
        If a card of the coordinates cannot be read, or these axes are mixed with others.
    """
    from astropy.io import fits

    cards = [card for card in header.cards if not re.match(_OF_OTHER_AXES, card.keyword)]
    for card in cards:
        if is_of_coordinates(card.keyword):
            check_card(card, name)
    if any(re.match(_MIXES_AXES, keyword) and header[keyword] for keyword in header):
        raise _unusable(name, "its first two axes are not separate from the others")
    plane = fits.Header([card for card in cards if value_of(card) is not None], copy=True)
    for keyword, value in coordinate_mends(plane).items():
        plane[keyword] = value
    return plane


def coordinate_mends(header: fits.Header) -> dict[str, Any]:
    """Cards of the celestial axes that are to be written otherwise, to be read as they are meant.

    Parameters
    ----------
    header : Header
        All of whose cards can be read.

    Returns
    -------
    dict of str to object
        CTYPE1 and CTYPE2 in small letters; CUNIT1 and CUNIT2 where they are spelled as wcslib does not know them;
        LONPOLE of an image that is centred at the north pole and has none. The standard has 0 there, but 180
        everywhere else and at the south pole, and so do the imagers: for WSClean right ascension 0 h is down.
    """
    mends: dict[str, Any] = {}
    for keyword in ("CTYPE1", "CTYPE2"):
        kind = header.get(keyword)
        small = isinstance(kind, str) and kind.strip() != kind.strip().upper()
        if small and re.match(_CELESTIAL, kind, flags=re.IGNORECASE):
            mends[keyword] = kind.strip().upper()
    for keyword in ("CUNIT1", "CUNIT2"):
        given = header.get(keyword)
        unit = _angle_unit(given) if isinstance(given, str) else None
        if unit is not None and unit != given.strip():
            mends[keyword] = unit
    for axis in (1, 2):
        kind, position = mends.get(f"CTYPE{axis}", str(header.get(f"CTYPE{axis}", ""))), header.get(f"CRVAL{axis}", 0.0)
        if kind[:4] not in ("DEC-", "GLAT", "ELAT") or kind[5:8] not in _ZENITHAL:
            continue
        unit = mends.get(f"CUNIT{axis}", str(header.get(f"CUNIT{axis}", "")).strip()) or "deg"
        per_degree = {"deg": 1.0, "arcmin": 60.0, "arcsec": 3600.0, "mas": 3.6e6, "rad": math.pi / 180}.get(unit)
        has_pole = "LONPOLE" in header or f"PV{3 - axis}_3" in header
        if per_degree is not None and not has_pole and abs(position / per_degree - 90) < 1e-9:
            mends["LONPOLE"] = 180.0
    return mends


def pixel_to_sky(wcs: WCS, x: NDArray[np.float64], y: NDArray[np.float64]) -> Positions:
    """Longitude and latitude in degrees of 0-based pixels, in the frame of `wcs`; NaN where undefined."""
    x, y = np.broadcast_arrays(x, y)
    # Beyond half a turn from the reference wcslib calls a cylindrical map undefined, though images do reach there.
    whole = turn(wcs)
    if whole is not None:
        offset = np.stack([x - (wcs.wcs.crpix[0] - 1), y - (wcs.wcs.crpix[1] - 1)])
        turns = np.round(np.tensordot(wcs.pixel_scale_matrix[wcs.wcs.lng], offset, axes=1) / 360)
        x, y = x - turns * whole[0], y - turns * whole[1]
    to_world = wcs.all_pix2world if wcs.has_distortion else wcs.wcs_pix2world
    world = to_world(np.column_stack([x.ravel(), y.ravel()]), 0)
    return world[:, wcs.wcs.lng].reshape(x.shape), world[:, wcs.wcs.lat].reshape(x.shape)


def is_zenithal(wcs: WCS) -> bool:
    """Whether the projection leaves the sky whole, but for what lies far from its reference."""
    return wcs.wcs.ctype[wcs.wcs.lng][-3:] in _ZENITHAL


def turn(wcs: WCS) -> NDArray[np.float64] | None:
    """Pixels (x, y) of a full turn in longitude where a projection repeats itself, otherwise None."""
    if wcs.wcs.ctype[wcs.wcs.lng][-3:] not in _CYLINDRICAL or wcs.has_distortion:
        return None
    angle = np.zeros(2)
    angle[wcs.wcs.lng] = 360.0
    return np.linalg.solve(wcs.pixel_scale_matrix, angle)


def _unusable(name: str, reason: str) -> SkerryError:
    return SkerryError(f"{name}: has no usable celestial WCS: {' '.join(reason.split())}; mend its header")


def _angle_unit(text: str) -> str | None:
    """Name that the standard has for a unit of angle, in whatever case and spelling; None if it is none."""
    plain = text.strip().lower()
    if plain in (*_UNITS, ""):
        return plain
    from astropy import units

    for spelling in (plain, plain.rstrip("s."), plain.replace("second", "sec").replace("minute", "min").rstrip("s.")):
        try:
            unit = units.Unit(spelling)
        except (ValueError, TypeError):
            continue
        return next((name for name in _UNITS if unit == units.Unit(name)), None)
    return None


def _check_pixels_have_size(header: fits.Header) -> None:
    """Refuse a header that leaves the size of the pixels to the default of the standard, which is 1 degree."""
    if any(re.match(_SIZES, keyword) for keyword in header):
        return
    missing = [keyword for keyword in ("CDELT1", "CDELT2") if keyword not in header]
    scaled = any(re.match(_TURNS, keyword) and abs(header[keyword]) not in (0, 1) for keyword in header)
    if missing and not (scaled and len(missing) == 2):
        raise ValueError(f"the size of its pixels is unknown, for there is no {' and no '.join(missing)}")
