"""The floor of islands on smoothed signal, and the seeds of extended sources there.

What is narrower than the beam cannot be emission, so an opening takes off the tendrils by which islands would run into
the noise.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.filters.flood_marks import floor_and_seeds
from skerry.filters.opening import opened_by_shape
from skerry.kernels.boxes import minimum_of_rows, reach_of
from skerry.kernels.islands import FLOOR, SEED
from skerry.kernels.levels import above_level
from skerry.masking.box_sizes import mac_box
from skerry.masking.known_area import known_area
from skerry.masking.minimum_clip import sigma_of_minimum
from skerry.masking.smoothed_signal import smoothed_signal
from skerry.masking.threshold import above_clip
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed, by_strips, pixelwise, windowed
from skerry.planes.plane import Floats
from skerry.sky.beam import HALF_POWER, PixelBeam, beam_fwhm, round_beam

__all__ = ["SmoothedFloor", "smoothed_floor"]


class SmoothedFloor(NamedTuple):
    """What the smoothed signal says of every pixel; all of shape (ny, nx)."""

    floor: BitMask
    """An island may grow through it."""
    narrow: BitMask
    """The floor with what is narrower than a beam."""
    seeds: BitMask | None
    """An island may start from it; None without `flood_fill_smooth_seed_factor`."""


def smoothed_floor(
    signal: Floats, options: MaskingOptions, pixels_per_beam: float | None, beam: PixelBeam | None = None
) -> SmoothedFloor:
    """Pixels that an island may grow through, and start from: above both clips in the smoothed signal.

    An extended source that is too faint for a seed in any single pixel may have one in the smoothed signal, where the
    same clips keep noise and artefacts out.

    Parameters
    ----------
    signal : Plane of float32, shape (ny, nx)
        In sigma; invalid pixels (NaN or infinite) are never part of the floor. It is read twice, now.
    options : MaskingOptions
        With `flood_fill_smooth_beams`. With `both_signs` there are no minima, and the positive side alone is looked at.
    pixels_per_beam : float
        Area of the beam.
    beam : PixelBeam, optional
        By whose half-power shape the floor is opened; by default a round one of that area.

    Returns
    -------
    SmoothedFloor
        Floor, and seeds if there are any.
    """
    area = known_area(pixels_per_beam, "flood_fill_smooth_beams")
    narrow, seeds = floor_and_seeds(_marks(signal, options, area))
    floor = BitMask.of(opened_by_shape(narrow, (beam or round_beam(area)).shape(HALF_POWER)))
    return SmoothedFloor(floor, narrow, None if options.flood_fill_smooth_seed_factor is None else seeds)


def _marks(signal: Floats, options: MaskingOptions, area: float) -> Computed:
    """Floor before its opening, and seeds wherever they are, from one computation of the smoothed signal."""
    beams = options.flood_fill_smooth_beams or 0.0
    smooth = smoothed_signal(signal, beams * beam_fwhm(area), both_signs=bool(options.both_signs))
    if options.both_signs:
        return pixelwise(partial(_marks_in_sigma, options=options), smooth, signal, dtype=np.uint8)
    box = mac_box(options, area)
    before, after = reach_of(smooth.shape, box)
    unit = sigma_of_minimum(options, area, beams) if options.mac_in_sigma else None
    marks = partial(_marks_of_rows, box=box, options=options, unit=unit)
    return windowed(marks, smooth, signal, before=before, after=after, dtype=np.uint8, cost=4)


def _marks_of_rows(
    smooth: NDArray[np.float32],
    rows: slice,
    signal: NDArray[np.float32],
    box: int,
    options: MaskingOptions,
    unit: float | None,
) -> NDArray[np.uint8]:
    """Marks of some rows of a signal, of which the smoothed one is given with the rows around."""
    level = minimum_of_rows(smooth, rows, box)
    marks = partial(_marks_of_pixels, options=options, unit=unit)
    return by_strips(marks, smooth[rows], level, signal, dtype=np.uint8)


def _marks_in_sigma(
    smooth: NDArray[np.float32], signal: NDArray[np.float32], options: MaskingOptions
) -> NDArray[np.uint8]:
    """Marks of pixels by signal to noise alone, for the minimum round them may be emission."""
    return _marks_of_pixels(smooth, np.zeros_like(smooth), signal, options, None)


def _marks_of_pixels(
    smooth: NDArray[np.float32],
    minimum: NDArray[np.float32],
    signal: NDArray[np.float32],
    options: MaskingOptions,
    unit: float | None,
) -> NDArray[np.uint8]:
    """Marks of pixels by both clips of the smoothed signal, and the clip of single pixels."""
    # Where all of a box is positive there is nothing that speaks against it.
    level = np.maximum(np.negative(minimum), 0)
    if unit is not None:
        level /= np.float32(unit)
    floor = above_level(smooth, level, options.flood_fill_mac_flood_factor)
    floor &= above_clip(smooth, options.flood_fill_positive_flood_clip)
    floor &= above_clip(signal, options.flood_fill_pixel_clip)
    marks = floor * np.uint8(FLOOR)
    if options.flood_fill_smooth_seed_factor is not None:
        seeds = above_level(smooth, level, options.flood_fill_smooth_seed_factor)
        seeds &= above_clip(smooth, options.flood_fill_positive_seed_clip, inclusive=True)
        marks |= seeds * np.uint8(SEED)
    return marks
