"""What a command does when it is interrupted or asked to end: it leaves in order, whatever it is at.

A signal becomes an exception, which leaves through the `finally` clauses, so that no half-written file stays behind.
What is compiled may drop it (pydantic-core 2.50 does, while it looks at the types of a model), so it is also noted, and
raised again before the work begins; Python then says nothing of an exception that was ignored. It may also leave a lock
of Python's own held for which a thread waits, and the process with it: after a while that ends out of order.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import time
from types import FrameType

from skerry.uninterrupted import must_wait

__all__ = ["end_if_signalled", "end_process_in_time", "heed_signals", "stop"]

_GRACE = 20.0
"""Seconds, of the 30 that SLURM gives a job."""
_noted: int | None = None
_in_time = False


def heed_signals() -> None:
    """Let an interrupt, a termination and the end of the terminal end the command from now on."""
    global _noted
    _noted = None
    signal.signal(signal.SIGTERM, stop)
    # What a script runs in the background is not interrupted with it, and what nohup runs outlives the terminal.
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)


def end_process_in_time() -> None:
    """Let a signal end this process before long, whatever keeps it: it is the command's own."""
    global _in_time
    _in_time = True


def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    """Leave, as the handler of a signal, or after what must not be left half way.

    Raises
    ------
    KeyboardInterrupt
        If it is an interrupt.
    SystemExit
        With the exit status that a shell has for it, if it is another signal.
    """
    global _noted
    if must_wait(number):
        return
    if _in_time and _noted is None:
        # Not by way of `threading`, one of whose locks may be held right here.
        _thread.start_new_thread(_end_process, (number,))
    _noted = number
    sys.unraisablehook = _tell_of_errors
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)


def _end_process(number: int) -> None:
    time.sleep(_GRACE)
    os._exit(128 + number)


def _tell_of_errors(ignored: sys.UnraisableHookArgs) -> None:
    """Tell of an exception that got lost as Python does, unless it is that of a signal."""
    if not issubclass(ignored.exc_type, (KeyboardInterrupt, SystemExit)):
        sys.__unraisablehook__(ignored)


def end_if_signalled() -> None:
    """Leave if there was a signal and its exception got lost."""
    if _noted is not None:
        stop(_noted, None)
