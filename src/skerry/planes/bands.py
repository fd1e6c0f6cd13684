"""Planes worked through in bands of rows, which are computed ahead on several threads and handed over in order.

Bands are as high as is of use and the memory allows, by what the planes need; how they are cut decides no value.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.planes.limits import RESERVED, current_limits, kept_by_masks
from skerry.planes.plane import Needs, Plane, needs_of, needs_of_work
from skerry.planes.progress import advance

__all__ = ["check_rows", "check_shape", "each_band", "for_each_band", "map_bands"]

Result = TypeVar("Result")

_MASKS_KEPT = 3
"""As bits, of the whole image, while bands are large; where masks are made of masks a fourth, and bands are small."""
_BYTES_A_ROW = 24
"""Of the whole image: where the runs of a row begin, and its islands."""
_SHARE_OF_BANDS = 0.6
"""Of the memory that is left: the rest is for what is kept of runs and islands."""
_PIXELS_PER_BAND = 1 << 19
_PIXELS_PER_BAND_OF_MASKS = 1 << 21
"""Where no more than masks that are there is read: to hand a smaller band to a thread costs as much as the work."""
_WORK_ON_MASKS = 0.125
"""Of that on an image."""
_LEAST_ROWS = 16
_HALOS_PER_BAND = 3
"""Rows of a band over those around it: what is computed twice is a third as much again at most."""
_PIXELS_FOR_HALO = 1 << 22
"""Of a band that is no higher than the rows around it, where those are only read: fresh memory costs more than that."""


def each_band(plane: Plane) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Bands of a plane in order: which rows, and their pixels."""

    def band(rows: slice) -> tuple[slice, NDArray[Any]]:
        return rows, plane[rows]

    return map_bands(band, plane, result=plane.dtype.itemsize)


def for_each_band(
    function: Callable[[slice], object],
    *planes: Plane,
    around: int = 0,
    cost: int = 0,
    cost_around: int = 0,
    multiple_of: int = 1,
) -> None:
    """Do something for each band of some planes; parameters as of `map_bands`."""
    for _ in map_bands(function, *planes, around=around, cost=cost, cost_around=cost_around, multiple_of=multiple_of):
        pass


def map_bands(
    function: Callable[[slice], Result],
    *planes: Plane,
    around: int = 0,
    cost: int = 0,
    cost_around: int = 0,
    result: int = 0,
    multiple_of: int = 1,
) -> Iterator[Result]:
    """Results of a function for each band of some planes, in order.

    Parameters
    ----------
    function : callable
        Of the rows of a band; called by several threads at once.
    *planes : Plane
        All of one shape. The function reads these rows of them, one plane after the other.
    around : int
        Rows of the first plane that it reads beyond those, above and below together.
    cost, cost_around : int
        Bytes that it takes for each pixel of these rows, and for each of these and of those around.
    result : int
        Bytes of its result for each pixel.
    multiple_of : int
        Rows of a band are a multiple of this number.

    Yields
    ------
    object
        A result. No more bands than there are threads are worked on, and no more than one result waits.

    Raises
    ------
    SkerryError
        If not even one row fits into the memory.
    """
    needs = needs_of_work(planes, around=around, cost=cost, cost_around=cost_around)
    are_masks = all(plane.dtype.itemsize == 1 and needs_of(plane).a_row <= 1 for plane in planes)
    pixels = _PIXELS_PER_BAND_OF_MASKS if are_masks else _PIXELS_PER_BAND
    pieces, workers = _cut(planes[0].shape, needs, result, multiple_of, pixels)
    weight = _WORK_ON_MASKS if are_masks else 1.0

    def counted(rows: slice) -> Result:
        result = function(rows)
        advance(planes[0].shape, rows.stop - rows.start, weight)
        return result

    yield from _in_order(counted, pieces, workers)


def check_rows(plane: Plane, cost: int = 0) -> None:
    """Refuse a plane of which not even one row fits into the memory, before any is read otherwise than in bands.

    Parameters
    ----------
    plane : Plane
        The plane.
    cost : int
        Bytes that are taken for each pixel of a row.

    Raises
    ------
    SkerryError
        As of `map_bands`.
    """
    _band_rows(plane.shape, needs_of_work([plane], cost=cost), 0, 1)


def check_shape(shape: tuple[int, ...]) -> None:
    """Refuse an image of which not even a row and what is kept of all rows fit into the memory, before any is kept.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).

    Raises
    ------
    SkerryError
        As of `map_bands`.
    """
    _band_rows(shape, Needs(1), 0, 1)


def _in_order(function: Callable[[slice], Result], pieces: list[slice], workers: int) -> Iterator[Result]:
    if workers == 1:
        yield from map(function, pieces)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for piece in pieces:
                waiting.append(pool.submit(function, piece))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _cut(
    shape: tuple[int, ...], needs: Needs, result: int, multiple_of: int = 1, pixels: int = _PIXELS_PER_BAND
) -> tuple[list[slice], int]:
    """Bands of a plane, of so many pixels where that is of no matter, and how many may be worked on at once."""
    rows, workers = _band_rows(shape, needs, result, pixels)
    rows = max(1, rows // multiple_of) * multiple_of
    return [slice(start, min(start + rows, shape[0])) for start in range(0, shape[0], rows)], workers


def _band_rows(shape: tuple[int, ...], needs: Needs, result: int, pixels: int) -> tuple[int, int]:
    """Rows of a band, and how many bands may be worked on at once, from what they and their results take."""
    limits = current_limits()
    ny, nx = shape[0], max(shape[1], 1)
    around = min(needs.around, ny)
    if_read = max(around, min(_HALOS_PER_BAND * around, _PIXELS_FOR_HALO // nx))
    wanted = max(1, min(ny, max(pixels // nx, if_read, _HALOS_PER_BAND * (needs.again or 0))))
    reserved = RESERVED + max(_MASKS_KEPT * ny * (-(-nx // 8)), kept_by_masks()) + _BYTES_A_ROW * ny
    affordable = int(max(0, limits.memory - reserved) * _SHARE_OF_BANDS) // nx
    threads = min(limits.threads, -(-ny // wanted))
    # One result waits for its turn, and one is being used. Fewer threads are better than bands that are mostly halo.
    for workers in range(threads, 1, -1):
        rows = (affordable - workers * needs.besides) // max(1, workers * needs.a_row + 2 * result)
        if rows >= min(wanted, max(around, _LEAST_ROWS)):
            return min(wanted, rows), workers
    rows = (affordable - needs.besides) // max(1, needs.a_row)
    if rows < 1:
        needed = (needs.besides + needs.a_row) * nx / _SHARE_OF_BANDS + reserved
        what, less = f"one row of {nx} pixels and masks of all {ny}", "cut the image"
        if around:
            what = f"windows of {around + 1} rows of {nx} pixels and masks of the whole image"
            less = "a smaller box or scale"
        given, enough = f"{limits.memory / 1e9:.3g}GB", f"{needed / 1e9 + 0.05:.1f}GB"
        raise SkerryError(f"`memory`: {given} are too few for {what}; give {enough}, or {less}")
    return min(wanted, rows), 1
