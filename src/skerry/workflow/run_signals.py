"""Signals to `skerry run`: they end Snakemake and its jobs in order, and the run tells of it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from skerry.workflow.run_processes import interrupt
from skerry.workflow.run_report import RunReport

__all__ = ["RunSignals", "heed_interrupts", "signals_heeded"]


class RunSignals:
    """Passes a signal that ends a command on to Snakemake and its jobs, and lets it clean up; a report is told.

    Each reaches Snakemake as an interrupt, which cancels its jobs. Its own answer to a termination waits for their end,
    and waits for ever if the signal comes while it holds the lock that its handler asks for (Snakemake 9.27,
    ``JobScheduler.exit_gracefully``).

    Parameters
    ----------
    report : RunReport, optional
        Is told of an interrupt.
    """

    def __init__(self, report: RunReport | None) -> None:
        self._report = report
        self._child: subprocess.Popen[str] | None = None
        self.number = 0
        """Of the first signal, if there was one."""

    def take(self, number: int, _frame: FrameType | None) -> None:
        """Pass a signal on, as its handler."""
        self.number = self.number or number
        if self._report is not None:
            self._report.interrupt()
        # A terminal sends its interrupt to all processes; a second one would cut short Snakemake's cleaning up.
        if self._child is not None and not (number == signal.SIGINT and _in_terminal_foreground()):
            interrupt(self._child.pid)

    def pass_on_to(self, child: subprocess.Popen[str]) -> None:
        """Take it that Snakemake has started, maybe after a signal."""
        self._child = child
        if self.number:
            interrupt(child.pid)


@contextmanager
def signals_heeded(report: RunReport | None) -> Iterator[RunSignals]:
    """Heed the signals that end a command, for the duration of a block."""
    signals = RunSignals(report)
    if threading.current_thread() is not threading.main_thread():
        yield signals
        return
    heeded = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        heeded.append(signal.SIGHUP)
    before = {number: signal.signal(number, signals.take) for number in heeded}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def heed_interrupts() -> None:
    """Undo that a script's background job ignores interrupts, for so would its children."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _in_terminal_foreground() -> bool:
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
