"""What a subcommand that makes a mask tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skerry.cli.parameters import show_paths

if TYPE_CHECKING:
    from skerry.steps.made_mask import MadeMask

__all__ = ["show_mask"]


def show_mask(made: MadeMask, *, scales_first: bool = False) -> None:
    """Tell on standard output which files were made."""
    masks = (made.scale_mask, made.mask) if scales_first else (made.mask, made.scale_mask)
    show_paths(*dict.fromkeys((*masks, made.signal)))
