"""What is known of one mask and its image, from their files: what their headers say, and one look at the pixels.

How a mask was made its HISTORY says, and the noise the file in which the run kept it; counted are only islands and
flux, for no file has them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skerry.errors import SkerryError
from skerry.filters.connected_pixels import Islands
from skerry.filters.island_tables import Sums
from skerry.io.fits import OpenImage, check_same_size, each_image, each_mask, open_image, open_mask
from skerry.io.history import StepRecord, from_ascii, steps_of
from skerry.io.image_headers import read_axes, read_header
from skerry.io.small_images import read_small_image
from skerry.pictures.stretch import level_of
from skerry.pictures.thumbnail import thumbnail
from skerry.planes.bands import map_bands
from skerry.planes.computed import pixelwise
from skerry.planes.masks import set_pixels
from skerry.planes.order_statistics import median
from skerry.planes.plane import Floats
from skerry.planes.sample import sampled_rows
from skerry.report.changes import Changes, EarlierMask, changes_since
from skerry.sky.beam import pixels_per_beam

if TYPE_CHECKING:
    from astropy.io import fits
    from numpy.typing import NDArray

    from skerry.sky.restoring_beam import RestoringBeam

__all__ = ["TargetFacts", "TargetFiles", "target_facts"]


class TargetFiles(NamedTuple):
    """The files of a mask."""

    mask: Path
    image: Path
    """That the mask was made for."""
    noise: tuple[Path, ...] = ()
    """Where the noise of the image may be: noise grids and maps, the first that is there counts."""
    beam: RestoringBeam | None = None
    """In place of the header's."""


@dataclass(frozen=True)
class TargetFacts:
    """What is known of the mask of a target in a round; None where that is not known."""

    round: int
    target: str
    """Name of the beam, or what the mosaic is called among the targets of the field."""
    files: TargetFiles
    is_mosaic: bool = False
    problem: str | None = None
    """Why there is no more, if anything is amiss."""
    islands: int | None = None
    """8-connected sets of masked pixels, summed over the planes of a cube."""
    pixels: int | None = None
    """Masked pixels."""
    fraction: float | None = None
    """Masked pixels over valid pixels of the image; over all pixels if there is no image."""
    noise: float | None = None
    """See `noise_is_kept`."""
    noise_is_kept: bool = False
    """Whether it is the median of the noise that the run kept, not that of the pixels here."""
    unit: str = ""
    """Of the noise: Jy/beam, or what the image has if that is another one."""
    flux: float | None = None
    """Sum of the masked pixels over the beam's area, Jy; not of a cube."""
    changes: Changes | None = None
    """None in the first round, of a cube, and where the grid is another one."""
    seed_clip: float | None = None
    flood_clip: float | None = None
    clip_unit: str = ""
    negative: int | None = None
    """Islands of the negative image by the same clips, if they were counted."""
    preset: str | None = None
    steps: tuple[StepRecord, ...] = ()
    """That made the mask, with their options, versions and warnings."""
    clean: Mapping[str, str] = field(default_factory=dict)
    """What went wrong in the imaging with this mask: a word or two, and a sentence."""
    picture: bytes | None = None
    """PNG of the image with the islands' outlines."""
    size: tuple[int, int] | None = None
    """Width and height of the image, pixels."""
    planes: int = 1
    """Of a cube, of which the picture is of the first that is not blank."""

    @property
    def key(self) -> str:
        """Name that no other mask of the round has, as files have it."""
        return self.target if self.is_mosaic else f"beam{self.target}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user was warned of when the mask was made."""
        return tuple(text for step in self.steps for text in step.warnings)


def target_facts(
    k: int,
    target: str,
    files: TargetFiles,
    *,
    is_mosaic: bool = False,
    earlier: EarlierMask | None = None,
    picture_size: int = 256,
) -> tuple[TargetFacts, EarlierMask | None]:
    """Gather what is known of a mask.

    Parameters
    ----------
    k : int
        Round that it is for.
    target : str
        Name of what it is for.
    files : TargetFiles
        Any of them may be missing or spoilt.
    is_mosaic : bool
        Whether it is for a mosaic.
    earlier : EarlierMask, optional
        Of the round before that has one.
    picture_size : int
        Pixels of the longer side of the picture, at most.

    Returns
    -------
    facts : TargetFacts
        With the problem, if there is one.
    mask : EarlierMask or None
        The mask to compare that of the next round with; `earlier` if there is none in this round.
    """
    facts = TargetFacts(k, target, files, is_mosaic)
    if not files.mask.is_file():
        return replace(facts, problem="the mask is not made yet"), earlier
    problem = None if files.image.is_file() else f"{files.image}: is not there, so that its mask is not shown"
    for image in (files.image, None) if problem is None else (None,):
        try:
            header = read_header(files.mask)
            facts = replace(facts, **_of_header(header))
            planes = _looked_at(files, image, header, earlier, picture_size)
            return replace(facts, problem=problem, **_of_planes(planes)), planes[0].mask
        except SkerryError as error:
            # Without its image a mask may be read still.
            problem = problem or str(error)
    return replace(facts, problem=problem), earlier


class _Plane(NamedTuple):
    """What was found in the mask of a plane, and in the image."""

    islands: int
    pixels: int
    valid: int
    """Pixels of the image that are valid; all of them without an image."""
    has_mask: bool
    """False where a mask of one plane is that of several."""
    mask: EarlierMask | None = None
    """Kept of the first plane."""
    changes: Changes | None = None
    of_image: Mapping[str, Any] = {}
    """Noise, flux, units and picture."""


