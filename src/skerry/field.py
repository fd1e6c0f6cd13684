"""A field and how its masks are made, as read from one YAML file.

Everything a run needs is checked here, before any job starts, and all that is wrong is said at once: a typing error
must not show up after hours on a cluster.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from skerry.angle import parse_angle
from skerry.errors import SkerryError
from skerry.field_patterns import checked_pattern, fill, from_here
from skerry.field_text import describe_problems, expand_beams, read_yaml
from skerry.options import MaskingOptions
from skerry.rounds import consider_beam_mask_round

__all__ = ["CoAddition", "FieldConfig", "field_from_config", "load_field", "parse_field"]

MaskRounds: TypeAlias = str | int | tuple[int, ...] | None

_NAME = re.compile(r"[A-Za-z0-9_+-]+")
_FIELD_NAME = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9_+.-]*")
_NAMES_IN_AN_ERROR = 3


class CoAddition(BaseModel):
    """How the beams of a round are co-added to a mosaic: by a Gaussian primary beam, or by weight images."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    primary_beam_fwhm: str | None = Field(None, description="FWHM of a Gaussian primary beam, as '1.15 deg'.")
    primary_beam_cutoff: float = Field(
        0.1, gt=0, lt=1, description="Primary-beam response below which a beam's pixels are not used."
    )
    weights: str | None = Field(None, description="Weight images, a pattern with {beam}; instead of the primary beam.")

    @field_validator("primary_beam_fwhm", mode="before")
    @classmethod
    def _check_fwhm(cls, value: Any) -> Any:
        if value is None:
            return None
        try:
            above_zero = not isinstance(value, bool) and parse_angle(str(value)) > 0
        except SkerryError as error:
            raise ValueError(str(error)) from error
        if not above_zero:
            raise ValueError(f"must be above zero, got {value!r}")
        return str(value)


