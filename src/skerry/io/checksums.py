"""Checksums of input files, computed beside the work that is done with them.

A product's header names its inputs by their SHA-256, which takes as long as some steps do; one thread for it begins
when the command line is read, and is done by the time the result is.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable
from pathlib import Path

__all__ = ["begin_checksums", "promised_sha256", "sha256_of"]

_BYTES_AT_ONCE = 1 << 22
"""Many: between two reads the thread has to wait for the interpreter, which importing modules holds for long."""
_begun: dict[tuple[str, int, int], _Checksum] = {}


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
        if path.is_file() and (identity := _identity(path)) not in _begun:
            _begun[identity] = checksum = _Checksum(path)
            wanted.append(checksum)

    def work() -> None:
        for checksum in wanted:
            checksum.work()

    if wanted:
        # A daemon: a command that fails does not wait for it.
        threading.Thread(target=work, daemon=True).start()


def sha256_of(path: Path) -> str:
    """SHA-256 of the content of a file, in hexadecimal digits; of what was begun if the file is still the same."""
    begun = _begun.get(_identity(path))
    if begun is not None:
        begun.done.wait()
        if begun.value is not None:
            return begun.value
    return _sha256(path)


def promised_sha256(path: Path) -> str:
    """What may stand in the place of a checksum until that is known: as many digits, others for each file."""
    return hashlib.sha256(f"checksum of {os.path.realpath(path)}".encode()).hexdigest()


def _identity(path: Path) -> tuple[str, int, int]:
    status = path.stat()
    return os.path.realpath(path), status.st_mtime_ns, status.st_size


def _sha256(path: Path) -> str:
    digest, buffer = hashlib.sha256(), bytearray(min(_BYTES_AT_ONCE, path.stat().st_size + 1))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(memoryview(buffer)[:count])
    return digest.hexdigest()
