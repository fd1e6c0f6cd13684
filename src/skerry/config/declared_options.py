"""What can be said of a mask: the options, each with its default, range and help, and with the steps that use it.

Python, YAML, the command line and the documentation all read them here, so that none can drift.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from skerry.config import conditions as cond
from skerry.config.declaration import UsedBy
from skerry.config.scales import WSCLEAN_FWHM_FACTOR, Scales

__all__ = ["DeclaredOptions", "Statistic"]

Statistic: TypeAlias = Literal["snr", "mac", "both"]
MacUnit: TypeAlias = Literal["factor", "sigma"]

_FLOOD = ("flood", "mask")
_SEEDS = ("snr-mask", "flood", "mask")
_CLIPS = ("snr-mask", "flood", "scale-mask", "mask")
_RIMS = ("erode", "mask")
_ERODE = ("erode", "scale-mask", "mask")
_NOISE = ("noise", "snr-mask", "flood", "extract-beam", "mask")
_SIGNS = ("noise", "snr-mask", "flood", "erode", "extract-beam", "mask")
_MOST_PIXELS = 1_000_000
"""Of a length in pixels, in beams or in boxes: more than any image has along a side."""
_LENGTHS = ("_beams", "_fwhm_factor", "_step_factor")
"""How the names of options end that are lengths, or that lengths are multiplied by; so are all whole numbers."""
_adaptive = partial(UsedBy, _CLIPS, under=cond.has_boxes, when=cond.adapts_boxes)


class DeclaredOptions(BaseModel):
    """Each option by itself; what follows from several is in `skerry.config.options.MaskingOptions`."""

    # Commands have to start quickly, and not all of them validate.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    @field_validator("*")
    @classmethod
    def _check_size(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse lengths that no image has, before anything of that size is made."""
        is_length = (info.field_name or "").endswith(_LENGTHS)
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, int | float) and (is_length or isinstance(number, int)) and number > _MOST_PIXELS:
                raise ValueError(f"must be at most {_MOST_PIXELS}")
        return value

    both_signs: Annotated[bool | None, UsedBy(_SIGNS, flag="both-signs", when=cond.tells_signs)] = Field(
        None,
        description="Mask sources of both signs, as in images of Stokes Q, U and V and in residual images: clips are "
        "of the absolute value of the signal, sigma, and negative pixels say nothing of artefacts. None does what the "
        "Stokes axis of the image says.",
    )

    base_snr_clip: Annotated[
        float, UsedBy(("snr-mask", "mask"), flag="base-clip", under=cond.thresholds, when=cond.unseeded)
    ] = Field(4.0, ge=0, description="Clip used when nothing else is switched on, sigma.")

    flood_fill: Annotated[bool, UsedBy(("mask",))] = Field(False, description="Grow islands from seeds.")
    flood_fill_statistic: Annotated[
        Statistic | None, UsedBy(_SEEDS, flag="statistic", under=cond.floods, unsaid="snr")
    ] = Field(
        None,
        description="What the clips are: signal to noise (snr), factors of the minimum absolute clip (mac), or signal "
        "to noise with the MAC beside it (both); none is snr, or mac with flood_fill_use_mac.",
    )
    flood_fill_positive_seed_clip: Annotated[
        float, UsedBy(_CLIPS, flag="seed-clip", under=cond.grows, when=cond.makes_seeds)
    ] = Field(4.5, ge=0, description="An island needs a pixel at or above this; sigma, or a factor of the MAC.")
    flood_fill_positive_flood_clip: Annotated[
        float, UsedBy(("flood", "scale-mask", "mask"), flag="flood-clip", under=cond.grows)
    ] = Field(1.5, ge=0, description="Islands are grown down to above this; sigma, or a factor of the MAC.")
    flood_fill_mac_seed_factor: Annotated[
        float, UsedBy(_SEEDS, flag="mac-seed-factor", under=cond.by_both_statistics)
    ] = Field(1.4, ge=0, description="With both statistics: that pixel must also exceed this factor of the MAC.")
    flood_fill_mac_flood_factor: Annotated[
        float, UsedBy(_FLOOD, flag="mac-flood-factor", under=cond.by_both_statistics)
    ] = Field(
        0.3, ge=0, description="With both statistics: all pixels of an island must also exceed this factor of the MAC."
    )
    flood_fill_mac_unit: Annotated[MacUnit, UsedBy(_SEEDS, flag="mac-unit", under=cond.by_mac, unsaid="factor")] = (
        Field(
            "factor",
            description="What the clips of the MAC are: factors of it (factor), or sigma of the noise (sigma), for "
            "which they are divided by the depth in sigma of the minimum that the box has in noise correlated by the "
            "beam.",
        )
    )
    flood_fill_mac_plateaus: Annotated[bool, UsedBy(_SEEDS, flag="mac-plateaus", under=cond.by_mac, unsaid=False)] = (
        Field(
            False,
            description="Where the minimum of a MAC box is shallower than noise has it, for it is itself emission, "
            "take the least that noise has in the boxes around: no hole in plateaus wider than the box, with no larger "
            "box.",
        )
    )
    flood_fill_smooth_beams: Annotated[float | None, UsedBy(_FLOOD, flag="smooth-beams", under=cond.by_both)] = Field(
        None,
        gt=0,
        description="With both statistics: islands grow through the signal smoothed by this many beams, less what is "
        "narrower than a beam; the floor clip is in sigma of that. None does not smooth.",
    )
    flood_fill_smooth_seed_factor: Annotated[
        float | None, UsedBy(_FLOOD, flag="smooth-seed-factor", under=cond.smooths_floor, when=cond.makes_seeds)
    ] = Field(
        None,
        ge=0,
        description="With a smoothed floor: a pixel is a seed too where the smoothed signal reaches the seed clip and "
        "this factor of its own MAC, as in extended sources; none makes no such seeds.",
    )
    flood_fill_pixel_clip: Annotated[float, UsedBy(_FLOOD, flag="pixel-clip", under=cond.smooths_floor)] = Field(
        0.4, ge=0, description="With a smoothed floor: a pixel of an island must also exceed this itself, sigma."
    )
    flood_fill_allow_empty: Annotated[
        bool, UsedBy(_SEEDS, flag="allow-empty", under=cond.by_snr, when=cond.keeps_seed_clip)
    ] = Field(
        False,
        description="Leave the mask empty where no pixel reaches the seed clip, rather than lower the clip to 0.9 of "
        "the maximum.",
    )
    flood_fill_false_islands: Annotated[
        float | None, UsedBy(_SEEDS, flag="false-islands", under=cond.floods, when=cond.makes_seeds)
    ] = Field(
        None,
        gt=0,
        description="Islands that noise alone may make in the image, on average: the seed clip is raised to that, "
        "never lowered. It counts noise that was measured in boxes of noise_box_beams or noise_box_size. None leaves "
        "the clip as it is.",
    )
    flood_fill_fading_factor: Annotated[float | None, UsedBy(_FLOOD, flag="fading-factor", under=cond.by_mac)] = Field(
        None,
        gt=1,
        description="Where the image of the round before is given: leave out islands that were brighter there by more "
        "than this factor, at the peak and in sum, and by twice the noise, for the sky does not fade; none leaves out "
        "none.",
    )
    flood_fill_count_negative: Annotated[
        bool, UsedBy(_FLOOD, flag="count-negative", under=cond.floods_positive, unsaid=False)
    ] = Field(
        False,
        description="Also count the islands of the negative image, by the same clips: about as many of the islands may "
        "be false.",
    )
    flood_fill_use_mac: Annotated[
        bool,
        UsedBy(
            _FLOOD, flag="use-mac", under=cond.floods, unsaid=False, synonym_of="flood_fill_statistic", same_as="mac"
        ),
    ] = Field(False, description="The same as the statistic mac: clips are factors of the absolute minimum in a box.")
    flood_fill_use_mac_box_size: Annotated[
        int, UsedBy(_CLIPS, flag="mac-box-size", under=cond.has_boxes, replaced_by="flood_fill_use_mac_box_beams")
    ] = Field(75, ge=1, description="Box of the minimum absolute clip, pixels.")
    flood_fill_use_mac_box_beams: Annotated[
        float | None, UsedBy(_CLIPS, flag="mac-box-beams", under=cond.has_boxes)
    ] = Field(
        None,
        gt=0,
        description="Box of the minimum absolute clip, in beams (FWHM, geometric mean); replaces the size in pixels.",
    )
    flood_fill_use_mac_adaptive_max_depth: Annotated[int | None, _adaptive(flag="mac-adaptive-max-depth")] = Field(
        None, ge=0, description="Times the MAC box may grow where it is too small; none keeps one box."
    )
    flood_fill_use_mac_adaptive_step_factor: Annotated[float, _adaptive(flag="mac-adaptive-step-factor")] = Field(
        2.0, gt=1, description="Factor by which the MAC box grows each time."
    )
    flood_fill_use_mac_adaptive_skew_delta: Annotated[float, _adaptive(flag="mac-adaptive-skew-delta")] = Field(
        0.2, gt=0, lt=0.5, description="The MAC box is too small where more than 0.5 + this of its pixels are positive."
    )

    flood_fill_diffuse_beams: Annotated[
        Scales | None, UsedBy(_FLOOD, flag="diffuse-beams", under=cond.floods_positive)
    ] = Field(
        None,
        description="Also look for diffuse emission scale by scale: islands grown through the image smoothed by so "
        "many beams, as 2,4,8, less one level, in the noise of each scale; none does not.",
    )
    flood_fill_diffuse_clip: Annotated[float, UsedBy(_FLOOD, flag="diffuse-clip", under=cond.finds_diffuse)] = Field(
        1.75, ge=0, description="Diffuse emission is grown down to above this, sigma of its scale."
    )
    flood_fill_diffuse_seed_factor: Annotated[
        float, UsedBy(_FLOOD, flag="diffuse-seed-factor", under=cond.finds_diffuse)
    ] = Field(
        2.5,
        ge=0,
        description="An island of diffuse emission needs a pixel above this factor of the MAC of its scale, unless it "
        "grows from an island that is wide itself.",
    )
    flood_fill_diffuse_flood_factor: Annotated[
        float, UsedBy(_FLOOD, flag="diffuse-flood-factor", under=cond.finds_diffuse)
    ] = Field(
        1.0, ge=0, description="Pixels of diffuse emission must also exceed this factor of the MAC of their scale."
    )

    grow_low_snr_island: Annotated[bool, UsedBy(_FLOOD, flag="low-snr-islands", under=cond.floods, unsaid=False)] = (
        Field(False, description="Also take large islands of low significance (diffuse emission).")
    )
    grow_low_snr_island_clip: Annotated[float, UsedBy(_FLOOD, flag="low-snr-clip", under=cond.faint_islands)] = Field(
        1.75, ge=0, description="Clip of the low-significance islands, sigma."
    )
    grow_low_snr_island_size: Annotated[
        int,
        UsedBy(_FLOOD, flag="low-snr-size", under=cond.faint_islands, replaced_by="grow_low_snr_island_beams"),
    ] = Field(768, ge=1, description="Least size of a low-significance island, pixels.")
    grow_low_snr_island_beams: Annotated[
        float | None, UsedBy(_FLOOD, flag="low-snr-beams", under=cond.faint_islands)
    ] = Field(
        None, gt=0, description="Least size of a low-significance island, in beam areas; replaces the size in pixels."
    )
    grow_low_snr_island_significance: Annotated[
        float | None, UsedBy(_FLOOD, flag="low-snr-significance", under=cond.faint_islands)
    ] = Field(None, gt=0, description="Least significance of the sum of an island of low significance, sigma.")
    grow_low_snr_island_smooth_beams: Annotated[
        float | None, UsedBy(_FLOOD, flag="low-snr-smooth-beams", under=cond.faint_islands)
    ] = Field(
        None,
        gt=0,
        description="Look for islands of low significance in the signal smoothed by this many beams, less what is "
        "narrower than a beam, rather than close gaps between pixels; their clip is in sigma of that.",
    )

    suppress_artefacts: Annotated[bool, UsedBy(_FLOOD, under=cond.floods_positive, unsaid=False)] = Field(
        False,
        description="Leave out islands near bright sources that are no brighter than their artefacts, by the negative "
        "pixels at the same distance.",
    )
    suppress_artefacts_negative_clip: Annotated[
        float, UsedBy(_FLOOD, flag="artefact-negative-clip", under=cond.suppresses_artefacts)
    ] = Field(4.0, gt=0, description="Negative pixels below minus this are artefacts, sigma.")
    suppress_artefacts_peak_fraction: Annotated[
        float, UsedBy(_FLOOD, flag="artefact-peak-fraction", under=cond.suppresses_artefacts)
    ] = Field(0.1, gt=0, lt=1, description="What exceeds this fraction of a bright source's peak is not its artefact.")
    suppress_artefacts_reach_beams: Annotated[
        int, UsedBy(_FLOOD, flag="artefact-reach-beams", under=cond.suppresses_artefacts)
    ] = Field(60, ge=1, description="Distance from a bright source at which it has artefacts at most, in beams (FWHM).")
    suppress_artefacts_ring_beams: Annotated[
        int, UsedBy(_FLOOD, flag="artefact-ring-beams", under=cond.suppresses_artefacts)
    ] = Field(
        4, ge=0, description="Rings of artefacts are taken to be this much wider to either side, in beams (FWHM)."
    )
    suppress_artefacts_seed_factor: Annotated[
        float, UsedBy(_FLOOD, flag="artefact-seed-factor", under=cond.suppresses_artefacts)
    ] = Field(2.0, ge=0, description="An island needs a seed above this factor of the depth of the artefacts.")
    suppress_artefacts_flood_factor: Annotated[
        float, UsedBy(_FLOOD, flag="artefact-flood-factor", under=cond.suppresses_artefacts)
    ] = Field(0.4, ge=0, description="Islands are grown down to above this factor of the depth of the artefacts.")
    suppress_artefacts_mirror_fraction: Annotated[
        float, UsedBy(_FLOOD, flag="artefact-mirror-fraction", under=cond.suppresses_artefacts)
    ] = Field(
        0.5,
        gt=0,
        description="An island is an artefact if its mirror image in a bright source is negative: by this fraction "
        "of it, and by the negative clip on the whole.",
    )

    beam_shape_erode: Annotated[bool, UsedBy(("mask",), flag="erode")] = Field(
        False, description="Erode the mask by the shape of the restoring beam."
    )
    beam_shape_erode_minimum_response: Annotated[float, UsedBy(_ERODE, flag="minimum-response", under=cond.erodes)] = (
        Field(0.6, gt=0, lt=1, description="Level of the beam, relative to its peak, that bounds the shape.")
    )
    beam_shape_erode_scales: Annotated[Scales | None, UsedBy(_ERODE, flag="scales", under=cond.erodes)] = Field(
        None, description="Multi-scale CLEAN scales in pixels, as 0,8,16, in any order; makes a scale mask."
    )
    beam_shape_erode_scale_fwhm_factor: Annotated[
        float, UsedBy(_ERODE, flag="scale-fwhm-factor", under=cond.erodes, when=cond.scaled)
    ] = Field(
        WSCLEAN_FWHM_FACTOR,
        gt=0,
        description="FWHM of a scale's Gaussian over the scale: 0.44153 (a sigma of 3/16) is WSClean's, 1.0 that of "
        "older masks.",
    )
    beam_shape_erode_edge: Annotated[bool, UsedBy(_RIMS, flag="erode-edge", under=cond.erodes_mask, unsaid=True)] = (
        Field(
            True,
            description="Erode from the edge of the image and from invalid pixels, too; switched off, a source that "
            "they cut stays up to there.",
        )
    )
    beam_shape_erode_keep_cores: Annotated[
        bool, UsedBy(_RIMS, flag="keep-cores", under=cond.erodes_mask, unsaid=False)
    ] = Field(
        False,
        description="Where nothing would be left of an island, keep what of it lies within the half-power shape of "
        "the beam round its highest pixel.",
    )
    beam_shape_erode_rims: Annotated[
        bool, UsedBy(_RIMS, flag="rims", under=cond.erodes_positive_mask, unsaid=False)
    ] = Field(
        False,
        description="Also take off the rims of bright sources: what near them does not stand above their artefacts.",
    )
    beam_shape_erode_rims_clip: Annotated[float, UsedBy(_RIMS, flag="rims-clip", under=cond.takes_off_rims)] = Field(
        20.0, gt=0, description="A bright source is brighter than this, sigma."
    )
    beam_shape_erode_rims_factor: Annotated[float, UsedBy(_RIMS, flag="rims-factor", under=cond.takes_off_rims)] = (
        Field(
            1.3, ge=0, description="Near a bright source stays what exceeds this factor of the deepest negative pixel."
        )
    )
    beam_shape_erode_rims_beams: Annotated[float, UsedBy(_RIMS, flag="rims-beams", under=cond.takes_off_rims)] = Field(
        4.0, gt=0, description="Reach of what is near a bright source, in beams (FWHM)."
    )
    beam_shape_erode_rims_smooth_beams: Annotated[
        float | None, UsedBy(_RIMS, flag="rims-smooth-beams", under=cond.takes_off_rims)
    ] = Field(
        None,
        gt=0,
        description="Near a bright source stays also what stands out of the signal smoothed by this many beams, as "
        "extended emission does and artefacts do not; none does not smooth.",
    )
    beam_shape_erode_rims_smooth_factor: Annotated[
        float, UsedBy(_RIMS, flag="rims-smooth-factor", under=cond.smooths_rims)
    ] = Field(
        2.0,
        ge=0,
        description="The smoothed signal has to exceed this factor of its own deepest negative pixel.",
    )

    convolve_first: Annotated[bool, UsedBy(("mask",))] = Field(
        False, description="Per scale: open, smooth, threshold, grow, then erode (needs scales)."
    )

    extract_beam_union: Annotated[bool, UsedBy(("extract-beam",), flag="union")] = Field(
        False, description="Take the union of all mosaic pixels under a beam pixel, not only the nearest."
    )
    extract_beam_blank_border: Annotated[int, UsedBy(("extract-beam",), flag="blank-border")] = Field(
        0, ge=0, description="Pixels to leave out along the mosaic's border."
    )
    extract_beam_smoothed_clip: Annotated[float | None, UsedBy(("extract-beam",), flag="smoothed-clip")] = Field(
        None,
        ge=0,
        description="Leave out pixels that the beam's own image, smoothed by its beam, does not exceed by this, sigma; "
        "none keeps all.",
    )

    noise_box_size: Annotated[int, UsedBy(_NOISE, when=cond.measures_noise, replaced_by="noise_box_beams")] = Field(
        32, ge=4, description="Box in which the local noise is measured, pixels."
    )
    noise_box_beams: Annotated[float | None, UsedBy(_NOISE, when=cond.measures_noise)] = Field(
        None,
        gt=0,
        description="Box in which the local noise is measured, in beams (FWHM, geometric mean); replaces the size in "
        "pixels, if there is a beam.",
    )
    noise_filter_size: Annotated[int, UsedBy(_NOISE, when=cond.measures_noise)] = Field(
        3, ge=1, description="Median filter across the boxes, in boxes."
    )
