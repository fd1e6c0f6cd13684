"""A small picture of an image with the outlines of its mask, without axes: for tables and reports with many of them.

Nothing is imported for it that takes long. Grey is of 32 shades, for a PNG of noise is as large as its noise is fine.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from skerry.pictures.blocks import bits_of_blocks, block_size, notable_of_blocks
from skerry.pictures.drawn_outlines import with_margin
from skerry.pictures.stretch import level_of, stretch_of
from skerry.planes.masks import set_pixels
from skerry.planes.plane import Floats, Plane

__all__ = ["thumbnail"]

_SHADES = 32
_OUTLINE, _INVALID = _SHADES, _SHADES + 1
"""Entries of the palette."""
_COLOURS = ((213, 62, 0), (176, 196, 222))
"""Of those: vermilion and a pale blue, which all eyes tell from grey."""


def thumbnail(image: Floats, mask: Plane | None = None, *, size: int = 256) -> bytes:
    """Small picture of an image, grey on white, with the outlines of a mask.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        In any unit; NaN and infinite pixels are invalid, and pale blue.
    mask : Plane of bool or integers, shape (ny, nx), optional
        Masked where it is not 0.
    size : int
        Pixels of the longer side of the picture, at most; it has half as many at least, unless the image is smaller.

    Returns
    -------
    bytes
        A PNG, with the first row of the image at the bottom. The same image gives the same bytes.
    """
    step = block_size((image.shape[0], image.shape[1]), size)
    shown = notable_of_blocks(image, step, *level_of(image))
    shades = stretch_of(shown).shades(shown)
    palette = np.where(np.isfinite(shades), np.rint(shades * (_SHADES - 1)), _INVALID).astype(np.uint8)
    if mask is not None:
        masked = bits_of_blocks(set_pixels(mask), step) != 0
        palette[with_margin(masked, 1) & ~masked] = _OUTLINE
    return _png(palette[::-1])


def _png(palette: NDArray[np.uint8]) -> bytes:
    """PNG of entries of the palette, shape (ny, nx); as ISO/IEC 15948 has it."""
    ny, nx = palette.shape
    grey = [(shade, shade, shade) for shade in np.linspace(255, 0, _SHADES).astype(int).tolist()]
    colours = bytes(part for colour in (*grey, *_COLOURS) for part in colour)
    # Each row begins with the number of its filter: none.
    rows = np.pad(palette, ((0, 0), (1, 0))).tobytes()
    header = struct.pack(">IIBBBBB", nx, ny, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
