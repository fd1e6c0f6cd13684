"""What a step that makes a mask gives back: the files that it wrote, and a report of what is in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["MadeMask", "MaskReport"]


@dataclass(frozen=True)
class MaskReport:
    """What is in a mask, and what was done to make it; None where that is not known."""

    islands: int | None = None
    """8-connected sets of masked pixels."""


@dataclass(frozen=True)
class MadeMask:
    """A mask that was written."""

    mask: Path
    """Zeros and ones, uint8; with scales that of their union."""
    scale_mask: Path | None = None
    """The scale mask, if there are scales: uint8, int16 or int32."""
    signal: Path | None = None
    """The signal image, if one was asked for."""
    report: MaskReport = field(default_factory=MaskReport)
    """What is in the mask."""
