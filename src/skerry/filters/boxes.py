"""Statistics of the box round every pixel of a plane, as `skerry.kernels.boxes` defines the box."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.kernels.boxes import maximum_of_rows, minimum_of_rows, reach_of, skewed_rows
from skerry.planes.computed import Computed, windowed
from skerry.planes.plane import Floats

__all__ = ["LEAST_WINDOW", "box_maximum", "box_minimum", "is_skewed", "windows"]

LEAST_WINDOW = 128


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


def windows(flags: NDArray[np.bool_], reach: int, least: int = LEAST_WINDOW) -> Iterator[tuple[slice, slice]]:
    """Rectangles that hold all set pixels, cut so that what lies around them is worth its while.

    Boxes that reach far are costly for a few pixels, for the pixels around have to be looked at too.

    Parameters
    ----------
    flags : ndarray of bool, shape (ny, nx)
        The pixels.
    reach : int
        Pixels that are looked at around each.
    least : int
        Pixels a side for which it is not worth while to cut.

    Yields
    ------
    tuple of slice
        Rows and columns of a rectangle.
    """
    size = max(least, reach)
    for top in range(0, flags.shape[0], size):
        rows = slice(top, min(top + size, flags.shape[0]))
        columns = np.flatnonzero(flags[rows].any(axis=0))
        if columns.size:
            cuts = np.flatnonzero(np.diff(columns) > size) + 1
            for part in np.split(columns, cuts):
                across = slice(int(part[0]), int(part[-1]) + 1)
                down = np.flatnonzero(flags[rows, across].any(axis=1))
                yield slice(top + int(down[0]), top + int(down[-1]) + 1), across
