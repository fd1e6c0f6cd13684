"""What is drawn of a mask, and of several: bits for each colour, and what the legend says of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.filters.connected_pixels import Islands
from skerry.filters.island_tables import Seeded
from skerry.io.fits import OpenImage
from skerry.io.headers import mask_scales
from skerry.pictures.layers import Layer
from skerry.planes.bands import map_bands
from skerry.planes.computed import pixelwise
from skerry.planes.masks import set_pixels
from skerry.planes.plane import Plane

__all__ = ["DrawnMask", "compared", "in_words", "one_mask", "pixels_of_bits", "with_number"]

_OUTLINE = "#d54e00"
_KEPT, _GAINED, _LOST = "#0072b2", "#e69f00", "#a0257f"
"""Told apart by all eyes (Okabe & Ito 2008), and by their lightness."""
_SCALES = ("#0d0887", "#7e03a8", "#cc4778", "#f89540", "#d9c31f")
"""From the smallest: the colours of plasma."""


class DrawnMask(NamedTuple):
    """What is drawn of masks."""

    bits: Plane
    """Bits of the layers, shape (ny, nx)."""
    layers: Sequence[Layer]
    """From the lowest to the topmost."""
    told: str
    """What the masks are, and what is in them."""
    numbered: bool = False
    """Whether the islands are those of a file, by whose numbers they may be called."""
    of_details: int = -1
    """Bits of the islands that may be enlarged; all by default."""


def one_mask(mask: OpenImage) -> DrawnMask:
    """Mask as it is drawn: its outlines, or those of the scales of a scale mask.

    Parameters
    ----------
    mask : OpenImage
        An open mask.

    Returns
    -------
    DrawnMask
        Of a scale mask a pixel has the colour of its largest scale.
    """
    scales = mask_scales(mask.header, str(mask.path))
    flags = set_pixels(mask.data)
    islands, pixels = Islands(flags), int(sum(map_bands(lambda rows: np.count_nonzero(flags[rows]), flags)))
    told = f"{mask.path.name}: {in_words(islands.count, pixels)}, {_share(pixels, mask)}."
    if scales is None:
        return DrawnMask(pixelwise(_as_bytes, flags, dtype=np.uint8), [Layer("", _OUTLINE)], told, numbered=True)
    layers = []
    counts = pixels_of_bits(pixelwise(_largest_bit, mask.data, dtype=np.int32), len(scales))
    for n, scale in enumerate(scales):
        colour = _SCALES[round(n * (len(_SCALES) - 1) / max(1, len(scales) - 1))]
        at_least = sum(1 << bit for bit in range(n, len(scales)))
        layers.append(Layer(f"largest scale {scale}: {with_number(counts[n], 'pixel')}", colour, at_least))
    return DrawnMask(mask.data, layers, told, numbered=True)


def compared(mask: OpenImage, other: OpenImage) -> DrawnMask:
    """Two masks as they are drawn beside each other.

    Parameters
    ----------
    mask, other : OpenImage
        Open masks of one grid.

    Returns
    -------
    DrawnMask
        Kept is what both have, gained what the first has and the other has not, and lost the reverse. Islands are
        those of both together: an island is kept if any of its pixels is.
    """
    bits = pixelwise(_kept_gained_lost, set_pixels(mask.data), set_pixels(other.data), dtype=np.uint8)
    tables = [Seeded(1 << n) for n in range(3)]
    Islands(bits, tables)
    kept, gained, lost = (table.by_label[0][1:] != 0 for table in tables)
    islands = [int(kept.sum()), int((gained & ~kept).sum()), int((lost & ~kept).sum())]
    pixels = pixels_of_bits(bits, 3)
    said = [
        f"{what}: {in_words(*counts)}"
        for what, *counts in zip(("kept", "gained", "lost"), islands, pixels, strict=True)
    ]
    layers = [
        Layer(said[0], _KEPT, 1),
        Layer(said[1], _GAINED, 2, filled=True),
        Layer(said[2], _LOST, 4, filled=True),
    ]
    return DrawnMask(bits, layers, f"{mask.path.name}, compared with {other.path.name}.")


def pixels_of_bits(bits: Plane, number: int) -> list[int]:
    """Pixels of each of the first bits of a plane of integers."""

    def count(rows: slice) -> NDArray[np.int64]:
        band = bits[rows]
        return np.array([np.count_nonzero(band & (1 << n)) for n in range(number)])

    return [int(n) for n in sum(map_bands(count, bits, cost=5), start=np.zeros(number, np.int64))]


def in_words(islands: int, pixels: int) -> str:
    """Counts in words."""
    return f"{with_number(islands, 'island')}, {with_number(pixels, 'pixel')}"


def with_number(number: int, name: str) -> str:
    """How many there are of something."""
    return f"{number} {name}{'' if number == 1 else 's'}"


def _share(pixels: int, mask: OpenImage) -> str:
    """Share of the pixels of a mask in words."""
    ny, nx = mask.data.shape
    return f"{100 * pixels / (ny * nx):.3g} % of all"


def _as_bytes(flags: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return flags.view(np.uint8)


def _largest_bit(values: NDArray[Any]) -> NDArray[np.int32]:
    """The highest bit of each value alone."""
    _, exponent = np.frexp(values.astype(np.float64))
    return np.where(values > 0, np.left_shift(1, np.maximum(exponent - 1, 0)), 0).astype(np.int32)


def _kept_gained_lost(mask: NDArray[np.bool_], other: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.asarray((mask & other) * np.uint8(1) + (mask & ~other) * np.uint8(2) + (other & ~mask) * np.uint8(4))
