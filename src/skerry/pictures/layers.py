"""What a picture shows of masks, a colour each: without matplotlib, for those who only say what is to be drawn."""

from __future__ import annotations

from dataclasses import dataclass

from skerry.pictures.blocks import Window

__all__ = ["Detail", "Layer"]


@dataclass(frozen=True)
class Layer:
    """Pixels that are drawn in one colour.

    Attributes
    ----------
    label : str
        What the legend says of it; nothing for none.
    colour : str
        As matplotlib takes it.
    bits : int
        The pixels of the mask that have any of these bits.
    filled : bool
        Whether they are filled too.
    outlined : bool
        Whether they have an outline.
    """

    label: str
    colour: str
    bits: int = 1
    filled: bool = False
    outlined: bool = True


@dataclass(frozen=True)
class Detail:
    """Part of an image that is shown enlarged.

    Attributes
    ----------
    window : Window
        The part.
    title : str
        What stands above it.
    """

    window: Window
    title: str
