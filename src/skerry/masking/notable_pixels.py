"""The pixels of a signal that stand out on either side: bright sources, and deep ones, which are artefacts.

All that is told of artefacts is told by these few; so they are found in one pass, and kept.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.filters.connected_pixels import islands_of_each
from skerry.filters.gaussian import SmoothedSample
from skerry.filters.island_tables import Lowest, Peaks, Pixels, Sizes, Table
from skerry.kernels.artefacts import PixelsByRow
from skerry.masking.threshold import above_clip
from skerry.planes.plane import Floats

__all__ = ["BrightSources", "NotablePixels"]

_KEPT_SHARE = 64
"""Pixels of the image for each one that may be kept: more are looked for again, where they are asked for."""


class BrightSources(NamedTuple):
    """Highest pixels of islands."""

    value: NDArray[np.float32]
    place: NDArray[np.intp]
    """Row and column, shape (islands, 2)."""


class NotablePixels:
    """Bright sources and deep pixels of a signal, which is read once, now.

    Parameters
    ----------
    signal : Plane of float32, shape (ny, nx)
        In sigma, zero mean. Invalid pixels (NaN or infinite) do not count.
    bright_clip, deep_clip : float
        Bright sources are islands above the first, deep pixels are below minus the second, sigma.
    sample : SmoothedSample, optional
        Of the signal, taken in the same pass.
    """

    def __init__(
        self, signal: Floats, bright_clip: float, deep_clip: float, sample: SmoothedSample | None = None
    ) -> None:
        highest = Peaks(signal)
        self._sizes, self._lowest = Sizes(), Lowest()
        self._pixels = Pixels(signal.shape[0] * signal.shape[1] // _KEPT_SHARE)
        self._signal, self._clip = signal, np.float32(-deep_clip)
        masks = [partial(above_clip, clip=bright_clip), partial(_below, limit=self._clip)]
        tables: list[list[Table]] = [[highest], [self._sizes, self._lowest, self._pixels]]
        _, deep = islands_of_each(signal, masks, tables, sample)
        self._deep = None if self.are_kept else deep
        value, place = highest.values_and_places()
        self.bright = BrightSources(value[1:], place[1:])
        """The highest pixel of each bright source."""

    @classmethod
    def of(cls, signal: Floats, options: MaskingOptions, sample: SmoothedSample | None = None) -> NotablePixels:
        """Those by which the options called suppress_artefacts tell artefacts."""
        deep = options.suppress_artefacts_negative_clip
        # A fraction of a bright source is no noise.
        return cls(signal, deep / options.suppress_artefacts_peak_fraction, deep, sample)

    @property
    def are_kept(self) -> bool:
        """Whether the deep pixels are few enough to be kept."""
        return self._pixels.complete

    @property
    def deepest(self) -> np.float32:
        """How deep the deepest pixel is; 0 if none is deep."""
        return np.float32(-self._lowest.by_label[0][1:].min(initial=0))

    def deep_rows(self, start: int, stop: int) -> PixelsByRow:
        """Deep pixels of some rows, and how deep they are."""
        if self.are_kept:
            bounds = np.searchsorted(self._pixels.rows, np.arange(start, stop + 1)).astype(np.int64)
            there = slice(int(bounds[0]), int(bounds[-1]))
            columns, values = self._pixels.places[1][there], self._pixels.values[there]
            return PixelsByRow(bounds - bounds[0], columns, np.negative(values))
        band = self._signal[start:stop]
        rows, across = np.nonzero(_below(band, self._clip))
        bounds = np.searchsorted(rows, np.arange(stop - start + 1)).astype(np.int64)
        return PixelsByRow(bounds, across.astype(np.int32), np.negative(band[rows, across]))

    def compact_deep(self, most_pixels: float) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Pixels of deep islands of no more than so many pixels: places, shape (n, 2), and the depth of the island."""
        compact = self._sizes.by_label[0] <= most_pixels
        compact[0] = False
        if self._deep is None:
            chosen = compact[self._pixels.island]
            places = np.column_stack([part[chosen] for part in self._pixels.places]).astype(np.intp)
            island = self._pixels.island[chosen]
        else:
            found = list(self._deep.pixels(compact))
            places, island = (np.concatenate(part) for part in zip(*found, strict=True))
        return places, np.negative(self._lowest.by_label[0][island])


def _below(values: NDArray[np.float32], limit: np.float32) -> NDArray[np.bool_]:
    below: NDArray[np.bool_] = values < limit
    # No valid pixel is infinite, and NaN is below nothing.
    below &= values > np.float32(-np.inf)
    return below