class FieldConfig(BaseModel):
    """A field; every path is one that can be opened from the directory in which the command runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str = Field(description="Name of the field; names the output directory, and {field} in patterns.")
    beams: tuple[str, ...] = Field(description='Beams as written in the file names: a range, "00-35", or a list.')
    rounds: int = Field(ge=1, strict=True, description="Rounds that get masks, from the images of the round before.")
    source: Literal["mosaic", "beam"] = Field(
        "mosaic", description="Whether a round's masks come from its mosaic, or each beam's from its own image."
    )
    images: str = Field(description="Images of the beams: a pattern with {beam} and {round} (0 is the first image).")
    mosaic: str | CoAddition | None = Field(
        None, description="Mosaics, a pattern with {round}; or how to co-add the beams; or nothing with source: beam."
    )
    rms: str | None = Field(None, description="Noise maps of the images that masks are made from; measured if absent.")
    bkg: str | None = Field(
        None, description="Background maps that go with rms; no background is subtracted if absent."
    )
    mask_rounds: MaskRounds = Field(
        "all", description="Rounds that get masks: all, none, a round (from it on), or a list of rounds."
    )
    masking: MaskingOptions = Field(default_factory=MaskingOptions, description="Masking options of every round.")
    masking_rounds: dict[int, MaskingOptions] = Field(
        default_factory=dict, description="Options that differ in a round: {2: {flood_fill_positive_flood_clip: 1.2}}."
    )
    output: str = Field("results", description="Output directory, relative to where the command runs.")

    @field_validator("field", mode="before")
    @classmethod
    def _check_field(cls, value: Any) -> Any:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str) or not _FIELD_NAME.fullmatch(text):
            raise ValueError(f"must be made of letters, digits and _ + - . only, got {value!r}")
        return text

    @field_validator("beams", mode="before")
    @classmethod
    def _check_beams(cls, value: Any) -> Any:
        beams = expand_beams(value)
        for beam in beams:
            if not _NAME.fullmatch(beam):
                raise ValueError(f"a beam's name must be made of letters, digits and _ + - only, got {beam!r}")
        twice = sorted({beam for beam in beams if beams.count(beam) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} is given twice")
        return beams

    @field_validator("images")
    @classmethod
    def _check_images(cls, value: str, info: ValidationInfo) -> str:
        return checked_pattern(value, info, per_beam=True)

    @field_validator("mosaic", mode="before")
    @classmethod
    def _check_mosaic(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None:
            if info.data.get("source") == "mosaic":
                raise ValueError(_MOSAIC_WANTED)
            return None
        if isinstance(value, Mapping):
            how = CoAddition.model_validate(dict(value))
            if (how.primary_beam_fwhm is None) == (how.weights is None):
                raise ValueError("give either primary_beam_fwhm or weights")
            if how.weights is None:
                return how
            weights = checked_pattern(how.weights, info, per_beam=True, per_round=False)
            return how.model_copy(update={"weights": weights})
        if not isinstance(value, str):
            raise ValueError(f"must be a file name pattern, or how to co-add the beams, got {value!r}")
        return checked_pattern(value, info, per_beam=False)

    @field_validator("rms", "bkg")
    @classmethod
    def _check_noise(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        if info.field_name == "bkg" and "rms" in info.data and info.data["rms"] is None:
            raise ValueError("needs rms beside it; leave both away to have both measured")
        return checked_pattern(value, info, per_beam=info.data.get("source") == "beam")

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

    @field_validator("masking_rounds", mode="before")
    @classmethod
    def _check_masking_rounds(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, Mapping):
            raise ValueError(f"must map rounds to options, as {{2: {{flood_fill: true}}}}, got {value!r}")
        base = info.data.get("masking", MaskingOptions()).model_dump(exclude_unset=True)
        rounds = info.data.get("rounds")
        merged: dict[int, MaskingOptions] = {}
        problems: list[str] = []
        for key, overrides in value.items():
            number = int(key) if re.fullmatch(r"\d+", str(key)) else 0
            if not 1 <= number <= (rounds or max(number, 1)):
                problems.append(f"{key}: is not one of the rounds 1 to {rounds}")
            elif not isinstance(overrides, Mapping):
                problems.append(f"{key}: must be options, as {{flood_fill: true}}, got {overrides!r}")
            else:
                try:
                    merged[number] = MaskingOptions.model_validate({**base, **overrides})
                except ValidationError as error:
                    problems += describe_problems(error, f"{key}", {(): MaskingOptions})
        if problems:
            raise ValueError(*problems)
        return merged

    @field_validator("output")
    @classmethod
    def _check_output(cls, value: str) -> str:
        if not value.strip() or set(value) & set("{}\n"):
            raise ValueError(f"must name a directory, without braces, got {value!r}")
        return os.path.normpath(Path(value).expanduser())

    @property
    def directory(self) -> str:
        """Where everything of this field is written."""
        return os.path.join(self.output, self.field)  # noqa: PTH118

    @property
    def masked_rounds(self) -> tuple[int, ...]:
        """Rounds that get masks."""
        return tuple(k for k in range(1, self.rounds + 1) if consider_beam_mask_round(k, self.mask_rounds))

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the images that masks are made from: the mosaic, or each beam."""
        return ("mosaic",) if self.source == "mosaic" else tuple(f"beam{beam}" for beam in self.beams)

    @property
    def co_adds(self) -> bool:
        """Whether the mosaics are made from the beams, not given."""
        return self.source == "mosaic" and isinstance(self.mosaic, CoAddition)

    def options_for_round(self, k: int) -> MaskingOptions:
        """Options of the masks for round `k`: those of every round, with this round's overrides."""
        return self.masking_rounds.get(k, self.masking)

    @property
    def options_without_effect(self) -> tuple[str, ...]:
        """Masking options that are set but change nothing in any round, because what they belong to is off."""
        idle = [set(self.options_for_round(k).without_effect) for k in self.masked_rounds]
        return tuple(sorted(set.intersection(*idle))) if idle else ()

    def mask_path(self, k: int, beam: str, product: str = "mask") -> str:
        """Mask, or the scale mask, with which `beam` is imaged in round `k`."""
        return f"{self.directory}/round{k}/beam{beam}.{product}.fits"

    def image_path(self, beam: str, image_round: int) -> str:
        """Image of a beam made in a round."""
        return fill(self.images, field=self.field, beam=beam, round=image_round)

    def mosaic_path(self, image_round: int) -> str | None:
        """Mosaic of the images of a round, if it is given."""
        if not isinstance(self.mosaic, str):
            return None
        return fill(self.mosaic, field=self.field, round=image_round)

    def weight_paths(self, image_round: int) -> list[str]:
        """Weight images of the beams in a round, if the mosaic is made with them."""
        if not isinstance(self.mosaic, CoAddition) or self.mosaic.weights is None:
            return []
        pattern = self.mosaic.weights
        return [fill(pattern, field=self.field, beam=beam, round=image_round) for beam in self.beams]

    def noise_path(self, kind: Literal["rms", "bkg"], target: str, image_round: int) -> str | None:
        """Noise or background map of the image of a target in a round, if it is given."""
        pattern = self.rms if kind == "rms" else self.bkg
        if pattern is None:
            return None
        return fill(pattern, field=self.field, beam=target.removeprefix("beam"), round=image_round)

    def given_files(self) -> list[str]:
        """Every file that the masks are made from and that the user has to provide."""
        files: dict[str, None] = {}
        for k in self.masked_rounds:
            files.update(dict.fromkeys(self._given_files(k - 1, self.options_for_round(k))))
        return list(files)

    def _given_files(self, image_round: int, options: MaskingOptions) -> Iterator[str]:
        yield from (self.image_path(beam, image_round) for beam in self.beams)
        if self.source == "mosaic":
            mosaic = self.mosaic_path(image_round)
            yield from [mosaic] if mosaic else self.weight_paths(image_round)
        if options.needs_signal:
            for target in self.targets:
                maps = (self.noise_path(kind, target, image_round) for kind in ("rms", "bkg"))
                yield from (path for path in maps if path is not None)

    def check_inputs(self) -> None:
        """Check that every file that the user has to provide is there.

        Raises
        ------
        SkerryError
            Names the first of those that are not, and counts them.
        """
        given = self.given_files()
        missing = [name for name in given if not Path(name).is_file()]
        if not missing:
            return
        shown = ", ".join(missing[:_NAMES_IN_AN_ERROR]) + (", ..." if len(missing) > _NAMES_IN_AN_ERROR else "")
        demo = next((p for name in missing for p in Path(name).parents if p.name == "demo"), None)
        todo = f"make the demo field with 'skerry simulate {demo}'" if demo else "check images, mosaic, rms and bkg"
        raise SkerryError(f"{len(missing)} of {len(given)} input files are absent: {shown}; {todo}")


