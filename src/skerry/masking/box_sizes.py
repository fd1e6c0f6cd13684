"""The boxes of noise and minimum absolute clip in pixels, by the beam where they are asked for in beams.

What a box is a sample of are the beams in it, not its pixels: with as many of them the noise measured there is as
accurate, and the minimum of noise as deep, whatever the pixels are.
"""

from __future__ import annotations

from skerry.config.options import MaskingOptions
from skerry.masking.known_area import known_area
from skerry.sky.beam import beam_fwhm

__all__ = ["mac_box", "noise_box"]

_LEAST_FWHM = 1.5
"""Pixels: of a narrower beam pixels are all but independent, and a box holds no more than it has pixels."""
_LEAST_NOISE_BOX = 4


def mac_box(options: MaskingOptions, pixels_per_beam: float | None) -> int:
    """Box of the minimum absolute clip.

    Parameters
    ----------
    options : MaskingOptions
        With `flood_fill_use_mac_box_beams`, or `flood_fill_use_mac_box_size`.
    pixels_per_beam : float, optional
        Area of the beam, needed if the box is in beams.

    Returns
    -------
    int
        Pixels a side. In beams it is odd, so that it reaches as far to either side.

    Examples
    --------
    >>> mac_box(MaskingOptions(flood_fill_use_mac_box_beams=11), pixels_per_beam=11.6)
    35
    """
    beams = options.flood_fill_use_mac_box_beams
    if beams is None:
        return options.flood_fill_use_mac_box_size
    area = known_area(pixels_per_beam, "flood_fill_use_mac_box_beams")
    return 2 * int(_pixels(beams, area) / 2) + 1


def noise_box(options: MaskingOptions, pixels_per_beam: float | None) -> int:
    """Box in which the noise is measured.

    Parameters
    ----------
    options : MaskingOptions
        With `noise_box_beams`, or `noise_box_size`.
    pixels_per_beam : float, optional
        Area of the beam; where it is not known the box is that of `noise_box_size`.

    Returns
    -------
    int
        Pixels a side.

    Examples
    --------
    >>> noise_box(MaskingOptions(noise_box_beams=10), pixels_per_beam=11.6)
    32
    """
    beams = options.noise_box_beams
    if beams is None or pixels_per_beam is None:
        return options.noise_box_size
    return max(_LEAST_NOISE_BOX, round(_pixels(beams, pixels_per_beam)))


def _pixels(beams: float, pixels_per_beam: float) -> float:
    return beams * max(beam_fwhm(pixels_per_beam), _LEAST_FWHM)
