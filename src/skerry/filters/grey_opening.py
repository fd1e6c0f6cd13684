"""Grey opening by a box: the image without what is smaller than the box."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.kernels.boxes import maximum_of_rows, minimum_of_rows, reach_of
from skerry.planes.computed import Computed, collect, rows_with_halo
from skerry.planes.plane import Floats

__all__ = ["grey_opening", "opening_plane"]


def grey_opening(image: NDArray[np.float32], box: int) -> NDArray[np.float32]:
    """Remove what is smaller than a box: the highest of the minima of all boxes that hold a pixel.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Any unit; invalid pixels (NaN or infinite) do not count.
    box : int
        Pixels a side. Boxes are cut at the edges of the image.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        Never above the image; NaN where that is invalid.
    """
    return np.asarray(collect(opening_plane(np.asarray(image, dtype=np.float32), box)))


def opening_plane(image: Floats, box: int) -> Computed:
    """Compute what `grey_opening` does, band by band."""
    before, after = reach_of(image.shape, box)
    ny = image.shape[0]

    def rows(start: int, stop: int) -> NDArray[np.float32]:
        # The boxes that hold a pixel of these rows are those of the rows from first to last.
        first, last = max(0, start - after), min(ny, stop + before)
        band, within = rows_with_halo(image, first, last, before, after)
        opened = maximum_of_rows(minimum_of_rows(band, within, box), slice(start - first, stop - first), box)
        # Boxes without a valid pixel have an infinite minimum, which the maximum passes over.
        top = within.start + start - first
        np.copyto(opened, np.float32(np.nan), where=~np.isfinite(band[top : top + stop - start]))
        return opened

    return Computed(image.shape, np.float32, rows, [image], halo=before + after, cost=5)