_MODELS: dict[tuple[str, ...], type[BaseModel]] = {
    (): FieldConfig,
    ("masking",): MaskingOptions,
    ("mosaic",): CoAddition,
}
_MOSAIC_WANTED = (
    "is missing; give a pattern of mosaics, or how to co-add the beams, as {primary_beam_fwhm: 1.15 deg}, "
    "or choose source: beam"
)


def load_field(path: str | Path) -> FieldConfig:
    """Read and check the YAML file of a field.

    Relative paths in it are relative to its directory, but `output` to the current one.

    Raises
    ------
    SkerryError
        If it cannot be read or is wrong; names every key that is.
    """
    path = Path(path)
    return parse_field(read_yaml(path), path.parent, str(path))


def field_from_config(config: Mapping[str, Any], files: Sequence[str | Path]) -> FieldConfig:
    """Check the configuration that Snakemake merged from `files`; relative paths are relative to the first of them.

    Snakemake's reader lets pass what ours calls an error, so the files are read again.
    """
    for path in files:
        read_yaml(Path(path))
    if not files:
        return parse_field(config, Path())
    return parse_field(config, Path(files[0]).parent, ", ".join(map(from_here, map(str, files))))


def parse_field(mapping: Mapping[str, Any], base: Path, name: str = "field configuration") -> FieldConfig:
    """Check a field's configuration.

    Parameters
    ----------
    mapping : mapping
        As in the YAML file.
    base : Path
        Directory that relative paths are relative to.
    name : str
        How an error calls the configuration.

    Returns
    -------
    FieldConfig

    Raises
    ------
    SkerryError
        Says everything that is wrong, a line each, and names the keys.
    """
    try:
        field = FieldConfig.model_validate(dict(mapping), context={"base": base})
    except ValidationError as error:
        problems = describe_problems(error, "", _MODELS)
    else:
        # A default is not validated, and no other key says that the mosaic is wanted.
        problems = [f"mosaic: {_MOSAIC_WANTED}"] if field.source == "mosaic" and field.mosaic is None else []
        if not problems:
            return field
    if len(problems) == 1:
        raise SkerryError(f"{name}: {problems[0]}")
    raise SkerryError("\n  ".join([f"{name}: {len(problems)} errors", *problems]))
