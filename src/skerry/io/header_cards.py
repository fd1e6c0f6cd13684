"""Cards of a header as they can be read and written: without control characters, and without what nobody can parse.

A card that skerry needs and cannot read is refused by name; any other matters no more than if it were not there.
"""

from __future__ import annotations

import math
import re
import warnings
from functools import partial
from numbers import Real
from typing import TYPE_CHECKING

from astropy.io import fits

from skerry.errors import SkerryError, SkerryNote, SkerryWarning
from skerry.sky.header_cards import card_text, check_card, is_epoch, is_needed, is_useless, value_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path
    from typing import Any, BinaryIO

__all__ = ["check_storage", "readable_header"]

_BLOCK, _CARD = 2880, 80
_OF_STORAGE = (b"BITPIX ", b"NAXIS", b"BSCALE ", b"BZERO ", b"BLANK ", b"PCOUNT ", b"GCOUNT ", b"ZBITPIX ", b"ZNAXIS")
_FIELDS = b"TFIELDS "
_BITPIX = (8, 16, 32, 64, -32, -64)
_MOST_AXES, _MOST_FIELDS, _LONGEST = 999, 999, 1 << 48
"""Axes and fields of the standard; pixels or bytes of an axis, more than any file has."""
_COMMENTARY = ("HISTORY", "COMMENT", "")
_PRINTABLE = dict.fromkeys((*range(32), *range(127, 256)), " ")


def readable_header(header: fits.Header, name: str, unread: Collection[str] = ()) -> fits.Header:
    """Header of which every card has a value and can be written.

    Parameters
    ----------
    header : Header
        As it lies in the file.
    name : str
        What to call it in messages: its file.
    unread : collection of str
        Keywords to leave out, whatever they are.

    Returns
    -------
    Header
        A new one. Control characters are spaces. Cards that cannot be parsed, or are of an axis other than those of the
        sky and have no number, are left out, of which a `SkerryNote` tells; so is an equinox, with a `SkerryWarning`,
        and a string that is empty.

    Raises
    ------
    SkerryError
        If a card that skerry needs cannot be read; of the beam, an `UnknownBeamError`.
    """
    kept, lost = [], []
    for card in header.copy().cards:
        if card.keyword in unread:
            continue
        whole = _printable(card)
        if whole.keyword in _COMMENTARY:
            kept.append(whole)
            continue
        needed = is_needed(whole.keyword)
        if needed:
            check_card(whole, name)
        if _is_standard(whole):
            kept.append(whole)
        elif is_epoch(whole.keyword):
            _tell_of_epoch(whole, name)
        elif not needed and card_text(whole).strip():
            lost.append(_shown(whole))
    if lost:
        cards = f"{len(lost)} cards that cannot be read are" if len(lost) > 1 else "a card that cannot be read is"
        warnings.warn(f"{name}: {cards} left out of what is made: {', '.join(lost)}", SkerryNote, stacklevel=2)
    return fits.Header(kept)


