"""How the beams of a round are co-added to a mosaic, as a field's YAML file says it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from skerry.errors import SkerryError
from skerry.sky.angle import parse_angle

__all__ = ["CoAddition"]


class CoAddition(BaseModel):
    """How the beams of a round are co-added to a mosaic: by a Gaussian primary beam, or by weight images."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    primary_beam_fwhm: str | None = Field(None, description="FWHM of a Gaussian primary beam, as '1.15 deg'.")
    primary_beam_cutoff: float = Field(
        0.1, gt=0, lt=1, description="Primary-beam response below which a beam's pixels are not used."
    )
    weights: str | None = Field(None, description="Weight images, a pattern with {beam}; instead of the primary beam.")
    noise_weights: bool = Field(
        True, strict=True, description="Also weight each beam by its own local noise, artefacts included."
    )

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
