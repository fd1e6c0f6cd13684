"""Cards of a header as they can be read and written: without control characters, and without what nobody can parse.

A card that skerry needs and cannot read is refused by name; any other matters no more than if it were not there.
"""

from __future__ import annotations

import warnings
from numbers import Real
from typing import TYPE_CHECKING

from astropy.io import fits

from skerry.errors import SkerryNote, SkerryWarning
from skerry.sky.header_cards import card_text, check_card, is_epoch, is_needed, value_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["check_storage", "readable_header"]

_BLOCK, _CARD = 2880, 80
_OF_STORAGE = (b"BITPIX ", b"NAXIS", b"BSCALE ", b"BZERO ", b"BLANK ")
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
        A new one. Control characters are spaces. Cards that cannot be parsed are left out, of which a `SkerryNote`
        tells; so is an equinox, with a `SkerryWarning`, and a string that is empty.

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
            lost.append(whole.keyword if whole.keyword.isprintable() else card_text(whole)[:8].strip())
    if lost:
        cards = f"{len(lost)} cards that cannot be parsed are" if len(lost) > 1 else "a card that cannot be parsed is"
        warnings.warn(f"{name}: {cards} left out of what is made: {', '.join(lost)}", SkerryNote, stacklevel=2)
    return fits.Header(kept)


def check_storage(path: Path, file: BinaryIO) -> None:
    """Refuse a file whose first header does not tell how its pixels are stored, which astropy takes for no FITS file.

    Parameters
    ----------
    path : Path
        The name of the file, for messages.
    file : binary file
        At its beginning, where it is left.

    Raises
    ------
    SkerryError
        If the size, the type or the scaling of the pixels cannot be read.
    """
    while block := file.read(_BLOCK):
        cards = [block[start : start + _CARD] for start in range(0, len(block), _CARD)]
        for card in cards:
            if card.startswith(_OF_STORAGE):
                check_card(fits.Card.fromstring(card.decode("latin-1").translate(_PRINTABLE)), str(path))
        if any(card.rstrip() == b"END" for card in cards) or not block.isascii():
            break
    file.seek(0)


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
    if is_epoch(card.keyword) and not isinstance(value, Real):
        return False
    try:
        card.verify("silentfix+exception")
    except (fits.VerifyError, ValueError):
        return False
    return True


def _tell_of_epoch(card: fits.Card, name: str) -> None:
    shown = " ".join(card_text(card).split())
    told = (
        f"{name}: {card.keyword} cannot be read as a number ({shown!r}); the coordinates are read as if it were absent"
    )
    warnings.warn(told, SkerryWarning, stacklevel=3)
