"""A mesh of boxes over an image: a spline through their centres, and what is above it.

The spline is that of SExtractor, which `sep` too draws, so that maps made band by band are those of `sep` for the whole
image.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = ["Spline", "are_of_same_boxes", "signal_over"]


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

    def rows(self, start: int, stop: int, valid: NDArray[np.uint8] | None = None) -> NDArray[np.float32]:
        """Rows from `start` up to `stop`; NaN where the same rows of a `BitMask` are not set."""
        out = np.empty((stop - start, self._nx), np.float32)
        valid = None if valid is None else np.ascontiguousarray(valid)
        compiled.spread_mesh(self._mesh, self._weights, self._bounds, valid, self._height, self._width, start, out)
        return out

    def marks_above(
        self, start: int, image: NDArray[np.float32], level: float, floor: float, seed: float, *, both_signs: bool
    ) -> NDArray[np.uint8]:
        """Mark pixels of an image that are above a level by so many times the spline, which has bounds.

        Parameters
        ----------
        start : int
            First row of the image.
        image : ndarray of float32, shape (rows, nx)
            Rows of it.
        level : float
            In the unit of the image.
        floor, seed : float
            At least 0. Pixels above the level by `floor` times a positive value of the spline are marked as `FLOOR` of
            `skerry.kernels.islands`, and those above it by `seed` times that as `SEED` too.
        both_signs : bool
            Whether pixels that are as far below the level are marked as well.

        Returns
        -------
        ndarray of uint8, shape (rows, nx)
            The marks; 0 for invalid pixels.
        """
        if self._bounds is None:
            raise ValueError("a spline without bounds")
        marks, image = np.empty(image.shape, np.uint8), np.ascontiguousarray(image, np.float32)
        mesh, place = (self._mesh, self._weights, self._bounds), (self._height, self._width, start)
        compiled.mark_above_mesh(*mesh, image, *place, level, floor, seed, both_signs, marks)
        return marks


def are_of_same_boxes(rms: Spline, level: Spline) -> bool:
    """Whether `signal_over` takes two splines: both go through the same boxes, and the second has no bounds."""
    boxes = [(spline._height, spline._width, spline._mesh.shape) for spline in (rms, level)]
    return boxes[0] == boxes[1] and level._bounds is None


def signal_over(
    rms: Spline,
    level: Spline,
    start: int,
    image: NDArray[np.float32],
    valid: NDArray[np.uint8] | None = None,
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Signal of rows of an image from `start` on, over noise and less a level that are splines through the same boxes.

    Parameters
    ----------
    rms, level : Spline
        Of the noise and the level, of which `are_of_same_boxes` is true.
    start : int
        The first of the rows.
    image : ndarray of float32, shape (rows, nx)
        Their pixels.
    valid : ndarray of uint8, optional
        The same rows of a `BitMask`: invalid where it is not set.
    out : ndarray of float32, shape (rows, nx), optional
        Where to put the signal; contiguous.

    Returns
    -------
    ndarray of float32, shape (rows, nx)
        As `skerry.kernels.signal.signal_to_noise` gives it.
    """
    out = np.empty(image.shape, np.float32) if out is None else out
    image = np.ascontiguousarray(image, np.float32)
    valid = None if valid is None else np.ascontiguousarray(valid)
    place = rms._height, rms._width, start
    compiled.signal_over_mesh(rms._mesh, level._mesh, rms._weights, rms._bounds, valid, image, *place, out)
    return out


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
