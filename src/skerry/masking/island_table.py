"""Islands of a mask, numbered and measured: the one table that every command shows, writes and chooses islands by.

It is made in one pass over the mask and what goes with it, band by band; of a whole image only bits, numbers of runs
and the table itself are kept. Islands are 8-connected, as a flood grows them, and numbered from 1 by their first pixel
in the order of the file: row 0 first, then along the row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skerry.filters.connected_pixels import Islands
from skerry.filters.dilation import dilated_bits
from skerry.filters.island_facts import Bits, Centres, Highest, ImageSums, Measures
from skerry.filters.island_tables import Extents, Shared, Sizes, Table
from skerry.planes.bits import BitMask
from skerry.planes.computed import pixelwise
from skerry.planes.masks import set_pixels
from skerry.planes.plane import Floats, Plane

__all__ = ["IslandTable", "MaskedFlux", "measure_islands"]


@dataclass(frozen=True)
class MaskedFlux:
    """What of an image lies in its mask; sums are in the unit of the pixels."""

    image: ImageSums
    """Of the whole image."""
    positive: float
    negative: float
    """Sums of the positive and of the negative pixels in the mask."""

    @property
    def positive_share(self) -> float | None:
        """Positive flux in the mask over all positive flux; None of an image without any."""
        return self.positive / self.image.positive if self.image.positive else None

    @property
    def negative_share(self) -> float | None:
        """Negative flux in the mask over all negative flux; None of an image without any."""
        return abs(self.negative / self.image.negative) if self.image.negative else None


@dataclass(frozen=True)
class IslandTable:
    """What is known of each island; entry n is that of the island with the number n + 1, None what was not measured.

    Attributes
    ----------
    islands : Islands
        Their pixels, numbers as bands (`labels`) and masks of some of them (`select`).
    size : ndarray of int64, shape (n,)
        Pixels.
    top, left, bottom, right : ndarray of int32, shape (n,)
        First and last row and column, from 0.
    x, y : ndarray of float64, shape (n,)
        Centroid: column and row, from 0, weighted by the valid pixels of the image if there is one. That of all pixels
        alike where a weighted one would lie beyond the island's box.
    peak : ndarray of float32, shape (n,), optional
        Highest valid pixel of the image, of sources of both signs that of the highest absolute value; NaN where no
        pixel is valid.
    peak_x, peak_y : ndarray of int, shape (n,), optional
        Its column and row, those of the first in the order of the file among equal ones; -1 where there is none.
    total : ndarray of float64, shape (n,), optional
        Sum of the valid pixels, in the unit of the image.
    snr : ndarray of float32, shape (n,), optional
        Highest signal, in sigma; of sources of both signs the highest absolute one. NaN where no pixel has any.
    bits : ndarray of int32, shape (n,), optional
        Bits that any pixel of a scale mask has: the scales that the island reaches.
    at_border : ndarray of bool, shape (n,)
        Whether it has a pixel of the first or last row or column.
    at_invalid : ndarray of bool, shape (n,), optional
        Whether it has or touches an invalid pixel of the image.
    beside_negative : ndarray of bool, shape (n,), optional
        Whether a negative island lies beside it.
    flux : MaskedFlux, optional
        What of the image lies in the mask.
    """

    islands: Islands
    size: NDArray[np.int64]
    top: NDArray[np.int32]
    left: NDArray[np.int32]
    bottom: NDArray[np.int32]
    right: NDArray[np.int32]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    at_border: NDArray[np.bool_]
    peak: NDArray[np.float32] | None = None
    peak_x: NDArray[np.intp] | None = None
    peak_y: NDArray[np.intp] | None = None
    total: NDArray[np.float64] | None = None
    snr: NDArray[np.float32] | None = None
    bits: NDArray[np.int32] | None = None
    at_invalid: NDArray[np.bool_] | None = None
    beside_negative: NDArray[np.bool_] | None = None
    flux: MaskedFlux | None = None

    def __len__(self) -> int:
        return self.size.size


def measure_islands(
    mask: Plane,
    image: Floats | None = None,
    *,
    signal: Floats | None = None,
    scales: bool = False,
    negative_clip: float | None = None,
    negative_reach: int = 1,
    both_signs: bool = False,
) -> IslandTable:
    """Number and measure the islands of a mask.

    Parameters
    ----------
    mask : Plane of bool or of integers, shape (ny, nx)
        Its pixels that are not 0 are masked, any bit.
    image : Plane of float32, shape (ny, nx), optional
        The image; NaN and infinite pixels are invalid.
    signal : Plane of float32, shape (ny, nx), optional
        The same in sigma.
    scales : bool
        Whether the bits of the mask are told.
    negative_clip : float, optional
        Pixels at or below minus this in the signal make negative islands, sigma. Without it they are not looked for.
    negative_reach : int
        Rows and columns from an island up to which a negative one is beside it.
    both_signs : bool
        Whether sources of both signs are masked.

    Returns
    -------
    IslandTable
        The same bits for any memory and threads.
    """
    sizes, boxes, centres = Sizes(), Extents(), Centres()
    tables: list[Table] = [sizes, boxes, centres]
    measures = None if image is None else Measures(image, both_signs=both_signs)
    highest = None if signal is None else Highest(signal, both_signs=both_signs)
    bits = Bits(mask) if scales else None
    beside = None
    if signal is not None and negative_clip is not None:
        deep = pixelwise(lambda band: band <= np.float32(-negative_clip), signal, dtype=bool)
        beside = Shared(dilated_bits(BitMask.of(deep), negative_reach))
    islands = Islands(set_pixels(mask), [*tables, *(one for one in (measures, highest, bits, beside) if one)])
    size = sizes.by_label[0][1:]
    top, left, bottom, right = (column[1:] for column in boxes.by_label)
    bottom, right = -bottom, -right
    ny, nx = islands.shape
    x, y = (column[1:] / size for column in centres.by_label)
    table = IslandTable(
        islands=islands,
        size=size,
        top=top,
        left=left,
        bottom=bottom,
        right=right,
        x=x,
        y=y,
        at_border=(top == 0) | (left == 0) | (bottom == ny - 1) | (right == nx - 1),
        snr=None if highest is None else _nan_where_infinite(highest.by_label[0][1:]),
        bits=None if bits is None else bits.by_label[0][1:],
        beside_negative=None if beside is None else beside.by_label[0][1:] != 0,
    )
    return table if measures is None else _with_image(table, measures, both_signs=both_signs)


def _with_image(table: IslandTable, measures: Measures, *, both_signs: bool) -> IslandTable:
    """Table with what was measured of the pixels of the image."""
    valid, total, positive, along, down, touches = (column[1:] for column in measures.by_label[:6])
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y = along / total, down / total
    within = (x >= table.left) & (x <= table.right) & (y >= table.top) & (y <= table.bottom)
    peak, peak_y, peak_x = (column[1:] for column in measures.extreme(0))
    if both_signs:
        depth, low_y, low_x = (column[1:] for column in measures.extreme(1))
        lower = depth > np.abs(peak)
        peak = np.where(lower, -depth, peak)
        peak_y, peak_x = np.where(lower, low_y, peak_y), np.where(lower, low_x, peak_x)
    none = valid == 0
    inside = float(np.add.reduce(positive)), float(np.add.reduce(total - positive))
    return IslandTable(
        **vars(table)
        | {
            "x": np.where(within, x, table.x),
            "y": np.where(within, y, table.y),
            "peak": peak,
            "peak_x": np.where(none, -1, peak_x),
            "peak_y": np.where(none, -1, peak_y),
            "total": total,
            "at_invalid": touches != 0,
            "flux": MaskedFlux(measures.image_sums(), *inside),
        }
    )


def _nan_where_infinite(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(np.isfinite(values), values, np.float32(np.nan))
