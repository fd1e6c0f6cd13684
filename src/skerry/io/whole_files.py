"""Writing so that a reader sees the old file or the whole new one.

What is being written has a temporary name in the directory of the file, and takes the file's own name once it is whole;
however the writing ends, nothing that is half written stays behind. Nothing else in skerry replaces a file.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from skerry.errors import SkerryError

__all__ = ["telling_os_errors", "whole_files"]


@contextmanager
def whole_files(*paths: Path) -> Iterator[list[Path]]:
    """Write files or directories for the duration of a block; they take their names at its end, all of them or none.

    Parameters
    ----------
    *paths : Path
        Their names. What is there already is replaced, a link by what it leads to; directories that they are to lie in
        are made.

    Yields
    ------
    list of Path
        Where to write them, in the order of `paths`: absolute names of files or directories that do not exist yet.

    Raises
    ------
    SkerryError
        If one cannot be written; it names all of them.
    """
    finals = [Path(os.path.realpath(path)) for path in paths]
    partials = [_beside(final, "tmp") for final in finals]
    try:
        with telling_os_errors(f"{', '.join(map(str, paths))}: cannot be written"):
            for final in finals:
                final.parent.mkdir(parents=True, exist_ok=True)
            yield partials
            for partial in partials:
                _flush(partial)
            for partial, final in zip(partials, finals, strict=True):
                _rename(partial, final)
    finally:
        for partial in partials:
            _remove(partial)


@contextmanager
def telling_os_errors(problem: str, what_to_do: str = "") -> Iterator[None]:
    """Turn an error of the operating system into a `SkerryError`: the problem, the reason, and what to do about it."""
    try:
        yield
    except OSError as error:
        reason = f"{problem}: {error.strerror or error}"
        raise SkerryError(f"{reason}; {what_to_do}" if what_to_do else reason) from error


def _beside(path: Path, kind: str) -> Path:
    """Hidden name that nobody else has, in the same directory and so on the same disk."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.{kind}")


def _flush(path: Path) -> None:
    """Bring a file to the disk: one that was renamed before that could be empty after a loss of power."""
    if path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rename(partial: Path, final: Path) -> None:
    """Give a file or a directory its name; a directory that has the name makes way first, and is then removed."""
    if not (partial.is_dir() and final.exists()):
        partial.replace(final)
        return
    earlier = _beside(final, "old")
    final.rename(earlier)
    try:
        partial.rename(final)
    except OSError:
        earlier.rename(final)
        raise
    _remove(earlier)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)
