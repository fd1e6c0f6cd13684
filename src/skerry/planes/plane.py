"""What a plane is: an image that gives its rows, and says what it takes to compute them.

An array is a plane, an open FITS file is one, and so is whatever is computed of others, so that no image need be in
memory as a whole. What rows take is known beforehand, for on it depends how many are asked for at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Flags", "Floats", "Needs", "Plane", "RowSource", "copy_rows", "needs_of", "needs_of_work"]


class Needs(NamedTuple):
    """What it takes to compute rows of a plane, at the worst moment: they themselves, and all that they are made of."""

    a_row: int
    """Bytes a column, for each row that is asked for."""
    besides: int = 0
    """Bytes a column, however few rows are asked for: for those around them."""
    around: int = 0
    """Rows that are read beyond those asked for, above and below together."""
    again: int | None = None
    """How many of these are computed, and so once more with the next band; None of a plane that is only read."""

    def memory(self, rows: int, columns: int) -> int:
        """Bytes that so many rows take."""
        return (rows * self.a_row + self.besides) * columns


class RowSource(Protocol):
    """A 2-D image that gives rows of it when it is asked for them.

    `plane[a:b]` is an array of the rows from a up to b, all columns, which nobody may change. Several threads may ask
    for rows at once.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """(ny, nx)."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the pixels."""
        ...

    @property
    def needs(self) -> Needs:
        """What its rows take."""
        ...

    def __getitem__(self, rows: slice, /) -> Any: ...


Plane: TypeAlias = NDArray[Any] | RowSource
"""An image or a mask of any type, whole or by rows."""
Floats: TypeAlias = NDArray[np.float32] | RowSource
"""An image, float32: NaN and infinite pixels are invalid."""
Flags: TypeAlias = NDArray[np.bool_] | RowSource
"""A mask, bool."""


def copy_rows(plane: Plane, start: int, stop: int, out: NDArray[Any]) -> None:
    """Put rows of a plane where they are to be; they are made there if the plane has `into`, as `Computed` may have."""
    into = getattr(plane, "into", None)
    if into is None:
        out[:] = plane[start:stop]
    else:
        into(start, stop, out)


def needs_of(plane: Plane) -> Needs:
    """What rows of a plane take; those of an array are there, unless a loop wants them in another order."""
    if not isinstance(plane, np.ndarray):
        return plane.needs
    return Needs(0 if plane.flags.c_contiguous and plane.dtype.isnative else plane.dtype.itemsize)


def needs_of_work(
    sources: Sequence[Plane], *, around: int = 0, cost: int = 0, cost_around: int = 0, result: int = 0
) -> Needs:
    """What it takes to read rows of some planes, one after the other, and to make something of them.

    Parameters
    ----------
    sources : sequence of Plane
        Their rows are kept until the work is done.
    around : int
        Rows of the first of them that are needed beyond those asked for, above and below together.
    cost, cost_around : int
        Bytes that the work takes for each pixel of the rows asked for, and for each pixel of these and of those around,
        beyond what it reads and the result.
    result : int
        Bytes for each pixel of the result.

    Returns
    -------
    Needs
        Of all of it.
    """
    rows_around = [around if n == 0 else 0 for n in range(len(sources))]
    needs = [needs_of(source) for source in sources]
    # While rows of a source are computed, those of the sources before it are there.
    held = [min(plane.dtype.itemsize, source.a_row) for plane, source in zip(sources, needs, strict=True)]
    held_a_row = list(accumulate(held, initial=0))
    held_besides = list(accumulate((n * size for n, size in zip(rows_around, held, strict=True)), initial=0))
    a_row, besides = held_a_row[-1] + cost + cost_around + result, held_besides[-1] + around * cost_around
    halo, again = around, 0
    for n, source in enumerate(needs):
        a_row = max(a_row, held_a_row[n] + source.a_row)
        besides = max(besides, held_besides[n] + source.besides + rows_around[n] * source.a_row)
        halo = max(halo, rows_around[n] + source.around)
        if source.again is not None:
            again = max(again, rows_around[n] + source.again)
    return Needs(a_row, besides, halo, again)
