"""What can be said of a mask: names, defaults, ranges and help texts of the options.

They stand apart from `skerry.config.options`, which knows what follows from them, because that is all a reader of a
configuration wants to look up.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

__all__ = ["MAX_SCALES", "OptionFields", "Scales"]

MAX_SCALES = 31
"""Scales a mask can hold: the bits of an int32 without its sign."""


def _parse_scales(value: Any) -> Any:
    """Take scales as a list or as the comma-separated text of the command line."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, Iterable):
        return tuple(value)
    return (value,)


Scales: TypeAlias = Annotated[tuple[Annotated[int, Field(ge=0)], ...], BeforeValidator(_parse_scales)]


class OptionFields(BaseModel):
    """The options, and which of them contradict each other."""

    # Only the validator of MaskingOptions is ever used, and commands have to start quickly.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    base_snr_clip: float = Field(4.0, description="Clip used when nothing else is switched on, sigma.")

    flood_fill: bool = Field(False, description="Grow islands from seeds.")
    flood_fill_statistic: Literal["snr", "mac", "both"] | None = Field(
        None,
        description="What the clips are: signal to noise (snr), factors of the minimum absolute clip (mac), or signal "
        "to noise with the MAC beside it (both); none is snr, or mac with flood_fill_use_mac.",
    )
    flood_fill_positive_seed_clip: float = Field(
        4.5, ge=0, description="An island needs a pixel at or above this; sigma, or a factor of the MAC."
    )
    flood_fill_positive_flood_clip: float = Field(
        1.5, ge=0, description="Islands are grown down to above this; sigma, or a factor of the MAC."
    )
    flood_fill_mac_seed_factor: float = Field(
        1.4, ge=0, description="With both statistics: that pixel must also exceed this factor of the MAC."
    )
    flood_fill_mac_flood_factor: float = Field(
        0.3, ge=0, description="With both statistics: all pixels of an island must also exceed this factor of the MAC."
    )
    flood_fill_mac_unit: Literal["factor", "sigma"] = Field(
        "factor",
        description="What the clips of the MAC are: factors of it (factor), or sigma of the noise (sigma), for which "
        "they are divided by the depth in sigma of the minimum that the box has in noise correlated by the beam.",
    )
    flood_fill_mac_plateaus: bool = Field(
        False,
        description="Where the minimum of a MAC box is shallower than noise has it, for it is itself emission, take "
        "the least that noise has in the boxes around: no hole in plateaus wider than the box, with no larger box.",
    )
    flood_fill_smooth_beams: float | None = Field(
        None,
        gt=0,
        description="With both statistics: islands grow through the signal smoothed by this many beams, less what is "
        "narrower than a beam; the floor clip is in sigma of that. None does not smooth.",
    )
    flood_fill_smooth_seed_factor: float | None = Field(
        None,
        ge=0,
        description="With a smoothed floor: a pixel is a seed too where the smoothed signal reaches the seed clip and "
        "this factor of its own MAC, as in extended sources; none makes no such seeds.",
    )
    flood_fill_pixel_clip: float = Field(
        0.4, description="With a smoothed floor: a pixel of an island must also exceed this itself, sigma."
    )
    flood_fill_allow_empty: bool = Field(
        False,
        description="Leave the mask empty where no pixel reaches the seed clip, rather than lower the clip to 0.9 of "
        "the maximum.",
    )
    flood_fill_false_islands: float | None = Field(
        None,
        gt=0,
        description="Islands that noise alone may make in the image, on average: the seed clip is raised to that, "
        "never lowered. It counts noise that was measured in boxes of noise_box_size. None leaves the clip as it is.",
    )
    flood_fill_count_negative: bool = Field(
        False,
        description="Also count the islands of the negative image, by the same clips: about as many of the islands may "
        "be false.",
    )
    flood_fill_use_mac: bool = Field(
        False, description="The same as the statistic mac: clips are factors of |minimum in a box|."
    )
    flood_fill_use_mac_box_size: int = Field(75, ge=1, description="Box of the minimum absolute clip, pixels.")
    flood_fill_use_mac_adaptive_max_depth: int | None = Field(
        None, ge=0, description="Times the MAC box may grow where it is too small; none keeps one box."
    )
    flood_fill_use_mac_adaptive_step_factor: float = Field(
        2.0, gt=1, description="Factor by which the MAC box grows each time."
    )
    flood_fill_use_mac_adaptive_skew_delta: float = Field(
        0.2, gt=0, lt=0.5, description="The MAC box is too small where more than 0.5 + this of its pixels are positive."
    )

    grow_low_snr_island: bool = Field(
        False, description="Also take large islands of low significance (diffuse emission)."
    )
    grow_low_snr_island_clip: float = Field(1.75, ge=0, description="Clip of the low-significance islands, sigma.")
    grow_low_snr_island_size: int = Field(768, ge=1, description="Least size of a low-significance island, pixels.")
    grow_low_snr_island_beams: float | None = Field(
        None, gt=0, description="Least size of a low-significance island, in beam areas; replaces the size in pixels."
    )
    grow_low_snr_island_significance: float | None = Field(
        None, gt=0, description="Least significance of the sum of an island of low significance, sigma."
    )
    grow_low_snr_island_smooth_beams: float | None = Field(
        None,
        gt=0,
        description="Look for islands of low significance in the signal smoothed by this many beams, less what is "
        "narrower than a beam, rather than close gaps between pixels; their clip is in sigma of that.",
    )

    suppress_artefacts: bool = Field(
        False,
        description="Leave out islands near bright sources that are no brighter than their artefacts, by the negative "
        "pixels at the same distance.",
    )
    suppress_artefacts_negative_clip: float = Field(
        4.0, gt=0, description="Negative pixels below minus this are artefacts, sigma."
    )
    suppress_artefacts_peak_fraction: float = Field(
        0.1, gt=0, lt=1, description="What exceeds this fraction of a bright source's peak is not its artefact."
    )
    suppress_artefacts_reach_beams: int = Field(
        60, ge=1, description="Distance from a bright source at which it has artefacts at most, in beams (FWHM)."
    )
    suppress_artefacts_ring_beams: int = Field(
        4, ge=0, description="Rings of artefacts are taken to be this much wider to either side, in beams (FWHM)."
    )
    suppress_artefacts_seed_factor: float = Field(
        2.0, ge=0, description="An island needs a seed above this factor of the depth of the artefacts."
    )
    suppress_artefacts_flood_factor: float = Field(
        0.4, ge=0, description="Islands are grown down to above this factor of the depth of the artefacts."
    )
    suppress_artefacts_mirror_fraction: float = Field(
        0.5,
        gt=0,
        description="An island is an artefact if its mirror image in a bright source is negative: by this fraction "
        "of it, and by the negative clip on the whole.",
    )

    beam_shape_erode: bool = Field(False, description="Erode the mask by the shape of the restoring beam.")
    beam_shape_erode_minimum_response: float = Field(
        0.6, gt=0, lt=1, description="Level of the beam, relative to its peak, that bounds the shape."
    )
    beam_shape_erode_scales: Scales | None = Field(
        None, description="Multi-scale CLEAN scales in pixels, as 0,8,16; makes a scale mask."
    )
    beam_shape_erode_scale_fwhm_factor: float = Field(
        0.45, gt=0, description="FWHM of a scale's Gaussian over the scale: 0.45 is WSClean's, 1.0 that of older masks."
    )
    beam_shape_erode_rims: bool = Field(
        False,
        description="Also take off the rims of bright sources: what near them does not stand above their artefacts.",
    )
    beam_shape_erode_rims_clip: float = Field(20.0, gt=0, description="A bright source is brighter than this, sigma.")
    beam_shape_erode_rims_factor: float = Field(
        1.3, ge=0, description="Near a bright source stays what exceeds this factor of the deepest negative pixel."
    )
    beam_shape_erode_rims_beams: float = Field(
        4.0, gt=0, description="Reach of what is near a bright source, in beams (FWHM)."
    )

    convolve_first: bool = Field(
        False, description="Per scale: open, smooth, threshold, grow, then erode (needs scales)."
    )

    extract_beam_union: bool = Field(
        False, description="Take the union of all mosaic pixels under a beam pixel, not only the nearest."
    )
    extract_beam_blank_border: int = Field(0, ge=0, description="Pixels to leave out along the mosaic's border.")
    extract_beam_smoothed_clip: float | None = Field(
        None,
        ge=0,
        description="Leave out pixels that the beam's own image, smoothed by its beam, does not exceed by this, sigma; "
        "none keeps all.",
    )

    noise_box_size: int = Field(32, ge=4, description="Box in which the local noise is measured, pixels.")
    noise_filter_size: int = Field(3, ge=1, description="Median filter across the boxes, in boxes.")

    @model_validator(mode="after")
    def _check_combinations(self) -> Self:
        scales = self.beam_shape_erode_scales
        if scales is not None:
            if not 1 <= len(scales) <= MAX_SCALES:
                raise ValueError(f"beam_shape_erode_scales: give 1 to {MAX_SCALES} scales, not {len(scales)}")
            if any(b <= a for a, b in pairwise(scales)):
                listed = ",".join(map(str, scales))
                raise ValueError(f"beam_shape_erode_scales: scales must increase, got {listed}")
        if self.flood_fill_use_mac and self.flood_fill_statistic not in (None, "mac"):
            raise ValueError(
                f"flood_fill_use_mac: contradicts flood_fill_statistic {self.flood_fill_statistic}; leave it out"
            )
        if self.convolve_first and scales is None:
            raise ValueError("convolve_first: needs beam_shape_erode_scales")
        return self
