"""Planes: images that are read, or computed, band of rows by band of rows.

An array is a plane, a FITS file is one, and so is what is computed of them: a plane has a shape and a type, and gives
the rows it is asked for. Steps put planes together and work through the last one in bands, so that none is ever whole
in memory. Bands are computed ahead on several threads and handed over in order; how they are cut decides no value.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from skerry.errors import SkerryError
from skerry.planes.limits import current_limits

__all__ = [
    "RESERVED",
    "BitMask",
    "Computed",
    "Flags",
    "Floats",
    "Plane",
    "any_set",
    "bands",
    "collect",
    "each_band",
    "in_order",
    "rows_with_halo",
    "set_pixels",
]

Result = TypeVar("Result")

RESERVED = 120_000_000
"""Bytes of the interpreter and its libraries."""
_MASKS_KEPT = 3
"""As bits, of the whole image."""
_SHARE_OF_BANDS = 0.6
"""Of the memory that is left: the rest is for what is kept of runs and islands."""
_PIXELS_PER_BAND = 1 << 19
_LEAST_ROWS = 16
_HALOS_PER_BAND = 3
"""Rows of a band over those of its halo: what is computed twice is a third as much again at most."""
_PIXELS_FOR_HALO = 1 << 22
"""Of a band that is no higher than its halo, where that is only read: fresh memory costs more than reading again."""


class Plane(Protocol):
    """A 2-D image that gives its rows.

    `plane[a:b]` is an array of the rows from a up to b, all columns, which nobody may change. A plane may be asked by
    several threads at once.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """(ny, nx)."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the pixels."""
        ...

    def __getitem__(self, rows: slice, /) -> Any: ...


Floats: TypeAlias = NDArray[np.float32] | Plane
"""An image, float32: NaN and infinite pixels are invalid."""
Flags: TypeAlias = NDArray[np.bool_] | Plane
"""A mask, bool."""


