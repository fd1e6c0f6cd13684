"""How a mask is made: the options together, what may not be said at once, and what follows from what is said."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import model_validator

from skerry.config import conditions as cond
from skerry.config.clips import check_clips
from skerry.config.declaration import describe_range, given_in_vain, missing_switch, switched_off, used_options
from skerry.config.declared_options import DeclaredOptions, Statistic
from skerry.config.scales import MAX_SCALES, Scales, check_beams, check_scales

__all__ = ["MAX_SCALES", "MaskingOptions", "Scales", "describe_range"]


class MaskingOptions(DeclaredOptions):
    """How a mask is made.

    Clip levels are in sigma, or factors of the local minimum where the minimum absolute clip (MAC) is used.
    """

    @model_validator(mode="after")
    def _check_combinations(self) -> Self:
        scales = self.beam_shape_erode_scales
        if scales is not None:
            check_scales("beam_shape_erode_scales", scales)
        if self.flood_fill_diffuse_beams is not None:
            check_beams("flood_fill_diffuse_beams", self.flood_fill_diffuse_beams)
        if self.flood_fill_use_mac and self.flood_fill_statistic not in (None, "mac"):
            raise ValueError(
                f"flood_fill_use_mac: contradicts flood_fill_statistic {self.flood_fill_statistic}; leave it out"
            )
        if self.convolve_first and scales is None:
            raise ValueError("convolve_first: needs beam_shape_erode_scales")
        if self.both_signs and self.finds_positive_alone is not None:
            raise ValueError(
                f"both_signs: {self.finds_positive_alone}; give flood_fill_statistic snr or both, and clips in sigma"
            )
        check_clips(self)
        return self

    def used_by(self, step: str, *, seeded: bool = False) -> dict[str, Any]:
        """Options that change the result of a step, given the others.

        Parameters
        ----------
        step : str
            A subcommand, a key of `skerry.config.flags.STEP_OPTIONS`.
        seeded : bool
            Whether snr-mask makes seeds, and flood is given them.

        Returns
        -------
        dict of str to object
            Names and values, in the order of the options.
        """
        return used_options(self, step, seeded=seeded)

    def set_in_vain(self, step: str, *, seeded: bool = False) -> tuple[str, ...]:
        """Options that were set but change nothing in a step, by the others; parameters as of `used_by`."""
        return given_in_vain(self, step, seeded=seeded)

    def missing_switch(self, name: str, step: str | None = None) -> str | None:
        """Option that would make another one count if it were on.

        Parameters
        ----------
        name : str
            An option that changes nothing.
        step : str, optional
            A subcommand; by default the whole chain.

        Returns
        -------
        str, or None
            The first such option; None if no single one would do.

        Examples
        --------
        >>> MaskingOptions(beam_shape_erode_rims=True).missing_switch("beam_shape_erode_rims")
        'beam_shape_erode'
        """
        return missing_switch(self, name, step)

    @property
    def without_effect(self) -> tuple[str, ...]:
        """Options that were set but change nothing, because what they belong to is switched off."""
        return switched_off(self)

    @property
    def finds_positive_alone(self) -> str | None:
        """Why these options can mask no negative source, in words; None if they can."""
        if not (self.convolve_first or (self.flood_fill_statistic == "mac" or self.flood_fill_use_mac)):
            return None
        what = "convolve_first" if self.convolve_first else "the minimum absolute clip alone"
        return f"with {what} only what is positive is masked, for negative pixels say what noise is"

    @property
    def needs_signal(self) -> bool:
        """Whether the chain needs a signal image, and so a noise map."""
        if self.convolve_first:
            return False
        return self.erodes_by_signal or self.clips_signal

    @property
    def clips_signal(self) -> bool:
        """Whether islands are made from a signal image."""
        by_mac = self.flood_fill and self.statistic == "mac"
        return not by_mac or self.grow_low_snr_island or self.suppress_artefacts

    @property
    def erodes_by_signal(self) -> bool:
        """Whether the erosion needs a signal image: for rims, for cores, and to know what is invalid."""
        erodes = cond.erodes_mask(cond.Case(self))
        return self.takes_off_rims or (erodes and (self.beam_shape_erode_keep_cores or not self.beam_shape_erode_edge))

    @property
    def takes_off_rims(self) -> bool:
        """Whether the rims of bright sources are taken off before the erosion."""
        return cond.takes_off_rims(cond.Case(self))

    @property
    def statistic(self) -> Statistic:
        """What the clips of the flood are compared with."""
        return self.flood_fill_statistic or ("mac" if self.flood_fill_use_mac else "snr")

    @property
    def smooths_floor(self) -> bool:
        """Whether islands grow through smoothed signal."""
        return self.statistic == "both" and self.flood_fill_smooth_beams is not None

    @property
    def mac_in_sigma(self) -> bool:
        """Whether the clips of the minimum absolute clip are in sigma."""
        return self.statistic != "snr" and self.flood_fill_mac_unit == "sigma"

    @property
    def clip_unit(self) -> Literal["sigma", "factor of the MAC"]:
        """Unit of the seed clip and the flood clip."""
        by_factor = self.convolve_first or (self.statistic == "mac" and not self.mac_in_sigma)
        return "factor of the MAC" if by_factor else "sigma"

    @property
    def clip_units(self) -> dict[str, str]:
        """Units of the clips that mean something else with another statistic, by option."""
        of_mac = "sigma" if self.mac_in_sigma else "factor of the MAC"
        by_mac = ("flood_fill_mac_seed_factor", "flood_fill_mac_flood_factor", "flood_fill_smooth_seed_factor")
        clips = ("flood_fill_positive_seed_clip", "flood_fill_positive_flood_clip")
        return dict.fromkeys(clips, self.clip_unit) | dict.fromkeys(by_mac, of_mac)

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
        by_box = self.uses_mac and self.flood_fill_use_mac_box_beams is not None
        suppresses = self.suppress_artefacts and not self.both_signs
        by_rounds = self.flood_fill_fading_factor is not None
        by_option = by_size or by_noise or by_box or by_rounds
        return by_option or self.smooths_floor or suppresses

    @property
    def uses_mac(self) -> bool:
        """Whether the flood needs the minimum absolute clip, and so the image besides its signal."""
        return self.statistic != "snr" and not self.both_signs
