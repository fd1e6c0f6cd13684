"""The floor of islands on smoothed signal, and the seeds of extended sources there.

What is narrower than the beam cannot be emission, so an opening takes off the tendrils by which islands would run into
the noise.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.filters.islands import keep_marks
from skerry.filters.opening import opened
from skerry.kernels.boxes import minimum_of_rows, reach_of
from skerry.kernels.islands import FLOOR, SEED
from skerry.kernels.levels import above_level
from skerry.masking.minimum_clip import sigma_of_minimum
from skerry.masking.smoothed_signal import smoothed_signal
from skerry.masking.threshold import snr_mask
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed, rows_with_halo
from skerry.planes.plane import Floats
from skerry.sky.beam import beam_fwhm

__all__ = ["SmoothedFloor", "smoothed_floor"]


class SmoothedFloor(NamedTuple):
    """What the smoothed signal says of every pixel; both of shape (ny, nx)."""

    floor: BitMask
    """An island may grow through it."""
    seeds: BitMask | None
    """An island may start from it; None without `flood_fill_smooth_seed_factor`."""


def smoothed_floor(signal: Floats, options: MaskingOptions, pixels_per_beam: float | None) -> SmoothedFloor:
    """Pixels that an island may grow through, and start from: above both clips in the smoothed signal.

    An extended source that is too faint for a seed in any single pixel may have one in the smoothed signal, where the
    same clips keep noise and artefacts out.

    Parameters
    ----------
    signal : Plane of float32, shape (ny, nx)
        In sigma; invalid pixels (NaN or infinite) are never part of the floor. It is read twice, now.
    options : MaskingOptions
        With `flood_fill_smooth_beams`.
    pixels_per_beam : float
        Area of the beam.

    Returns
    -------
    SmoothedFloor
    """
    if pixels_per_beam is None or options.flood_fill_smooth_beams is None:
        raise SkerryError("flood_fill_smooth_beams: needs the area of the beam, which is not known here")
    fwhm = beam_fwhm(pixels_per_beam)
    floor, seeds = keep_marks(_marks(signal, options, fwhm, pixels_per_beam))
    floor = BitMask.of(opened(floor, max(1, int(fwhm))))
    return SmoothedFloor(floor, None if options.flood_fill_smooth_seed_factor is None else seeds)


def _marks(signal: Floats, options: MaskingOptions, fwhm: float, pixels_per_beam: float) -> Computed:
    """Floor before its opening, and seeds wherever they are, from one computation of the smoothed signal."""
    box, beams = options.flood_fill_use_mac_box_size, options.flood_fill_smooth_beams
    smooth = smoothed_signal(signal, (beams or 0.0) * fwhm)
    reach = reach_of(smooth.shape, box)
    unit = np.float32(sigma_of_minimum(options, pixels_per_beam, beams or 0.0)) if options.mac_in_sigma else None
    seed_factor, seed_clip = options.flood_fill_smooth_seed_factor, options.flood_fill_positive_seed_clip

    def rows(start: int, stop: int) -> NDArray[np.uint8]:
        around, within = rows_with_halo(smooth, start, stop, *reach)
        band, level = around[within], minimum_of_rows(around, within, box)
        # Where all of a box is positive there is nothing that speaks against it.
        np.maximum(np.negative(level, out=level), 0, out=level)
        if unit is not None:
            level /= unit
        floor = above_level(band, level, options.flood_fill_mac_flood_factor)
        floor &= snr_mask(band, options.flood_fill_positive_flood_clip)[:]
        floor &= snr_mask(signal[start:stop], options.flood_fill_pixel_clip)[:]
        marks = floor * np.uint8(FLOOR)
        if seed_factor is not None:
            seeds = above_level(band, level, seed_factor)
            seeds &= snr_mask(band, seed_clip, inclusive=True)[:]
            marks |= seeds * np.uint8(SEED)
        return marks

    return Computed(signal.shape, np.uint8, rows, [smooth, signal], halo=max(reach), cost=10)
