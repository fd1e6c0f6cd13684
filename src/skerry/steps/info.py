"""What a mask is, and how it was made: from its pixels, and from what its header says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from skerry.filters.islands import IslandCount, count_islands
from skerry.io.checksums import sha256_of
from skerry.io.fits import OpenImage, each_mask
from skerry.io.headers import mask_scales
from skerry.io.history import from_ascii, steps_of
from skerry.steps.places import place_in_words
from skerry.steps.remake import Remake, remake
from skerry.steps.source_signs import made_of_both_signs

__all__ = ["MaskInfo", "describe_mask"]


@dataclass(frozen=True)
class MaskInfo:
    """What a mask is, and how it was made; None where its header does not say."""

    mask: Path
    width: int
    height: int
    """Pixels."""
    planes: int
    """Of a cube; islands and pixels are those of all."""
    centre: str
    """Where its middle pixel is, in words."""
    islands: int
    """8-connected sets of masked pixels."""
    pixels: int
    """Masked pixels."""
    scales: tuple[int, ...] | None
    """CLEAN scales of a scale mask by bit, pixels."""
    seed_clip: float | None
    flood_clip: float | None
    clip_unit: str | None
    both_signs: bool
    """Whether sources of both signs are masked."""
    preset: str | None
    version: str | None
    """Of skerry, which made it."""
    command: str | None
    """The last step."""
    warnings: tuple[str, ...]
    """Of its making."""
    made: Remake
    """The commands that make it again."""
    differing: tuple[str, ...]
    """Inputs beside the mask that are no longer what they were when it was made."""

    @property
    def fraction(self) -> float:
        """Masked pixels over all pixels."""
        return self.pixels / (self.width * self.height * self.planes)

    def as_json(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return asdict(self) | {"mask": str(self.mask), "fraction": self.fraction}


def describe_mask(mask: Path) -> MaskInfo:
    """Say what a mask is, and how it was made.

    Parameters
    ----------
    mask : Path
        A mask or a scale mask.

    Returns
    -------
    MaskInfo
        What it is.

    Raises
    ------
    SkerryError
        If it cannot be read as a mask.
    """
    counts = []
    for image in each_mask(mask):
        counts.append(count_islands(image.data))
        ny, nx = image.data.shape
        centre = place_in_words(image, ny // 2, nx // 2)
    return _described(Path(mask), image, counts, centre)


def _described(mask: Path, image: OpenImage, counts: Sequence[IslandCount], centre: str) -> MaskInfo:
    header = image.header
    steps = steps_of(header)
    scales = mask_scales(header, str(mask))
    made = remake(steps, mask.name, has_scales=scales is not None)
    differing = []
    for file in made.inputs:
        beside = mask.parent / file.name
        if beside.is_file() and sha256_of(beside) != file.sha256:
            differing.append(file.name)
    clips = {key: header.get(key) for key in ("SKSEED", "SKFLOOR")}
    clip = next((key for key, value in clips.items() if value is not None), None)
    ny, nx = image.data.shape
    return MaskInfo(
        mask=mask,
        width=nx,
        height=ny,
        centre=centre,
        planes=len(counts),
        islands=sum(count.islands for count in counts),
        pixels=sum(count.pixels for count in counts),
        scales=scales,
        seed_clip=clips["SKSEED"],
        flood_clip=clips["SKFLOOR"],
        clip_unit=None if clip is None else header.comments[clip].partition("]")[0].strip("[ "),
        both_signs=made_of_both_signs(header),
        preset=None if (preset := header.get("SKPRESET")) is None else from_ascii(str(preset)),
        version=header.get("SKVERS"),
        command=header.get("SKCMD"),
        warnings=tuple(text for step in steps for text in step.warnings),
        made=made,
        differing=tuple(differing),
    )
