"""How much the user of the running command wants to be told, and what there was to tell."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from skerry.errors import printable

if TYPE_CHECKING:
    from skerry.planes.progress import Progress

__all__ = ["Telling", "begin_telling", "say", "telling", "warn"]


def _nothing() -> None:
    pass


class Telling:
    """What the user wants to be told, and what there was to tell."""

    def __init__(self) -> None:
        self.quiet = self.verbose = self.json = False
        self.table: Path | None = None
        """Where a table of planes is to be written."""
        self.warnings: list[str] = []
        self.notes: list[str] = []
        self.progress: Progress | None = None
        """Of a command that works on an image."""
        self.finish: Callable[[], None] = _nothing
        """Gives what was written its names; before the user is told of it."""
        self._began = time.perf_counter()

    def work(self) -> str:
        """What was worked on, and how long, in words."""
        ny, nx = (0, 0) if self.progress is None else self.progress.subject or self.progress.shape
        pixels = f"{nx} x {ny} pixels in " if ny else ""
        return f"{pixels}{time.perf_counter() - self._began:.1f} s"


_current = Telling()


def say(text: object) -> None:
    """Tell on standard output; names of files as they are, but to a terminal, which would obey what is in them."""
    print(printable(str(text)) if sys.stdout.isatty() else text, flush=True)


def warn(text: str) -> None:
    """Tell on standard error, which a terminal shows now or as a log later."""
    print(printable(text), file=sys.stderr)


def telling() -> Telling:
    """What the user of the running command wants to be told."""
    return _current


def begin_telling() -> None:
    """Forget what the command before was to tell."""
    global _current
    _current = Telling()
