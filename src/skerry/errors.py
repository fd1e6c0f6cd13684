"""The two ways in which skerry speaks to its user: an error ends the command, a warning does not.

Every problem a user can cause is raised as a `SkerryError` whose text names the file, says what is wrong and what to
do. The command line is the only place that turns it into a line on stderr and exit status 2.

A text names parameters and options in backquotes, as Python and the YAML do: "`rms`: must be above zero". The command
line puts its own flags in their place.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["SkerryError", "SkerryNote", "SkerryWarning", "heard", "hearing", "printable"]

_told: ContextVar[list[SkerryWarning] | None] = ContextVar("_told", default=None)
_hears = False


class SkerryError(Exception):
    """A bad input or an impossible request; the text is one line meant for the user."""


class SkerryWarning(UserWarning):
    """Something the user should know about a result that is still valid."""


class SkerryNote(SkerryWarning):
    """Something the user asked to be told."""


def printable(text: str, kept: str = "\n\t") -> str:
    r"""Text that a terminal shows and does not obey, whatever a file or its name made it hold.

    Parameters
    ----------
    text : str
        One line or several.
    kept : str
        Control characters that stay.

    Returns
    -------
    str
        With codes in the place of other control characters, of what turns the direction of writing round, and of the
        bytes of a name that are no text.

    Examples
    --------
    >>> print(printable("beam\x1b[2J.fits"))
    beam\x1b[2J.fits
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter in kept else _code(letter) for letter in text)


def _code(letter: str) -> str:
    is_byte = "\udc80" <= letter <= "\udcff"
    return f"\\x{ord(letter) - 0xDC00:02x}" if is_byte else letter.encode("unicode_escape").decode()


@contextmanager
def hearing() -> Iterator[None]:
    """Let `heard` know which thread gives a warning, for the duration of a block; only the main thread begins one.

    What Python has to catch warnings takes those of all threads, and forgets some where two catch at once.
    """
    global _hears
    with warnings.catch_warnings():
        warnings.simplefilter("always", SkerryWarning)
        tell, heard_before = warnings.showwarning, _hears

        def show(message: Any, category: type[Warning], *where: Any, **more: Any) -> None:
            told = _told.get()
            if told is None or not isinstance(message, SkerryWarning):
                tell(message, category, *where, **more)
            else:
                told.append(message)

        warnings.showwarning, _hears = show, True
        try:
            yield
        finally:
            _hears = heard_before


@contextmanager
def heard() -> Iterator[list[SkerryWarning]]:
    """Hear what this thread warns of in a block: nobody else is told of it."""
    told: list[SkerryWarning] = []
    token = _told.set(told)
    try:
        if _hears:
            yield told
        else:
            with hearing():
                yield told
    finally:
        _told.reset(token)
