"""The restoring beam of a field whose images do not tell it, as its YAML file says it."""

from __future__ import annotations

import shlex
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from skerry.config.chain import chain_of
from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.sky.angle import parse_angle
from skerry.sky.restoring_beam import RestoringBeam

__all__ = ["GivenBeam", "beam_arguments", "step_needs_beam"]


class GivenBeam(BaseModel):
    """The restoring beam of all images of a field, by the axes of its ellipse."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bmaj: str = Field(description="FWHM of its major axis, as '8 arcsec'; degrees without a unit.")
    bmin: str = Field(description="FWHM of its minor axis.")
    bpa: str = Field(description="Position angle of its major axis, from north through east.")

    @field_validator("bmaj", "bmin", "bpa", mode="before")
    @classmethod
    def _check_angle(cls, value: Any) -> Any:
        try:
            if isinstance(value, bool):
                raise SkerryError(f"{value!r} is not an angle; give for instance '8 arcsec'")
            parse_angle(str(value))
        except SkerryError as error:
            raise ValueError(str(error)) from error
        return str(value)

    @model_validator(mode="after")
    def _check_beam(self) -> GivenBeam:
        bmaj, bmin, _ = RestoringBeam(*map(parse_angle, (self.bmaj, self.bmin, self.bpa)))
        if not 0 < bmin <= bmaj:
            raise ValueError(f"bmaj {self.bmaj} and bmin {self.bmin} are not those of a beam; bmaj >= bmin > 0")
        return self


def step_needs_beam(step: str, options: MaskingOptions) -> bool:
    """Whether a step, by its subcommand, asks for the restoring beam of what it reads; noise can do without one."""
    if step == "noise":
        return options.noise_box_beams is not None
    if step == "mask":
        return any(step_needs_beam(part.name, options) for part in chain_of(options))
    if step in ("erode", "scale-mask"):
        return True
    if step == "extract-beam":
        return options.extract_beam_smoothed_clip is not None
    return step in ("flood", "snr-mask") and options.needs_beam_area


def beam_arguments(beam: str | GivenBeam | None) -> str:
    """Arguments, quoted for the shell, that give a subcommand the beam of a field: the image that has it, or axes."""
    if beam is None:
        return ""
    if isinstance(beam, str):
        return f"--beam {shlex.quote(beam)}"
    # An angle may be negative, which without the equals sign would look like a flag.
    return " ".join(f"--{name}={shlex.quote(getattr(beam, name))}" for name in ("bmaj", "bmin", "bpa"))
