"""What the keys of a field's YAML file may be.

A key is checked by itself and against those above it, and all that is wrong is said at once: a typing error must not
show up after hours on a cluster.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import ValidationInfo, field_validator, model_validator

from skerry.config.chain import has_scale_mask
from skerry.config.options import MaskingOptions
from skerry.config.yaml_advice import quotes_wanted
from skerry.errors import SkerryError
from skerry.field.beams import (
    MOST_MASKS,
    ChannelOfBeam,
    channels_of_beams,
    expand_beams,
    given_twice,
    names_alike,
)
from skerry.field.coaddition import CoAddition
from skerry.field.declared_keys import DeclaredKeys
from skerry.field.files import FieldFiles
from skerry.field.given_beam import GivenBeam
from skerry.field.hand_edits import checked_edits
from skerry.field.imager import RoundCommand
from skerry.field.masking_rounds import checked_presets, merged_options
from skerry.field.patterns import at_home, check_for_snakemake, checked_pattern
from skerry.field.plan import FieldPlan
from skerry.field.rounds import consider_beam_mask_round

__all__ = ["FieldConfig"]

_NAME = re.compile(r"[A-Za-z0-9_+-]+")
_FIELD_NAME = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9_+.-]*")
_NO_DOLLAR = (
    "must not hold a dollar sign, got {!r}: casacore, which reads measurement sets, takes what follows it for the name "
    "of a variable"
)
_MOSAIC_WANTED = (
    "is missing; give a pattern of mosaics, or how to co-add the beams, as {primary_beam_fwhm: 1.15 deg}, "
    "or choose source: beam"
)


class FieldConfig(DeclaredKeys):
    """A field, by the keys of its YAML file; every path can be opened from the directory in which the command runs."""

    @field_validator("field", mode="before")
    @classmethod
    def _check_field(cls, value: Any) -> Any:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str) or not _FIELD_NAME.fullmatch(text):
            raise ValueError(f"must be made of letters, digits and _ + - . only, got {value!r}")
        return text

    @field_validator("beams", "channels", mode="before")
    @classmethod
    def _check_beams(cls, value: Any, info: ValidationInfo) -> Any:
        what = str(info.field_name).removesuffix("s")
        if what == "channel" and value in (None, [], ()):
            return ()
        beams = expand_beams(value, what)
        for beam in beams:
            if not _NAME.fullmatch(beam):
                raise ValueError(f"a {what}'s name must be made of letters, digits and _ + - only, got {beam!r}")
        if twice := given_twice(beams):
            raise ValueError(f"{', '.join(twice)} is given twice")
        if what == "channel" and (most := len(info.data.get("beams") or ()) * len(beams)) > MOST_MASKS:
            raise ValueError(f"makes {most} images of a round with the beams, and may make {MOST_MASKS}; give fewer")
        if what == "channel" and (alike := names_alike(info.data.get("beams") or (), beams)):
            raise ValueError(f"beams and channels make the name {alike[0]} in two ways; name one of them otherwise")
        return beams

    @field_validator("rounds")
    @classmethod
    def _check_rounds(cls, value: int, info: ValidationInfo) -> int:
        each = len(info.data.get("beams") or ()) * max(1, len(info.data.get("channels") or ()))
        if each * value > MOST_MASKS:
            raise ValueError(f"makes {each * value} masks of {each} images, and may make {MOST_MASKS}; give fewer")
        return value

    @field_validator("imager", "calibrate")
    @classmethod
    def _check_commands(cls, value: RoundCommand | None, info: ValidationInfo) -> RoundCommand | None:
        if value is None:
            return None
        if info.data.get("channels"):
            raise ValueError("cannot be given with channels, of images that are there; leave them out, or it")
        if info.field_name == "calibrate" and _has(info, "imager") is False:
            raise ValueError("needs an imager beside it")
        first, last = int(info.field_name == "calibrate"), info.data.get("rounds")
        outside = [k for k in value.extra_rounds if last is not None and not first <= k <= last]
        if outside:
            raise ValueError(f"extra_rounds: {', '.join(map(str, outside))} is not one of the rounds {first} to {last}")
        return value

    @field_validator("measurement_sets")
    @classmethod
    def _check_measurement_sets(cls, value: str | None, info: ValidationInfo) -> str | None:
        imager = _has(info, "imager")
        if value is None:
            if imager:
                raise ValueError("is missing; say what is to be imaged, as ms/{field}.beam{beam}.ms")
            return None
        if imager is False:
            raise ValueError("needs an imager beside it")
        pattern = checked_pattern(value, info, per_beam=True, per_round=None)
        if "$" in pattern:
            raise ValueError(_NO_DOLLAR.format(pattern))
        return pattern

    @field_validator("images")
    @classmethod
    def _check_images(cls, value: str | None, info: ValidationInfo) -> str | None:
        imager = _has(info, "imager")
        if value is None:
            if imager is False:
                raise ValueError("is missing; say where the images are, or give an imager that makes them")
            return None
        calibrate = info.data.get("calibrate")
        if calibrate is not None and "prefix" in calibrate.placeholders:
            raise ValueError("are given for round 0, so in round 1 calibrate.command has no {prefix}; use {image}")
        return checked_pattern(value, info, per_beam=True, per_round=not imager, per_channel=True)

    @field_validator("mosaic", mode="before")
    @classmethod
    def _check_mosaic(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None:
            if info.data.get("source") in ("mosaic", "both"):
                raise ValueError(_MOSAIC_WANTED)
            return None
        if advice := quotes_wanted(value):
            raise ValueError(advice)
        if isinstance(value, Mapping):
            how = CoAddition.model_validate(dict(value))
            if (how.primary_beam_fwhm is None) == (how.weights is None):
                raise ValueError("give either primary_beam_fwhm or weights")
            if how.weights is None:
                return how
            weights = checked_pattern(how.weights, info, per_beam=True, per_round=False, per_channel=False)
            return how.model_copy(update={"weights": weights})
        if not isinstance(value, str):
            raise ValueError(f"must be a file name pattern, or how to co-add the beams, got {value!r}")
        if _has(info, "imager") and info.data.get("source") in ("mosaic", "both"):
            raise ValueError(
                "must say how to co-add the images that the imager makes, as {primary_beam_fwhm: 1.15 deg}"
            )
        return checked_pattern(value, info, per_beam=False, per_channel=True)

    @field_validator("rms", "bkg")
    @classmethod
    def _check_noise(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        if info.field_name == "bkg" and "rms" in info.data and info.data["rms"] is None:
            raise ValueError("needs rms beside it; leave both away to have both measured")
        if info.data.get("source") == "both":
            raise ValueError("cannot be given with source: both; leave it away to have the noise measured")
        if _has(info, "imager"):
            raise ValueError(
                "cannot be given for images that the imager is still to make; leave it away to have it measured"
            )
        return checked_pattern(value, info, per_beam=info.data.get("source") == "beam", per_channel=True)

    @field_validator("beam", mode="before")
    @classmethod
    def _check_beam(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None:
            return None
        if advice := quotes_wanted(value):
            raise ValueError(advice)
        if isinstance(value, Mapping):
            return GivenBeam.model_validate(dict(value))
        if not isinstance(value, str):
            raise ValueError(f"must be the axes of a beam, or the name of a FITS image that has it, got {value!r}")
        return checked_pattern(value, info, per_beam=False, per_round=None)

    @field_validator("mask_rounds", mode="before")
    @classmethod
    def _check_mask_rounds(cls, value: Any, info: ValidationInfo) -> Any:
        value = tuple(value) if isinstance(value, list | tuple) else value
        try:
            consider_beam_mask_round(1, value)
        except SkerryError as error:
            raise ValueError(str(error).removeprefix("mask_rounds: ")) from error
        rounds = info.data.get("rounds")
        wanted = value if isinstance(value, tuple) else (value,)
        outside = [k for k in wanted if isinstance(k, int) and not 1 <= k <= (rounds or k)]
        if outside:
            raise ValueError(f"{', '.join(map(str, outside))} is not one of the rounds 1 to {rounds}")
        return value

    @field_validator("start_mask", "add_regions", "remove_regions", "never_clean", mode="before")
    @classmethod
    def _check_edits(cls, value: Any, info: ValidationInfo) -> Any:
        if advice := quotes_wanted(value):
            raise ValueError(advice)
        return checked_edits(value, info)

    @field_validator("preset", mode="before")
    @classmethod
    def _check_preset(cls, value: Any, info: ValidationInfo) -> Any:
        return checked_presets(value, info.data.get("rounds"), (info.context or {}).get("base", "."))

    @field_validator("masking_rounds", mode="before")
    @classmethod
    def _check_masking_rounds(cls, value: Any, info: ValidationInfo) -> Any:
        known = info.data
        masking, presets = known.get("masking", MaskingOptions()), known.get("preset") or {}
        return merged_options(value, masking, presets, known.get("rounds"), known.get("source"))

    @field_validator("split_scales")
    @classmethod
    def _check_split_scales(cls, value: bool, info: ValidationInfo) -> bool:
        rounds = (info.data.get("masking"), *(info.data.get("masking_rounds") or {}).values())
        if value and not any(options is None or has_scale_mask(options) for options in rounds):
            raise ValueError("needs scale masks: give beam_shape_erode_scales, with beam_shape_erode or convolve_first")
        return value

    @model_validator(mode="after")
    def _check_scale_masks(self) -> Self:
        if self.imager is not None and "scalemask" in self.imager.mask_products:
            without = [str(k) for k in self.plan.masked_rounds if not has_scale_mask(self.plan.options_for_round(k))]
            if without:
                raise ValueError(
                    f"imager.mask_argument: has {{scalemask}}, but there is none in round {', '.join(without)}; give "
                    "beam_shape_erode_scales, with beam_shape_erode or convolve_first"
                )
        return self

    @field_validator("output")
    @classmethod
    def _check_output(cls, value: str, info: ValidationInfo) -> str:
        if not value.strip() or set(value) & set("{}") or not value.isprintable():
            raise ValueError(f"must name a directory, without braces or control characters, got {value!r}")
        if value.startswith("-"):
            raise ValueError(f"must not begin with a hyphen, as an option does, got {value!r}")
        if _has(info, "calibrate") and "$" in value:
            raise ValueError(_NO_DOLLAR.format(value))
        if _has(info, "imager") and set(value) & set("()[]"):
            raise ValueError(
                f"must not hold parentheses or brackets, got {value!r}: CFITSIO, with which WSClean writes, does not "
                "take them for a part of a file's name"
            )
        path = os.path.normpath(at_home(value))
        check_for_snakemake(path)
        return path

    @cached_property
    def each_beam(self) -> dict[str, ChannelOfBeam]:
        """All that is masked by itself, by its name: each beam, or each channel of each."""
        return channels_of_beams(self.beams, self.channels)

    @cached_property
    def plan(self) -> FieldPlan:
        """Which rounds are imaged and masked, of what, and by which steps."""
        return FieldPlan(self)

    @cached_property
    def files(self) -> FieldFiles:
        """The names of all files."""
        return FieldFiles(self)


def _has(info: ValidationInfo, key: str) -> bool | None:
    """Whether a key above was given; None if it was wrong, so that nothing is said for its sake."""
    return info.data[key] is not None if key in info.data else None
