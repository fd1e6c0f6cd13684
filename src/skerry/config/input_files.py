"""Names of files that a user gives: whether there is a file, and one that can be read from its begin to its end.

A pipe can be read once and an input is read several times, a device may have no end, and what is none of these the
system may still refuse: a name that is too long, a place that may not be searched, links that lead in a circle.
"""

from __future__ import annotations

import stat
from pathlib import Path

from skerry.errors import SkerryError

__all__ = ["check_input", "is_there", "reason_of"]

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def check_input(path: Path, instead: str = "a file", *, takes_directories: bool = False) -> None:
    """Check that an input is a file, before it is opened.

    Parameters
    ----------
    path : Path
        Its name.
    instead : str
        What to give, for the messages.
    takes_directories : bool
        Whether the caller says itself what is wrong with a directory.

    Raises
    ------
    SkerryError
        If there is none, the system refuses its name, or it is something else.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise SkerryError(f"{path}: there is no such file; check the name") from None
    except (OSError, ValueError) as error:
        raise SkerryError(f"{path}: cannot be read: {reason_of(error)}; give {instead}") from error
    kind = _KINDS.get(stat.S_IFMT(mode))
    if kind is not None:
        raise SkerryError(f"{path}: is {kind}; give {instead}")
    if stat.S_ISDIR(mode) and not takes_directories:
        raise SkerryError(f"{path}: is a directory; give {instead}")


def is_there(path: str | Path) -> bool:
    """Whether there is something of a name; of one that the system refuses there is nothing."""
    try:
        Path(path).stat()
    except (OSError, ValueError):
        return False
    return True


def reason_of(error: Exception) -> str:
    """Why the system refuses a file, in its words without a number or the name; of other errors, what they say."""
    told = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(told.split()) or "for no known reason"
