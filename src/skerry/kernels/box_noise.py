"""Rms and level of the pixels of boxes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = ["MOST_PIXELS", "measure_boxes"]

MOST_PIXELS = (1 << 31) - 1
"""Of a box."""


def measure_boxes(
    band: NDArray[np.float32],
    masked: NDArray[np.bool_] | None,
    width: int,
    known: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]] | None = None,
    asked: NDArray[np.bool_] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """Rms and level of boxes that lie beside each other.

    Parameters
    ----------
    band : ndarray of float32, shape (height, nx)
        Rows of an image, as many as the boxes have; invalid pixels are left out.
    masked : ndarray of bool, shape (height, nx), optional
        Pixels that are left out too.
    width : int
        Columns of a box; the last one ends with the image.
    known : tuple of ndarray, optional
        What this function gave of the same boxes with other pixels left out.
    asked : ndarray of bool, shape (boxes,), optional
        Boxes that are to be measured, the others are known; by default all.

    Returns
    -------
    rms, level : ndarray of float32, shape (boxes,)
        Of the pixels that are within 3 sigma of the median once clipping leaves no other out; 0 where less than half of
        a box can be used. The rms is not corrected for what clipping takes. The level is 2.5 median - 1.5 mean, or the
        median where the two are more than 0.3 sigma apart.
    used : ndarray of int32, shape (boxes,)
        How many pixels are not left out.

    Notes
    -----
    The numbers are those of `sep.Background` (Barbary 2016, JOSS 1, 58), whose method is that of SExtractor (Bertin &
    Arnouts 1996, A&AS 117, 393): mean and rms within 2 sigma of the mean set the limits of a histogram, 5 sigma to
    either side with four pixels a level in the peak of a Gaussian, and all clipping is done on that.
    """
    band = np.ascontiguousarray(band, np.float32)
    boxes = -(-band.shape[1] // width)
    if known is None or asked is None:
        rms, level, used = np.empty(boxes, np.float32), np.empty(boxes, np.float32), np.empty(boxes, np.int32)
        asked = None
    else:
        rms, level, used = known[0].copy(), known[1].copy(), known[2].copy()
        asked = np.ascontiguousarray(asked)
    compiled.measure_boxes(band, masked, width, asked, rms, level, used)
    return rms, level, used
