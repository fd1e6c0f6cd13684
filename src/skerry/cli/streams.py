"""The standard streams of a process, whatever they are: closed, on a full disk, without a reader, of ASCII alone."""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from skerry.config.input_files import reason_of
from skerry.errors import SkerryError

__all__ = ["READER_GONE", "forget_impossible_widths", "standard_streams"]

READER_GONE = 141
"""Exit status that a shell has for a process whose output nobody reads any more."""

_WIDTHS = ("COLUMNS", "LINES", "TERMINAL_WIDTH")
_ANY_NAME = "skerry-any-name"
_ERRORS = 2


def forget_impossible_widths() -> None:
    """Take sizes of the terminal that it cannot have out of the environment: none, a billion, no number.

    Tables of no width are empty, those of a billion letters need as many, and Typer does not start with a word.
    """
    for name in _WIDTHS:
        if re.fullmatch(r"0*[1-9][0-9]{0,3}", os.environ.get(name, "1")) is None:
            del os.environ[name]


@contextmanager
def standard_streams() -> Iterator[None]:
    """Open the streams that are closed, and have all of them take any name and fail in order, for a block.

    The first file that is opened would otherwise have the number of a stream that is closed, and what a library says
    on that would end in it.

    Yields
    ------
    None

    Raises
    ------
    SkerryError
        From whatever writes to standard output, once that cannot be written to.
    SystemExit
        Likewise, with `READER_GONE`, if it is a pipe that nobody reads.
    """
    before = sys.stdin, sys.stdout, sys.stderr
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # It gets this number, the lowest that is free.
            os.open(os.devnull, os.O_RDWR)
    codecs.register_error(_ANY_NAME, _as_stored)
    sys.stdin = before[0] or open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115
    sys.stdout, sys.stderr = (_opened(number, before[number]) for number in (1, 2))
    try:
        yield
    finally:
        with suppress(OSError, SkerryError, SystemExit):
            sys.stdout.flush()
        sys.stdin, sys.stdout, sys.stderr = before


def _opened(number: int, before: TextIO | None) -> _Stream:
    """Open a stream by its number, which may be that of another file than when Python opened its own."""
    if before is not None:
        with suppress(OSError):
            before.flush()
    buffering = 1 if number == _ERRORS or os.isatty(number) else -1
    encoding = "utf-8" if before is None else before.encoding
    stream = open(number, "w", buffering, encoding, _ANY_NAME, closefd=False)  # noqa: SIM115
    return _Stream(stream, is_output=number != _ERRORS)


class _Stream:
    """A stream that is written to in vain once it cannot be written to.

    Parameters
    ----------
    stream : file
        Standard output or standard error.
    is_output : bool
        Whether what it was to hold was asked for, so that the loss is an error; who reads errors no more is not told.
    """

    def __init__(self, stream: TextIO, *, is_output: bool) -> None:
        self.inner, self._is_output = stream, is_output
        self._problem: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def write(self, text: str) -> int:
        """Write as the stream does."""
        self._tell()
        try:
            return self.inner.write(text)
        except OSError as error:
            self._lose(error)
        return len(text)

    def flush(self) -> None:
        """Flush as the stream does."""
        self._tell()
        try:
            self.inner.flush()
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.inner.fileno())
        os.close(nowhere)
        with suppress(OSError):
            self.inner.flush()
        self._problem = error
        self._tell()

    def _tell(self) -> None:
        """Fail again and again, for libraries that try a stream out let the first error pass."""
        if self._problem is None or not self._is_output:
            return
        if isinstance(self._problem, BrokenPipeError):
            sys.exit(READER_GONE)
        reason = reason_of(self._problem)
        raise SkerryError(f"standard output: cannot be written: {reason}; make room, or let it go elsewhere")


def _as_stored(error: UnicodeError) -> tuple[str | bytes, int]:
    """Bytes of a name that are no text as they are, and letters that a stream does not have by their codes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letter = error.object[error.start]
    how = "surrogateescape" if "\udc80" <= letter <= "\udcff" else "backslashreplace"
    return letter.encode("ascii", how), error.start + 1
