"""Regions of a file in an image: their pixels, and what became of each line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skerry.errors import SkerryError, SkerryNote, SkerryWarning
from skerry.io.cube_files import plane_in_work
from skerry.io.region_files import RegionFile, read_regions
from skerry.io.region_statements import LeftOut
from skerry.planes.bits import BitMask
from skerry.sky.celestial import celestial_axes
from skerry.sky.region_pixels import Block, blocks_of
from skerry.sky.region_places import placed_regions
from skerry.sky.region_shapes import Region

if TYPE_CHECKING:
    from astropy.io import fits

    from skerry.io.fits import OpenImage

__all__ = ["RegionsOfImage", "UsedRegion"]

_MOST_TOLD = 5
"""Lines of a file, for a list of sources may lie outside of the image by the thousand."""
_LIKE = 0.1
"""Share by which the radii of an ellipse may differ from the FWHM of a beam that they look like."""
_MANY = 0.3
"""Share of the ellipses of a source finder that are as large as the beam, at least; the others are larger."""


@dataclass
class UsedRegion:
    """What became of a region.

    Attributes
    ----------
    region : Region
        As it was read.
    pixels : int
        Of the image that are in it.
    reason : str
        Why there are none; empty where there are some.
    """

    region: Region
    pixels: int = 0
    reason: str = ""


class RegionsOfImage:
    """The regions of a file in an image.

    Parameters
    ----------
    source : Path or RegionFile
        The file.
    header : Header
        Of the image, as of `skerry.io.image_headers.read_header`: with NAXIS1 and NAXIS2.
    name : str
        The image's name, for messages.
    channel : float
        The plane of a cube, from 0: regions that are for others have no pixels.

    Attributes
    ----------
    path : Path
        The file.
    used : list of UsedRegion
        Every region, in the order in which they count; complete once `blocks` has been gone through.
    left_out : tuple of LeftOut
        Lines that make no region, whether they say so or are not understood.
    hint : str
        What the regions look like, if that is something else than their file says, and what of it is not kept to.

    Raises
    ------
    SkerryError
        If the file cannot be read, or is no text; or if the image has a single axis.
    """

    def __init__(self, source: Path | RegionFile, header: fits.Header, name: str, *, channel: float = 0) -> None:
        file = source if isinstance(source, RegionFile) else read_regions(source)
        self.path, self.left_out = file.path, file.left_out
        self.hint = "; ".join(filter(None, [_fwhm_hint(file.regions, header), _range_hint(file.regions)]))
        if not {"NAXIS1", "NAXIS2"} <= set(header):
            raise SkerryError(f"{name}: has no plane of pixels; give an image of two axes or more")
        self._shape = int(header["NAXIS2"]), int(header["NAXIS1"])
        try:
            self._wcs = celestial_axes(header, name)
        except SkerryError:
            self._wcs = None
        self._placed = placed_regions(file.regions, self._wcs, self._shape, _cut(header))
        self.used = [UsedRegion(one.region, reason=one.problem) for one in self._placed]
        for one in self.used:
            channels = one.region.channels
            if not one.reason and channels is not None and not channels[0] <= channel <= channels[1]:
                one.reason = f"is for the channels {channels[0]:g} to {channels[1]:g}, and this is {channel:g}"

    @classmethod
    def of_plane(cls, path: Path, image: OpenImage) -> RegionsOfImage:
        """The regions of a file in an open image, which of a cube is the plane that is worked on."""
        work = plane_in_work()
        return cls(path, image.header, str(image.path), channel=0 if work is None else work.plane.channel)

    @property
    def not_understood(self) -> list[LeftOut]:
        """Lines that may be meant for regions, and are none."""
        return [line for line in self.left_out if not line.understood]

    @property
    def touched(self) -> int:
        """How many regions have pixels in the image."""
        return sum(one.pixels > 0 for one in self.used)

    def blocks(self) -> Iterator[tuple[Region, Block]]:
        """Go through the pixels of all regions: put them in, or take them out where `include` is False, in this order.

        Yields
        ------
        tuple of Region and Block
            Some rows of a region at a time.
        """
        for one, placed in zip(self.used, self._placed, strict=True):
            if one.reason:
                continue
            pixels = 0
            for block in blocks_of(placed, self._wcs, self._shape):
                pixels += int(np.count_nonzero(block.inside))
                yield one.region, block
            one.pixels = pixels
            if not pixels:
                one.reason = "holds the centre of no pixel of the image"

    def messages(self) -> Iterator[tuple[str, type[SkerryWarning]]]:
        """What its user should know of the file, once `blocks` has been gone through.

        Yields
        ------
        tuple of str and type
            The message, and whether it is a warning: of a line that is not understood, or a file without a region; or a
            note, as of a region beside the image. Of many lines the first few.
        """
        lost = [f"line {one.line}: '{one.text}' is not understood: {one.reason}" for one in self.not_understood]
        beside = [f"line {one.region.line}: the region {one.reason}" for one in self.used if not one.pixels]
        if not self.used:
            lost.append("holds no region")
        for told, kind, more in (
            (lost, SkerryWarning, "are not understood"),
            (beside, SkerryNote, "have no pixel in the image"),
        ):
            yield from ((text, kind) for text in told[:_MOST_TOLD])
            if len(told) > _MOST_TOLD:
                yield f"{len(told) - _MOST_TOLD} more of its lines {more}", kind
        if self.hint:
            yield self.hint, SkerryWarning

    def mask(self) -> BitMask:
        """Pixels of all regions, shape (ny, nx); `used` is complete then."""
        mask = BitMask(self._shape)
        for region, block in self.blocks():
            mask.put(block.rows, block.columns, block.inside, value=region.include)
        return mask


def _fwhm_hint(regions: Sequence[Region], header: fits.Header) -> str:
    """Tell of ellipses that have the FWHM of the beam where their radius is, as source finders write them."""
    shapes = [one.shape for one in regions if one.shape.kind == "ellipse" and "ellipse" in one.text.lower()]
    radii = np.array([sorted(shape.outer) for shape in shapes if not shape.in_pixels]).reshape(-1, 2)
    try:
        beam = np.array([float(header["BMIN"]), float(header["BMAJ"])])
    except (KeyError, TypeError, ValueError):
        return ""
    if not len(radii) or not (beam > 0).all():
        return ""
    alike = int((np.abs(radii / beam - 1) <= _LIKE).all(axis=1).sum())
    smaller = int((radii < (1 - _LIKE) * beam).any(axis=1).sum())
    if alike < _MANY * len(radii) or smaller > _LIKE * len(radii):
        return ""
    which = f"{alike} of {len(radii)} ellipses have" if len(radii) > 1 else "its ellipse has"
    return (
        f"{which} the FWHM of the beam as radius, as files of source finders do: they are drawn twice as wide as the "
        "sources; halve their radii if that is not meant"
    )


def _range_hint(regions: Sequence[Region]) -> str:
    """Tell of regions that are for some frequencies, velocities or polarizations only."""
    some = [one for one in regions if one.for_all]
    if not some:
        return ""
    which = f"line {some[0].line} has" if len(some) == 1 else f"{len(some)} lines have, as line {some[0].line},"
    return f"{which} {some[0].for_all}, which is not kept to: give channels as range=[0chan,9chan] for a plane alone"


def _cut(header: fits.Header) -> NDArray[np.float64] | None:
    """Scale and shift of an image that was cut out of another, of x and of y."""
    scale = [header.get(f"LTM{axis}_{axis}", 1.0) for axis in (1, 2)]
    shift = [header.get(f"LTV{axis}", 0.0) for axis in (1, 2)]
    try:
        cut = np.array([scale, shift], dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return cut if np.isfinite(cut).all() and cut[0].all() else None
