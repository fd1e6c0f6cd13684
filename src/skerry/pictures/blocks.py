"""An image and its masks at the size of a picture: a pixel of the picture stands for a block of pixels.

A block shows its brightest pixel, for a mean lets compact sources drown. In noise as wide as the beam, 5 pixels, a block
of 10 x 10 with a source of 5 sigma has a mean 1.7 times the scatter of such means above theirs, and a maximum 5 times.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.planes.bands import map_bands
from skerry.planes.computed import Computed
from skerry.planes.plane import Floats, Plane, needs_of

__all__ = ["Window", "bits_of_blocks", "block_size", "extremes_of_blocks", "notable_of_blocks", "windowed_plane"]

_DEEP = 5.0
"""Sigma: a block whose lowest pixel is lower, and farther from the level than the highest, shows the lowest."""
_BYTES_OF_BLOCKS = 16
"""A pixel, for what is made of it on the way."""


class Window(NamedTuple):
    """Part of an image: rows and columns from the first up to the last, which is not in it."""

    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> Window:
        """The whole of an image of shape (ny, nx)."""
        return cls(0, shape[0], 0, shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx)."""
        return self.bottom - self.top, self.right - self.left

    def within(self, shape: tuple[int, ...]) -> Window:
        """What of it lies in an image of shape (ny, nx)."""
        top, left = (min(max(0, n), size) for n, size in zip((self.top, self.left), shape, strict=True))
        bottom, right = (min(max(0, n), size) for n, size in zip((self.bottom, self.right), shape, strict=True))
        return Window(top, max(top, bottom), left, max(left, right))


def block_size(shape: tuple[int, int], most: int) -> int:
    """Side of the blocks, in pixels, by which the longer side of a window becomes no longer than `most`."""
    return max(1, -(-max(shape) // most))


def windowed_plane(plane: Plane, window: Window) -> Plane:
    """Part of a plane.

    Parameters
    ----------
    plane : Plane, shape (ny, nx)
        The plane.
    window : Window
        Within it.

    Returns
    -------
    Plane
        Of the shape of the window; whole rows of the plane are read for it.
    """
    if window == Window.of(plane.shape):
        return plane

    def rows(start: int, stop: int) -> NDArray[Any]:
        return np.asarray(plane[window.top + start : window.top + stop])[:, window.left : window.right]

    # Needs count by the columns of the window. What is given lies in the rows that were read.
    read = max(needs_of(plane).a_row, plane.dtype.itemsize) * plane.shape[1]
    cost = math.ceil(read / max(1, window.shape[1])) - plane.dtype.itemsize
    return Computed(window.shape, plane.dtype, rows, cost=cost)


def extremes_of_blocks(image: Floats, step: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Lowest and highest pixel of each block.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        NaN and infinite pixels are invalid.
    step : int
        Side of the blocks; those at the last rows and columns may be smaller.

    Returns
    -------
    lowest : ndarray of float32, shape (ceil(ny / step), ceil(nx / step))
        NaN where no pixel of a block is valid.
    highest : ndarray of float32
        Likewise.

    Examples
    --------
    >>> import numpy as np
    >>> extremes_of_blocks(np.array([[1, 5, 2], [np.nan, -3, np.inf]], np.float32), 2)[1]
    array([[5., 2.]], dtype=float32)
    """

    def of_band(rows: slice) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        band = image[rows]
        valid = np.where(np.isfinite(band), band, np.float32(np.nan))
        return _reduced(np.fmin, valid, step), _reduced(np.fmax, valid, step)

    parts = list(map_bands(of_band, image, cost=_BYTES_OF_BLOCKS, multiple_of=step))
    lowest, highest = (np.concatenate([part[n] for part in parts]) for n in (0, 1))
    return lowest, highest


def notable_of_blocks(image: Floats, step: int, level: float, noise: float) -> NDArray[np.float32]:
    """Pixel of each block that a picture shows: the highest, or the lowest where that is what stands out.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        NaN and infinite pixels are invalid.
    step : int
        Side of the blocks.
    level, noise : float
        Of the image: its background and its noise. A lowest pixel is shown if it is 5 times the noise below the level,
        and farther from it than the highest is.

    Returns
    -------
    ndarray of float32
        Shape as of `extremes_of_blocks`.
    """
    lowest, highest = extremes_of_blocks(image, step)
    with np.errstate(invalid="ignore"):
        is_deep = level - lowest > np.maximum(highest - level, _DEEP * noise)
    return np.where(is_deep, lowest, highest)


def bits_of_blocks(mask: Plane, step: int) -> NDArray[Any]:
    """Bits that any pixel of each block has.

    Parameters
    ----------
    mask : Plane of bool or integers, shape (ny, nx)
        The mask.
    step : int
        Side of the blocks.

    Returns
    -------
    ndarray
        Of the type of the mask; shape as of `extremes_of_blocks`.
    """

    def of_band(rows: slice) -> NDArray[Any]:
        return _reduced(np.bitwise_or, np.asarray(mask[rows]), step)

    return np.concatenate(list(map_bands(of_band, mask, cost=2 * mask.dtype.itemsize, multiple_of=step)))


def _reduced(join: np.ufunc, band: NDArray[Any], step: int) -> NDArray[Any]:
    """Blocks of a band, joined; rows first, for neighbours in a column are joined many at a time."""
    if step == 1:
        return band
    along = partial(np.arange, 0, step=step)
    return np.asarray(join.reduceat(join.reduceat(band, along(band.shape[0]), axis=0), along(band.shape[1]), axis=1))
