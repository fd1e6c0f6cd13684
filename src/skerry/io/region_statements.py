"""What stands in a region file, statement by statement, before anybody asks what its numbers are.

A file of DS9 or of CASA becomes the same statements; what is none, and why, is kept with its line.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LeftOut", "Statement", "StatementError", "shortened"]

_LONGEST = 70
"""Letters."""


@dataclass(frozen=True)
class LeftOut:
    """A line that makes no region.

    Attributes
    ----------
    line : int
        From 1.
    text : str
        As it stands in the file, shortened.
    reason : str
        Why.
    understood : bool
        Whether it says just that, as an annotation does; otherwise it may be meant for a region, and is not read.
    """

    line: int
    text: str
    reason: str
    understood: bool = False


@dataclass(frozen=True)
class Statement:
    """A shape in the words of a file of DS9, in which it can be read by itself.

    Attributes
    ----------
    line : int
        From 1.
    text : str
        As it stands in the file, shortened.
    shape : str
        circle, annulus, ellipse, box, polygon, or corners for two corners of a box.
    frame : str
        As of `skerry.sky.region_shapes.Shape`.
    places, sizes : tuple of str
        Coordinates, in pairs, and lengths; pixels count from 1.
    angle : str
        Of the first axis.
    by_image : bool
        Whether it counts from the west of the image, as of `skerry.sky.region_shapes.Shape`.
    include : bool
        Whether the pixels are to be taken out.
    channels : tuple of float, optional
        First and last.
    for_all : str
        As of `skerry.sky.region_shapes.Region`.
    """

    line: int
    text: str
    shape: str
    frame: str
    places: tuple[str, ...]
    sizes: tuple[str, ...] = ()
    angle: str = "0"
    include: bool = True
    channels: tuple[float, float] | None = None
    for_all: str = ""
    by_image: bool = False


class StatementError(Exception):
    """A line that is not understood; the text is the reason."""

    def __init__(self, reason: str, *, understood: bool = False) -> None:
        super().__init__(reason)
        self.understood = understood


def shortened(text: str) -> str:
    """Text of a line for messages: without control characters, and not longer than a line of them."""
    printed = "".join(letter if letter.isprintable() else " " for letter in text[:_LONGEST])
    return printed if len(text) <= _LONGEST else f"{printed.rstrip()} ..."
