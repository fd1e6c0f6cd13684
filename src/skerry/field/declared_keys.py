"""The keys of a field's YAML file: what each of them is, and its default; what it may be is in `skerry.field.keys`."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from skerry.config.default_presets import DEFAULT_STRATEGY
from skerry.config.options import MaskingOptions
from skerry.field.beams import MOST_ROUNDS
from skerry.field.coaddition import CoAddition
from skerry.field.given_beam import GivenBeam
from skerry.field.imager import Calibration, Imager

__all__ = ["DeclaredKeys"]

MaskRounds: TypeAlias = str | int | tuple[int, ...] | None


class DeclaredKeys(BaseModel):
    """Each key of a field by itself, in the order in which they are checked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str = Field(description="Name of the field; names the output directory, and {field} in patterns.")
    beams: tuple[str, ...] = Field(description='Beams as written in the file names: a range, "00-35", or a list.')
    channels: tuple[str, ...] = Field(
        (),
        description="Channels, each of whose images is masked by itself, as written in the file names: a range, "
        '"0000-0003", or a list, as ["0000", "MFS"]. None if an image is one file, be it a cube.',
    )
    rounds: int = Field(
        ge=1,
        le=MOST_ROUNDS,
        strict=True,
        description="Rounds that get masks, from the images of the round before.",
    )
    source: Literal["mosaic", "beam", "both"] = Field(
        "mosaic",
        description="Whether a round's masks come from its mosaic, or each beam's from its own image; or whether a "
        "beam's has what either of the two masks has.",
    )
    imager: Imager | None = Field(
        None, description="The command that makes the images of a round with its masks; without it they are found."
    )
    calibrate: Calibration | None = Field(
        None, description="A command that calibrates each beam before it is imaged again, from round 1 on."
    )
    measurement_sets: str | None = Field(
        None, validate_default=True, description="Measurement sets that are imaged: a pattern with {beam}."
    )
    images: str | None = Field(
        None,
        validate_default=True,
        description="Images of the beams: a pattern with {beam} and {round} (0 is the first image). With an imager "
        "those of round 0, if they are there.",
    )
    mosaic: str | CoAddition | None = Field(
        None,
        validate_default=True,
        description="Mosaics, a pattern with {round}; or how to co-add the beams; or nothing with source: beam.",
    )
    rms: str | None = Field(None, description="Noise maps of the images that masks are made from; measured if absent.")
    bkg: str | None = Field(
        None, description="Background maps that go with rms; no background is subtracted if absent."
    )
    beam: str | GivenBeam | None = Field(
        None,
        description="Restoring beam of all images, in place of their headers': its axes, as {bmaj: 8 arcsec, bmin: 7 "
        "arcsec, bpa: 20 deg}, or a FITS image that has it.",
    )
    mask_rounds: MaskRounds = Field(
        "all", description="Rounds that get masks: all, none, a round (from it on), or a list of rounds."
    )
    start_mask: str | dict[int, str] | None = Field(
        None,
        description="Mask on any grid that the masks of the first round have too: a pattern, which may hold {beam}; or "
        "one by round, as {1: catalogue.mask.fits}.",
    )
    add_regions: str | dict[int, str] | None = Field(
        None,
        description="Region file of DS9 or CASA of which all masks have the pixels: a pattern, which may hold {beam} "
        "and {round}; or one by round, for these alone.",
    )
    remove_regions: str | dict[int, str] | None = Field(
        None, description="Region file of which no mask has the pixels; otherwise as add_regions."
    )
    never_clean: str | dict[int, str] | None = Field(
        None, description="Mask on any grid of which no mask has the pixels; otherwise as add_regions."
    )
    preset: dict[int, str] = Field(
        dict(DEFAULT_STRATEGY),
        description="Masking options to begin with: a preset for all rounds, or one from a round on; the name of one, "
        "or a YAML file of options. Rounds before the first one named have the default; none takes no preset.",
    )
    masking: MaskingOptions = Field(
        default_factory=MaskingOptions, description="Options that differ from the preset, in every round."
    )
    masking_rounds: dict[int, MaskingOptions] = Field(
        default_factory=dict,
        validate_default=True,
        description="Options that differ in a round, over both: {2: {flood_fill_positive_flood_clip: 1.2}}.",
    )
    split_scales: bool = Field(
        False, strict=True, description="Also write a mask of zeros and ones for each CLEAN scale of the scale masks."
    )
    mask_axes: Literal[2, 4] | None = Field(
        None,
        description="Axes of the masks, 2 or 4, of length 1 but for those of the sky; those of the images if absent.",
    )
    keep_steps: bool = Field(
        False,
        strict=True,
        description="Whether the steps of a mask are jobs of their own, with files between them to look at, instead of "
        "one; the masks have the same pixels.",
    )
    report: bool = Field(
        False,
        strict=True,
        description="Whether a run ends with a report of the field, which snakemake --report shows too.",
    )
    output: str = Field("results", description="Output directory, relative to where the command runs.")
