"""Statistics of the box round every pixel of a plane, as `skerry.kernels.boxes` defines the box."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from skerry.kernels.boxes import maximum_of_rows, minimum_of_rows, reach_of, skewed_rows
from skerry.planes.computed import Computed, windowed
from skerry.planes.plane import Floats

__all__ = [
    "adaptive_box_minimum",
    "adaptive_minimum",
    "adaptive_minimum_cost",
    "box_maximum",
    "box_minimum",
    "is_skewed",
    "windows",
]

_LEAST_WINDOW = 128
_BYTES_AROUND_SKEWED = 4


def box_minimum(image: Floats, box: int) -> Computed:
    """Minimum of the box round every pixel, float32; infinite where no pixel of it is valid."""
    before, after = reach_of(image.shape, box)
    minimum = partial(minimum_of_rows, box=box)
    return windowed(minimum, image, before=before, after=after, dtype=np.float32)


def box_maximum(image: Floats, box: int) -> Computed:
    """Maximum of the *reflected* box round every pixel, float32; minus infinity where no pixel of it is valid.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        Invalid pixels (NaN or infinite) do not count.
    box : int
        Pixels a side.

    Returns
    -------
    Plane of float32, shape (ny, nx)
        The reflected box of an even n reaches one pixel less before a pixel than after it: it holds the pixels whose
        own box holds that pixel.
    """
    after, before = reach_of(image.shape, box)
    maximum = partial(maximum_of_rows, box=box)
    return windowed(maximum, image, before=before, after=after, dtype=np.float32)


def is_skewed(image: Floats, box: int, fraction: float) -> Computed:
    """Where more than `fraction` of the valid pixels in the box are positive."""
    before, after = reach_of(image.shape, box)
    skewed = partial(skewed_rows, box=box, fraction=fraction)
    return windowed(skewed, image, before=before, after=after, dtype=bool)


def adaptive_box_minimum(image: Floats, boxes: Sequence[int], fraction: float) -> Computed:
    """Minimum of the box round every pixel as `adaptive_minimum` gives it, float32."""
    before, after = reach_of(image.shape, boxes[-1])
    minimum = partial(adaptive_minimum, boxes=boxes, fraction=fraction)
    cost = adaptive_minimum_cost(boxes)
    return windowed(minimum, image, before=before, after=after, dtype=np.float32, cost_around=cost)


def adaptive_minimum_cost(boxes: Sequence[int]) -> int:
    """Bytes that `adaptive_minimum` takes for each pixel of the band: the skewed ones, and what lies around them."""
    return 0 if len(boxes) == 1 else _BYTES_AROUND_SKEWED


def adaptive_minimum(
    band: NDArray[np.float32], rows: slice, boxes: Sequence[int], fraction: float
) -> NDArray[np.float32]:
    """Minimum of the box that follows the last, of some boxes from small to large, that is skewed; or of the first.

    Parameters
    ----------
    band : ndarray of float32, shape (ny, nx)
        Rows of an image, with those around as far as the largest box reaches.
    rows : slice
        Those of the band that are wanted.
    boxes : sequence of int
        Pixels a side.
    fraction : float
        Of the valid pixels that are positive in a box that is skewed.

    Returns
    -------
    ndarray of float32
        The rows; infinite where no pixel of the box is valid.
    """
    minimum = minimum_of_rows(band, rows, boxes[0])
    for box, larger in pairwise(boxes):
        skewed = skewed_rows(band, rows, box, fraction)
        for place in windows(skewed, larger):
            piece, within = _around(band, rows.start, place, larger)
            np.copyto(minimum[place], minimum_of_rows(piece, within[0], larger)[:, within[1]], where=skewed[place])
    return minimum


def _around(
    band: NDArray[np.float32], first: int, place: tuple[slice, slice], box: int
) -> tuple[NDArray[np.float32], tuple[slice, slice]]:
    """Pixels that the boxes of a rectangle reach, `first` rows down a band, and where in them the rectangle lies."""
    before, after = box // 2, box - box // 2 - 1
    y, x = slice(place[0].start + first, place[0].stop + first), place[1]
    top, left, right = max(0, y.start - before), max(0, x.start - before), x.stop + after
    if right - left > band.shape[1] // 2:
        left, right = 0, band.shape[1]  # Whole rows need no copy.
    piece = band[top : y.stop + after, left:right]
    return piece, (slice(y.start - top, y.stop - top), slice(x.start - left, x.stop - left))


def windows(flags: NDArray[np.bool_], reach: int) -> Iterator[tuple[slice, slice]]:
    """Rectangles that hold all set pixels, cut so that what lies around them is worth its while.

    Boxes that reach far are costly for a few pixels, for the pixels around have to be looked at too.

    Parameters
    ----------
    flags : ndarray of bool, shape (ny, nx)
        The pixels.
    reach : int
        Pixels that are looked at around each.

    Yields
    ------
    tuple of slice
        Rows and columns of a rectangle.
    """
    size = max(_LEAST_WINDOW, reach)
    for top in range(0, flags.shape[0], size):
        rows = slice(top, min(top + size, flags.shape[0]))
        columns = np.flatnonzero(flags[rows].any(axis=0))
        if columns.size:
            cuts = np.flatnonzero(np.diff(columns) > size) + 1
            for part in np.split(columns, cuts):
                across = slice(int(part[0]), int(part[-1]) + 1)
                down = np.flatnonzero(flags[rows, across].any(axis=1))
                yield slice(top + int(down[0]), top + int(down[-1]) + 1), across
