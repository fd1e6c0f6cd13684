"""What a step that makes a mask gives back: the files that it wrote, and a report of what is in them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from skerry.masking.taken_away import Taken
    from skerry.sky.restoring_beam import RestoringBeam
    from skerry.steps.edits import EditReport

__all__ = ["MadeMask", "MaskReport", "PlaneFacts", "PlaneReport"]


@dataclass(frozen=True)
class MaskReport:
    """What is in a mask, and what was done to make it; None where that is not known."""

    islands: int = 0
    """8-connected sets of masked pixels."""
    pixels: int = 0
    """Masked pixels."""
    valid_pixels: int | None = None
    """Pixels of the image that are neither NaN nor infinite; where there is only a mask, all."""
    noise: float | None = None
    """Median of the noise map."""
    noise_unit: str | None = None
    """Its unit, as BUNIT has it."""
    seed_clip: float | None = None
    """That was used, or the clip where there is no flood."""
    seed_clip_asked: float | None = None
    """That was asked for: another one if it was raised or lowered."""
    flood_clip: float | None = None
    clip_unit: str | None = None
    """Of both clips: "sigma" or "factor of the MAC"."""
    noise_islands: float | None = None
    """Islands expected from Gaussian noise that the beam correlates, by the seed clip."""
    negative_islands: int | None = None
    """Islands of the negative image by the same clips, before erosion, if they were counted."""
    removed: tuple[Taken, ...] = ()
    """What was taken away: by "suppression" of artefacts, by "fading" since the round before, as "rims" of
    bright sources, by "erosion"."""
    edits: tuple[EditReport, ...] = ()
    """What was done to it by hand, in this order."""
    both_signs: bool = False
    """Whether sources of both signs are masked."""
    preset: str | None = None
    """Preset that the options are from."""
    warnings: tuple[str, ...] = ()
    """Warnings that the header counts."""
    planes: tuple[PlaneReport, ...] = ()
    """Of a cube, the reports of its planes, whose sums and common values the others are."""
    union: bool = False
    """Whether those are one mask."""

    @property
    def fraction(self) -> float | None:
        """Masked pixels over valid pixels."""
        return self.pixels / self.valid_pixels if self.valid_pixels else None

    def as_json(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        found = asdict(replace(self, planes=())) | {"fraction": self.fraction}
        found |= {"removed": [taken._asdict() for taken in self.removed], "warnings": list(self.warnings)}
        found["edits"] = [edit._asdict() for edit in self.edits]
        if not self.edits:
            del found["edits"]
        if not self.planes:
            del found["planes"], found["union"]
            return found
        planes = [plane.facts.as_json() | plane.report.as_json() for plane in self.planes]
        return found | {"planes": planes}


class PlaneFacts(NamedTuple):
    """Which plane of a cube it is; None for what is not known."""

    name: str
    """As messages call it."""
    channel: int = 0
    stokes: str | None = None
    frequency: float | None = None
    """In the unit of its axis, which is Hz."""
    beam: RestoringBeam | None = None

    def as_json(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        beam = None if self.beam is None else dict(zip(("bmaj", "bmin", "bpa"), self.beam, strict=True))
        return self._asdict() | {"beam": beam}


class PlaneReport(NamedTuple):
    """Report of the mask of a plane of a cube."""

    facts: PlaneFacts
    report: MaskReport


@dataclass(frozen=True)
class MadeMask:
    """A mask that was written."""

    mask: Path
    """Zeros and ones, uint8; with scales that of their union."""
    scale_mask: Path | None = None
    """The scale mask, if there are scales: uint8, int16 or int32."""
    signal: Path | None = None
    """The signal image, if one was asked for."""
    report: MaskReport = field(default_factory=MaskReport)
    """What is in the mask."""
