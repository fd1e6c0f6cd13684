"""Arrays to and from places in a file; several threads may use the same file at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["place_in", "read_at", "write_at", "write_part"]

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


def write_part(descriptor: int, part: NDArray[Any], start: int, first: Sequence[int], shape: Sequence[int]) -> None:
    """Write a part of an array where it belongs in a file, in as few pieces as it has there.

    Parameters
    ----------
    descriptor : int
        Of the open file.
    part : ndarray
        Contiguous, of one-byte or native items.
    start : int
        Where the array begins in the file.
    first : sequence of int
        Index in the array of the first item of the part.
    shape : sequence of int
        Of the array.
    """
    whole = len(shape)
    while whole > 0 and part.shape[whole - 1] == shape[whole - 1]:
        whole -= 1
    # The axis before those that the part has whole is in one piece too.
    for index in np.ndindex(part.shape[: max(0, whole - 1)]):
        at = [n + m for n, m in zip_longest(first, index, fillvalue=0)]
        write_at(descriptor, part[index], start + part.itemsize * place_in(at, shape))


def place_in(index: Sequence[int], shape: Sequence[int]) -> int:
    """How many items of an array of a shape lie before one."""
    place = 0
    for n, length in zip(index, shape, strict=True):
        place = place * length + n
    return place
