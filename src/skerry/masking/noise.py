"""Local noise and background: the rms and mean level of an image in boxes, interpolated to every pixel.

The boxes are measured by `sep` (docs/noise.md says why), again and again: what the first maps show to be emission is
left out of the next, so that an extended source is taken neither for noise nor for background.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.filters.dilation import dilated
from skerry.filters.islands import seeded_islands
from skerry.kernels.mesh import mark_excess
from skerry.masking.drawn_noise import DrawnMap
from skerry.masking.flat_regions import flat_regions
from skerry.masking.noise_boxes import BoxGrid, BoxValues, NoiseSplines, rms_and_level
from skerry.masking.signs import each_sign
from skerry.planes.arrays import image_plane
from skerry.planes.bands import each_band
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed, pixelwise
from skerry.planes.masks import either, valid_pixels, without
from skerry.planes.order_statistics import median
from skerry.planes.plane import Flags, Floats

__all__ = ["NoValidPixelError", "noise_maps"]

_DEFAULTS = MaskingOptions()


_SOURCE_SEED, _SOURCE_FLOOR = 5.0, 3.0  # sigma


_SOURCE_MARGIN = 2  # pixels: the wings of a source below the floor


_PASSES = 3


_SAMPLE = 1 << 24  # pixels, for the noise of an image without a usable box


class NoValidPixelError(SkerryError):
    """There is nothing to measure; the message does not name the file."""


def noise_maps(
    image: Floats,
    *,
    box_size: int = _DEFAULTS.noise_box_size,
    filter_size: int = _DEFAULTS.noise_filter_size,
    both_signs: bool = False,
) -> tuple[DrawnMap, DrawnMap]:
    """Local rms and background of an image.

    The boxes are measured at once; the planes hold their values, and read the image only to know where it is invalid.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        Jy/beam; NaN and infinite pixels are invalid.
    box_size : int
        Side of the boxes, pixels. They are made up to twice as wide where the last one of a row or column would
        otherwise be thinner than half of the others, and no larger than the image.
    filter_size : int
        Median filter across the boxes, in boxes; 1 for none. Boxes at the edge of the image have a smaller filter.
    both_signs : bool
        Whether sources may be negative, which are then left out as positive ones are.

    Returns
    -------
    rms : Plane of float32, shape (ny, nx)
        Jy/beam; NaN where the image is invalid. The rms is zero where the image is blank, see
        `skerry.masking.flat_regions`, which no other value uses. A box with less than half of its pixels valid
        takes the values of its nearest neighbour; if they touch, its rms goes on as that of the boxes around changes.
    bkg : Plane of float32, shape (ny, nx)
        The same of the background.

    Raises
    ------
    SkerryError
        If the image has no valid pixel, or a row of boxes does not fit into the memory.

    Notes
    -----
    The method of SExtractor (Bertin & Arnouts 1996, A&AS 117, 393) as implemented by `sep` (Barbary 2016, JOSS 1, 58),
    applied three times: pixels above 3 sigma in islands that reach 5 sigma are left out of the next estimate. The rms
    is corrected for what clipping takes from Gaussian noise.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(1).normal(0, 2e-4, (256, 256)).astype(np.float32)
    >>> rms, bkg = noise_maps(image, box_size=32)
    >>> print(f"{np.median(rms):.5f}")
    0.00020
    """
    image = image_plane(image)
    flat = flat_regions(image)
    blank = flat if flat.any() else None
    splines = _splines(image, blank, BoxGrid.over(image.shape, box_size), filter_size, both_signs=both_signs)
    return DrawnMap(splines.rms, image, blank), DrawnMap(splines.level, image)


def _splines(image: Floats, blank: Flags | None, grid: BoxGrid, filter_size: int, *, both_signs: bool) -> NoiseSplines:
    """Maps of the last pass."""
    measure = _measured_alike if both_signs else BoxGrid.measure
    first = measure(grid, image, blank)
    if not first.usable.any():
        return _one_value_everywhere(image, blank, both_signs=both_signs)
    # What the first pass could not measure no later one can; a box that is lost to a source is filled.
    valid = first.usable
    splines = NoiseSplines(grid, first.with_nearest(valid), filter_size, valid)
    for _ in range(_PASSES - 1):
        sources = _bright_islands(image, blank, splines, both_signs=both_signs)
        if not sources.any():
            break
        values = measure(grid, image, _left_out(sources, blank), first)
        if not values.usable.any():
            break
        splines = NoiseSplines(grid, values.with_nearest(valid), filter_size, valid)
    return splines


def _measured_alike(grid: BoxGrid, image: Floats, masked: Flags | None, known: BoxValues | None = None) -> BoxValues:
    """Boxes of an image of which neither sign comes first: the means of what is measured on it and on its negative.

    `sep` finds the level of a box in a histogram, which of the negative is another one.
    """
    negative = None if known is None else known._replace(level=np.negative(known.level))
    sides = [
        grid.measure(side, masked, of_side) for side, of_side in zip(each_sign(image), (known, negative), strict=True)
    ]
    half = np.float32(0.5)
    rms, level = half * (sides[0].rms + sides[1].rms), half * (sides[0].level - sides[1].level)
    return sides[0]._replace(rms=rms, level=level)


def _one_value_everywhere(image: Floats, blank: Flags | None, *, both_signs: bool) -> NoiseSplines:
    """Maps of an image that has too few pixels in each box: all pixels are one box."""
    pixels = _sample(image, blank)
    if pixels.size:
        odd = pixels.size % 2
        padded, unusable = (
            np.pad(pixels, (0, odd)),
            np.pad(np.zeros(pixels.size, np.bool_), (0, odd), constant_values=True),
        )
        rms, level = (float(values[0]) for values in rms_and_level(padded[np.newaxis], unusable[np.newaxis]))
        if both_signs:
            other = (float(values[0]) for values in rms_and_level(-padded[np.newaxis], unusable[np.newaxis]))
            rms, level = (rms + next(other)) / 2, (level - next(other)) / 2
    else:
        pixels = _sample(image, None)
        if not pixels.size:
            raise NoValidPixelError(
                "the image has no valid pixel, so it has no noise; give an image that is not all NaN"
            )
        rms, level = 0.0, median(pixels)
    one = BoxValues(*(np.full((1, 1), value) for value in (np.float32(rms), np.float32(level), 1, True)))
    return NoiseSplines(BoxGrid(image.shape, *image.shape), one, 1)


def _sample(image: Floats, left_out: Flags | None) -> NDArray[np.float32]:
    """Valid pixels, in order: all of them, or every so manyth if they are many."""
    valid = valid_pixels(image)
    mask = BitMask.of(valid if left_out is None else without(valid, left_out))
    step, seen, chosen = 1 + mask.count() // _SAMPLE, 0, [np.empty(0, np.float32)]
    for rows, band in each_band(image):
        pixels = band[mask[rows]]
        chosen.append(np.asarray(pixels[-seen % step :: step], np.float32))
        seen += pixels.size
    return np.concatenate(chosen)


def _bright_islands(image: Floats, blank: Flags | None, splines: NoiseSplines, *, both_signs: bool) -> BitMask:
    """Find what is emission beyond doubt.

    The level is one number because the first local background has taken up part of the extended emission.
    """
    mark = _mark_both if both_signs else mark_excess
    marks = partial(mark, level=splines.middle, floor=_SOURCE_FLOOR, seed=_SOURCE_SEED)
    rms = DrawnMap(splines.rms, image, blank)
    return seeded_islands(pixelwise(marks, image, rms, dtype=np.uint8, at_once=not both_signs))


def _mark_both(
    image: NDArray[np.float32], rms: NDArray[np.float32], level: float, floor: float, seed: float
) -> NDArray[np.uint8]:
    """Marks of what exceeds a level, and of what falls below it by as much."""
    above = mark_excess(image, rms, level=level, floor=floor, seed=seed)
    return above | mark_excess(np.negative(image), rms, level=-level, floor=floor, seed=seed)


def _left_out(sources: BitMask, blank: Flags | None) -> Computed:
    """Sources with their wings, and what is blank."""
    wide = dilated(sources, _SOURCE_MARGIN)
    return wide if blank is None else either(wide, blank)
