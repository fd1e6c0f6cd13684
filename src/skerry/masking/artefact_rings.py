"""Rings round bright sources, each a beam wide: which one a pixel lies in, and up to where."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.masking.known_area import known_area
from skerry.planes.limits import check_kept
from skerry.sky.beam import beam_fwhm

__all__ = ["Rings"]

_SQUARES_AT_ONCE = 1 << 18
"""Distances of which the ring is looked up."""


class Rings(NamedTuple):
    """Rings round a source, each a beam wide."""

    number: int
    reach: int
    """Pixels to the outermost one."""
    of_square: NDArray[np.uint16]
    """The ring of each squared distance in pixels, up to twice the square of the reach."""

    @classmethod
    def of(cls, options: MaskingOptions, pixels_per_beam: float | None, shape: tuple[int, ...]) -> Rings:
        """Rings for an image, as many as reach from a pixel of it to another."""
        fwhm = beam_fwhm(known_area(pixels_per_beam, "suppress_artefacts"))
        number = min(options.suppress_artefacts_reach_beams, math.ceil(math.hypot(*shape) / fwhm) + 1)
        reach = math.ceil(number * fwhm)
        squares = 2 * reach**2 + 1
        told = f"artefacts that reach {reach} pixels from a source"
        check_kept(2 * squares, told, "lower `suppress_artefacts_reach_beams`")
        ring_of = np.empty(squares, np.uint16)
        for first in range(0, squares, _SQUARES_AT_ONCE):
            some = np.arange(first, min(first + _SQUARES_AT_ONCE, squares))
            ring_of[first : first + some.size] = np.minimum(np.sqrt(some) / fwhm, np.iinfo(np.uint16).max)
        return cls(number, reach, ring_of)

    def reach_in_most_sectors(
        self, places: NDArray[np.intp], shape: tuple[int, int], middle: int, beside: int
    ) -> NDArray[np.intp]:
        """How far from places there may be artefacts, pixels: near a corner of the image most sectors are outside.

        Parameters
        ----------
        places : ndarray of int, shape (n, 2)
            Rows and columns.
        shape : tuple of int
            Rows and columns of the image.
        middle : int
            Of the eight sectors all but so many have to be in the image.
        beside : int
            Rings to either side of which the pixels count.

        Returns
        -------
        ndarray of int, shape (n,)
            No more than `reach`.
        """
        before, after = places.T, (np.array(shape) - 1 - places).T
        farthest = []
        for down in (before[0], after[0]):
            for across in (before[1], after[1]):
                less = np.minimum(down, across)
                farthest += [np.hypot(down, less), np.hypot(across, less)]
        reach = np.partition(farthest, middle, axis=0)[middle] + (beside + 1) * self.reach / self.number
        return np.asarray(np.minimum(np.ceil(reach), self.reach), np.intp)
