"""What the user is told on standard error: a line for each thing, with options by the names of the command line.

Below the command line an error or a warning names a parameter or an option as Python and the YAML do, in backquotes
(`flood_fill_use_mac`). Here, and nowhere else, such a name becomes the flag that the running subcommand has for it
(--use-mac); where it has none the backquotes go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from skerry.cli.telling import telling, warn
from skerry.errors import SkerryNote, printable

__all__ = ["Messages", "flags_of", "in_a_line", "with_flags"]

_NAME = re.compile(
    r"(?<![^\s(])"  # At the start of a word; within one it is part of a file's name.
    r"`([a-z]\w*)`"
    r"(?=[,;:.)]*(?:\s|$))"
)
_ANY_NAME = re.compile(r"(?=(`\w+`))")
_LIST = "\n  "
_LONGEST = 2000
"""Letters of a message: twice as many as the longest sentence, with room for the names of files."""


def with_flags(text: str, flags: Mapping[str, str], words: Iterable[str] = ()) -> str:
    """Put flags for the names in backquotes.

    Parameters
    ----------
    text : str
        A message.
    flags : mapping of str to str
        What the running subcommand calls its parameters.
    words : iterable of str
        The words of the command line. A name that stands in one of them in backquotes is left as it is, for it may be
        that of a file.

    Returns
    -------
    str
        The message as its user reads it.

    Examples
    --------
    >>> with_flags("`rms`: is not above zero; leave `bkg` out", {"rms": "--rms"})
    '--rms: is not above zero; leave bkg out'
    >>> with_flags("a`rms`.fits: there is no such file", {"rms": "--rms"})
    'a`rms`.fits: there is no such file'
    """
    kept = {name for word in words for name in _ANY_NAME.findall(word)}

    def as_flag(found: re.Match[str]) -> str:
        quoted = f"`{found[1]}`"
        return quoted if quoted in kept else flags.get(found[1], found[1])

    return _NAME.sub(as_flag, text)


def flags_of(parameters: Iterable[Any]) -> dict[str, str]:
    """Names of a subcommand's parameters and what its user calls them: a flag, or the word that the help has.

    Parameters
    ----------
    parameters : iterable of typer.core.TyperOption and typer.core.TyperArgument

    Returns
    -------
    dict of str to str
        For instance ``{"flood_fill_use_mac": "--use-mac", "image": "IMAGE"}``.
    """
    names = {}
    for parameter in parameters:
        if getattr(parameter, "hidden", False):
            continue
        if parameter.param_type_name == "option":
            names[parameter.name] = max(parameter.opts, key=len)
        else:
            names[parameter.name] = (parameter.metavar or parameter.name).split()[0].rstrip(".")
    return names


class Messages:
    """Standard error, for one run of the command line.

    Parameters
    ----------
    words : iterable of str
        The words of the command line.
    flags : callable
        Gives what the subcommand that runs calls its parameters, when it is known.
    """

    def __init__(self, words: Iterable[str], flags: Callable[[], Mapping[str, str]]) -> None:
        self._words = tuple(words)
        self._flags = flags

    def show_error(self, message: str) -> None:
        """Tell why a command ends."""
        self._show("error", message)

    def show_warning(self, message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        """Tell of a warning once, unless that is not wanted; takes the arguments of `warnings.showwarning`."""
        told, is_note = telling(), issubclass(category, SkerryNote)
        text = with_flags(str(message), self._flags(), self._words)
        if text in (*told.notes, *told.warnings):
            return
        (told.notes if is_note else told.warnings).append(text)
        if not told.quiet:
            self._show("note" if is_note else "warning", str(message))

    def _show(self, kind: str, message: str) -> None:
        warn(f"skerry: {kind}: {in_a_line(with_flags(message, self._flags(), self._words))}")


def in_a_line(text: str) -> str:
    r"""Write a text so that it can be read, whatever the names and values in it are.

    Parameters
    ----------
    text : str
        A message.

    Returns
    -------
    str
        A line, with the codes of what would end it, steer a terminal, or is no letter; of a long one both its ends.
        Of a list of problems, which begin with two blanks, a line for each.

    Examples
    --------
    >>> print(in_a_line("a\nb.fits: there is no such file"))
    a\nb.fits: there is no such file
    """
    if _LIST in text:
        return _LIST.join(in_a_line(line) for line in text.split(_LIST))
    shown = printable(text, kept="")
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST // 2]} ... {shown[-_LONGEST // 2 :]}"
