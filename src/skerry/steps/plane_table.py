"""What is in the mask of each plane of a cube, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skerry.io.tables import TableColumn
from skerry.steps.made_mask import PlaneFacts, PlaneReport

if TYPE_CHECKING:
    from skerry.steps.made_mask import MaskReport

__all__ = ["plane_table"]


def plane_table(report: MaskReport) -> dict[str, TableColumn]:
    """Table of the planes of a cube.

    Parameters
    ----------
    report : MaskReport
        Of the mask; of an image of one plane the table has one row.

    Returns
    -------
    dict of str to TableColumn
        Columns that are known of at least one plane, and those of islands and pixels.
    """
    planes = report.planes or (PlaneReport(PlaneFacts("plane 0"), report),)
    facts, reports = [plane.facts for plane in planes], [plane.report for plane in planes]
    beams = [(None,) * 3 if fact.beam is None else fact.beam for fact in facts]
    unit = next((one.noise_unit for one in reports if one.noise_unit), None) or ""
    columns: dict[str, TableColumn] = {
        "plane": TableColumn([fact.channel for fact in facts]),
        "stokes": TableColumn([fact.stokes for fact in facts]),
        "frequency": TableColumn([fact.frequency for fact in facts], "Hz"),
        "bmaj": TableColumn([_arcsec(beam[0]) for beam in beams], "arcsec"),
        "bmin": TableColumn([_arcsec(beam[1]) for beam in beams], "arcsec"),
        "bpa": TableColumn([beam[2] for beam in beams], "deg"),
        "noise": TableColumn([one.noise for one in reports], unit),
        "seed_clip": TableColumn([one.seed_clip for one in reports]),
        "flood_clip": TableColumn([one.flood_clip for one in reports]),
        "noise_islands": TableColumn([one.noise_islands for one in reports]),
        "negative_islands": TableColumn([one.negative_islands for one in reports]),
        "islands": TableColumn([one.islands for one in reports]),
        "pixels": TableColumn([one.pixels for one in reports]),
        "valid_pixels": TableColumn([one.valid_pixels for one in reports]),
    }
    return {name: column for name, column in columns.items() if any(value is not None for value in column.values)}


def _arcsec(degrees: Any) -> float | None:
    return None if degrees is None else float(degrees) * 3600
