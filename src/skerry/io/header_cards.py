"""Cards of a header as they can be read and written: without control characters, and without what nobody can parse.

A card that skerry needs and cannot read is refused by name; any other matters no more than if it were not there.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from astropy.io import fits

from skerry.errors import SkerryNote, SkerryWarning
from skerry.sky.header_cards import card_text, check_card, is_epoch, is_needed, value_of

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["readable_header"]

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
        needed = is_needed(whole.keyword)
        if needed:
            check_card(whole, name)
        if whole.keyword in _COMMENTARY or _is_standard(whole):
            kept.append(whole)
        elif is_epoch(whole.keyword):
            _tell_of_epoch(whole, name)
        elif not needed and card_text(whole).strip():
            lost.append(whole.keyword if whole.keyword.isprintable() else card_text(whole)[:8].strip())
    if lost:
        cards = f"{len(lost)} cards ({', '.join(lost)})" if len(lost) > 1 else f"the card {lost[0]}"
        warnings.warn(f"{name}: {cards} cannot be parsed and is left out of what is made", SkerryNote, stacklevel=2)
    return fits.Header(kept)


def _printable(card: fits.Card) -> fits.Card:
    """The card, or one like it with spaces for control characters."""
    text = card_text(card)
    if text.isascii() and text.isprintable():
        return card
    return fits.Card.fromstring(text.translate(_PRINTABLE))


def _is_standard(card: fits.Card) -> bool:
    """Whether a card has a value and can be written; what astropy can mend is mended."""
    if is_epoch(card.keyword) and not isinstance(value_of(card), int | float):
        return False
    if is_needed(card.keyword) and value_of(card) is None:
        return False
    try:
        card.value  # noqa: B018  Before it is mended: a number that is none would become a string.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
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
