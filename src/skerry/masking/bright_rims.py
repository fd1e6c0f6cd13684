"""Rims of bright sources: masked pixels near them that do not stand above their artefacts.

CLEAN puts flux wherever a mask lets it, and beside a bright source the artefacts alone pass any clip in sigma. There is
no negative sky, so the deepest negative pixel round a bright one tells how bright they are.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.filters.boxes import windows
from skerry.kernels.boxes import maximum_of_rows, minimum_of_rows
from skerry.planes.bands import map_bands
from skerry.planes.bits import BitMask
from skerry.planes.computed import window
from skerry.planes.masks import set_pixels
from skerry.planes.plane import Floats, Plane
from skerry.planes.rolling import RollingRows, chunks
from skerry.sky.beam import beam_fwhm

__all__ = ["without_bright_rims"]

_ROWS_AT_ONCE = 128
_ROWS_OF_BAND = 1024
"""At least: rows around a band are computed twice."""
_BYTES_AROUND = 22
"""Of a pixel, at most: the signal, once more as the window moves on, what is bright, and depths."""


def without_bright_rims(mask: Plane, signal: Floats, options: MaskingOptions, pixels_per_beam: float) -> BitMask:
    """Mask without the pixels near bright ones that do not stand above the artefacts there.

    The depth at a bright pixel is that of the deepest pixel of a box round it, and the level of any pixel the greatest
    depth of the bright pixels in the same box round that pixel; it is 0 where none is near. A pixel stays where the
    level is 0, or where it exceeds a factor of the level.

    Parameters
    ----------
    mask : Plane, shape (ny, nx)
        Set where not 0.
    signal : Plane of float32, shape (ny, nx)
        In sigma, zero mean. Invalid pixels (NaN or infinite) are neither bright nor deep; masked, they stay only where
        the level is 0.
    options : MaskingOptions
        The options called beam_shape_erode_rims; what is bright, the factor, and the reach of the box.
    pixels_per_beam : float
        Area of the beam.

    Returns
    -------
    BitMask, shape (ny, nx)
        The mask.
    """
    reach = round(options.beam_shape_erode_rims_beams * beam_fwhm(pixels_per_beam))
    clip, factor = np.float32(options.beam_shape_erode_rims_clip), np.float32(options.beam_shape_erode_rims_factor)
    # Depth reaches as far from a bright pixel as its box, and the box as far beyond.
    halo = min(2 * reach, signal.shape[0])
    kept, pixels = BitMask(signal.shape), set_pixels(mask)

    def keep(rows: slice) -> None:
        held = RollingRows(signal)
        for chunk in chunks(rows, _ROWS_AT_ONCE):
            flags = np.array(pixels[chunk])
            if flags.any():
                band, within = window(held, chunk.start, chunk.stop, halo, halo)
                kept[chunk] = _without_rims(band, within, flags, clip, factor, reach)

    around = 2 * halo + _ROWS_AT_ONCE
    for _ in map_bands(keep, kept, pixels, around=around, cost_around=_BYTES_AROUND, multiple_of=_ROWS_OF_BAND):
        pass
    return kept


def _without_rims(
    signal: NDArray[np.float32],
    rows: slice,
    kept: NDArray[np.bool_],
    clip: np.float32,
    factor: np.float32,
    reach: int,
) -> NDArray[np.bool_]:
    """Pixels of some rows of a mask, `kept`, that stand above the artefacts round bright pixels; it is changed."""
    level = np.zeros((0, 0), np.float32)
    places: list[tuple[slice, slice]] = []
    for place, depth in _depths_near_bright(signal, rows, clip, reach):
        if kept[place].any():
            level = level if places else np.zeros(kept.shape, np.float32)
            np.maximum(level[place], depth, out=level[place])
            places.append(place)
    for place in places:
        values, least = signal[rows][place], level[place]
        kept[place] &= (least == 0) | (np.isfinite(values) & (values > factor * least))
    return kept


def _depths_near_bright(
    band: NDArray[np.float32], within: slice, clip: np.float32, reach: int
) -> Iterator[tuple[tuple[slice, slice], NDArray[np.float32]]]:
    """Rectangles of some rows of a band, and the depth there of the artefacts of some of the bright pixels."""
    first = max(0, within.start - reach)
    near = band[first : within.stop + reach]
    bright = near > clip
    if not bright.any():
        return
    box, nx = 2 * reach + 1, band.shape[1]
    for rows, columns in windows(bright, reach):
        # Of the band from here on, and the rectangle within reach of the bright pixels.
        y, x = slice(rows.start + first, rows.stop + first), columns
        place = (
            slice(max(y.start - reach, within.start), min(y.stop + reach, within.stop)),
            slice(max(x.start - reach, 0), min(x.stop + reach, nx)),
        )
        here = bright[rows, columns] & (near[rows, columns] < np.float32(np.inf))
        top = max(y.start - reach, 0)
        around = band[top : y.stop + reach, place[1]]
        depth = np.negative(minimum_of_rows(around, slice(y.start - top, y.stop - top), box))
        np.maximum(depth, 0, out=depth)
        depth[:, : x.start - place[1].start] = 0
        depth[:, x.stop - place[1].start :] = 0
        depth[:, x.start - place[1].start : x.stop - place[1].start][~here] = 0
        wide = np.pad(depth, ((reach, reach), (0, 0)))
        seen = slice(place[0].start - y.start + reach, place[0].stop - y.start + reach)
        yield (
            (slice(place[0].start - within.start, place[0].stop - within.start), place[1]),
            maximum_of_rows(wide, seen, box),
        )
