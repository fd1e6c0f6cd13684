"""Local noise and background: the rms and mean level of an image in boxes, interpolated to every pixel.

The boxes are measured as SExtractor does (docs/noise.md says why), again and again: what the first maps show to be
emission is left out of the next, so that an extended source is taken neither for noise nor for background.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.filters.dilation import dilated_bits
from skerry.filters.islands import seeded_islands
from skerry.kernels.levels import flat_rows
from skerry.masking.flat_regions import flat_limit, flat_regions, regions_of_flat
from skerry.masking.noise_boxes import BoxGrid, BoxValues, Known
from skerry.masking.noise_grid import NoiseGrid
from skerry.masking.noise_mesh import ValidBoxes
from skerry.planes.arrays import image_plane
from skerry.planes.bands import each_band, map_bands
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed, window
from skerry.planes.masks import both, inverted, valid_pixels, without
from skerry.planes.order_statistics import median
from skerry.planes.plane import Flags, Floats

__all__ = ["NoValidPixelError", "grid_and_maps", "maps_of_grid", "noise_maps"]

_DEFAULTS = MaskingOptions()
_SOURCE_SEED, _SOURCE_FLOOR = 5.0, 3.0
"""In sigma."""
_SOURCE_MARGIN = 2
"""Pixels: the wings of a source below the floor."""
_PASSES = 3
_SAMPLE = 1 << 24
"""Pixels, for the noise of an image without a usable box."""
_BYTES_OF_LOOK = 2
"""A pixel."""


class NoValidPixelError(SkerryError):
    """There is nothing to measure; the message does not name the file."""


def noise_maps(
    image: Floats,
    *,
    box_size: int = _DEFAULTS.noise_box_size,
    filter_size: int = _DEFAULTS.noise_filter_size,
    both_signs: bool = False,
) -> tuple[Computed, Computed]:
    """Local rms and background of an image.

    The boxes are measured at once; the planes hold their values and the valid pixels, and never read the image again.

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
    The method of SExtractor (Bertin & Arnouts 1996, A&AS 117, 393), with the numbers of `sep` (Barbary 2016, JOSS 1,
    58), three times: pixels above 3 sigma in islands that reach 5 sigma are left out of the next estimate. The rms
    is corrected for what clipping takes from Gaussian noise.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(1).normal(0, 2e-4, (256, 256)).astype(np.float32)
    >>> rms, bkg = noise_maps(image, box_size=32)
    >>> print(f"{np.median(rms):.5f}")
    0.00020
    """
    return grid_and_maps(image, box_size=box_size, filter_size=filter_size, both_signs=both_signs)[1]


def grid_and_maps(
    image: Floats,
    *,
    box_size: int = _DEFAULTS.noise_box_size,
    filter_size: int = _DEFAULTS.noise_filter_size,
    both_signs: bool = False,
) -> tuple[NoiseGrid, tuple[Computed, Computed]]:
    """Noise of an image as it is kept, and the maps of `noise_maps`; parameters and errors as of that."""
    grid, look = _measured(image_plane(image), box_size, filter_size, both_signs=both_signs)
    return grid, (grid.rms_plane(look.valid, look.blank), grid.level_plane(look.valid))


def maps_of_grid(image: Floats, grid: NoiseGrid) -> tuple[Computed, Computed]:
    """Local rms and background of an image of which the noise was kept.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        The image, which is gone through once to know where it is invalid.
    grid : NoiseGrid
        Its noise.

    Returns
    -------
    rms : Plane of float32, shape (ny, nx)
        What `noise_maps` gives, to the bit.
    bkg : Plane of float32, shape (ny, nx)
        Likewise.

    Raises
    ------
    SkerryError
        If the grid is of an image of another shape.
    """
    image = image_plane(image)
    if grid.boxes.shape != image.shape:
        raise SkerryError(f"the noise is that of an image of {grid.boxes.shape}, not of {image.shape}; measure it anew")
    valid = BitMask.of(valid_pixels(image))
    blank = flat_regions(image) if grid.has_blank else None
    return grid.rms_plane(valid, blank), grid.level_plane(valid)


class _FirstLook(NamedTuple):
    """What one pass over an image tells of it."""

    valid: BitMask | None
    """Valid pixels; None if all are."""
    blank: BitMask | None
    """Flat regions; None if there are none."""
    values: BoxValues
    """Of the boxes, but for the flat regions."""


def _look_at(image: Floats, boxes: BoxGrid, *, both_signs: bool) -> _FirstLook:
    """Look for invalid pixels and flat regions, and measure the boxes on the way, for flat regions are rare."""
    limit = flat_limit(image)
    valid, flat = BitMask(image.shape), BitMask(image.shape)

    def look(rows: slice) -> BoxValues:
        band, within = window(image, rows.start, rows.stop, 1, 1)
        pixels, (found, count) = band[within], flat_rows(band, within, limit)
        if count:
            flat[rows] = found
        values = boxes.measure_rows(pixels, None, both_signs=both_signs)
        # Most bands have no invalid pixel, and need no look at each.
        if int(values.pixels.sum(dtype=np.int64)) == pixels.size:
            valid.set_rows(rows)
        else:
            valid[rows] = np.isfinite(pixels)
        return values

    around, cost = max(boxes.around, 2), _BYTES_OF_LOOK + boxes.cost(both_signs=both_signs)
    parts = list(map_bands(look, image, around=around, cost=cost, multiple_of=boxes.height))
    values = BoxValues.joined(parts)
    blank = regions_of_flat(image, flat)
    all_valid = int(values.pixels.sum(dtype=np.int64)) == math.prod(image.shape)
    if blank.any():
        values = boxes.measure(image, blank, both_signs=both_signs)
    return _FirstLook(None if all_valid else valid, blank if blank.any() else None, values)


def _measured(image: Floats, box_size: int, filter_size: int, *, both_signs: bool) -> tuple[NoiseGrid, _FirstLook]:
    """Noise by the last pass, and what the first one told."""
    boxes = BoxGrid.over(image.shape, box_size)
    look = _look_at(image, boxes, both_signs=both_signs)
    first, has_blank = look.values, look.blank is not None
    if not first.usable.any():
        return _one_value_everywhere(image, look.blank, both_signs=both_signs), look
    # What the first pass could not measure no later one can; a box that is lost to a source is filled.
    valid = ValidBoxes(first.usable)
    grid = NoiseGrid.of_values(boxes, first.with_nearest(valid), filter_size, valid, has_blank=has_blank)
    known = Known(first, look.blank)
    for _ in range(_PASSES - 1):
        sources = _bright_islands(image, look.blank, grid, both_signs=both_signs)
        if not sources.any():
            break
        left_out = _left_out(sources, look.blank)
        values = boxes.measure(image, left_out, known, both_signs=both_signs)
        if not values.usable.any():
            break
        known = Known(values, left_out)
        grid = NoiseGrid.of_values(boxes, values.with_nearest(valid), filter_size, valid, has_blank=has_blank)
    return grid, look


def _one_value_everywhere(image: Floats, blank: Flags | None, *, both_signs: bool) -> NoiseGrid:
    """Maps of an image that has too few pixels in each box: all pixels are one box."""
    pixels = _sample(image, blank)
    if pixels.size:
        row = BoxGrid((1, pixels.size), 1, pixels.size)
        one = row.measure_rows(pixels[np.newaxis], None, both_signs=both_signs)
    else:
        pixels = _sample(image, None)
        if not pixels.size:
            raise NoValidPixelError(
                "the image has no valid pixel, so it has no noise; give an image that is not all NaN"
            )
        one = BoxValues(*(np.full((1, 1), value) for value in (np.float32(0), np.float32(median(pixels)), 1, True)))
    return NoiseGrid.of_values(BoxGrid(image.shape, *image.shape), one, 1, has_blank=blank is not None)


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


def _bright_islands(image: Floats, blank: Flags | None, grid: NoiseGrid, *, both_signs: bool) -> BitMask:
    """Find what is emission beyond doubt.

    The level is one number because the first local background has taken up part of the extended emission.
    """
    marks = grid.marks_above(image, _SOURCE_FLOOR, _SOURCE_SEED, both_signs=both_signs)
    return seeded_islands(marks if blank is None else both(marks, inverted(blank)))


def _left_out(sources: BitMask, blank: BitMask | None) -> BitMask:
    """Sources with their wings, and what is blank."""
    wide = dilated_bits(sources, _SOURCE_MARGIN)
    if blank is not None:
        wide.add(blank)
    return wide
