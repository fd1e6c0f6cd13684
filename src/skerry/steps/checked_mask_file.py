"""A mask as it is checked: what its file says, which image it is for, and how its imager is called."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from skerry.config.imagers import ImagerUse

if TYPE_CHECKING:
    from astropy.io import fits

    from skerry.io.stored_images import StoredImage
    from skerry.masking.mask_contents import MaskContents
    from skerry.steps.check_target import Target

__all__ = ["CheckedFile", "Found"]


class Found(NamedTuple):
    """What is unusual about a mask."""

    what: str
    mend: str = ""
    """What to do; empty if that is always the same."""


@dataclass(frozen=True)
class CheckedFile:
    """A mask as it is checked.

    Attributes
    ----------
    path : Path
        Its file.
    stored : StoredImage
        The file, open.
    target : Target
        The image that it is for.
    use : ImagerUse
        How its imager is called.
    scales : tuple of int, optional
        Of a scale mask, in pixels.
    allow_empty : bool
        Whether nothing needs to be masked.
    contents : MaskContents, optional
        Once its pixels were read.
    """

    path: Path
    stored: StoredImage
    target: Target
    use: ImagerUse = field(default_factory=ImagerUse)
    scales: tuple[int, ...] | None = None
    allow_empty: bool = False
    contents: MaskContents | None = None

    @property
    def header(self) -> fits.Header:
        """As it lies in the file."""
        return self.stored.header

    @property
    def pixels(self) -> MaskContents:
        """What its pixels are; they have been read."""
        assert self.contents is not None
        return self.contents

    @property
    def lengths(self) -> dict[int, int]:
        """Planes on each axis beyond those of the sky that has several."""
        return {axis: n for axis, n in enumerate(self.stored.shape[::-1], start=1) if axis > 2 and n > 1}

    @property
    def channels(self) -> int:
        """Output channels of the imager."""
        return self.use.channels or 1

    def kind(self, axis: int) -> str:
        """CTYPE of an axis."""
        return str(self.header.get(f"CTYPE{axis}", "")).strip()
