"""Cards of a FITS header that skerry reads, each known by whether it has a number or a string, and refused by name.

astropy calls some of them unparsable when they are asked for, and gives others as what they are not meant to be;
wcslib skips what it cannot read and takes the default, which for the size of a pixel is 1 degree.
"""

from __future__ import annotations

import math
import re
from numbers import Real
from typing import TYPE_CHECKING, Any

from skerry.errors import SkerryError
from skerry.sky.restoring_beam import LARGEST, SMALLEST, UnknownBeamError

if TYPE_CHECKING:
    from astropy.io import fits

__all__ = ["card_text", "check_card", "is_epoch", "is_needed", "is_of_coordinates", "is_useless", "value_of"]

_BEAM = ("BMAJ", "BMIN", "BPA")
_COORDINATE = (
    r"((CRPIX|CRVAL|CDELT|CROTA)[12]|(PC|CD)0*[12]_0*[12]|PV[12]_\d+|(LON|LAT)POLE|(A|B|AP|BP)_(ORDER|\d+_\d+))$"
)
_OF_OTHER_AXIS = r"((CRPIX|CRVAL|CDELT|CROTA)([3-9]|[1-9]\d+)|LTV\d+|LTM\d+_\d+)$"
_OF_STEP = r"SK(SEED|FLOOR|NEG|SCALE|NSCALE|BIT\d+)$"
_FRAME = ("CTYPE1", "CTYPE2", "CUNIT1", "CUNIT2", "RADESYS", "RADECSYS")
_TEXTS = (*_FRAME, "BUNIT")
_SIZES = ("BMAJ", "BMIN", "CDELT1", "CDELT2")
_EPOCH = ("EQUINOX", "EPOCH")
_FARTHEST = 1e30
"""Of a number of another axis, as a frequency in Hz."""
_STORAGE = ("BITPIX", "BSCALE", "BZERO", "BLANK")
_WITHOUT_VALUE = ("HISTORY", "COMMENT", "CONTINUE", "")


def is_needed(keyword: str) -> bool:
    """Whether a keyword says something of coordinates, beam, unit or scales that skerry cannot do without."""
    if keyword in _BEAM or keyword in _TEXTS:
        return True
    return any(re.match(kind, keyword) for kind in (_COORDINATE, _OF_STEP))


def is_of_coordinates(keyword: str) -> bool:
    """Whether a keyword says something of the celestial axes that they cannot do without."""
    return keyword in _FRAME or re.match(_COORDINATE, keyword) is not None


def is_epoch(keyword: str) -> bool:
    """Whether a keyword says the equinox of the coordinates, which has a default."""
    return keyword in _EPOCH


def is_useless(keyword: str, value: Any) -> bool:
    """Whether a card has the value of a plane's place on another axis than those of the sky, which is none.

    Parameters
    ----------
    keyword : str
        Of any card.
    value : object
        As `value_of` has it.

    Returns
    -------
    bool
        False of all other cards.
    """
    if re.match(_OF_OTHER_AXIS, keyword) is None:
        return False
    return not _is_number(value) or abs(value) > _FARTHEST


def value_of(card: fits.Card) -> Any:
    """Value of a card: a number, string or bool; None if it has none, or one that cannot be parsed."""
    from astropy.io.fits import VerifyError
    from astropy.io.fits.card import Undefined

    try:
        value = card.value
    except (VerifyError, ValueError):
        return None
    unwritable = isinstance(value, Real) and not math.isfinite(value)
    return None if unwritable or isinstance(value, Undefined) or _has_no_value(card) else value


def card_text(card: fits.Card) -> str:
    """Text of a card as it lies in its file, of which astropy's own `image` is a mended form, or none."""
    return str(card._image or card)


def _is_of_storage(keyword: str) -> bool:
    return keyword in _STORAGE or re.fullmatch(r"Z?NAXIS\d*|ZBITPIX", keyword) is not None


def _has_no_value(card: fits.Card) -> bool:
    """Whether "= " is not behind the keyword: what is there is no value, though astropy takes it for text."""
    text = card_text(card)
    return card.keyword not in _WITHOUT_VALUE and text[8:10] != "= " and not text.startswith("HIERARCH ")


def check_card(card: fits.Card, name: str) -> None:
    """Refuse a card that skerry needs and cannot read.

    Parameters
    ----------
    card : astropy.io.fits.Card
        Any; only what `is_needed` names, the equinox, and how the pixels are stored, is looked at.
    name : str
        What to call the header in messages, for instance its file.

    Raises
    ------
    SkerryError
        If a number is no finite number, or one beyond all that can be meant, or a string no string. A string may be
        absent, a number not.
    """
    keyword = card.keyword
    if keyword in _TEXTS:
        if isinstance(value_of(card), str) or not card_text(card)[8:].partition("/")[0].strip(" ="):
            return
        kind = "a string"
    elif not (is_needed(keyword) or is_epoch(keyword) or _is_of_storage(keyword)):
        return
    elif not _is_number(value_of(card)):
        kind = "a number"
    elif _is_of_storage(keyword) or _can_be_meant(keyword, abs(value_of(card))):
        return
    else:
        kind = "a number that can be meant"
    problem = f"{name}: {keyword} cannot be read as {kind} (its card is {' '.join(card_text(card).split())!r})"
    if keyword in _BEAM:
        raise UnknownBeamError(problem)
    raise SkerryError(f"{problem}; mend the card")


def _is_number(value: Any) -> bool:
    """Whether a value is a finite number; in a header made in memory it may be one of NumPy's."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _can_be_meant(keyword: str, size: float) -> bool:
    return size <= LARGEST and (size == 0 or size >= SMALLEST or keyword not in _SIZES)
