"""Masks of masks: what is set in both, in either, in one without the other; and valid pixels of an image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skerry.planes.bands import each_band
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed, by_strips, pixelwise
from skerry.planes.plane import Flags, Floats, Plane

__all__ = ["any_set", "both", "cut_or_padded", "either", "inverted", "set_pixels", "valid_pixels", "without"]


def both(mask: Plane, *others: Flags) -> Computed:
    """Pixels of a mask that all others have too.

    Parameters
    ----------
    mask : Plane of bool or integers, shape (ny, nx)
        The mask; one of integers keeps its bits there.
    *others : Plane of bool, shape (ny, nx)
        They are not computed where no pixel is set in any row that is asked for.

    Returns
    -------
    Computed of the type of the mask, shape (ny, nx)
        The pixels.

    Examples
    --------
    >>> import numpy as np
    >>> both(np.array([[1, 2, 3]], np.uint8), np.array([[True, False, True]]))[:]
    array([[1, 0, 3]], dtype=uint8)
    """

    def rows(start: int, stop: int) -> NDArray[Any]:
        band: NDArray[Any] = mask[start:stop]
        for other in others:
            if not band.any():
                break
            band = by_strips(np.multiply, band, other[start:stop], dtype=mask.dtype)
        return band

    return Computed(mask.shape, mask.dtype, rows, [mask, *others])


def cut_or_padded(mask: BitMask, shape: tuple[int, int], first: tuple[int, int]) -> Computed:
    """A window of a mask, which may reach beyond it: there no pixel is set.

    Parameters
    ----------
    mask : BitMask, shape (my, mx)
        The mask.
    shape : tuple of int
        (ny, nx) of the window.
    first : tuple of int
        Row and column of the mask at which it begins; negative before the first ones.

    Returns
    -------
    Computed of bool, shape (ny, nx)
        The window.

    Examples
    --------
    >>> import numpy as np
    >>> cut_or_padded(BitMask.of(np.array([[True, False, True]])), (2, 3), (-1, 1))[:].astype(int)
    array([[0, 0, 0],
           [0, 1, 0]])
    """
    (my, mx), (y, x) = mask.shape, first
    columns = slice(min(max(x, 0), mx), max(0, min(x + shape[1], mx)))

    def rows(start: int, stop: int) -> NDArray[Any]:
        band = np.zeros((stop - start, shape[1]), dtype=bool)
        there = slice(min(max(y + start, 0), my), max(0, min(y + stop, my)))
        if there.start < there.stop and columns.start < columns.stop:
            part = mask[there][:, columns]
            here = there.start - y - start, columns.start - x
            band[here[0] : here[0] + part.shape[0], here[1] : here[1] + part.shape[1]] = part
        return band

    return Computed(shape, bool, rows, cost=-(-mx // max(1, shape[1])))


def either(mask: Flags, other: Flags) -> Computed:
    """Pixels of either of two masks."""
    return pixelwise(np.logical_or, mask, other, dtype=bool)


def without(mask: Flags, other: Flags) -> Computed:
    """Pixels of a mask that another has not."""
    return both(mask, inverted(other))


def inverted(mask: Flags) -> Computed:
    """Pixels that a mask has not."""
    return pixelwise(np.logical_not, mask, dtype=bool)


def set_pixels(mask: Plane) -> Flags:
    """Pixels of a mask of integers that are not 0, as bool."""
    return mask if mask.dtype.kind == "b" else pixelwise(_not_zero, mask, dtype=bool)


def valid_pixels(image: Floats) -> Computed:
    """Pixels of an image that are neither NaN nor infinite."""
    return pixelwise(np.isfinite, image, dtype=bool)


def any_set(mask: Flags) -> bool:
    """Whether any pixel of a mask is set."""
    return any(band.any() for _, band in each_band(mask))


def _not_zero(values: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(values != 0)
