"""What each step of a mask did: the masks between them, kept for one who asks."""

from __future__ import annotations

from skerry.filters.flood_marks import floor_and_seeds
from skerry.planes.bits import BitMask
from skerry.planes.plane import Plane

__all__ = ["MaskStages", "NoStages"]


class MaskStages:
    """Masks between the steps by which one is made, each of shape (ny, nx); None of a step that was not made.

    They are kept as bits, an eighth of a byte a pixel each, and only where there is such an object to keep them.
    """

    def __init__(self) -> None:
        self.seeds: BitMask | None = None
        """Where an island may start."""
        self.floor: BitMask | None = None
        """Where it may grow."""
        self.flooded: BitMask | None = None
        """Islands of the floor with a seed, before artefacts are suppressed."""
        self.islands: BitMask | None = None
        """What of them is neither an artefact nor has faded."""
        self.rimless: BitMask | None = None
        """Those without the rims of bright sources."""
        self.mask: BitMask | None = None
        """The mask."""

    def has_marks(self, marks: Plane) -> None:
        """Keep floor and seeds of a flood, beside those that are there: of the other sign, or of a higher seed clip."""
        floor, seeds = floor_and_seeds(marks)
        if self.floor is not None and self.seeds is not None:
            floor.add(self.floor)
            seeds.add(self.seeds)
        self.floor, self.seeds = floor, seeds

    def has_flooded(self, islands: BitMask) -> None:
        """Keep islands of the floor with a seed."""
        self.flooded = islands.copy()


class NoStages(MaskStages):
    """Stands for stages where nobody asks for them, and keeps none."""

    def has_marks(self, marks: Plane) -> None:
        """Keep nothing."""

    def has_flooded(self, islands: BitMask) -> None:
        """Keep nothing."""
