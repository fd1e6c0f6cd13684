"""Local noise and background: the rms and mean level of an image in boxes, interpolated to every pixel.

The boxes are measured by `sep` (docs/noise.md says why), again and again: what the first maps show to be emission is
left out of the next, so that an extended source is taken neither for noise nor for background.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.filters.islands import marked_islands
from skerry.kernels.mesh import mark_excess
from skerry.masking.flat_regions import flat_regions
from skerry.masking.noise_boxes import BoxGrid, BoxValues, Maps, values_of
from skerry.planes.bands import each_band
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed, collect
from skerry.planes.plane import Flags, Floats

__all__ = ["NoValidPixelError", "estimate_noise", "noise_planes"]

_DEFAULTS = MaskingOptions()


_SOURCE_SEED, _SOURCE_FLOOR = 5.0, 3.0  # sigma


_SOURCE_MARGIN = 2  # pixels: the wings of a source below the floor


_PASSES = 3


_SAMPLE = 1 << 24  # pixels, for the noise of an image without a usable box


class NoValidPixelError(SkerryError):
    """There is nothing to measure; the message does not name the file."""


def estimate_noise(
    image: NDArray[np.float32],
    *,
    box_size: int = _DEFAULTS.noise_box_size,
    filter_size: int = _DEFAULTS.noise_filter_size,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Local rms and background of an image.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Jy/beam; NaN and infinite pixels are invalid. It is not changed.
    box_size : int
        Side of the boxes, pixels. They are made up to twice as wide where the last one of a row or column would
        otherwise be thinner than half of the others, and no larger than the image.
    filter_size : int
        Median filter across the boxes, in boxes; 1 for none. Boxes at the edge of the image have a smaller filter.

    Returns
    -------
    rms, bkg : ndarray of float32, shape (ny, nx)
        Jy/beam; NaN where the image is invalid. The rms is zero where the image is blank, see
        `skerry.masking.flat_regions`, which no other value uses. A box with less than half of its pixels valid
        takes the values of its nearest neighbour.

    Raises
    ------
    SkerryError
        If the image has no valid pixel.

    Notes
    -----
    The method of SExtractor (Bertin & Arnouts 1996, A&AS 117, 393) as implemented by `sep` (Barbary 2016, JOSS 1, 58),
    applied three times: pixels above 3 sigma in islands that reach 5 sigma are left out of the next estimate. The rms
    is corrected for what clipping takes from Gaussian noise.
    """
    rms, bkg = noise_planes(image, box_size=box_size, filter_size=filter_size)
    return collect(rms), collect(bkg)


def noise_planes(
    image: Floats, *, box_size: int = _DEFAULTS.noise_box_size, filter_size: int = _DEFAULTS.noise_filter_size
) -> tuple[Computed, Computed]:
    """Compute what `estimate_noise` does, band by band.

    The boxes are measured at once; the planes hold their values, and read the image only to know where it is invalid.

    Raises
    ------
    SkerryError
        If the image has no valid pixel, or a row of boxes does not fit into the memory.
    """
    blank = flat_regions(image)
    kept = blank if blank.any() else None
    maps = _maps(image, kept, BoxGrid.over(image.shape, box_size), filter_size)
    return _rms_plane(image, kept, maps), Computed(
        image.shape, np.float32, lambda start, stop: maps.level.rows(start, stop, image[start:stop]), [image]
    )


def _rms_plane(image: Floats, blank: Flags | None, maps: Maps) -> Computed:
    def rows(start: int, stop: int) -> NDArray[np.float32]:
        rms = maps.rms.rows(start, stop, image[start:stop])
        if blank is not None:
            rms[blank[start:stop]] = 0
        return rms

    return Computed(image.shape, np.float32, rows, [image] if blank is None else [image, blank])