class Computed:
    """A plane whose rows are computed when they are asked for.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).
    dtype : dtype
        Of the rows that `rows` gives.
    rows : callable
        Rows from `start` up to `stop`, as an array; called by several threads at once.
    sources : sequence of Plane
        What it is computed of.
    halo : int
        Rows of the sources that are needed beyond those asked for, on each side.
    cost : int
        Bytes that the computation takes for each pixel, the halo's too, beyond the rows of its sources and the result.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: DTypeLike,
        rows: Callable[[int, int], NDArray[Any]],
        sources: Sequence[Plane] = (),
        *,
        halo: int = 0,
        cost: int = 4,
    ) -> None:
        self.shape = (shape[0], shape[1])
        self.dtype = np.dtype(dtype)
        self._rows = rows
        self.halo = halo + max((_halo(source) for source in sources), default=0)
        loads = [_load(source) for source in sources]
        of_sources = _Load(sum(load.a_row for load in loads), sum(load.besides for load in loads))
        around = min(2 * halo, self.shape[0])
        self.again: int = max((around + source.again for source in sources if isinstance(source, Computed)), default=0)
        self.load = of_sources.with_work(around, cost).with_work(0, self.dtype.itemsize)

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        start, stop, _ = rows.indices(self.shape[0])
        return self._rows(start, max(start, stop))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """The whole plane, for `numpy.asarray`."""
        return np.asarray(collect(self), dtype)


class BitMask:
    """A mask kept as bits, an eighth of a byte a pixel: what may be held of a whole image.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx); all pixels are unset at first.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = (shape[0], shape[1])
        self.dtype = np.dtype(bool)
        self.bits: NDArray[np.uint8] = np.zeros((shape[0], (shape[1] + 7) // 8), dtype=np.uint8)
        """Rows of bits, the first pixel of eight in the highest one; those beyond the last column are unset."""

    @classmethod
    def of(cls, mask: Flags) -> BitMask:
        """Keep a mask, computing it band by band."""
        kept = cls(mask.shape)
        for rows, band in each_band(mask):
            kept[rows] = band
        return kept

    def __getitem__(self, rows: slice) -> NDArray[np.bool_]:
        return np.unpackbits(self.bits[rows], axis=1, count=self.shape[1]).view(bool)

    def __setitem__(self, rows: slice, values: NDArray[np.bool_]) -> None:
        self.bits[rows] = np.packbits(values, axis=1)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """The whole mask, for `numpy.asarray`."""
        return np.asarray(self[:], dtype)

    def any(self) -> bool:
        """Whether any pixel is set."""
        return bool(self.bits.any())

    def add(self, other: BitMask) -> None:
        """Set the pixels of another mask of the same shape too."""
        self.bits |= other.bits

    def count(self) -> int:
        """Pixels that are set."""
        return sum(int(np.bitwise_count(row).sum(dtype=np.int64)) for row in self.bits)


def rows_with_halo(plane: Plane, start: int, stop: int, before: int, after: int) -> tuple[NDArray[Any], slice]:
    """Rows of a plane with those around them, as far as there are any, and where in them the rows asked for lie."""
    first = max(0, start - before)
    band = plane[first : min(plane.shape[0], stop + after)]
    return band, slice(start - first, stop - first)


def bands(plane: Plane, *, halo: int = 0, cost: int = 0) -> list[slice]:
    """Cut a plane into bands of rows, as large as is of use and the memory allows.

    Parameters
    ----------
    plane : Plane
        What is to be worked through.
    halo, cost : int
        Rows and bytes a pixel that the work takes beyond those of the plane itself.

    Raises
    ------
    SkerryError
        If not even one row fits into the memory.
    """
    rows, _ = _cut(plane, halo, cost)
    return [slice(start, min(start + rows, plane.shape[0])) for start in range(0, plane.shape[0], rows)]


def each_band(plane: Plane, *, cost: int = 0) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Bands of a plane in order, computed ahead by the threads of the process."""
    pieces = bands(plane, cost=cost)
    yield from zip(pieces, in_order(plane.__getitem__, pieces, plane, cost=cost), strict=True)


def in_order(
    function: Callable[[slice], Result], pieces: Iterable[slice], plane: Plane, *, halo: int = 0, cost: int = 0
) -> Iterator[Result]:
    """Results of a function for bands of a plane, in order, computed ahead by the threads of the process.

    Parameters
    ----------
    function : callable
        Of a band; called by several threads at once.
    pieces : iterable of slice
        From `bands`.
    plane, halo, cost
        As for `bands`.
    """
    _, workers = _cut(plane, halo, cost)
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


def collect(plane: Plane) -> NDArray[Any]:
    """Compute the whole of a plane as an array; an array is given back as it is."""
    if isinstance(plane, np.ndarray):
        return plane
    whole = np.empty(plane.shape, dtype=plane.dtype)

    def put(rows: slice) -> None:
        whole[rows] = plane[rows]

    for _ in in_order(put, bands(plane), plane):
        pass
    return whole


def any_set(mask: Flags) -> bool:
    """Whether any pixel of a mask is set."""
    return any(band.any() for _, band in each_band(mask))


def set_pixels(mask: Plane) -> Flags:
    """Pixels of a mask of integers that are not 0, as bool."""
    if mask.dtype.kind == "b":
        return mask
    return Computed(mask.shape, bool, lambda start, stop: mask[start:stop] != 0, [mask], cost=1)


class _Load(NamedTuple):
    """Bytes for each column that rows of a plane take while they are computed."""

    a_row: int
    """For each row that is asked for."""
    besides: int
    """However few they are: for the rows round them."""

    def with_work(self, around: int, cost: int) -> _Load:
        """Of work that needs so many rows more, and bytes for each of all of them."""
        return _Load(self.a_row + cost, self.besides + around * (self.a_row + cost))


def _load(plane: Plane) -> _Load:
    known = getattr(plane, "load", None)
    return known if known is not None else _Load(int(getattr(plane, "cost", 0)) + plane.dtype.itemsize, 0)


def _halo(plane: Plane) -> int:
    return int(getattr(plane, "halo", 0))


def _cut(plane: Plane, halo: int, cost: int) -> tuple[int, int]:
    """Rows of a band, and how many bands may be worked on at once; parameters as of `bands`."""
    around = min(2 * halo, plane.shape[0])
    load = _load(plane).with_work(around, cost)
    again = around + plane.again if isinstance(plane, Computed) else 0
    around = min(2 * (halo + _halo(plane)), plane.shape[0])
    return _band_rows(plane.shape, around, again, load, plane.dtype.itemsize)


def _band_rows(shape: tuple[int, ...], around: int, again: int, load: _Load, result: int) -> tuple[int, int]:
    """Rows of a band, and how many bands may be worked on at once, from what they and their results take.

    There are rows around those of a band, of which some are computed again for the next one and the others only read.
    """
    limits = current_limits()
    ny, nx = shape[0], max(shape[1], 1)
    if_read = max(around, min(_HALOS_PER_BAND * around, _PIXELS_FOR_HALO // nx))
    wanted = max(1, min(ny, max(_PIXELS_PER_BAND // nx, if_read, _HALOS_PER_BAND * again)))
    reserved = RESERVED + _MASKS_KEPT * ny * nx // 8
    affordable = int(max(0, limits.memory - reserved) * _SHARE_OF_BANDS) // nx
    threads = min(limits.threads, -(-ny // wanted))
    # One result waits for its turn, and one is being used. Fewer threads are better than bands that are mostly halo.
    for workers in range(threads, 1, -1):
        rows = (affordable - workers * load.besides) // (workers * load.a_row + 2 * result)
        if rows >= min(wanted, max(around, _LEAST_ROWS)):
            return min(wanted, rows), workers
    rows = (affordable - load.besides) // load.a_row
    if rows < 1:
        needed = (load.besides + load.a_row) * nx / _SHARE_OF_BANDS + reserved
        raise SkerryError(
            f"`memory`: {limits.memory / 1e9:.3g}GB are too few for windows of {around + 1} rows of {nx} pixels; "
            f"give {needed / 1e9 + 0.05:.1f}GB, or a smaller box or scale"
        )
    return min(wanted, rows), 1
