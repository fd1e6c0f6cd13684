"""Maps of the noise that are a few numbers: values of boxes, drawn over an image where rows of them are asked for."""

from __future__ import annotations

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
        super().__init__(shape, np.float32, self._drawn, [] if blank is None else [blank])

    def valid_rows(self, start: int, stop: int) -> NDArray[np.uint8] | None:
        """Bits of some rows, where the image is valid; None if it is everywhere."""
        return None if self.valid is None else self.valid.bits[start:stop]

    def _drawn(self, start: int, stop: int) -> NDArray[np.float32]:
        rows = self.spline.rows(start, stop, self.valid_rows(start, stop))
        if self.blank is not None:
            rows[self.blank[start:stop]] = 0
        return rows
