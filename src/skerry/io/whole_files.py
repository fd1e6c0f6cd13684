"""Writing so that a reader sees the old file or the whole new one.

What is being written has a temporary name in the directory of the file, and takes the file's own name once it is whole;
however the writing ends, nothing that is half written stays behind: what a process that was killed has left goes when
the next file is written there. A file that is being read at that time must still be the one that was opened. All that
one command writes takes its names together. Nothing else in skerry replaces a file.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from pathlib import Path

from skerry.errors import SkerryError
from skerry.io.checksums import check_unchanged, release
from skerry.io.directory_locks import alone_in
from skerry.io.run_locks import refuse_within_a_run
from skerry.io.taken_names import beside, remove, sweep, take_names
from skerry.uninterrupted import uninterrupted

__all__ = ["Outputs", "place_of_output", "telling_os_errors", "together", "unnamed", "whole_files"]

_MAKE_ROOM = "make room, or choose another place"
_ADVICE: dict[int | None, str] = {
    errno.ENOSPC: _MAKE_ROOM,
    errno.EDQUOT: _MAKE_ROOM,
    errno.EFBIG: "raise the limit of the size of files ('ulimit -f'), or choose another place",
    errno.EMFILE: "raise the limit of open files ('ulimit -n')",
}
"""What to do where the system refuses a file, by its number for that."""


class Outputs:
    """Files and directories that are whole, and have not their names yet."""

    def __init__(self) -> None:
        self._named: dict[Path, Path] = {}
        self._partials: dict[Path, Path] = {}

    def add(self, path: Path, final: Path, partial: Path) -> None:
        """Take one; it takes the place of another of the same name."""
        if final in self._partials:
            remove(self._partials[final])
        self._named[final], self._partials[final] = path, partial

    def place_of(self, path: Path) -> Path | None:
        """Where what has not its name yet can be read; None if it is none of these."""
        return self._partials.get(Path(os.path.realpath(path))) if self._partials else None

    def take_names(self) -> None:
        """Give all of them their names, or none.

        Raises
        ------
        SkerryError
            If one cannot take its name, it names all of them; if a file that is being read was changed, or a run of the
            workflow is at work where one is to lie, it names that.
        """
        if not self._partials:
            return
        check_unchanged()
        for path in self._named.values():
            refuse_within_a_run(path)
        finals, partials = list(self._partials), list(self._partials.values())
        places = {final.parent for final in finals} if len(finals) > 1 else set()
        # Of two writers' sets of files none is mixed.
        with _cannot_be_written(self._named.values()), alone_in(places), uninterrupted():
            take_names(partials, finals)
            release(finals)
            self._forget()

    def discard(self) -> None:
        """Remove what has no name."""
        with uninterrupted():
            for partial in self._partials.values():
                remove(partial)
            self._forget()

    def _forget(self) -> None:
        self._named, self._partials = {}, {}


_outputs: ContextVar[Outputs | None] = ContextVar("outputs", default=None)
"""What the block of `together` has written by now; a thread has blocks of its own."""


@contextmanager
def together() -> Iterator[Outputs]:
    """Have all that is written in a block take its names at the end of it, all or none; blocks within it add to it.

    Yields
    ------
    Outputs
        What was written by now, which can take its names earlier.

    Raises
    ------
    SkerryError
        As of `Outputs.take_names`.
    """
    around = _outputs.get()
    if around is not None:
        yield around
        return
    outputs = Outputs()
    try:
        _outputs.set(outputs)
        yield outputs
        outputs.take_names()
    finally:
        _outputs.set(None)
        outputs.discard()


@contextmanager
def unnamed() -> Iterator[None]:
    """Have nothing that is written in a block take its name, within a block of `together` or not: it is removed."""
    around, outputs = _outputs.get(), Outputs()
    try:
        _outputs.set(outputs)
        yield
    finally:
        _outputs.set(around)
        outputs.discard()


def place_of_output(path: Path) -> Path | None:
    """Where a file that was written in a block of `together` can be read; None if it is none, or has its name."""
    outputs = _outputs.get()
    return None if outputs is None else outputs.place_of(path)


@contextmanager
def whole_files(*paths: Path) -> Iterator[list[Path]]:
    """Write files or directories for the duration of a block; they take their names at its end, all of them or none.

    Within a block of `together` they do so at the end of that.

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
        If one cannot be written, it names all of them; and as of `Outputs.take_names`.
    """
    finals = [Path(os.path.realpath(path)) for path in paths]
    partials = [beside(final, "tmp") for final in finals]
    kept = False
    try:
        with _cannot_be_written(paths):
            for final in finals:
                final.parent.mkdir(parents=True, exist_ok=True)
            for directory in {final.parent for final in finals}:
                sweep(directory)
            yield partials
            for partial in partials:
                _flush(partial)
        # Those that were read for these files may be closed by the time at which all take their names.
        check_unchanged()
        with together() as outputs, uninterrupted():
            for path, final, partial in zip(paths, finals, partials, strict=True):
                outputs.add(path, final, partial)
            kept = True
    finally:
        if not kept:
            with uninterrupted():
                for partial in partials:
                    remove(partial)


def _cannot_be_written(paths: Iterable[Path]) -> AbstractContextManager[None]:
    return telling_os_errors(f"{', '.join(map(str, paths))}: cannot be written")


@contextmanager
def telling_os_errors(problem: str, what_to_do: str = "") -> Iterator[None]:
    """Turn an error of the operating system into a `SkerryError`: the problem, the reason, and what to do about it."""
    try:
        yield
    except OSError as error:
        advice = what_to_do or _ADVICE.get(error.errno, "see to that, and run it again")
        raise SkerryError(f"{problem}: {error.strerror or error}; {advice}") from error


def _flush(path: Path) -> None:
    """Bring a file to the disk: one that was renamed before that could be empty after a loss of power."""
    if path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