def _maps(image: Floats, blank: Flags | None, grid: BoxGrid, filter_size: int) -> Maps:
    """Maps of the last pass."""
    first = grid.measure(image, blank)
    if not first.usable.any():
        return _same_everywhere(image, blank)
    # What the first pass could not measure no later one can; a box that is lost to a source is filled by `Maps`.
    valid = first.usable
    maps = Maps(grid, first.with_nearest(valid), filter_size)
    for _ in range(_PASSES - 1):
        sources = _sources(image, blank, maps)
        if not sources.any():
            break
        values = grid.measure(image, _left_out(sources, blank), first)
        if not values.usable.any():
            break
        maps = Maps(grid, values.with_nearest(valid), filter_size)
    return maps


def _same_everywhere(image: Floats, blank: Flags | None) -> Maps:
    """Maps of an image that has too few pixels in each box: all pixels are one box."""
    pixels = _sample(image, blank)
    if pixels.size:
        odd = pixels.size % 2
        padded, unusable = (
            np.pad(pixels, (0, odd)),
            np.pad(np.zeros(pixels.size, np.bool_), (0, odd), constant_values=True),
        )
        rms, level = (float(values[0]) for values in values_of(padded[np.newaxis], unusable[np.newaxis]))
    else:
        pixels = _sample(image, None)
        if not pixels.size:
            raise NoValidPixelError(
                "the image has no valid pixel, so it has no noise; give an image that is not all NaN"
            )
        rms, level = 0.0, float(np.median(pixels))
    one = BoxValues(*(np.full((1, 1), value) for value in (np.float32(rms), np.float32(level), 1, True)))
    return Maps(BoxGrid(image.shape, *image.shape), one, 1)


def _sample(image: Floats, left_out: Flags | None) -> NDArray[np.float32]:
    """Valid pixels, in order: all of them, or every so manyth if they are many."""

    def usable(start: int, stop: int) -> NDArray[np.bool_]:
        found = np.isfinite(image[start:stop])
        return found if left_out is None else found & ~left_out[start:stop]

    mask = BitMask.of(Computed(image.shape, np.bool_, usable, [image]))
    step, seen, chosen = 1 + mask.count() // _SAMPLE, 0, [np.empty(0, np.float32)]
    for rows, band in each_band(image):
        pixels = band[mask[rows]]
        chosen.append(np.asarray(pixels[-seen % step :: step], np.float32))
        seen += pixels.size
    return np.concatenate(chosen)


def _sources(image: Floats, blank: Flags | None, maps: Maps) -> BitMask:
    """Find what is emission beyond doubt.

    The level is one number because the first local background has taken up part of the extended emission.
    """
    rms = _rms_plane(image, blank, maps)

    def rows(start: int, stop: int) -> NDArray[np.uint8]:
        return mark_excess(image[start:stop], rms[start:stop], maps.middle, _SOURCE_FLOOR, _SOURCE_SEED)

    return marked_islands(Computed(image.shape, np.uint8, rows, [image, rms], cost=1))


def _left_out(sources: BitMask, blank: Flags | None) -> Computed:
    """Sources with their wings, and what is blank."""

    def rows(start: int, stop: int) -> NDArray[np.bool_]:
        first = max(0, start - _SOURCE_MARGIN)
        bits = sources.bits[first : stop + _SOURCE_MARGIN]
        tall = np.zeros((stop - start, bits.shape[1]), np.uint8)
        for shift in range(-_SOURCE_MARGIN, _SOURCE_MARGIN + 1):
            above, below = max(start + shift, 0), min(stop + shift, sources.shape[0])
            if above < below:
                tall[above - shift - start : below - shift - start] |= bits[above - first : below - first]
        narrow = np.unpackbits(tall, axis=1, count=sources.shape[1]).view(np.bool_)
        wide = narrow.copy() if blank is None else narrow | blank[start:stop]
        for shift in range(1, _SOURCE_MARGIN + 1):
            wide[:, shift:] |= narrow[:, :-shift]
            wide[:, :-shift] |= narrow[:, shift:]
        return wide

    return Computed(sources.shape, np.bool_, rows, [sources], cost=3)
