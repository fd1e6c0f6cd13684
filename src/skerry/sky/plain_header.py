"""Coordinates as nearly every imager writes them, of which the size of the pixels says all that a beam needs.

To import the WCS of astropy takes longer than many a step, and for such a header it would say the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from astropy.io import fits

__all__ = ["plain_matrix"]

_PROJECTIONS = ("SIN", "TAN", "ARC", "STG", "ZEA")
"""Zenithal ones without parameters: at their reference north is that of the pixels."""
_NUMBERS = ("CRPIX1", "CRPIX2", "CRVAL2", "CDELT1", "CDELT2")
_TEXTS = ("CTYPE1", "CTYPE2", "CUNIT1", "CUNIT2")
_OTHERS = r"(PC|CD|PV|PS|CROTA)\d|(LON|LAT)POLE$|(A|B|AP|BP)_|(CPDIS|CQDIS|D2IM|DP|DQ|AXISCORR)"
"""What may turn, bend or mix the axes."""
_WITHOUT_EFFECT = {"LONPOLE": 180, "LATPOLE": None, "CROTA1": 0, "CROTA2": 0}
"""Values that say nothing; of LATPOLE any, for a zenithal projection needs none."""
_UNIT_MATRIX = r"PC0*(\d+)_0*(\d+)$"
_MOST_NORTH = 89.99
"""Degrees: nearer to a pole it is for the WCS to say where north is."""
_PIXELS = (1e-5, 1.0)
"""Degrees: of others the WCS gives the same matrix but for its rounding."""
_FARTHEST = 1e6
"""Pixels from the reference."""


def plain_matrix(plane: fits.Header) -> NDArray[np.float64] | None:
    """Matrix from pixel offsets (x, y) to sky offsets (east, north) in degrees, at the reference of a plain header.

    Parameters
    ----------
    plane : Header
        From `skerry.sky.celestial.plane_header`.

    Returns
    -------
    ndarray of float, shape (2, 2), or None
        Diagonal, of CDELT. None if the header is not plain: right ascension and declination in degrees, in a zenithal
        projection without parameters, not at a pole, with pixels that are neither turned nor bent.
    """
    keywords = list(plane)
    if any(keywords.count(keyword) != 1 for keyword in _NUMBERS) or any(keywords.count(name) > 1 for name in _TEXTS):
        return None
    if not _are_plain(*(plane.get(keyword, "") for keyword in _TEXTS)):
        return None
    if any(re.match(_OTHERS, keyword) and not _says_nothing(keyword, plane[keyword]) for keyword in keywords):
        return None
    x, y, dec, width, height = (_written(plane.cards[keyword]) for keyword in _NUMBERS)
    sized = all(_PIXELS[0] <= abs(size) <= _PIXELS[1] for size in (width, height))
    if not sized or abs(dec) > _MOST_NORTH or max(abs(x), abs(y)) > _FARTHEST:
        return None
    return np.array([[width, 0.0], [0.0, height]])


def _written(card: fits.Card) -> float:
    """Number of a card with the 16 digits or so that a header has room for, as the WCS reads it."""
    return float(type(card).fromstring(str(card)).value)


def _are_plain(lon: str, lat: str, *units: str) -> bool:
    """Whether types and units of the axes are those of a plain header."""
    alike = lon[:5] == "RA---" and lat[:5] == "DEC--" and lon[5:] == lat[5:] and lon[5:] in _PROJECTIONS
    return alike and all(unit.strip() in ("", "deg") for unit in units)


def _says_nothing(keyword: str, value: object) -> bool:
    """Whether a card gives what a plain header has without it."""
    if keyword in _WITHOUT_EFFECT:
        return _WITHOUT_EFFECT[keyword] in (value, None)
    place = re.match(_UNIT_MATRIX, keyword)
    return place is not None and value == int(int(place[1]) == int(place[2]))
