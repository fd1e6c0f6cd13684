"""The floor of islands on smoothed signal, and the seeds of extended sources there.

What is narrower than the beam cannot be emission, so an opening takes off the tendrils by which islands would run into
the noise.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from skerry.config.options import MaskingOptions
from skerry.filters.opening import opened_by_shape
from skerry.kernels.boxes import minimum_of_rows, reach_of
from skerry.kernels.islands import FLOOR, SEED
from skerry.kernels.levels import SmoothedClips, smoothed_marks
from skerry.masking.box_sizes import mac_box
from skerry.masking.kept_values import KeptValues
from skerry.masking.known_area import known_area
from skerry.masking.minimum_clip import sigma_of_minimum
from skerry.masking.minimum_level import MinimumLevel
from skerry.masking.signal import signal_of_rows
from skerry.masking.smoothed_signal import SmoothedSignal
from skerry.planes.bands import for_each_band
from skerry.planes.bits import BitMask, give_back_freed
from skerry.planes.computed import window
from skerry.planes.plane import Floats
from skerry.planes.rolling import RollingRows, chunks
from skerry.sky.beam import HALF_POWER, PixelBeam, beam_fwhm, round_beam

__all__ = ["SmoothedFloor", "floor_smoothing", "smoothed_floor"]

_REACHED = 4
"""The bit of `smoothed_marks` for pixels that reach the seed clip by themselves."""
_ROWS_AT_ONCE = 64
"""At least: a multiple of the rows of a box, for that costs the minimum least."""
_ROWS_OF_BAND = 1024
"""At least: rows around a band are computed twice."""
_BYTES_AROUND = 20
"""Of a pixel, at most: the signal, smoothed, and both of the step before, as windows move on; and the smoothing."""


_BYTES_OF_IMAGE = 8
"""The same, of the image, for the level of single pixels."""


class SmoothedFloor(NamedTuple):
    """What the smoothed signal says of every pixel; all of shape (ny, nx)."""

    floor: BitMask
    """An island may grow through it."""
    narrow: BitMask
    """The floor with what is narrower than a beam."""
    seeds: BitMask | None
    """An island may start from it; None without `flood_fill_smooth_seed_factor`."""
    reached: BitMask
    """Pixels of the signal as it is that are at or above the seed clip, and above their level if there is one."""


def smoothed_floor(
    signal: Floats,
    options: MaskingOptions,
    pixels_per_beam: float | None,
    beam: PixelBeam | None = None,
    level: MinimumLevel | None = None,
    smoothing: SmoothedSignal | None = None,
    kept: KeptValues | None = None,
) -> SmoothedFloor:
    """Pixels that an island may grow through, and start from: above both clips in the smoothed signal.

    An extended source that is too faint for a seed in any single pixel may have one in the smoothed signal, where the
    same clips keep noise and artefacts out.

    Parameters
    ----------
    signal : Plane of float32, shape (ny, nx)
        In sigma; invalid pixels (NaN or infinite) are never part of the floor. It is read now, twice without
        a smoothing whose noise is known.
    options : MaskingOptions
        With `flood_fill_smooth_beams`. With `both_signs` there are no minima, and the positive side alone is looked at.
    pixels_per_beam : float
        Area of the beam.
    beam : PixelBeam, optional
        By whose half-power shape the floor is opened; by default a round one of that area.
    level : MinimumLevel, optional
        Of one box, of which the pixels that reach the seed clip have to exceed `flood_fill_mac_seed_factor` times.
    smoothing : SmoothedSignal, optional
        As `floor_smoothing` gives it.
    kept : KeptValues, optional
        Of no pixels yet; gets the signal at those of the floor before its opening.

    Returns
    -------
    SmoothedFloor
        Floor, and seeds if there are any.
    """
    area = known_area(pixels_per_beam, "flood_fill_smooth_beams")
    narrow, seeds, reached = _marked(signal, options, area, level, smoothing, kept)
    give_back_freed(signal.shape)
    floor = opened_by_shape(narrow, (beam or round_beam(area)).shape(HALF_POWER))
    return SmoothedFloor(floor, narrow, None if options.flood_fill_smooth_seed_factor is None else seeds, reached)


def floor_smoothing(signal: Floats, options: MaskingOptions, pixels_per_beam: float | None) -> SmoothedSignal:
    """How the signal is smoothed for its floor; parameters as of `smoothed_floor`."""
    fwhm = beam_fwhm(known_area(pixels_per_beam, "flood_fill_smooth_beams"))
    beams = options.flood_fill_smooth_beams or 0.0
    return SmoothedSignal(signal, beams * fwhm, both_signs=bool(options.both_signs))


def _marked(
    signal: Floats,
    options: MaskingOptions,
    area: float,
    level: MinimumLevel | None = None,
    smoothing: SmoothedSignal | None = None,
    kept: KeptValues | None = None,
) -> list[BitMask]:
    """Floor before its opening, seeds wherever they are, and pixels that reach the seed clip by themselves."""
    smoothing = smoothing or floor_smoothing(signal, options, area)
    smoothing.noise  # noqa: B018  # Not by several threads at once.
    # Of both signs there are no minima: the minimum round them may be emission.
    box = 1 if options.both_signs else mac_box(options, area)
    before, after = reach_of(signal.shape, box)
    clips = _clips(options, area)
    bits = FLOOR, SEED, _REACHED
    masks = [BitMask(signal.shape) for _ in bits]
    height = -(-_ROWS_AT_ONCE // box) * box
    around = before + after + smoothing.around + height
    factor = options.flood_fill_mac_seed_factor
    # Behind what the signal is made of, the box of the level is still looked at.
    behind = 0 if level is None else level.reach[0] + after + smoothing.around

    def keep(rows: slice) -> None:
        image = None if level is None else RollingRows(level.image, behind=behind)
        source = signal if level is None or image is None else signal_of_rows(signal, level.image, image)
        held = RollingRows(source, behind=after)
        smooth = RollingRows(smoothing.of(held))
        for chunk in chunks(rows, height):
            band, within = window(smooth, chunk.start, chunk.stop, before, after)
            minimum = np.zeros_like(band[within]) if options.both_signs else minimum_of_rows(band, within, box)
            marks = smoothed_marks(band[within], minimum, held[chunk], clips)
            for mask, bit in zip(masks, bits, strict=True):
                mask[chunk] = marks & bit
            if kept is not None and not kept.are_too_many:
                kept.keep(chunk.start, held[chunk][(marks & FLOOR).view(bool)])
            if level is not None and image is not None:
                reached = (marks & _REACHED).astype(bool)
                masks[-1][chunk] = level.exceeded_rows(image, chunk, reached, factor)

    cost = _BYTES_AROUND + (0 if level is None else _BYTES_OF_IMAGE)
    for_each_band(keep, masks[0], around=around, cost_around=cost, multiple_of=_ROWS_OF_BAND)
    if kept is not None:
        kept.finish(masks[0])
    return masks


def _clips(options: MaskingOptions, area: float) -> SmoothedClips:
    in_sigma = options.mac_in_sigma and not options.both_signs
    seed_factor = options.flood_fill_smooth_seed_factor
    return SmoothedClips(
        unit=sigma_of_minimum(options, area, options.flood_fill_smooth_beams or 0.0) if in_sigma else 1.0,
        flood_factor=options.flood_fill_mac_flood_factor,
        flood_clip=options.flood_fill_positive_flood_clip,
        pixel_clip=options.flood_fill_pixel_clip,
        seed_factor=math.inf if seed_factor is None else seed_factor,
        seed_clip=options.flood_fill_positive_seed_clip,
    )
