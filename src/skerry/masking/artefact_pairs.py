"""Islands beside a deeper negative one: the two halves of an artefact of a bright source."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.filters.connected_pixels import Islands
from skerry.kernels.artefacts import PixelsByRow, sector_depths
from skerry.masking.notable_pixels import NotablePixels
from skerry.sky.beam import beam_fwhm

__all__ = ["depth_beside", "may_be_half"]

_BESIDE_BEAMS = 2.0
"""Distance, in beams (FWHM), from an island to the nearest pixel of a negative one that is beside it."""
_LARGEST_HALF = 12.0
"""Area of an island of a mask, in beams, beyond which it is no half of a pair."""
_MOST_BEAMS = 6.0
"""Area of a negative island, in beams, beyond which it is a bowl: missing short baselines, and no half of a pair."""


def may_be_half(pixels: NDArray[np.float64], area: float) -> NDArray[np.bool_]:
    """Whether islands of so many pixels are small enough for half of a pair, with a beam of some area in pixels."""
    return pixels <= _LARGEST_HALF * area


def depth_beside(
    notable: NotablePixels, islands: Islands, considered: NDArray[np.bool_], area: float
) -> NDArray[np.float32]:
    """Depth of the deepest negative island beside each island of a mask.

    There is no negative sky: a compact negative island is an artefact, and errors of calibration, which move flux from
    one place to another, make them in pairs.

    Parameters
    ----------
    notable : NotablePixels
        Of the signal, with its negative islands.
    islands : Islands
        Of the mask.
    considered : ndarray of bool, shape (islands + 1,)
        The islands that are asked about, by label.
    area : float
        Of the beam, pixels.

    Returns
    -------
    ndarray of float32, shape (islands + 1,)
        In sigma; 0 where there is none.
    """
    beside = np.zeros(len(considered), np.float32)
    if not considered.any():
        return beside
    places, depth = notable.compact_deep(_MOST_BEAMS * area)
    if not depth.size:
        return beside
    # Pixels come in raster order, and all that are beside lie in a single ring and sector.
    starts = np.searchsorted(places[:, 0], np.arange(islands.shape[0] + 1)).astype(np.int64)
    deep, reach = PixelsByRow(starts, places[:, 1].astype(np.int32), depth), _BESIDE_BEAMS * beam_fwhm(area)
    beyond = (np.arange(2 * int(reach) ** 2 + 1) > reach**2).astype(np.uint16)
    for at, island in islands.pixels(considered):
        depths = sector_depths(deep, at, beyond, int(reach), (1, 1))[:, 0, 0]
        np.maximum.at(beside, island.astype(np.intp), depths)
    return beside
