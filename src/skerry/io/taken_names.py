"""Names that files take once they are whole: all of several, or none, and what had the names before goes or comes back.

What is being written lies beside the name that it is to have, under a hidden one; so does what makes way for it. What a
process that was killed has left of either goes, or comes back, when the next file is written in the directory.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from skerry.io.temporary_names import is_left_behind, temporary_name

__all__ = ["beside", "remove", "sweep", "take_names"]

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
"""Of Linux, for renameat2."""


def beside(path: Path, kind: str) -> Path:
    """Hidden name that nobody else has, in the same directory and so on the same disk."""
    return path.with_name(temporary_name(path.name, kind))


def sweep(directory: Path) -> None:
    """Remove what processes that are gone have left in a directory, and give back what they had put aside."""
    with suppress(OSError):
        entries = os.listdir(directory)  # noqa: PTH208 - a list, which no signal leaves open
        left = [(entry, name) for entry in entries if (name := is_left_behind(entry)) is not None]
        for entry, name in left:
            path = directory / entry
            final = path.with_name(name)
            if path.suffix == ".old" and not os.path.lexists(final):
                path.rename(final)
            remove(path)


def take_names(partials: Sequence[Path], finals: Sequence[Path]) -> None:
    """Give files and directories their names, all of them or none.

    Parameters
    ----------
    partials, finals : sequence of Path
        The names that they have, and those that they are to have.

    Raises
    ------
    OSError
        If one cannot have its name; what had the names before has them again.
    """
    taken: list[tuple[Path, Path | None]] = []
    try:
        for partial, final in zip(partials, finals, strict=True):
            taken.append((final, _take_name(partial, final, keeps=len(finals) > 1)))
    except BaseException:
        for final, old in reversed(taken):
            # One that cannot be put back is not to keep others from it.
            with suppress(OSError):
                _put_back(old, final)
        raise
    for _, old in taken:
        if old is not None:
            remove(old)


def _take_name(partial: Path, final: Path, *, keeps: bool) -> Path | None:
    """Give a file or a directory its name.

    Parameters
    ----------
    partial, final : Path
        The name that it has, and the one that it is to have.
    keeps : bool
        Whether what had that name is kept; a directory is in any case, for it cannot be replaced.

    Returns
    -------
    Path, or None
        Where that is now; None if there was nothing, or it is not kept.
    """
    old: Path | None = None
    moves = partial.is_dir()
    if final.is_dir() and not moves:
        # Which would be taken away with all that is in it.
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if os.path.lexists(final) and (keeps or moves):
        if _exchange(partial, final):
            return partial
        old = _put_aside(final, moves=moves)
    try:
        partial.replace(final)
    except BaseException:
        if old is not None:
            _put_back(old, final)
        raise
    return old


def _put_aside(final: Path, *, moves: bool) -> Path | None:
    """Keep what has a name under another: by a second name, or, where a file has one alone, by moving it.

    A process that is killed between this and what takes the name leaves none where something was moved; `sweep` gives
    it back.
    """
    aside = beside(final, "old")
    try:
        if not moves:
            with suppress(OSError):
                aside.hardlink_to(final)
                return aside
        final.rename(aside)
    except FileNotFoundError:
        return None
    return aside


def _put_back(old: Path | None, final: Path) -> None:
    """Have a name lead to what it did before; to nothing if that was nothing."""
    if old is None:
        remove(final)
        return
    if not _exchange(old, final):
        if final.is_dir():
            remove(final)
        old.replace(final)
    # Of two names of one file neither is taken away by that.
    remove(old)


def _exchange(path: Path, other: Path) -> bool:
    """Have two files or directories change their names, at once; false where the system or the disk cannot."""
    try:
        rename = ctypes.CDLL(None).renameat2
    except (AttributeError, OSError):
        return False
    return bool(rename(_AT_FDCWD, os.fsencode(path), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)


def remove(path: Path) -> None:
    """Remove a file, or a directory with all that is in it, as far as that can be done."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)
