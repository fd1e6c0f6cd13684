"""Grey opening by a box: the image without what is smaller than the box."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.kernels.boxes import maximum_of_rows, minimum_of_rows, reach_of
from skerry.planes.computed import Computed, windowed
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
    before, after = reach_of(image.shape, box)
    reach = before + after
    opened = partial(_opened_rows, box=box)
    return windowed(opened, image, before=reach, after=reach, dtype=np.float32, cost_around=4)


def _opened_rows(image: NDArray[np.float32], rows: slice, box: int) -> NDArray[np.float32]:
    """Opening of some rows of an image, which is given as far as two boxes reach."""
    before, after = reach_of(image.shape, box)
    # The boxes that hold a pixel of these rows are those of the rows from first to last.
    first, last = max(0, rows.start - after), min(len(image), rows.stop + before)
    within = slice(rows.start - first, rows.stop - first)
    opened = maximum_of_rows(minimum_of_rows(image, slice(first, last), box), within, box)
    # Boxes without a valid pixel have an infinite minimum, which the maximum passes over.
    np.copyto(opened, np.float32(np.nan), where=~np.isfinite(image[rows]))
    return opened
