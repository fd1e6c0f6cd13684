"""Which islands a picture shows enlarged: the brightest, where they are too small to be seen in the whole."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.filters.connected_pixels import Islands
from skerry.filters.island_tables import Extents, Peaks
from skerry.io.fits import OpenImage
from skerry.pictures.blocks import Window
from skerry.pictures.layers import Detail
from skerry.planes.computed import pixelwise
from skerry.planes.masks import set_pixels
from skerry.sky.beam import PixelBeam, beam_fwhm
from skerry.steps.plot_layers import DrawnMask

__all__ = ["brightest_details"]

_MOST = 3
_LEAST_PIXELS = 32
_BEAMS = 10
"""FWHM of the beam that a detail spans at least."""
_ROUND_ISLAND = 1.8
"""Sizes of its island that it spans at least."""
_LARGE = 0.3
"""Of the picture: what is as wide is large enough as it is."""


def brightest_details(
    subject: OpenImage, drawn: DrawnMask, window: Window, beam: PixelBeam | None
) -> tuple[Detail, ...]:
    """Windows round the brightest islands of a mask.

    Parameters
    ----------
    subject : OpenImage
        The image.
    drawn : DrawnMask
        The mask.
    window : Window
        Part of the image that is drawn.
    beam : PixelBeam, optional
        On its pixels.

    Returns
    -------
    tuple of Detail
        At most three, from the brightest on, none of which lies in another. Islands have the numbers that all of skerry
        gives them: by their first pixel, row by row.
    """
    peaks, extents = Peaks(pixelwise(_brightness, subject.data, dtype=np.float32)), Extents()
    bits = drawn.bits
    if drawn.of_details != -1:
        bits = pixelwise(partial(np.bitwise_and, bits.dtype.type(drawn.of_details)), bits, dtype=bits.dtype)
    Islands(set_pixels(bits), [peaks, extents])
    values, places = peaks.values_and_places()
    top, left, bottom, right = extents.by_label
    sizes = np.maximum(1 - bottom - top, 1 - right - left)
    least = max(_LEAST_PIXELS, 0 if beam is None else _BEAMS * beam_fwhm(beam.area))
    details: list[Detail] = []
    for number in np.argsort(-values[1:], kind="stable") + 1:
        side = int(max(least, _ROUND_ISLAND * sizes[number]))
        y, x = (int(n) for n in places[number])
        if not np.isfinite(values[number]) or not _is_in(window, y, x) or side > _LARGE * max(window.shape):
            continue
        part = _square(y, x, side, subject.data.shape)
        if any(_overlap(part, detail.window) for detail in details):
            continue
        peak = float(subject.data[y : y + 1][0, x])
        name = f"island {number}, " if drawn.numbered else ""
        details.append(Detail(part, f"{name}{peak:.3g} {subject.unit.text}".rstrip()))
        if len(details) == _MOST:
            break
    return tuple(details)


def _brightness(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far values are from 0; less than any of invalid ones."""
    return np.where(np.isfinite(values), np.abs(values), np.float32(-np.inf))


def _is_in(window: Window, y: int, x: int) -> bool:
    return window.top <= y < window.bottom and window.left <= x < window.right


def _square(y: int, x: int, side: int, shape: tuple[int, ...]) -> Window:
    """Square round a pixel, moved to lie in the image as far as that has room."""
    side = min(side, *shape)
    top, left = (min(max(0, at - side // 2), size - side) for at, size in zip((y, x), shape, strict=True))
    return Window(top, top + side, left, left + side)


def _overlap(one: Window, other: Window) -> bool:
    return one.top < other.bottom and other.top < one.bottom and one.left < other.right and other.left < one.right