def check_storage(path: Path, file: BinaryIO) -> None:
    """Refuse a file of which a header does not tell how its pixels are stored, by the limits that FITS sets.

    astropy takes such a file for none, or counts as many axes as are said to be there, for ever.

    Parameters
    ----------
    path : Path
        The name of the file, for messages.
    file : binary file
        At its beginning, where it is left.

    Raises
    ------
    SkerryError
        If the size, the type or the scaling of the pixels cannot be read, cannot be, or is said twice.
    """
    begin = 0
    while header := _storage_at(file, begin, path):
        data = abs(header.get("BITPIX", 8)) // 8 * header.get("GCOUNT", 1)
        pixels = math.prod(header.get(f"NAXIS{n}", 1) for n in range(1, header.get("NAXIS", 0) + 1))
        data *= header.get("PCOUNT", 0) + (pixels if header.get("NAXIS", 0) else 0)
        begin = file.tell() + -(-data // _BLOCK) * _BLOCK
    file.seek(0)


def _storage_at(file: BinaryIO, begin: int, path: Path) -> dict[str, Any]:
    """Numbers that tell of the storage in the header that begins at a byte; none if none ends there."""
    file.seek(begin)
    found: dict[str, Any] = {}
    before = b""
    for block in iter(partial(file.read, _BLOCK), b""):
        cards = [block[start : start + _CARD] for start in range(0, len(block), _CARD)]
        for raw in cards:
            if raw.startswith(b"CONTINUE") and before.startswith(_OF_STORAGE):
                keyword = before[:8].decode("latin-1").strip()
                raise SkerryError(f"{path}: {keyword} goes on in a card CONTINUE, as no number can; take that out")
            before = raw
            if raw.startswith(_FIELDS):
                _check_fields(raw, path)
            if raw.startswith(_OF_STORAGE):
                card = fits.Card.fromstring(raw.decode("latin-1").translate(_PRINTABLE))
                check_card(card, str(path))
                _check_limits(card, path)
                known = found.setdefault(card.keyword, card.value)
                if known != card.value:
                    # astropy takes the first in one place, and the last in another.
                    told = f"{card.keyword} stands twice, as {known} and as {card.value}; take the wrong card out"
                    raise SkerryError(f"{path}: {told}")
        if any(card.rstrip() == b"END" for card in cards):
            return found
        if not block.isascii():
            break
    return {}


def _check_fields(raw: bytes, path: Path) -> None:
    """Refuse fields of a table that would be counted for ever; in an image they mean nothing, whatever they are."""
    count = value_of(fits.Card.fromstring(raw.decode("latin-1").translate(_PRINTABLE)))
    if isinstance(count, int) and not 0 <= count <= _MOST_FIELDS:
        raise SkerryError(f"{path}: TFIELDS = {count} is none that a FITS file can have; mend the card")


def _check_limits(card: fits.Card, path: Path) -> None:
    """Refuse a type of pixels, a number of axes or a length of one that FITS does not have."""
    keyword, value = card.keyword, card.value
    if keyword in ("BITPIX", "ZBITPIX"):
        allowed = value in _BITPIX
    elif re.fullmatch(r"Z?NAXIS\d*|[PG]COUNT", keyword):
        allowed = isinstance(value, int) and 0 <= value <= (_MOST_AXES if keyword.endswith("NAXIS") else _LONGEST)
    else:
        return
    if not allowed:
        raise SkerryError(f"{path}: {keyword} = {value} is none that a FITS file can have; mend the card")


def _printable(card: fits.Card) -> fits.Card:
    """The card, or one like it with spaces for control characters."""
    text = card_text(card)
    if text.isascii() and text.isprintable():
        return card
    return fits.Card.fromstring(text.translate(_PRINTABLE))


def _is_standard(card: fits.Card) -> bool:
    """Whether a card has a value, or none as the standard has it, and can be written; what astropy can mend is mended.

    The value is asked for before: a number that is none would be mended to a string.
    """
    value = value_of(card)
    if value is None and (is_needed(card.keyword) or card_text(card)[8:].partition("/")[0].strip() != "="):
        return False
    if is_useless(card.keyword, value) or (is_epoch(card.keyword) and not isinstance(value, Real)):
        return False
    try:
        card.verify("silentfix+exception")
    except (fits.VerifyError, ValueError):
        return False
    return True


def _shown(card: fits.Card) -> str:
    """What to call a card that is left out: its keyword, with the value if it has one that is of no use."""
    value = value_of(card)
    keyword = card.keyword if card.keyword.isprintable() else card_text(card)[:8].strip()
    return f"{keyword} = {value!r}" if value is not None and is_useless(keyword, value) else keyword


def _tell_of_epoch(card: fits.Card, name: str) -> None:
    shown = " ".join(card_text(card).split())
    told = (
        f"{name}: {card.keyword} cannot be read as a number ({shown!r}); the coordinates are read as if it were absent"
    )
    warnings.warn(told, SkerryWarning, stacklevel=3)
