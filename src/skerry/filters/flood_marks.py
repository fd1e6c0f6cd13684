"""Marks of a flood: what a pixel may be to an island, part of its floor, through which it grows, or its seed as well.

Both are the bits `FLOOR` and `SEED` of one plane, so that what they are judged by is computed once for the two, and a
flood goes through an image once.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.kernels.islands import FLOOR, SEED, marks_above
from skerry.planes.bands import for_each_band
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed, by_strips, pixelwise
from skerry.planes.plane import Flags, Floats, Plane

__all__ = ["KeptMarks", "flood_marks", "floor_and_seeds", "snr_flood_marks"]


class KeptMarks(Computed):
    """Marks that are kept as bits.

    Parameters
    ----------
    floor, seeds : BitMask, shape (ny, nx)
        Of the seeds those count that are on the floor.
    """

    def __init__(self, floor: BitMask, seeds: BitMask) -> None:
        self.floor, self.seeds = floor, seeds
        # No method of its own: the bits go with the last name of the marks, not with the next search for garbage.
        super().__init__(floor.shape, np.uint8, partial(_rows_of_marks, floor, seeds), [floor, seeds])

    @classmethod
    def of(cls, marks: Plane) -> KeptMarks:
        """Keep marks as bits; those that are kept already are given back as they are."""
        return marks if isinstance(marks, KeptMarks) else cls(*floor_and_seeds(marks))


def flood_marks(floor: Flags, seeds: Flags) -> Computed:
    """Pixels of the floor as `FLOOR`, and those that are seeds too as `FLOOR | SEED`, uint8; no others are seeds."""
    if isinstance(floor, BitMask) and isinstance(seeds, BitMask):
        return KeptMarks(floor, seeds)
    return pixelwise(_marks, floor, seeds, dtype=np.uint8)


def snr_flood_marks(signal: Floats, seed_clip: float, flood_clip: float) -> Computed:
    """Valid pixels above the flood clip as `FLOOR`, those at or above the seed clip too as `FLOOR | SEED`, uint8."""
    marks = partial(marks_above, seed_clip=seed_clip, flood_clip=flood_clip)
    return pixelwise(marks, signal, dtype=np.uint8, at_once=True)


def floor_and_seeds(marks: Plane) -> tuple[BitMask, BitMask]:
    """Pixels of a plane of marks with the bit `FLOOR`, and with `SEED`, from one computation of it."""
    floor, seeds = BitMask(marks.shape), BitMask(marks.shape)

    def keep(rows: slice) -> None:
        band = marks[rows]
        floor[rows] = band & FLOOR
        seeds[rows] = band & SEED

    for_each_band(keep, marks, cost=1)
    return floor, seeds


def _rows_of_marks(floor: BitMask, seeds: BitMask, start: int, stop: int) -> NDArray[np.uint8]:
    return by_strips(_marks, floor[start:stop], seeds[start:stop], dtype=np.uint8)


def _marks(floor: NDArray[np.bool_], seeds: NDArray[np.bool_]) -> NDArray[np.uint8]:
    # Shifted to the place of `SEED`.
    on_floor = floor.view(np.uint8)
    return np.asarray(on_floor + ((seeds.view(np.uint8) & on_floor) << 1))
