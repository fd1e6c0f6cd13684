"""How much the user of the running command wants to be told, and what there was to tell."""

from __future__ import annotations

from pathlib import Path

__all__ = ["Telling", "begin_telling", "telling"]


class Telling:
    """What the user wants to be told, and what there was to tell."""

    def __init__(self) -> None:
        self.quiet = self.verbose = self.json = False
        self.table: Path | None = None
        """Where a table of planes is to be written."""
        self.warnings: list[str] = []
        self.notes: list[str] = []


_current = Telling()


def telling() -> Telling:
    """What the user of the running command wants to be told."""
    return _current


def begin_telling() -> None:
    """Forget what the command before was to tell."""
    global _current
    _current = Telling()
