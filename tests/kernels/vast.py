"""Arrays of more than 2^31 items that take hardly any memory: the same pages of it again and again."""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import DTypeLike, NDArray

_PAGES = 1 << 21
_NOTHING, _PRIVATE, _SHARED, _FIXED, _ANONYMOUS, _NO_RESERVE = 0, 2, 1, 0x10, 0x20, 0x4000
_FAILED = ctypes.c_void_p(-1).value


@contextmanager
def vast_array(shape: tuple[int, int], dtype: DTypeLike, value: float) -> Iterator[NDArray]:
    """An array of one value that cannot be written to; it is gone afterwards."""
    system = ctypes.CDLL(None, use_errno=True)
    system.mmap.restype = ctypes.c_void_p
    system.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    system.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    size = -(-shape[0] * shape[1] * np.dtype(dtype).itemsize // _PAGES) * _PAGES
    base = system.mmap(None, size, _NOTHING, _PRIVATE | _ANONYMOUS | _NO_RESERVE, -1, 0)
    if base == _FAILED:
        raise OSError(ctypes.get_errno(), "mmap")
    pages = os.memfd_create("pages")
    try:
        os.write(pages, np.full(_PAGES // np.dtype(dtype).itemsize, value, dtype).tobytes())
        for start in range(base, base + size, _PAGES):
            if system.mmap(start, _PAGES, mmap.PROT_READ, _SHARED | _FIXED, pages, 0) != start:
                raise OSError(ctypes.get_errno(), "mmap")
        memory = (ctypes.c_char * size).from_address(base)
        array = np.frombuffer(memory, dtype, shape[0] * shape[1]).reshape(shape)
        array.flags.writeable = False
        yield array
    finally:
        os.close(pages)
        system.munmap(base, size)
