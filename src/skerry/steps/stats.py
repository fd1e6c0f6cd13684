"""What was masked: the islands of a mask, plane by plane, as catalogues and outlines, and beside a catalogue."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from skerry.errors import SkerryError, heard
from skerry.io.cube_files import OpenCubes, PlaneInWork, working_on
from skerry.io.image_headers import read_axes
from skerry.io.outputs import check_outputs
from skerry.planes.progress import expect
from skerry.sky.restoring_beam import RestoringBeam
from skerry.steps.chosen_planes import ChosenPlanes, PlaneChoice
from skerry.steps.island_files import IslandFiles, check_suffixes
from skerry.steps.matching import Comparison
from skerry.steps.measured_plane import PlaneStatistics, measured_plane

__all__ = ["MaskStatistics", "make_statistics"]


@dataclass(frozen=True)
class MaskStatistics:
    """What was masked."""

    mask: Path
    image: Path | None
    planes: tuple[PlaneStatistics, ...]
    outputs: tuple[Path, ...] = ()
    """Files that were written of it."""


def make_statistics(
    mask: Path,
    image: Path | None = None,
    *,
    noise: Path | float | None = None,
    bkg: Path | None = None,
    beam: RestoringBeam | Path | None = None,
    nonzero: bool = False,
    match: Path | None = None,
    match_radius: float | None = None,
    match_output: Path | None = None,
    outputs: Sequence[Path] = (),
    planes: PlaneChoice | None = None,
    overwrite: bool = False,
) -> MaskStatistics:
    """Measure the islands of a mask, and write them as catalogues and regions.

    Parameters
    ----------
    mask : Path
        Mask or scale mask, of any number of planes.
    image : Path, optional
        Its image, on the same grid. Without it sizes and places are told alone.
    noise : Path or float, optional
        Noise map of the image, or its noise in the unit of the image. By default it is measured as by `mask`, with the
        options of the noise that the mask was made with.
    bkg : Path, optional
        Background of the image, with a noise map.
    beam : RestoringBeam or Path, optional
        The restoring beam, in place of the one in the header of image or mask, or a FITS image that has it.
    nonzero : bool
        Whether all values but 0 are read as 1: labels, 255.
    match : Path, optional
        Catalogue of sources, or another mask, to hold the mask against.
    match_radius : float, optional
        Degrees up to which a source may lie from an island, as of `skerry.steps.matching.Comparison`.
    match_output : Path, optional
        ECSV of the sources, each with what became of it.
    outputs : sequence of Path
        Catalogues and regions by their suffixes, see `skerry.steps.island_files`.
    planes : PlaneChoice, optional
        Of a cube, which planes; by default all.
    overwrite : bool
        Whether the outputs may be replaced.

    Returns
    -------
    MaskStatistics
        Of each plane.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, or the grids differ.
    """
    mask, image = Path(mask), None if image is None else Path(image)
    outputs = [Path(path) for path in outputs]
    check_suffixes(outputs)
    given = [path for path in (mask, image, noise, bkg, match) if isinstance(path, Path)]
    written = [*outputs, *([] if match_output is None else [Path(match_output)])]
    check_outputs(written, given, overwrite)
    _check_noise(mask, image, noise, bkg)
    _check_match(match, match_radius, match_output)
    against = None if match is None else Comparison(match, match_radius)
    found = []
    with IslandFiles(outputs, mask, match_output) as files:
        for name in _each_plane(mask, image, planes):
            measured = measured_plane(mask, image, noise=noise, bkg=bkg, beam=beam, nonzero=nonzero, against=against)
            files.add_plane(name, measured.table, measured.grid)
            found.append(replace(measured.statistics, name=name))
        statistics = MaskStatistics(mask, image, tuple(found), tuple(written))
        files.finish(statistics)
    return statistics


def _check_noise(mask: Path, image: Path | None, noise: Path | float | None, bkg: Path | None) -> None:
    """Check that noise and background have something that they are of."""
    if image is None and (noise is not None or bkg is not None):
        raise SkerryError(f"{mask}: noise and background are of an image; give `image` too")
    if bkg is not None and not isinstance(noise, Path):
        raise SkerryError(f"{bkg}: a background goes with a noise map; give it as `noise`")


def _check_match(match: Path | None, radius: float | None, output: Path | None) -> None:
    """Check that there is a catalogue for what is asked of one."""
    if match is None and (radius is not None or output is not None):
        raise SkerryError("`match_radius`, `match_output`: have no use without `match`; give a catalogue there")
    if output is not None and Path(output).suffix.lower() != ".ecsv":
        raise SkerryError(f"{output}: is written as ECSV; give a name that ends in .ecsv")


def _each_plane(mask: Path, image: Path | None, choice: PlaneChoice | None) -> Iterator[str | None]:
    """Go through the planes: for each its name, with which files are this plane of theirs."""
    path, axes, headers = mask, *read_axes(mask)
    if image is not None and axes.channels * axes.stokes == 1:
        path, axes, headers = image, *read_axes(image)
    if choice is None and axes.channels * axes.stokes == 1:
        yield None
        return
    chosen = ChosenPlanes.of(path, axes, headers, choice or PlaneChoice())
    expect(images=len(chosen.planes))
    with OpenCubes() as cubes:
        for place, plane in enumerate(chosen.planes):
            name = chosen.in_words([place])
            with working_on(PlaneInWork(plane, cubes)), heard() as told:
                yield name
            for one in told:
                warnings.warn(f"{name}: {one}", type(one), stacklevel=3)
