"""The local noise of an image as it is kept: two numbers a box, which are interpolated wherever they are used."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from skerry.kernels.boxes import maximum_of_rows, minimum_of_rows
from skerry.kernels.mesh import Spline
from skerry.masking.drawn_noise import DrawnMap
from skerry.masking.noise_boxes import BoxGrid, BoxValues
from skerry.masking.noise_mesh import ValidBoxes, continued, filled, filtered
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed
from skerry.planes.order_statistics import median
from skerry.planes.plane import Flags, Floats

__all__ = ["NoiseGrid"]

_CLIPPED_SIGMA = 0.9848
"""Rms of Gaussian noise of sigma 1 that is clipped at 3 sigma until nothing is left to clip."""


@dataclass(frozen=True, eq=False)
class NoiseGrid:
    """Rms and level of an image in boxes.

    Attributes
    ----------
    boxes : BoxGrid
        Where the boxes lie.
    rms, level : ndarray of float32, shape (boxes down, boxes across)
        In the centres of the boxes, in the unit of the image; filled, filtered, and the rms corrected for its clip.
    has_blank : bool
        Whether regions of the image are blank (`skerry.masking.flat_regions`) and have no noise.
    """

    boxes: BoxGrid
    rms: NDArray[np.float32]
    level: NDArray[np.float32]
    has_blank: bool = False

    @classmethod
    def of_values(
        cls, boxes: BoxGrid, values: BoxValues, filter_size: int, valid: ValidBoxes | None = None, *, has_blank: bool
    ) -> NoiseGrid:
        """Make a grid of what was measured.

        Parameters
        ----------
        boxes : BoxGrid
            The boxes.
        values : BoxValues
            Measured in them; one at least is usable.
        filter_size : int
            Median filter, in boxes.
        valid : ValidBoxes, optional
            By default all. Beyond them the rms goes on as it changes in those around.
        has_blank : bool
            As of the class.

        Returns
        -------
        NoiseGrid
            Filled, filtered and corrected.
        """
        rms, level = (filtered(filled(part, values.usable), filter_size // 2) for part in (values.rms, values.level))
        rms /= np.float32(_CLIPPED_SIGMA)
        if valid is not None and not valid.mask.all():
            rms = continued(rms, valid)
        return cls(boxes, rms, level, has_blank)

    @cached_property
    def middle(self) -> float:
        """Level of the image as one number."""
        return median(self.level)

    def rms_plane(self, valid: BitMask | None = None, blank: Flags | None = None) -> DrawnMap:
        """Rms at every pixel; NaN where it is not valid, if that is known, and 0 where it is blank."""
        return DrawnMap(self.boxes.shape, self._rms_spline, valid, blank)

    def level_plane(self, valid: BitMask | None = None) -> DrawnMap:
        """Level at every pixel; NaN where it is not valid, if that is known."""
        return DrawnMap(self.boxes.shape, self._level_spline, valid)

    def marks_above(self, image: Floats, floor: float, seed: float, *, both_signs: bool) -> Computed:
        """Mark pixels of the image that are above its middle level by so many times the local rms.

        Parameters
        ----------
        image : Plane of float32, shape (ny, nx)
            The image; what is blank is marked as the rest is.
        floor, seed : float
            In sigma.
        both_signs : bool
            Whether pixels that are as far below are marked, too.

        Returns
        -------
        Plane of uint8, shape (ny, nx)
            As `skerry.filters.islands.seeded_islands` takes them. The rms is interpolated only where a pixel may be as
            high as that.
        """

        def rows(start: int, stop: int) -> NDArray[np.uint8]:
            clips = self.middle, floor, seed
            return self._rms_spline.marks_above(start, image[start:stop], *clips, both_signs=both_signs)

        return Computed(self.boxes.shape, np.uint8, rows, [image])

    @cached_property
    def _rms_spline(self) -> Spline:
        # Unfiltered, the spline swings below zero beside a box of high rms.
        rows = slice(0, len(self.rms))
        bounds = np.array([minimum_of_rows(self.rms, rows, 3), maximum_of_rows(self.rms, rows, 3)])
        return Spline(self.rms, self.boxes.height, self.boxes.width, self.boxes.shape[1], np.maximum(bounds, 0))

    @cached_property
    def _level_spline(self) -> Spline:
        return Spline(self.level, self.boxes.height, self.boxes.width, self.boxes.shape[1])
