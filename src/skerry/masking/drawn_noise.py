"""Maps of the noise that are a few numbers: values of boxes, drawn over an image where rows of them are asked for."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.kernels.mesh import Spline
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed
from skerry.planes.plane import Flags

__all__ = ["DrawnMap"]


class DrawnMap(Computed):
    """Values of boxes drawn over an image.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx) of the image.
    spline : Spline
        Through the values.
    valid : BitMask, shape (ny, nx), optional
        Where the image is valid, and the map not NaN; by default everywhere.
    blank : Plane of bool, shape (ny, nx), optional
        Where the map is 0.
    """

    def __init__(
        self, shape: tuple[int, ...], spline: Spline, valid: BitMask | None = None, blank: Flags | None = None
    ) -> None:
        self.spline, self.valid, self.blank = spline, valid, blank
        # No method of its own: the masks go with the last name of the map, not with the next search for garbage.
        super().__init__(shape, np.float32, partial(_drawn, spline, valid, blank), [] if blank is None else [blank])

    def valid_rows(self, start: int, stop: int) -> NDArray[np.uint8] | None:
        """Bits of some rows, where the image is valid; None if it is everywhere."""
        return _bits(self.valid, start, stop)


def _bits(mask: BitMask | None, start: int, stop: int) -> NDArray[np.uint8] | None:
    return None if mask is None else mask.bits[start:stop]


def _drawn(spline: Spline, valid: BitMask | None, blank: Flags | None, start: int, stop: int) -> NDArray[np.float32]:
    rows = spline.rows(start, stop, _bits(valid, start, stop))
    if blank is not None:
        rows[blank[start:stop]] = 0
    return rows
