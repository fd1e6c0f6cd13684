"""How much memory and how many threads a process may use.

Both decide only how an image is cut into bands and who works on them, never a value of a result. They are set once, at
the command line or by `use_limits`, and asked for where bands are made.
"""

from __future__ import annotations

import os
import re
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock

from skerry.errors import SkerryError

__all__ = [
    "DEFAULT_MEMORY",
    "RESERVED",
    "Limits",
    "check_kept",
    "check_masks",
    "current_limits",
    "keep_mask",
    "kept_by_masks",
    "parse_memory",
    "use_limits",
]

RESERVED = 120_000_000
"""Bytes of the interpreter and its libraries."""
DEFAULT_MEMORY = 2_000_000_000
LEAST_MEMORY = 200_000_000
_SHARE_KEPT = 0.25
"""Of the memory that is left, for a table that is kept while bands are worked on."""
_MASKS_AT_ONCE = 7
"""Of a whole image, at most, while a mask is made of it: what more memory is advised for."""
_MOST_GB = 10_000
"""More memory is not to be had, and so not to be advised."""
_MOST_MEMORY = 10**18
_MOST_THREADS = 4096
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}


@dataclass(frozen=True)
class Limits:
    """Bounds on what the process uses.

    Attributes
    ----------
    memory : int
        Bytes of resident memory, those of the interpreter included.
    threads : int
        Threads that work on bands.
    """

    memory: int
    threads: int


_limits: Limits | None = None


def current_limits() -> Limits:
    """Limits in force: by default 2 GB, and the cores that the process may run on."""
    return Limits(DEFAULT_MEMORY, _cores()) if _limits is None else _limits


@contextmanager
def use_limits(memory: int | None = None, threads: int | None = None) -> Iterator[Limits]:
    """Set the limits of the process for the duration of a block.

    Parameters
    ----------
    memory : int, optional
        Bytes; None keeps what is in force.
    threads : int, optional
        At least 1; None keeps what is in force.

    Raises
    ------
    SkerryError
        If the memory is less than an interpreter with its libraries takes, or there is no thread, or too many.
    """
    global _limits
    before, now = _limits, current_limits()
    if memory is not None and memory < LEAST_MEMORY:
        raise SkerryError(f"`memory`: {memory} bytes are too few; give at least {LEAST_MEMORY // 10**6}MB")
    if threads is not None and threads < 1:
        raise SkerryError(f"`threads`: {threads} are too few; give at least 1")
    if threads is not None and threads > _MOST_THREADS:
        raise SkerryError(f"`threads`: are too many; give at most {_MOST_THREADS}")
    _limits = Limits(memory or now.memory, threads or now.threads)
    try:
        yield _limits
    finally:
        _limits = before


def check_kept(size: float, what: str, advice: str, share: float = _SHARE_KEPT) -> None:
    """Refuse what has the size of an option, of the beam or of a file, if it would not fit beside the bands.

    Parameters
    ----------
    size : float
        Bytes of it, with what it is made of.
    what : str
        What needs it, with the option in backquotes if there is one.
    advice : str
        What to do beside giving more memory.
    share : float
        Of the memory that the libraries leave.

    Raises
    ------
    SkerryError
        If it is more than that; says how much would do.
    """
    limits = current_limits()
    if size <= share * max(0, limits.memory - RESERVED):
        return
    needed = (size / share + RESERVED) / 1e9
    more = f"give {needed + 0.05:.1f}GB, or " if needed < _MOST_GB else ""
    raise SkerryError(f"`memory`: {limits.memory / 1e9:.3g}GB are too few for {what}; {more}{advice}")


_kept, _keeping = 0, RLock()


def kept_by_masks() -> int:
    """Bytes of the large masks of whole images that there are."""
    return _kept


def check_masks(number: int, size: int) -> None:
    """Refuse masks of a whole image that would not fit beside those that there are.

    Parameters
    ----------
    number, size : int
        How many, and of how many bytes each.

    Raises
    ------
    SkerryError
        If they are more than the memory that the libraries leave; says how much would do.
    """
    limits = current_limits()
    needed = RESERVED + _kept + number * size
    if needed > limits.memory:
        enough = max(needed, RESERVED + _MASKS_AT_ONCE * size)
        raise SkerryError(
            f"`memory`: {limits.memory / 1e9:.3g}GB are too few for the masks of the whole image that there are at "
            f"once, {size / 1e9:.2f}GB each; give {1.1 * enough / 1e9 + 0.05:.1f}GB, or cut the image"
        )


def keep_mask(memory: object, size: int) -> None:
    """Count the memory of a large mask for as long as it is there."""

    def count(change: int) -> None:
        global _kept
        # What frees a mask may be a search for garbage, anywhere.
        with _keeping:
            _kept += change

    count(size)
    weakref.finalize(memory, count, -size).atexit = False


def parse_memory(text: str) -> int:
    """Bytes of a size as a user writes it.

    Parameters
    ----------
    text : str
        For instance 2GB, 512 MB, 1.5GiB or 2000000000.

    Returns
    -------
    int
        The bytes.

    Raises
    ------
    SkerryError
        If it is no size.

    Examples
    --------
    >>> parse_memory("1.5GB"), parse_memory("2 GiB")
    (1500000000, 2147483648)
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*([kmgt]i?)?b?\s*", text, re.IGNORECASE)
    if found is None:
        raise SkerryError(f"`memory`: {text!r} is not a size; write it as 2GB or 512MB")
    size = float(found[1]) * _UNITS[(found[2] or "").upper()]
    if size > _MOST_MEMORY:
        raise SkerryError("`memory`: is more than any machine has; write it as 2GB or 512MB")
    return int(size)


def _cores() -> int:
    """Cores that the process may run on, which a scheduler may have cut down."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
