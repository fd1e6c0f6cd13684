"""The options of a mask by the names that eye-patch has for them."""

from __future__ import annotations

from pydantic import Field

from skerry.compat.older_options import BaseOptions

__all__ = ["MaskingOptions"]


class MaskingOptions(BaseOptions):
    """How a mask is made; clips are in sigma, or factors of the minimum absolute clip (MAC) where that is used."""

    base_clip: float = Field(4, description="Clip of single pixels, where islands are not grown.")
    flood_fill: bool = Field(False, description="Grow islands from seeds.")
    seed_clip: float = Field(4.5, description="An island needs a pixel above this.")
    flood_clip: float = Field(1.5, description="Islands are grown down to above this.")
    use_mac: bool = Field(False, description="Clips are factors of |minimum in a box|; needs no noise map.")
    mac_box_size: int = Field(75, description="Box of the MAC, pixels; with convolve_first the scale is added to it.")
    mac_adaptive_step_factor: float = Field(2.0, description="Factor by which the box grows where it is too small.")
    mac_adaptive_skew_delta: float = Field(
        0.2, description="A box is too small where more than 0.5 + this of its pixels are positive."
    )
    mac_adaptive_max_depth: int | None = Field(None, description="Times the box may grow; none keeps one box.")
    grow_low_snr_island: bool = Field(False, description="Also take large islands of low significance.")
    grow_low_snr_island_clip: float = Field(1.75, description="Clip of these.")
    grow_low_snr_island_min_pixels: int = Field(768, description="Least size of these, pixels.")
    beam_shape_erode: bool = Field(False, description="Erode the mask by the shape of the restoring beam.")
    beam_shape_erode_minimum_response: float = Field(0.6, description="Level of the beam that bounds the shape.")
    multiscale_scales: tuple[int, ...] | None = Field(
        None, description="Scales of WSClean in pixels; the n-th bit of the scale mask is the n-th smallest."
    )
    beam_shape_erode_scales_as_fwhm: bool = Field(
        False, description="A scale is the FWHM of its Gaussian, rather than what WSClean makes of it."
    )
    convolve_first: bool = Field(False, description="Per scale: open, smooth, grow islands by the MAC, then erode.")
