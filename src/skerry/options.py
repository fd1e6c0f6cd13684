"""The masking options: the only place that knows their names, defaults, ranges and help texts.

Python, YAML, the command line and the documentation all read them from `MaskingOptions`, so that none can drift.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo

__all__ = ["MAX_SCALES", "STEP_OPTIONS", "MaskingOptions", "Scales", "describe_range", "flag_name"]

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


class MaskingOptions(BaseModel):
    """How a mask is made.

    Clip levels are in sigma, or factors of the local minimum where the minimum absolute clip (MAC) is used.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

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
    flood_fill_smooth_beams: float | None = Field(
        None,
        gt=0,
        description="With both statistics: islands grow through the signal smoothed by this many beams, less what is "
        "narrower than a beam; the floor clip is in sigma of that. None does not smooth.",
    )
    flood_fill_pixel_clip: float = Field(
        0.4, description="With a smoothed floor: a pixel of an island must also exceed this itself, sigma."
    )
    flood_fill_allow_empty: bool = Field(
        False,
        description="Leave the mask empty where no pixel reaches the seed clip, rather than lower the clip to 0.9 of "
        "the maximum.",
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

    convolve_first: bool = Field(
        False, description="Per scale: open, smooth, threshold, grow, then erode (needs scales)."
    )

    extract_beam_union: bool = Field(
        False, description="Take the union of all mosaic pixels under a beam pixel, not only the nearest."
    )
    extract_beam_blank_border: int = Field(0, ge=0, description="Pixels to leave out along the mosaic's border.")

    noise_box_size: int = Field(32, ge=4, description="Box in which the local noise is measured, pixels.")
    noise_filter_size: int = Field(3, ge=1, description="Median filter across the boxes, in boxes.")

    @model_validator(mode="after")
    def _check_combinations(self) -> MaskingOptions:
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

    def used_by(self, step: str, *, seeded: bool = False) -> dict[str, Any]:
        """Options that change the result of a step, given the others.

        Parameters
        ----------
        step : str
            A subcommand, a key of `STEP_OPTIONS`.
        seeded : bool
            Whether snr-mask makes seeds, and flood is given them.

        Returns
        -------
        dict of str to object
            Names and values, in the order of the options.
        """
        seeding = {"flood_fill_positive_seed_clip", "flood_fill_allow_empty"}
        boxes = {name for name in STEP_OPTIONS[step] if name.startswith("flood_fill_use_mac_")}
        idle = {name for name in STEP_OPTIONS[step] if getattr(self, name) is None}
        if step == "snr-mask":
            idle |= {"base_snr_clip"} if seeded else seeding
        if step == "flood" and seeded:
            idle |= seeding
        if step in ("snr-mask", "flood", "mask") and not (self.uses_mac or self.convolve_first):
            idle |= boxes
        if self.uses_mac:
            idle.add("flood_fill_allow_empty")
        if self.statistic != "both":
            idle |= {"flood_fill_mac_seed_factor", "flood_fill_mac_flood_factor", "flood_fill_smooth_beams"}
        if self.statistic != "both" or self.flood_fill_smooth_beams is None:
            idle.add("flood_fill_pixel_clip")
        # Either says it.
        idle.add("flood_fill_use_mac" if self.flood_fill_statistic else "flood_fill_statistic")
        if self.statistic == "snr":
            idle |= {"flood_fill_use_mac", "flood_fill_statistic"}
        if not self.flood_fill_use_mac_adaptive_max_depth:
            idle |= {name for name in boxes if "adaptive" in name}
        if not self.grow_low_snr_island:
            idle |= {name for name in STEP_OPTIONS[step] if name.startswith("grow_low_snr_island")}
        if self.grow_low_snr_island_beams is not None:
            idle.add("grow_low_snr_island_size")
        if self.beam_shape_erode_scales is None:
            idle.add("beam_shape_erode_scale_fwhm_factor")
        return {name: getattr(self, name) for name in STEP_OPTIONS[step] if name not in idle}

    @property
    def without_effect(self) -> tuple[str, ...]:
        """Options that were set but change nothing, because what they belong to is switched off."""
        eroded = self.beam_shape_erode or self.convolve_first
        flooded = self.flood_fill and not self.convolve_first
        use_mac = (flooded and self.uses_mac) or self.convolve_first
        effective = {
            "base_snr_clip": not self.flood_fill and not self.convolve_first,
            "flood_fill_use_mac_": use_mac,
            "flood_fill_use_mac": flooded,
            "flood_fill_statistic": flooded,
            "flood_fill_mac_": flooded and self.statistic == "both",
            "flood_fill_smooth_beams": flooded and self.statistic == "both",
            "flood_fill_pixel_clip": flooded and self.smooths_floor,
            "flood_fill_allow_empty": flooded and not use_mac,
            "flood_fill_positive_": flooded or self.convolve_first,
            "grow_low_snr_island_": flooded and self.grow_low_snr_island,
            "grow_low_snr_island": flooded,
            "beam_shape_erode_": eroded,
        }
        unused = []
        for name in sorted(self.model_fields_set):
            match = next((prefix for prefix in effective if name.startswith(prefix)), None)
            if match is not None and not effective[match] and getattr(self, name):
                unused.append(name)
        return tuple(unused)

    @property
    def needs_signal(self) -> bool:
        """Whether the chain needs a signal image, and so a noise map."""
        if self.convolve_first:
            return False
        return not (self.flood_fill and self.statistic == "mac") or self.grow_low_snr_island

    @property
    def statistic(self) -> Literal["snr", "mac", "both"]:
        """What the clips of the flood are compared with."""
        return self.flood_fill_statistic or ("mac" if self.flood_fill_use_mac else "snr")

    @property
    def smooths_floor(self) -> bool:
        """Whether islands grow through smoothed signal."""
        return self.statistic == "both" and self.flood_fill_smooth_beams is not None

    @property
    def uses_mac(self) -> bool:
        """Whether the flood needs the minimum absolute clip, and so the image besides its signal."""
        return self.statistic != "snr"


def _options(*prefixes: str, but: Iterable[str] = ()) -> tuple[str, ...]:
    """Names of the options that start with one of `prefixes`, in the order of the model."""
    return tuple(name for name in MaskingOptions.model_fields if name.startswith(prefixes) and name not in but)


STEP_OPTIONS: dict[str, tuple[str, ...]] = {
    "noise": _options("noise_"),
    "snr-mask": _options(
        "base_snr_clip",
        "flood_fill_statistic",
        "flood_fill_positive_seed_clip",
        "flood_fill_mac_seed_factor",
        "flood_fill_allow_empty",
        "flood_fill_use_mac_",
    ),
    "flood": _options("flood_fill_", "grow_low_snr_island"),
    "erode": _options("beam_shape_erode_"),
    "scale-mask": _options(
        "flood_fill_positive_", "flood_fill_use_mac_", "beam_shape_erode_", but=("flood_fill_use_mac",)
    ),
    "extract-beam": _options("extract_beam_"),
    "mask": tuple(name for name in MaskingOptions.model_fields if not name.startswith("extract_beam_")),
}
"""The options that each subcommand takes."""

_STEP_PREFIXES: dict[str, tuple[str, ...]] = {
    "noise": ("noise_",),
    "snr-mask": ("flood_fill_",),
    "flood": ("flood_fill_",),
    "erode": ("beam_shape_erode_",),
    "scale-mask": ("flood_fill_", "beam_shape_erode_"),
    "extract-beam": ("extract_beam_",),
    "mask": (),
}


def flag_name(step: str, option: str) -> str:
    """Command-line flag of an option: its name in kebab-case, less the prefix that names the subcommand.

    Parameters
    ----------
    step : str
        A subcommand, a key of `STEP_OPTIONS`.
    option : str
        A field of `MaskingOptions` that the subcommand takes.

    Returns
    -------
    str
        For instance ``--positive-seed-clip``; where the option is a switch, its opposite is ``--no-`` and the same.

    Raises
    ------
    KeyError
        If the subcommand has no such option.
    """
    if option not in STEP_OPTIONS[step]:
        raise KeyError(f"'skerry {step}' has no option {option}")
    short = next((option.removeprefix(p) for p in _STEP_PREFIXES[step] if option.startswith(p)), option)
    return "--" + short.replace("_", "-")


def describe_range(field: FieldInfo) -> str:
    """Range of a model's field in words, as "> 0, < 1"; empty if it has none."""
    signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
    bounds = [f"{signs[kind]} {getattr(m, kind)}" for m in field.metadata for kind in signs if hasattr(m, kind)]
    return ", ".join(bounds)
