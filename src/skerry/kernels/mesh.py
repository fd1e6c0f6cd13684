"""A mesh of boxes over an image: their pixels laid together, and a spline through their centres.

The spline is that of SExtractor, which `sep` too draws, so that maps made band by band are those of `sep` for the whole
image.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = ["Spline", "gather_boxes", "mark_excess", "signal_over"]


def gather_boxes(
    band: NDArray[np.float32], masked: NDArray[np.bool_] | None, first: int, width: int, count: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.int32]]:
    """Pixels of boxes that lie beside each other.

    Parameters
    ----------
    band : ndarray of float32, shape (height, nx)
        Rows of an image, as many as the boxes have.
    masked : ndarray of bool, shape (height, nx), optional
        Pixels that are not to be used; invalid ones never are.
    first, width, count : int
        First column of the first box, and columns and number of the boxes.

    Returns
    -------
    pixels : ndarray of float32, shape (count, n)
        Row by row, with n even: a pixel is added where there is an odd number. 0 where they are not to be used.
    unusable : ndarray of bool, shape (count, n)
        Where they are not.
    usable : ndarray of int32, shape (count,)
        How many are.
    """
    height = len(band)
    stride = height * width + height * width % 2
    pixels, unusable = np.empty((count, stride), np.float32), np.empty((count, stride), np.bool_)
    usable = np.empty(count, np.int32)
    compiled.gather_boxes(band, masked, first, width, pixels, unusable, usable)
    return pixels, unusable, usable


class Spline:
    """A bicubic spline through the centres of boxes.

    Parameters
    ----------
    values : ndarray of float32, shape (boxes down, boxes across)
        At the centres.
    height, width : int
        Of the boxes, pixels.
    nx : int
        Columns of the image.
    bounds : ndarray of float32, shape (2, boxes down, boxes across), optional
        Lowest and highest value that the pixels of a box may have.

    Notes
    -----
    As in SExtractor, curvatures are natural at the ends and a little less than those of a true spline elsewhere, there
    are none across where there is one row of boxes only, and centres lie half a pixel further up in y than in x.
    """

    def __init__(
        self,
        values: NDArray[np.float32],
        height: int,
        width: int,
        nx: int,
        bounds: NDArray[np.float32] | None = None,
    ) -> None:
        self._height, self._width, self._nx = height, width, nx
        self._bounds = None if bounds is None else np.ascontiguousarray(bounds, np.float32)
        self._weights = _column_weights(values.shape[1], width, nx)
        down = _curvatures(values)
        curved = values.shape[0] > 1
        across, both = ((_curvatures(part.T).T if curved else np.zeros_like(part)) for part in (values, down))
        self._mesh = np.array([values, down, across, both], dtype=np.float32)

    def is_like(self, level: Spline) -> bool:
        """Whether another spline goes through the centres of the same boxes, and has no bounds."""
        alike = (level._height, level._width, level._mesh.shape) == (self._height, self._width, self._mesh.shape)
        return alike and level._bounds is None

    def rows(self, start: int, stop: int, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows from `start` up to `stop`; NaN where the same rows of an image are invalid."""
        out = np.empty((stop - start, self._nx), np.float32)
        image = np.ascontiguousarray(image, np.float32)
        compiled.spread_mesh(self._mesh, self._weights, self._bounds, image, self._height, self._width, start, out)
        return out


def signal_over(rms: Spline, level: Spline, start: int, image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Signal of rows of an image from `start` on, over noise and less a level that are splines through the same boxes.

    Parameters
    ----------
    rms, level : Spline
        Of the noise and the level; the second without bounds.
    start : int
        The first of the rows.
    image : ndarray of float32, shape (rows, nx)
        Their pixels.

    Returns
    -------
    ndarray of float32, shape (rows, nx)
        As `skerry.kernels.signal.signal_to_noise` gives it.
    """
    out, image = np.empty(image.shape, np.float32), np.ascontiguousarray(image, np.float32)
    boxes = rms._height, rms._width
    compiled.signal_over_mesh(rms._mesh, level._mesh, rms._weights, rms._bounds, image, *boxes, start, out)
    return out


def mark_excess(
    image: NDArray[np.float32], rms: NDArray[np.float32], level: float, floor: float, seed: float
) -> NDArray[np.uint8]:
    """Mark pixels above a level by `floor` times the rms as `FLOOR`, and by `seed` times as `SEED` of `islands` too."""
    marks = np.empty(image.shape, np.uint8)
    compiled.excess_marks(np.ascontiguousarray(image, np.float32), rms, level, floor, seed, marks)
    return marks


def _curvatures(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Curvatures along the first axis, 0 at the ends."""
    n = values.shape[0]
    curvatures = np.zeros(values.shape)
    factors, rest = np.zeros(n), np.zeros_like(curvatures)
    for i in range(1, n - 1):
        factors[i] = -1 / (factors[i - 1] + 4)
        bend = values[i + 1].astype(float) + values[i - 1] - 2 * values[i].astype(float)
        rest[i] = factors[i] * (rest[i - 1] - 6 * bend)
    for i in range(n - 2, 0, -1):
        # A true spline has the sixth of the second term only: this is how SExtractor and sep do it.
        curvatures[i] = (factors[i] * curvatures[i + 1] + rest[i]) / 6
    return curvatures


def _column_weights(boxes: int, width: int, nx: int) -> NDArray[np.float32]:
    """Weights of the two nodes of each column, and of their curvatures, shape (4, nx)."""
    place = np.zeros(nx)
    if boxes > 1:
        place = (np.arange(nx) - (width - 1) / 2) / width
        # From this pixel on the next two nodes are used; it is on the first of them, or half a pixel right of it.
        place -= np.clip((np.arange(nx) - width // 2) // width, 0, boxes - 2)
    rest = 1 - place
    return np.array([rest, place, rest**3 - rest, place**3 - place], dtype=np.float32)
