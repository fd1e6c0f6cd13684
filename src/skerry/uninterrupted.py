"""Blocks that a signal does not leave half way: what it does, the command line does when they are done.

What puts several files in their places, or takes away what was begun, is short; an exception in the middle of it would
leave some files old and some new, or something behind.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["must_wait", "uninterrupted"]

_depth = 0
"""How many blocks the first thread is in, the one on which handlers of signals run."""
_waiting: list[int] = []


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Have signals wait for the end of a block, if their handlers ask `must_wait`; the first is sent again there."""
    global _depth
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        if not _depth and _waiting:
            number = _waiting[0]
            _waiting.clear()
            signal.raise_signal(number)


def must_wait(number: int) -> bool:
    """Whether a signal is to wait, and if so, note it; for its handler, which then does nothing."""
    if _depth:
        _waiting.append(number)
    return bool(_depth)
