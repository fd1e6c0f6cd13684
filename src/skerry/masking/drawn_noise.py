"""Maps of the noise that are a few numbers: values of boxes, drawn over an image where rows are asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.kernels.mesh import Spline
from skerry.planes.computed import Computed
from skerry.planes.plane import Flags, Floats

__all__ = ["DrawnMap"]


class DrawnMap(Computed):
    """Values of boxes drawn over an image; NaN where that is invalid.

    Parameters
    ----------
    spline : Spline
        Through the values.
    image : Plane of float32, shape (ny, nx)
        Read only to know where it is invalid.
    blank : Plane of bool, shape (ny, nx), optional
        Where the map is 0.
    """

    def __init__(self, spline: Spline, image: Floats, blank: Flags | None = None) -> None:
        self.spline, self.image, self.blank = spline, image, blank
        sources = [image] if blank is None else [image, blank]
        super().__init__(image.shape, np.float32, self._drawn, sources)

    def goes_with(self, level: DrawnMap, image: Floats) -> bool:
        """Whether this and a map of the level are both drawn over an image, through the same boxes."""
        return self.image is image and level.image is image and self.spline.is_like(level.spline)

    def _drawn(self, start: int, stop: int) -> NDArray[np.float32]:
        rows = self.spline.rows(start, stop, self.image[start:stop])
        if self.blank is not None:
            rows[self.blank[start:stop]] = 0
        return rows
