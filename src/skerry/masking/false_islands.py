"""The seed clip by which noise alone makes no more islands than are allowed, on average."""

from __future__ import annotations

import math

from skerry.config.options import MaskingOptions
from skerry.filters.brightest_pixel import highest_and_valid
from skerry.masking.box_sizes import mac_box, noise_box
from skerry.masking.known_area import known_area
from skerry.masking.noise_statistics import box_minimum_depth, level_of_count, noise_islands
from skerry.planes.plane import Floats
from skerry.sky.beam import beam_fwhm

__all__ = ["expected_noise_islands", "with_raised_seed_clip"]


def with_raised_seed_clip(image: Floats, options: MaskingOptions, pixels_per_beam: float | None) -> MaskingOptions:
    """Options whose seed clip lets through no more islands of noise than they allow.

    Parameters
    ----------
    image : Plane of float32, shape (ny, nx)
        What is flooded; its valid pixels are counted.
    options : MaskingOptions
        With `flood_fill_false_islands`, or the clip stays as it is.
    pixels_per_beam : float
        Area of the beam.

    Returns
    -------
    MaskingOptions
        With a seed clip that is raised where it has to be, and is not lowered where nothing reaches it.
    """
    allowed = options.flood_fill_false_islands
    if allowed is None:
        return options
    area = known_area(pixels_per_beam, "flood_fill_false_islands")
    pixels = highest_and_valid(image)[1]
    asked = options.flood_fill_positive_seed_clip
    clip = level_of_count(allowed, lambda clip: expected_noise_islands(clip, pixels, options, area), asked)
    return options.model_copy(update={"flood_fill_positive_seed_clip": clip, "flood_fill_allow_empty": True})


def expected_noise_islands(clip: float, pixels: int, options: MaskingOptions, pixels_per_beam: float) -> float:
    """Islands that noise alone makes in an image on average, with a seed clip.

    Parameters
    ----------
    clip : float
        The seed clip; sigma, or a factor of the MAC.
    pixels : int
        Valid pixels of the image.
    options : MaskingOptions
        Of a flood: the statistic, and the boxes of the minimum absolute clip and of the noise.
    pixels_per_beam : float
        Area of the beam.

    Returns
    -------
    float
        Of Gaussian noise that the beam correlates, see `skerry.masking.noise_statistics.noise_islands`; not of
        artefacts, and not of islands of low significance.
    """
    fwhm, box = beam_fwhm(pixels_per_beam), mac_box(options, pixels_per_beam)
    in_boxes = {"noise_box": noise_box(options, pixels_per_beam), "noise_filter": options.noise_filter_size}
    unit = box_minimum_depth(box, fwhm) if options.mac_in_sigma else 1.0
    by_mac = {"mac": clip, "both": options.flood_fill_mac_seed_factor, "snr": 0.0}[options.statistic]
    factor = by_mac / unit if options.uses_mac else 0.0
    snr_clip = 0.0 if options.statistic == "mac" else clip
    found = noise_islands(pixels, fwhm, snr_clip=snr_clip, **in_boxes, mac_factor=factor, mac_box=box)
    smooth_factor, beams = options.flood_fill_smooth_seed_factor, options.flood_fill_smooth_beams
    if options.statistic == "both" and smooth_factor is not None and beams is not None:
        smooth = fwhm * math.hypot(1, beams)
        if options.uses_mac:
            factor = smooth_factor / (box_minimum_depth(box, smooth) if options.mac_in_sigma else 1)
        found += noise_islands(pixels, smooth, snr_clip=clip, **in_boxes, mac_factor=factor, mac_box=box)
    # Noise has as many islands on the negative side.
    return 2 * found if options.both_signs else found
