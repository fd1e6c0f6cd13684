"""What `stats` writes: catalogues and outlines of islands, each in the format that the suffix of its name says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from skerry import __version__
from skerry.errors import SkerryError
from skerry.filters.outlines import Outline, island_outlines
from skerry.io.catalogues import Column, json_rows, write_ecsv, write_json
from skerry.io.history import as_ascii
from skerry.io.region_writer import REGION_SUFFIXES, Polygon, RegionFile
from skerry.io.whole_files import whole_files

if TYPE_CHECKING:
    from skerry.masking.island_table import IslandTable
    from skerry.sky.icrs import IcrsGrid
    from skerry.steps.measured_plane import PlaneStatistics
    from skerry.steps.stats import MaskStatistics

__all__ = ["IslandFiles", "as_json", "check_suffixes"]

_CATALOGUES = (".ecsv", ".json")
_CORNERS_AT_ONCE = 1 << 17
"""To change their frame takes a millisecond for one, and little more for many."""


def check_suffixes(paths: Sequence[Path]) -> None:
    """Refuse a name whose suffix says no format."""
    for path in paths:
        if path.suffix.lower() not in (*_CATALOGUES, *REGION_SUFFIXES):
            formats = "a catalogue .ecsv or .json, regions .reg for DS9 and .crtf for CASA and CARTA"
            raise SkerryError(f"{path}: its suffix says no format; give {formats}")


_LEADS_BACK = 0.01
"""Pixels."""


class IslandFiles:
    """The files that `stats` writes: regions as planes are measured, catalogues at the end; all of them or none.

    Parameters
    ----------
    outputs : sequence of Path
        Their names.
    mask : Path
        What they are of.
    matches : Path, optional
        Name of the catalogue of sources that a mask was held against.
    """

    def __init__(self, outputs: Sequence[Path], mask: Path, matches: Path | None = None) -> None:
        self._outputs, self._mask = [*outputs, *([] if matches is None else [Path(matches)])], mask
        self._has_matches = matches is not None
        self._regions: list[RegionFile] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._partials = self._stack.enter_context(whole_files(*self._outputs)) if self._outputs else []
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return self._stack.__exit__(kind, error, traceback)

    def add_plane(self, plane: str | None, table: IslandTable, grid: IcrsGrid | None) -> None:
        """Write the outlines of the islands of a plane, if they are wanted."""
        named = zip(self._outputs, self._partials, strict=True)
        wanted = [(path, partial) for path, partial in named if path.suffix.lower() in REGION_SUFFIXES]
        if not wanted:
            return
        if not self._regions:
            pixel = 1e-4 if grid is None else grid.smallest_pixel
            said = f"outlines of the islands of {self._mask.name}, by skerry {__version__}"
            files = [RegionFile(partial, as_ascii(said), pixel, like=path) for path, partial in wanted]
            self._regions = [self._stack.enter_context(file) for file in files]
        for outlines in _in_batches(island_outlines(table.islands, table.size, table.top, table.bottom)):
            for polygon in _polygons(outlines, plane, grid):
                for file in self._regions:
                    file.add(polygon)

    def finish(self, found: MaskStatistics) -> None:
        """Write the catalogues."""
        named = list(zip(self._outputs, self._partials, strict=True))
        if self._has_matches:
            write_ecsv(named.pop()[1], _matches_of(found), _said(found))
        for path, partial in named:
            if path.suffix.lower() == ".ecsv":
                write_ecsv(partial, _catalogue_of(found), _said(found))
            elif path.suffix.lower() == ".json":
                write_json(partial, as_json(found))


def _in_batches(outlines: Iterable[Outline]) -> Iterator[list[Outline]]:
    """Outlines of which the corners are worked out at once."""
    batch, corners = [], 0
    for outline in outlines:
        batch.append(outline)
        corners += outline.x.size
        if corners >= _CORNERS_AT_ONCE:
            yield batch
            batch, corners = [], 0
    if batch:
        yield batch


def _polygons(outlines: Sequence[Outline], plane: str | None, grid: IcrsGrid | None) -> Iterator[Polygon]:
    """Outlines with their corners on the sky, if they have any there that lead back to the same pixels."""
    starts = np.cumsum([0, *(outline.x.size for outline in outlines)])[:-1]
    on_sky: list[tuple[Any, Any]] = [(None, None)] * len(outlines)
    if grid is not None:
        x, y = (np.concatenate(part) for part in zip(*((o.x, o.y) for o in outlines), strict=True))
        ra, dec = grid.positions(x, y)
        ra[starts[~_leads_back(x, y, ra, dec, starts, grid)]] = np.nan
        on_sky = list(zip(np.split(ra, starts[1:]), np.split(dec, starts[1:]), strict=True))
    for outline, (ra, dec) in zip(outlines, on_sky, strict=True):
        yield Polygon(str(outline.number), plane, outline.x, outline.y, ra, dec)


def _leads_back(x: Any, y: Any, ra: Any, dec: Any, starts: Any, grid: IcrsGrid) -> NDArray[np.bool_]:
    """Whether a reader finds all corners of each outline side by side, wherever digits put those on a seam of the sky.

    In a map of the whole sky they may come out a turn apart: at the left and the right edge is the same place.
    """
    least, most = np.full((2, x.size), np.inf), np.full((2, x.size), -np.inf)
    for step in (-0.5, 0.5):
        there = grid.pixels(ra + step * _LEADS_BACK * grid.smallest_pixel, dec, in_image=False)
        apart = np.stack(there) - (x, y)
        least, most = np.minimum(least, apart), np.maximum(most, apart)
    with np.errstate(invalid="ignore"):
        spread = np.maximum.reduceat(most, starts, axis=1) - np.minimum.reduceat(least, starts, axis=1)
    return np.asarray((spread <= 2 * _LEADS_BACK).all(axis=0))


def _catalogue_of(found: MaskStatistics) -> list[Column]:
    """Islands of all planes; of a cube with the name of its plane."""
    return _of_planes(found, [_with_matches(plane) for plane in found.planes])


def _with_matches(plane: PlaneStatistics) -> list[Column]:
    """Islands of a plane; where they were held against a catalogue, whether they have a source."""
    columns = list(plane.columns.columns)
    if plane.matched is not None:
        name = plane.matched.with_file.name
        columns.append(Column("has_source", plane.matched.matches.has_source, None, f"has a source of {name}"))
    return columns


def _matches_of(found: MaskStatistics) -> list[Column]:
    return _of_planes(found, [plane.matched.columns() for plane in found.planes if plane.matched is not None])


def _of_planes(found: MaskStatistics, of_planes: Sequence[Sequence[Column]]) -> list[Column]:
    """Columns of all planes, one below the other; of a cube with the name of the plane.

    What is not known of a plane, as its beam, is NaN there.
    """
    counts = [columns[0].values.size for columns in of_planes]
    by_name = [{column.name: column for column in columns} for columns in of_planes]
    most = max(of_planes, key=len)
    columns = []
    for column in most:
        parts = [
            of_plane[column.name].values if column.name in of_plane else np.full(count, np.nan)
            for of_plane, count in zip(by_name, counts, strict=True)
        ]
        columns.append(replace(column, values=np.concatenate(parts)))
    if len(found.planes) > 1:
        names = np.repeat([plane.name or "" for plane in found.planes], counts)
        columns.insert(1, Column("plane", names, None, "plane of the cube"))
    return columns


def as_json(found: MaskStatistics) -> dict[str, Any]:
    """All that is known, as JSON has it."""
    planes = [
        {"name": plane.name, **_of_plane(plane), "islands": json_rows(_with_matches(plane))} for plane in found.planes
    ]
    files = {"mask": str(found.mask), "image": None if found.image is None else str(found.image)}
    if len(planes) == 1 and found.planes[0].name is None:
        del planes[0]["name"]
        return files | planes[0]
    return files | {"planes": planes}


def _said(found: MaskStatistics) -> dict[str, Any]:
    """What a catalogue says beside its columns."""
    said: dict[str, Any] = {"made_by": f"skerry {__version__} stats", "mask": found.mask.name}
    if found.image is not None:
        said["image"] = found.image.name
    if len(found.planes) == 1:
        return said | _of_plane(found.planes[0])
    return said | {"planes": [{"name": plane.name, **_of_plane(plane)} for plane in found.planes]}


def _of_plane(plane: PlaneStatistics) -> dict[str, Any]:
    """What is known of the mask of a plane as a whole."""
    report, flux = plane.report, plane.flux
    told: dict[str, Any] = {
        "island_count": report.islands,
        "masked_pixels": report.pixels,
        "valid_pixels": report.valid_pixels,
        "masked_fraction": report.fraction,
        "beam_area_pixels": plane.beam_area,
        "noise": report.noise,
        "noise_unit": report.noise_unit,
        "seed_clip": report.seed_clip,
        "flood_clip": report.flood_clip,
        "clip_unit": report.clip_unit,
        "warnings": list(report.warnings),
    }
    if plane.matched is not None:
        told["match"] = plane.matched.as_json()
    if flux is not None:
        told["positive_flux_share"], told["negative_flux_share"] = flux.positive_share, flux.negative_share
        factor = plane.flux_factor
        told["flux_jy"] = None if factor is None else (flux.positive + flux.negative) * factor
    return told
