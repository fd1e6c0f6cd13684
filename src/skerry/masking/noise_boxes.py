"""Statistics of the boxes of an image: clipped rms and level, measured band by band.

A row of boxes needs no other, so only the few values of each box are kept of a whole image.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.kernels.box_noise import MOST_PIXELS, measure_boxes
from skerry.masking.noise_mesh import ValidBoxes
from skerry.planes.bands import map_bands
from skerry.planes.bits import BitMask
from skerry.planes.plane import Floats

__all__ = ["BoxGrid", "BoxValues", "Known"]

_BYTES_OF_BOX, _BYTES_OF_NEGATIVE = 8, 4
"""A pixel of the box that is measured, and one of a band."""


class BoxValues(NamedTuple):
    """What is measured in boxes; all of shape (boxes down, boxes across)."""

    rms: NDArray[np.float32]
    level: NDArray[np.float32]
    pixels: NDArray[np.int32]
    """That were used."""
    usable: NDArray[np.bool_]
    """At least half of the pixels could be used; the other values are 0 where not."""

    @classmethod
    def joined(cls, parts: Iterable[BoxValues]) -> BoxValues:
        """Of rows of boxes that lie below each other."""
        return cls(*(np.concatenate(values) for values in zip(*parts, strict=True)))

    def rows(self, rows: slice) -> BoxValues:
        """Of some rows of boxes."""
        return BoxValues(self.rms[rows], self.level[rows], self.pixels[rows], self.usable[rows])

    def with_nearest(self, valid: ValidBoxes) -> BoxValues:
        """Values with those of the nearest valid box in the boxes that are not."""
        if valid.mask.all():
            return self
        nearest = valid.nearest
        return BoxValues(self.rms[nearest], self.level[nearest], self.pixels[nearest], self.usable[nearest])


class Known(NamedTuple):
    """What is known of boxes of the same image."""

    values: BoxValues
    masked: BitMask | None
    """Pixels that were left out."""


@dataclass(frozen=True)
class BoxGrid:
    """Boxes over an image.

    Attributes
    ----------
    shape : tuple of int
        Of the image.
    height, width : int
        Of the boxes, pixels; the last of a row or column may be smaller.
    """

    shape: tuple[int, ...]
    height: int
    width: int

    @classmethod
    def over(cls, shape: tuple[int, ...], box_size: int) -> BoxGrid:
        """Boxes of at least this size that leave no sliver; a SkerryError if the loop cannot count their pixels."""
        height, width = (_box_length(length, box_size) for length in shape[:2])
        if height * width > MOST_PIXELS:
            raise SkerryError(
                f"`noise_box_size`: noise is not measured in boxes of {height} x {width} pixels, but of {MOST_PIXELS} "
                "at most; give smaller ones"
            )
        return cls(shape, height, width)

    @property
    def mesh(self) -> tuple[int, int]:
        """Boxes down and across."""
        return -(-self.shape[0] // self.height), -(-self.shape[1] // self.width)

    def measure(
        self, image: Floats, masked: BitMask | None, known: Known | None = None, *, both_signs: bool = False
    ) -> BoxValues:
        """Measure all boxes.

        Parameters
        ----------
        image : plane of float32
            Invalid pixels are left out.
        masked : BitMask, optional
            Pixels that are left out too.
        known : Known, optional
            It serves where the same pixels are left out now, which are not read then.
        both_signs : bool
            Whether neither sign of the image comes first: the values are then the means of those of the image and of
            its negative. The level is found in a histogram, which of the negative is another one.

        Returns
        -------
        BoxValues
            Of all boxes.

        Raises
        ------
        SkerryError
            If a row of boxes does not fit into the memory.
        """

        def measure(rows: slice) -> BoxValues:
            before, asked = None, None
            if known is not None:
                before = known.values.rows(slice(rows.start // self.height, -(-rows.stop // self.height)))
                asked = self._changed(rows, masked, known.masked)
                if not asked.any():
                    return before
            flags = None if masked is None else masked[rows]
            return self.measure_rows(image[rows], flags, before, asked, both_signs=both_signs)

        planes = [image, *([] if masked is None else [masked])]
        cost = self.cost(both_signs=both_signs)
        parts = list(map_bands(measure, *planes, around=self.around, cost=cost, multiple_of=self.height))
        return BoxValues.joined(parts)

    @property
    def around(self) -> int:
        """Rows that a band needs more room for: if a box fits as rows round a pixel do, so do whole rows of boxes."""
        return 2 * (self.height // 2)

    def cost(self, *, both_signs: bool) -> int:
        """Bytes that measuring takes for each pixel of a band."""
        return math.ceil(_BYTES_OF_BOX * self.width / self.shape[1]) + _BYTES_OF_NEGATIVE * both_signs

    def _changed(self, rows: slice, masked: BitMask | None, before: BitMask | None) -> NDArray[np.bool_]:
        """Tell in which boxes of some rows other pixels are left out than before, shape (boxes down, boxes across)."""
        bits = [mask.bits[rows] for mask in (masked, before) if mask is not None]
        if not bits:
            return np.zeros((-(-(rows.stop - rows.start) // self.height), self.mesh[1]), bool)
        changes = bits[0] if len(bits) == 1 else bits[0] ^ bits[1]
        down = np.bitwise_or.reduceat(changes, np.arange(0, len(changes), self.height), axis=0)
        columns = np.unpackbits(down, axis=1, count=self.shape[1]).view(bool)
        return np.logical_or.reduceat(columns, np.arange(0, self.shape[1], self.width), axis=1)

    def measure_rows(
        self,
        pixels: NDArray[np.float32],
        masked: NDArray[np.bool_] | None,
        known: BoxValues | None = None,
        asked: NDArray[np.bool_] | None = None,
        *,
        both_signs: bool,
    ) -> BoxValues:
        """Measure the boxes of some rows of the image, whole boxes; those that are not asked for are known."""
        values = self._measure_pixels(pixels, masked, known, asked)
        if not both_signs:
            return values
        opposite = None if known is None else known._replace(level=np.negative(known.level))
        negative = self._measure_pixels(np.negative(pixels), masked, opposite, asked)
        half = np.float32(0.5)
        rms, level = half * (values.rms + negative.rms), half * (values.level - negative.level)
        return values._replace(rms=rms, level=level)

    def _measure_pixels(
        self,
        pixels: NDArray[np.float32],
        masked: NDArray[np.bool_] | None,
        known: BoxValues | None,
        asked: NDArray[np.bool_] | None,
    ) -> BoxValues:
        """Measure the boxes of some rows as they are."""
        return BoxValues.joined(
            self._measure_row(
                pixels[top : top + self.height],
                None if masked is None else masked[top : top + self.height],
                None if known is None else tuple(values[row] for values in known[:3]),
                None if asked is None else asked[row],
            )
            for row, top in enumerate(range(0, pixels.shape[0], self.height))
        )

    def _measure_row(
        self,
        band: NDArray[np.float32],
        masked: NDArray[np.bool_] | None,
        known: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]] | None,
        asked: NDArray[np.bool_] | None,
    ) -> BoxValues:
        """Measure the boxes in a band of the height of one."""
        rms, level, used = measure_boxes(band, masked, self.width, known, asked)
        area = band.shape[0] * np.diff(np.r_[0 : self.shape[1] : self.width, self.shape[1]])
        row = np.newaxis
        return BoxValues(rms[row], level[row], used[row], (2 * used >= area)[row])


def _box_length(length: int, box_size: int) -> int:
    """Shortest box of at least `box_size` pixels that leaves no last box thinner than half of the others.

    A sliver of a box has too few beams for a statistic, and at the edge it is filtered with no neighbour.
    """
    if box_size >= length:
        return length
    return next(n for n in range(box_size, length + 1) if length % n == 0 or length % n > n // 2)
