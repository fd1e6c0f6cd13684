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
        self.image = image
        self._spline, self._blank = spline, blank
        sources = [image] if blank is None else [image, blank]
        super().__init__(image.shape, np.float32, self._of_image, sources)

    def of_rows(self, start: int, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows of the map from `start` on, of which the pixels of the image are there already."""
        stop = start + len(pixels)
        drawn = self._spline.rows(start, stop, pixels)
        if self._blank is not None:
            drawn[self._blank[start:stop]] = 0
        return drawn

    def _of_image(self, start: int, stop: int) -> NDArray[np.float32]:
        return self.of_rows(start, self.image[start:stop])
