"""A bar that shows on a terminal how far a subcommand has come, and about how long it will still take.

It is drawn by a thread of its own once the command has taken a while, so a quick one pays nothing for it, and goes when
the command is done. What is written in the meantime stands above it.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

__all__ = ["shown_when_long", "work_watched"]

_PATIENCE = 2.0
"""Seconds that a command may take without a bar."""
_LEAST_SHARE = 0.01
"""Of the work, from which on what is left is worth an estimate."""
_MOST_SHARE = 0.98
"""Of the work, from which on it takes longer than usual, and none knows how long."""
_SECONDS_BETWEEN = 0.2
_STEPS_OF_BAR = 1000
_USUAL_PASSES = {
    "mask": 15,
    "scale-mask": 12,
    "stats": 9.75,
    "noise": 6.5,
    "plot": 5,
    "report": 3.5,
    "edit": 2.5,
    "mosaic": 1,
    "signal": 1,
    "simulate": 1,
    "split-scales": 1,
}
"""Passes of a subcommand over its image, those over masks with an eighth; counted on an image of 4096 x 4096 pixels."""
_PASSES = 1.5
"""Of the others."""


@contextmanager
def work_watched(name: str) -> Iterator[None]:
    """Watch the work of a subcommand on an image, and show it on a terminal if it takes long.

    Parameters
    ----------
    name : str
        Of the subcommand.
    """
    from skerry.cli.telling import telling
    from skerry.planes.progress import Progress, watched

    progress = telling().progress = Progress(_USUAL_PASSES.get(name, _PASSES))
    with watched(progress), shown_when_long(lambda: (name, progress.share)):
        yield


@contextmanager
def shown_when_long(state: Callable[[], tuple[str, float]]) -> Iterator[None]:
    """Show a bar on standard error, if that is a terminal, from some seconds on until the end of the block.

    Parameters
    ----------
    state : callable
        Gives what is worked on, in words, and which share of it is done, from 0 to 1.
    """
    from skerry.cli.telling import telling

    if telling().quiet or not sys.stderr.isatty():
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(target=_show, args=(state, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _show(state: Callable[[], tuple[str, float]], ended: threading.Event) -> None:
    """Draw the bar until the work has ended."""
    began = time.perf_counter()
    if ended.wait(_PATIENCE):
        return
    with _bar() as bar:
        task = bar.add_task("", left="", visible=False)
        while True:
            name, share = state()
            left = _left(time.perf_counter() - began, share)
            total, done = (_STEPS_OF_BAR if share else None), share * _STEPS_OF_BAR
            bar.update(task, description=name, total=total, completed=done, left=left, visible=True, refresh=True)
            if ended.wait(_SECONDS_BETWEEN):
                return


@contextmanager
def _bar() -> Iterator[Bar]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    stream = sys.stderr
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[left]}"))
    bar = Progress(
        *columns,
        console=Console(file=stream),
        transient=True,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with ExitStack() as stack:
        for name in ("stdout", "stderr"):
            above = _AboveBar(getattr(sys, name), bar)
            setattr(sys, name, above)
            stack.callback(above.end, name)
        stack.enter_context(bar)
        yield bar


def _left(seconds: float, share: float) -> str:
    """What is left of work of which a share took so many seconds, in words."""
    if not _LEAST_SHARE <= share < _MOST_SHARE:
        return ""
    from skerry.planes.progress import in_words

    return f"about {in_words(seconds * (1 - share) / share)} left"


class _AboveBar:
    """A stream whose lines are written where the bar is, which then goes on below them.

    Parameters
    ----------
    stream : file
        Standard output or standard error.
    bar : Progress
        What is drawn on the terminal.
    """

    def __init__(self, stream: TextIO, bar: Bar) -> None:
        self._stream, self._bar, self._begun = stream, bar, ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write what there is of whole lines; the rest waits for its end."""
        lines, newline, self._begun = (self._begun + text).rpartition("\n")
        if newline:
            self._bar.stop()
            self._stream.write(lines + newline)
            self._stream.flush()
            self._bar.start()
        return len(text)

    def end(self, name: str) -> None:
        """Write what waits, and put the stream back."""
        self._stream.write(self._begun)
        if getattr(sys, name) is self:
            setattr(sys, name, self._stream)
