"""Compressed files, unpacked to a temporary file: bands of an image are not read in order, nor only once."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from skerry.errors import SkerryError
from skerry.io.checksums import being_read
from skerry.io.whole_files import place_of_output

__all__ = ["PACKED_SUFFIXES", "unpacked"]

PACKED_SUFFIXES = (".gz", ".bz2", ".xz", ".zip", ".z", ".zst", ".fz")
"""Of files that are compressed, in lower case; the last one tile by tile, which astropy reads."""

_BYTES_PER_COPY = 1 << 20
_LONGEST = 6
_GZIP, _BZIP2, _XZ, _ZIP = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"PK\3\4"
_OTHERS = {b"\x1f\x9d": "compress", b"\x28\xb5\x2f\xfd": "zstd", b"7z\xbc\xaf\x27\x1c": "7-Zip"}


@contextmanager
def unpacked(path: Path) -> Iterator[Any]:
    """Open a file; one that is compressed is unpacked to a temporary file, of which memory holds a megabyte at a time.

    Parameters
    ----------
    path : Path
        The file: as it is, or compressed by gzip, bzip2 or xz, or a zip archive of a single file.

    Yields
    ------
    file
        Its bytes.

    Raises
    ------
    SkerryError
        If the file is compressed in another way, its archive holds anything but one file, or it cannot be unpacked.
    """
    place = place_of_output(path)
    with (place or path).open("rb") as file, nullcontext() if place else being_read(path, file):
        start = file.read(_LONGEST)
        file.seek(0)
        for mark, program in _OTHERS.items():
            if start.startswith(mark):
                raise SkerryError(f"{path}: is compressed by {program}; unpack it first")
        if not start.startswith((_GZIP, _BZIP2, _XZ, _ZIP)):
            yield file
            return
        with tempfile.TemporaryFile() as temporary:
            _unpack(path, file, start, temporary)
            temporary.seek(0)
            # A file of the system, in place of the wrapper that has no name.
            with os.fdopen(os.dup(temporary.fileno()), "rb") as readable:
                yield readable


def _unpack(path: Path, file: BinaryIO, start: bytes, target: BinaryIO) -> None:
    """Copy the content of a compressed file, by what its first bytes say it is."""
    if start.startswith(_GZIP):
        with gzip.open(file) as content:
            shutil.copyfileobj(content, target, _BYTES_PER_COPY)
    elif start.startswith(_ZIP):
        _unpack_zip(path, file, target)
    else:
        _unpack_rarely_used(path, file, "xz" if start.startswith(_XZ) else "bzip2", target)


def _unpack_rarely_used(path: Path, file: BinaryIO, program: str, target: BinaryIO) -> None:
    """Copy the content of a file that is compressed by bzip2 or xz, which not every Python can read."""
    try:
        import bz2
        import lzma
    except ImportError:
        told = f"{path}: is compressed by {program}, which this Python cannot read; unpack it first"
        raise SkerryError(told) from None
    try:
        with lzma.open(file) if program == "xz" else bz2.open(file) as content:
            shutil.copyfileobj(content, target, _BYTES_PER_COPY)
    except (lzma.LZMAError, EOFError) as error:
        raise SkerryError(f"{path}: cannot be unpacked as {program} ({error}); is it complete?") from error


def _unpack_zip(path: Path, file: BinaryIO, target: BinaryIO) -> None:
    """Copy the only file of a zip archive."""
    import zipfile

    try:
        with zipfile.ZipFile(file) as archive:
            files = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(files) != 1:
                raise SkerryError(f"{path}: is a zip archive of {len(files)} files, not of one; unpack it first")
            with archive.open(files[0]) as content:
                shutil.copyfileobj(content, target, _BYTES_PER_COPY)
    except (zipfile.BadZipFile, RuntimeError) as error:
        # An archive with a password, or compressed in a way that Python does not know, is a RuntimeError.
        raise SkerryError(f"{path}: cannot be unpacked as a zip archive ({error}); unpack it first") from error
