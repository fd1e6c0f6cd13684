"""What `stats` writes: catalogues and outlines of islands, each in the format that the suffix of its name says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skerry import __version__
from skerry.errors import SkerryError
from skerry.io.catalogues import Column, json_rows, write_ecsv, write_json
from skerry.io.whole_files import whole_files

if TYPE_CHECKING:
    from skerry.steps.stats import MaskStatistics, PlaneStatistics

__all__ = ["as_json", "catalogue_of", "check_suffixes", "write_islands"]

_SUFFIXES = (".ecsv", ".json", ".reg", ".crtf")


def check_suffixes(paths: Sequence[Path]) -> None:
    """Refuse a name whose suffix says no format."""
    for path in paths:
        if path.suffix.lower() not in _SUFFIXES:
            formats = "a catalogue .ecsv or .json, regions .reg for DS9 and .crtf for CASA and CARTA"
            raise SkerryError(f"{path}: its suffix says no format; give {formats}")


def write_islands(found: MaskStatistics, outputs: Sequence[Path]) -> None:
    """Write catalogues and regions, all of them or none."""
    if not outputs:
        return
    with whole_files(*outputs) as partials:
        for path, partial in zip(outputs, partials, strict=True):
            if path.suffix.lower() == ".ecsv":
                write_ecsv(partial, catalogue_of(found), _said(found))
            elif path.suffix.lower() == ".json":
                write_json(partial, as_json(found))
            else:
                raise NotImplementedError


def catalogue_of(found: MaskStatistics) -> list[Column]:
    """Islands of all planes; of a cube with the name of its plane."""
    of_planes = [plane.columns().columns for plane in found.planes]
    columns = [
        Column(first.name, np.concatenate([one.values for one in same]), first.unit, first.description)
        for first, *rest in zip(*of_planes, strict=True)
        for same in ([first, *rest],)
    ]
    if len(found.planes) > 1:
        names = np.repeat([plane.name or "" for plane in found.planes], [len(plane.table) for plane in found.planes])
        columns.insert(1, Column("plane", names, None, "plane of the cube"))
    return columns


def as_json(found: MaskStatistics) -> dict[str, Any]:
    """All that is known, as JSON has it."""
    planes = [
        {"name": plane.name, **_of_plane(plane), "islands": json_rows(plane.columns().columns)}
        for plane in found.planes
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
    report, flux = plane.report, plane.table.flux
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
    if flux is not None:
        told["positive_flux_share"], told["negative_flux_share"] = flux.positive_share, flux.negative_share
        factor = plane.flux_factor
        told["flux_jy"] = None if factor is None else (flux.positive + flux.negative) * factor
    return told