def _looked_at(
    files: TargetFiles, image: Path | None, header: fits.Header, earlier: EarlierMask | None, size: int
) -> list[_Plane]:
    """What is in the planes of a mask, and of its image if there is one."""
    planes: list[_Plane] = []
    shows = False
    axes, _ = read_axes(files.mask)
    several = axes.channels * axes.stokes > 1
    for mask, of_mask in _opened_planes(files, image):
        tables = [] if of_mask is None else [Sums(pixelwise(_or_zero, of_mask.data, dtype=np.float32))]
        islands = Islands(set_pixels(mask.data), tables)
        valid = mask.data.shape[0] * mask.data.shape[1] if of_mask is None else _valid_pixels(of_mask.data)
        plane = _Plane(islands.count, islands.mask.count(), valid, has_mask=several or not planes)
        if not planes:
            kept = EarlierMask(islands.mask, header)
            plane = plane._replace(mask=kept, changes=changes_since(kept, earlier))
        if of_mask is not None and not shows and (valid or not planes):
            total = float(tables[0].by_label[0].sum())
            picture = thumbnail(of_mask.data, islands.mask, size=size)
            known = _of_image(of_mask, total if valid else None, files)
            plane = plane._replace(of_image=known | {"picture": picture})
            shows = valid > 0
        planes.append(plane)
    return planes


def _opened_planes(files: TargetFiles, image: Path | None) -> Iterator[tuple[OpenImage, OpenImage | None]]:
    """Planes of a mask, each with that of the image, if there is one."""
    if image is None:
        for mask in each_mask(files.mask):
            yield mask, None
        return
    for of_image in each_image(image):
        # The same plane of the mask, or the one that it has.
        with open_mask(files.mask) as mask:
            check_same_size(mask, of_image)
            yield mask, of_image


def _of_header(header: fits.Header) -> dict[str, Any]:
    """What the header of a mask says of its making."""
    clip = next((key for key in ("SKSEED", "SKFLOOR") if header.get(key) is not None), None)
    preset, negative = header.get("SKPRESET"), _number(header.get("SKNEG"))
    return {
        "seed_clip": _number(header.get("SKSEED")),
        "flood_clip": _number(header.get("SKFLOOR")),
        "clip_unit": "" if clip is None else header.comments[clip].partition("]")[0].strip("[ "),
        "negative": None if negative is None else int(negative),
        "preset": None if preset is None else from_ascii(str(preset)),
        "steps": tuple(steps_of(header)),
    }


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _of_planes(planes: Sequence[_Plane]) -> dict[str, Any]:
    """What is known of a mask by its planes."""
    with_mask = [plane for plane in planes if plane.has_mask]
    pixels = sum(plane.pixels for plane in with_mask)
    valid = sum(plane.valid for plane in with_mask)
    if len(with_mask) < len(planes):
        valid = max(plane.valid for plane in planes)
    shown = next((plane for plane in reversed(planes) if plane.of_image), None)
    found = {
        "islands": sum(plane.islands for plane in with_mask),
        "pixels": pixels,
        "fraction": pixels / valid if valid else None,
        "changes": planes[0].changes if len(planes) == 1 else None,
        "planes": len(planes),
        **({} if shown is None else shown.of_image),
    }
    return found | ({} if len(planes) == 1 else {"flux": None})


def _of_image(image: OpenImage, total: float | None, files: TargetFiles) -> dict[str, Any]:
    """Noise, flux and units of an image; the sum of its masked pixels is not known if none is valid."""
    kept = _kept_noise(files.noise)
    noise = level_of(image.data).noise if kept is None else kept
    flux = None
    with suppress(SkerryError):
        # Of an image without a beam no flux is known.
        flux = None if total is None else total / pixels_per_beam(image.header, files.beam, str(image.path))
    factor = image.unit.in_jy_per_beam
    ny, nx = image.data.shape
    return {
        "noise": noise * (factor or 1) if math.isfinite(noise) else None,
        "noise_is_kept": kept is not None,
        "unit": image.unit.text if factor is None else "Jy/beam",
        "flux": None if flux is None or factor is None else flux * factor,
        "size": (nx, ny),
    }


def _kept_noise(files: Sequence[Path]) -> float | None:
    """Median of the noise that a run kept, if it did."""
    for path in files:
        if not path.is_file():
            continue
        with suppress(SkerryError):
            pixels = _noise_pixels(path)
            pixels = pixels[np.isfinite(pixels) & (pixels > 0)]
            if pixels.size:
                return median(pixels)
    return None


def _noise_pixels(path: Path) -> NDArray[np.float32]:
    """Values of a noise grid, or a sample of a noise map."""
    if read_header(path).get("SKCMD") == "noise-grid":
        found = read_small_image(path)
        return np.empty(0, np.float32) if found is None or found[1].ndim != 3 else found[1][0]
    with open_image(path) as image:
        return np.asarray(sampled_rows(image.data), np.float32)


def _valid_pixels(image: Floats) -> int:
    """Pixels of an image that are neither NaN nor infinite."""
    return sum(map_bands(lambda rows: int(np.count_nonzero(np.isfinite(image[rows]))), image, cost=1))


def _or_zero(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(np.isfinite(values), values, np.float32(0))
