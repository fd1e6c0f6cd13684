"""Arrays to and from places in a file; several threads may use the same file at once."""

from __future__ import annotations

import os
from typing import Any

from numpy.typing import NDArray

__all__ = ["read_at", "write_at"]

_WRITTEN_AT_ONCE = 1 << 17
"""Bytes. For whole bands the kernel may take pages as large as they are, which were not used for long: where memory is
given to a virtual machine page by page, the first touch of each takes four times as long as the copying."""


def read_at(descriptor: int, array: NDArray[Any], place: int) -> None:
    """Fill a contiguous array with the bytes from a place on.

    Parameters
    ----------
    descriptor : int
        Of the open file.
    array : ndarray
        What to fill, contiguous.
    place : int
        Bytes from the beginning of the file.

    Raises
    ------
    EOFError
        If the file ends before the array is full.
    """
    content, done = memoryview(array.data).cast("B"), 0
    while done < len(content):
        count = os.preadv(descriptor, [content[done:]], place + done)
        if not count:
            raise EOFError
        done += count


def write_at(descriptor: int, array: NDArray[Any], place: int) -> None:
    """Write the bytes of a contiguous array of one-byte or native items from a place on."""
    content, done = memoryview(array.data).cast("B"), 0
    while done < len(content):
        done += os.pwrite(descriptor, content[done : done + _WRITTEN_AT_ONCE], place + done)
