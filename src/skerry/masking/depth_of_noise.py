"""How deep the minimum of a box is in noise alone, where a minimum that is shallower would be that of emission.

In a bright plateau wider than the box all pixels are positive, and so is their minimum. What noise has elsewhere
near by says how deep it would be without the plateau.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.planes.bands import map_bands
from skerry.planes.computed import Computed
from skerry.planes.plane import Floats

__all__ = ["least_depth"]

_SHALLOWEST_OF_NOISE = 0.75
"""Of the median depth of the minimum of a box: of noise alone, one in 1000 boxes of 20 beams (FWHM) is shallower."""
_BOXES_AROUND = 9


def least_depth(minimum: Floats, box: int) -> Computed:
    """Least depth that the minimum of a box has in noise, for the pixels of every row.

    It is a share of the median of the boxes around that have a negative pixel, for the noise of a mosaic is not the
    same everywhere; of the whole image where there are none.

    Parameters
    ----------
    minimum : Plane of float32, shape (ny, nx)
        Minimum of the box round every pixel; infinite where no pixel of it is valid. One pixel a box is looked at, now.
    box : int
        Pixels a side.

    Returns
    -------
    Plane of float32, shape (ny, boxes across)
        With a column for each box, or fewer: what lies beyond the last one has its depth. In the unit of the minimum,
        positive; 0 if no box has a negative pixel.
    """
    ny, nx = minimum.shape
    first, step = (box // 2, box) if min(ny, nx) > box // 2 else (0, max(ny, nx))

    def sampled(rows: slice) -> NDArray[np.float32]:
        places = range(first + -(-max(0, rows.start - first) // step) * step, rows.stop, step)
        depth = [np.negative(minimum[row : row + 1][:, first::step]) for row in places]
        return np.concatenate([np.empty((0, len(range(first, nx, step))), np.float32), *depth])

    sample = np.concatenate(list(map_bands(sampled, minimum)))
    known = np.isfinite(sample) & (sample > 0)
    least = _least_depths(np.where(known, sample, np.float32(np.nan))) if known.any() else np.zeros((1, 1), np.float32)
    return Computed((ny, least.shape[1]), np.float32, partial(_rows_of_boxes, least, box))


def _rows_of_boxes(values: NDArray[np.float32], box: int, start: int, stop: int) -> NDArray[np.float32]:
    """Values of the boxes in which some rows lie; beyond the last ones it is theirs."""
    return values[np.minimum(np.arange(start, stop) // box, len(values) - 1)]


def _least_depths(sample: NDArray[np.float32]) -> NDArray[np.float32]:
    """Least depth of noise at each place of a grid of depths, NaN where there is none; float32."""
    half = _BOXES_AROUND // 2
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(sample, half, constant_values=np.nan), (_BOXES_AROUND, _BOXES_AROUND)
    )
    least = np.full(sample.shape, np.nanmedian(sample), np.float32)
    for row, across in enumerate(windows):
        known = np.isfinite(across).any(axis=(1, 2))
        least[row, known] = np.nanmedian(across[known], axis=(1, 2))
    least *= np.float32(_SHALLOWEST_OF_NOISE)
    return least
