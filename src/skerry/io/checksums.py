"""Checksums of input files, computed beside the work that is done with them.

A product's header names its inputs by their SHA-256, which takes as long as some steps do; one thread for it begins
when the command line is read, and is done by the time the result is. A file that is replaced or written to in the
meantime has no checksum that would be true of what was read.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, TypeAlias

from skerry.errors import SkerryError

__all__ = ["begin_checksums", "being_read", "check_unchanged", "held", "promised_sha256", "release", "sha256_of"]

_Identity: TypeAlias = tuple[int, int, int, int]
"""Of the content of a file: where it lies, when it was written to, how long it is."""

_BYTES_AT_ONCE = 1 << 22
"""Many: between two reads the thread has to wait for the interpreter, which importing modules holds for long."""
_MOST_BEGUN = 256
"""Checksums that are remembered: a process that lives long reads any number of files."""
_CHANGED = "was changed while it was read; run the command again when it is whole"
_begun: dict[tuple[str, _Identity], _Checksum] = {}
_read: dict[str, list[tuple[Path, _Identity]]] = {}
"""Files that are open, or named on the command line, by their real names: as they were named, and what they were."""
_reading = threading.Lock()


class _Checksum:
    """A checksum that a thread is working on, or failed to make."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done = threading.Event()
        self.value: str | None = None

    def work(self) -> None:
        try:
            self.value = _sha256(self.path)
        except OSError:
            # Whoever reads the file says what is wrong with it.
            self.value = None
        finally:
            self.done.set()


def begin_checksums(paths: Iterable[Path]) -> None:
    """Begin the checksums of some files, one after the other; a file that is not there is left out."""
    wanted = []
    for path in paths:
        # Of a name that the system refuses it is told where the file is opened.
        with suppress(OSError, ValueError):
            if path.is_file() and (key := _key(path)) not in _begun:
                _begun[key] = checksum = _Checksum(path)
                wanted.append(checksum)

    for key in list(_begun)[: max(0, len(_begun) - _MOST_BEGUN)]:
        if _begun[key].done.is_set():
            del _begun[key]

    def work() -> None:
        for checksum in wanted:
            checksum.work()

    if wanted:
        # A daemon: a command that fails does not wait for it.
        threading.Thread(target=work, daemon=True).start()


@contextmanager
def being_read(path: Path, file: IO[Any]) -> Iterator[None]:
    """Know for the duration of a block that a file is read, and what it was when it was opened."""
    with _held_to(path, _identity(os.fstat(file.fileno()))):
        yield


@contextmanager
def held(paths: Iterable[Path]) -> Iterator[None]:
    """Hold files to what they are at the beginning of a block, which may open them several times, or not yet."""
    with ExitStack() as stack:
        for path in paths:
            with suppress(OSError, ValueError):
                if path.is_file():
                    stack.enter_context(_held_to(path, _identity(path.stat())))
        yield


@contextmanager
def _held_to(path: Path, identity: _Identity) -> Iterator[None]:
    name, known = os.path.realpath(path), (path, identity)
    with _reading:
        _read.setdefault(name, []).append(known)
    try:
        yield
    finally:
        with _reading:
            left = _read.get(name, [])
            if known in left:
                left.remove(known)
            if not left:
                _read.pop(name, None)


def release(paths: Iterable[Path]) -> None:
    """Hold files no more to what they were, for this process replaces them."""
    for path in paths:
        with _reading:
            _read.pop(os.path.realpath(path), None)


def check_unchanged() -> None:
    """Check that the files that are being read are what they were when they were opened.

    Raises
    ------
    SkerryError
        If one is not.
    """
    for opened in list(_read.values()):
        for path, identity in list(opened):
            try:
                same = _identity(path.stat()) == identity
            except OSError:
                same = False
            if not same:
                raise SkerryError(f"{path}: {_CHANGED}")


def sha256_of(path: Path) -> str:
    """Give the SHA-256 of the content of a file; of what was begun if the file is still the same.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        Hexadecimal digits.

    Raises
    ------
    SkerryError
        If the file is being read, and is not what it was when it was opened.
    """
    try:
        key = _key(path)
        begun = _begun.get(key)
        if begun is not None:
            begun.done.wait()
        found = _sha256(path) if begun is None or begun.value is None else begun.value
        now = _key(path)
    except OSError as error:
        if not _read.get(os.path.realpath(path)):
            raise
        changed = isinstance(error, FileNotFoundError)
        raise SkerryError(f"{path}: {_CHANGED if changed else f'cannot be read: {error.strerror}'}") from error
    if now != key or any(identity != now[1] for _, identity in _read.get(now[0], ())):
        raise SkerryError(f"{path}: {_CHANGED}")
    return found


def promised_sha256(path: Path) -> str:
    """What may stand in the place of a checksum until that is known: as many digits, others for each file."""
    return hashlib.sha256(f"checksum of {os.path.realpath(path)}".encode()).hexdigest()


def _key(path: Path) -> tuple[str, _Identity]:
    return os.path.realpath(path), _identity(path.stat())


def _identity(status: os.stat_result) -> _Identity:
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size


def _sha256(path: Path) -> str:
    digest, buffer = hashlib.sha256(), bytearray(min(_BYTES_AT_ONCE, path.stat().st_size + 1))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(memoryview(buffer)[:count])
    return digest.hexdigest()
