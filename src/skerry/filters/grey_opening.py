"""Grey opening by a box: the image without what is smaller than the box."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.filters.boxes import box_maximum, box_minimum
from skerry.planes.computed import Computed, pixelwise
from skerry.planes.plane import Floats

__all__ = ["grey_opening"]


def grey_opening(image: Floats, box: int) -> Computed:
    """Remove what is smaller than a box: the highest of the minima of all boxes that hold a pixel.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        Any unit; invalid pixels (NaN or infinite) do not count.
    box : int
        Pixels a side. Boxes are cut at the edges of the image.

    Returns
    -------
    Plane of float32, shape (ny, nx)
        Never above the image; NaN where that is invalid.
    """
    # Boxes without a valid pixel have an infinite minimum, which the maximum passes over.
    opened = box_maximum(box_minimum(image, box), box)
    return pixelwise(_nan_where_invalid, opened, image, dtype=np.float32)


def _nan_where_invalid(values: NDArray[np.float32], image: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(np.isfinite(image), values, np.float32(np.nan))
