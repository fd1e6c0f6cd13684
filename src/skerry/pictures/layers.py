"""What a picture shows: an image, and masks, a colour each. Who only says what is to be drawn needs no matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skerry.pictures.blocks import Window
from skerry.planes.plane import Floats, Plane
from skerry.sky.beam import PixelBeam

if TYPE_CHECKING:
    from astropy.wcs import WCS

__all__ = ["Detail", "Layer", "Picture"]


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


@dataclass(frozen=True)
class Picture:
    """What is drawn.

    Attributes
    ----------
    image : Plane of float32, shape (ny, nx)
        NaN and infinite pixels are invalid.
    window : Window
        The part that is shown.
    title, subtitle : str
        Lines above it, which are cut to its width.
    unit : str
        Of the image.
    wcs : WCS, optional
        Celestial, of two axes; without it axes are in pixels.
    beam : PixelBeam, optional
        On these pixels.
    beam_text : str
        What stands beside it.
    mask : Plane of bool or integers, shape (ny, nx), optional
        Bits of the layers.
    layers : sequence of Layer
        From the lowest to the topmost.
    details : sequence of Detail
        Of which at most three have room.
    """

    image: Floats
    window: Window
    title: str
    subtitle: str = ""
    unit: str = ""
    wcs: WCS | None = None
    beam: PixelBeam | None = None
    beam_text: str = ""
    mask: Plane | None = None
    layers: Sequence[Layer] = ()
    details: Sequence[Detail] = ()
