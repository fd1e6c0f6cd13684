"""The masking options: which of them a step uses, which have no effect, and what they are called on the command line.

Python, YAML, the command line and the documentation all read names, defaults, ranges and help texts from
`MaskingOptions`, whose fields are in `skerry.config.option_fields`, so that none can drift.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic.fields import FieldInfo

from skerry.config.option_fields import MAX_SCALES, OptionFields, Scales

__all__ = ["MAX_SCALES", "STEP_OPTIONS", "MaskingOptions", "Scales", "describe_range", "flag_name"]


class MaskingOptions(OptionFields):
    """How a mask is made.

    Clip levels are in sigma, or factors of the local minimum where the minimum absolute clip (MAC) is used.
    """

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
        seeding = {"flood_fill_positive_seed_clip", "flood_fill_allow_empty", "flood_fill_false_islands"}
        boxes = {name for name in STEP_OPTIONS[step] if name.startswith("flood_fill_use_mac_")}
        idle = {name for name in STEP_OPTIONS[step] if getattr(self, name) is None}
        if step == "snr-mask":
            idle |= {"base_snr_clip"} if seeded else seeding
        if step == "flood" and seeded:
            idle |= seeding | {"flood_fill_smooth_seed_factor"}
        if step in ("snr-mask", "flood", "mask") and not (self.uses_mac or self.convolve_first):
            idle |= boxes
        if self.uses_mac or self.flood_fill_false_islands is not None:
            idle.add("flood_fill_allow_empty")
        if not self.mac_in_sigma:
            idle.add("flood_fill_mac_unit")
        if not self.flood_fill_count_negative:
            idle.add("flood_fill_count_negative")
        if not (self.uses_mac and self.flood_fill_mac_plateaus):
            idle.add("flood_fill_mac_plateaus")
        measures = {"snr-mask": seeded, "flood": not seeded}.get(step, False)
        if step in ("snr-mask", "flood") and not (measures and self.counts_measured_noise):
            idle |= {"noise_box_size", "noise_filter_size"}
        if step == "extract-beam" and self.extract_beam_smoothed_clip is None:
            idle |= {"noise_box_size", "noise_filter_size"}
        if self.statistic != "both":
            idle |= {"flood_fill_mac_seed_factor", "flood_fill_mac_flood_factor", "flood_fill_smooth_beams"}
        if self.statistic != "both" or self.flood_fill_smooth_beams is None:
            idle |= {"flood_fill_pixel_clip", "flood_fill_smooth_seed_factor"}
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
        if not self.suppress_artefacts:
            idle |= {name for name in STEP_OPTIONS[step] if name.startswith("suppress_artefacts")}
        if self.beam_shape_erode_scales is None:
            idle.add("beam_shape_erode_scale_fwhm_factor")
        if not self.beam_shape_erode_rims or self.convolve_first:
            idle |= {name for name in STEP_OPTIONS[step] if name.startswith(_RIMS)}
        return {name: getattr(self, name) for name in STEP_OPTIONS[step] if name not in idle}

    def set_in_vain(self, step: str, *, seeded: bool = False) -> tuple[str, ...]:
        """Options that were set but change nothing in a step, by the others; parameters as of `used_by`."""
        used = {*self.used_by(step, seeded=seeded), "flood_fill_use_mac", "flood_fill_statistic"}
        ignored = (name for name in STEP_OPTIONS[step] if name in self.model_fields_set and name not in used)
        return tuple(name for name in ignored if getattr(self, name) != type(self).model_fields[name].default)

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
            "flood_fill_mac_unit": flooded and self.uses_mac,
            "flood_fill_mac_plateaus": flooded and self.uses_mac,
            "flood_fill_mac_": flooded and self.statistic == "both",
            "flood_fill_false_islands": flooded,
            "flood_fill_count_negative": flooded,
            "flood_fill_smooth_beams": flooded and self.statistic == "both",
            "flood_fill_smooth_seed_factor": flooded and self.smooths_floor,
            "flood_fill_pixel_clip": flooded and self.smooths_floor,
            "flood_fill_allow_empty": flooded and not use_mac,
            "flood_fill_positive_": flooded or self.convolve_first,
            "grow_low_snr_island_": flooded and self.grow_low_snr_island,
            "grow_low_snr_island": flooded,
            "suppress_artefacts_": flooded and self.suppress_artefacts,
            "suppress_artefacts": flooded,
            "beam_shape_erode_rims_": self.takes_off_rims,
            "beam_shape_erode_rims": self.beam_shape_erode and not self.convolve_first,
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
        return self.takes_off_rims or self.clips_signal

    @property
    def clips_signal(self) -> bool:
        """Whether islands are made from a signal image."""
        by_mac = self.flood_fill and self.statistic == "mac"
        return not by_mac or self.grow_low_snr_island or self.suppress_artefacts

    @property
    def takes_off_rims(self) -> bool:
        """Whether the rims of bright sources are taken off before the erosion."""
        return self.beam_shape_erode and self.beam_shape_erode_rims and not self.convolve_first

    @property
    def statistic(self) -> Literal["snr", "mac", "both"]:
        """What the clips of the flood are compared with."""
        return self.flood_fill_statistic or ("mac" if self.flood_fill_use_mac else "snr")

    @property
    def smooths_floor(self) -> bool:
        """Whether islands grow through smoothed signal."""
        return self.statistic == "both" and self.flood_fill_smooth_beams is not None

    @property
    def mac_in_sigma(self) -> bool:
        """Whether the clips of the minimum absolute clip are in sigma."""
        return self.uses_mac and self.flood_fill_mac_unit == "sigma"

    @property
    def clip_unit(self) -> Literal["sigma", "factor of the MAC"]:
        """Unit of the seed clip and the flood clip."""
        by_factor = self.convolve_first or (self.statistic == "mac" and not self.mac_in_sigma)
        return "factor of the MAC" if by_factor else "sigma"

    @property
    def counts_measured_noise(self) -> bool:
        """Whether the seed clip follows from the boxes in which the noise was measured."""
        return self.flood_fill_false_islands is not None and self.statistic != "mac"

    @property
    def needs_beam_area(self) -> bool:
        """Whether the flood needs the area of the beam."""
        of_islands = ("beams", "significance", "smooth_beams")
        by_size = self.grow_low_snr_island and any(
            getattr(self, f"grow_low_snr_island_{name}") is not None for name in of_islands
        )
        by_noise = self.mac_in_sigma or self.flood_fill_false_islands is not None
        return by_size or by_noise or self.smooths_floor or self.suppress_artefacts

    @property
    def uses_mac(self) -> bool:
        """Whether the flood needs the minimum absolute clip, and so the image besides its signal."""
        return self.statistic != "snr"


def _options(*prefixes: str, but: Iterable[str] = ()) -> tuple[str, ...]:
    """Names of the options that start with one of `prefixes`, in the order of the model."""
    return tuple(name for name in MaskingOptions.model_fields if name.startswith(prefixes) and name not in but)


_RIMS = "beam_shape_erode_rims"

STEP_OPTIONS: dict[str, tuple[str, ...]] = {
    "noise": _options("noise_"),
    "snr-mask": _options(
        "base_snr_clip",
        "flood_fill_statistic",
        "flood_fill_positive_seed_clip",
        "flood_fill_mac_seed_factor",
        "flood_fill_mac_unit",
        "flood_fill_mac_plateaus",
        "flood_fill_allow_empty",
        "flood_fill_false_islands",
        "flood_fill_use_mac_",
        "noise_",
    ),
    "flood": _options("flood_fill_", "grow_low_snr_island", "suppress_artefacts", "noise_"),
    "erode": _options("beam_shape_erode_"),
    "scale-mask": _options(
        "flood_fill_positive_",
        "flood_fill_use_mac_",
        "beam_shape_erode_",
        but=("flood_fill_use_mac", *_options(_RIMS)),
    ),
    "extract-beam": _options("extract_beam_", "noise_"),
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
