"""The report of a mask cube, or of the union of its planes, from those of the planes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skerry.filters.islands import count_islands
from skerry.io.fits import open_mask
from skerry.planes.bits import BitMask
from skerry.planes.masks import set_pixels
from skerry.sky.image_axes import frequency_of
from skerry.sky.restoring_beam import RestoringBeam
from skerry.steps.chosen_planes import ChosenPlanes
from skerry.steps.edits import EditReport
from skerry.steps.made_mask import MaskReport, PlaneFacts, PlaneReport

if TYPE_CHECKING:
    from astropy.io import fits

    from skerry.masking.taken_away import Taken

__all__ = ["facts_of_planes", "report_of_planes", "report_of_union"]


def facts_of_planes(
    chosen: ChosenPlanes, header: fits.Header, beams: Sequence[tuple[float | None, ...]]
) -> list[PlaneFacts]:
    """Say which planes they are that were chosen.

    Parameters
    ----------
    chosen : ChosenPlanes
        The planes.
    header : Header
        Of the first plane of the cube.
    beams : sequence of tuple
        BMAJ, BMIN and BPA of each in degrees, None where not known.

    Returns
    -------
    list of PlaneFacts
        In the same order.
    """
    cube, base = chosen.cube, frequency_of(header)
    axes = [n for n in range(len(cube.lengths)) if str(header.get(f"CTYPE{cube.number_of_axis(n)}")).startswith("FREQ")]
    step = 0.0 if not axes else float(header.get(f"CDELT{cube.number_of_axis(axes[0])}", 0.0))
    found = []
    for n, (plane, beam) in enumerate(zip(chosen.planes, beams, strict=True)):
        name = chosen.in_words([n]) if len(chosen.planes) > 1 else "plane 0"
        frequency = None if base is None else base + step * sum(cube.index(plane)[axis] for axis in axes[:1])
        stokes = chosen.names[plane.stokes]
        named = None if stokes.startswith("parameter") else stokes
        known = None if None in beam else RestoringBeam(*(float(value) for value in beam if value is not None))
        found.append(PlaneFacts(name, plane.channel, named, frequency, known))
    return found


def report_of_planes(facts: Sequence[PlaneFacts], reports: Sequence[MaskReport], warned: tuple[str, ...]) -> MaskReport:
    """Report of all planes.

    Parameters
    ----------
    facts : sequence of PlaneFacts
        Which planes they are.
    reports : sequence of MaskReport
        Of each of them.
    warned : tuple of str
        Warnings that the header keeps.

    Returns
    -------
    MaskReport
        Sums of islands and pixels, the median of the noise, what all planes with valid pixels have in common of the
        rest, and the reports themselves.
    """
    of_planes = tuple(PlaneReport(plane, report) for plane, report in zip(facts, reports, strict=True))
    judged = [report for report in reports if report.valid_pixels or report.pixels] or list(reports)
    noise = [report.noise for report in judged if report.noise is not None]
    known = {
        name: _common([getattr(report, name) for report in judged])
        for name in ("noise_unit", "seed_clip", "seed_clip_asked", "flood_clip", "clip_unit", "preset")
    }
    sums = {
        name: _sum([getattr(report, name) for report in judged])
        for name in ("valid_pixels", "noise_islands", "negative_islands")
    }
    return MaskReport(
        islands=sum(report.islands for report in reports),
        pixels=sum(report.pixels for report in reports),
        noise=float(np.median(noise)) if noise else None,
        removed=_removed(reports),
        edits=_edits(reports),
        both_signs=any(report.both_signs for report in judged),
        warnings=warned,
        planes=of_planes,
        **known,
        **sums,
    )


def report_of_union(mask: Path, of_all: MaskReport) -> MaskReport:
    """Report of the union of planes.

    Parameters
    ----------
    mask : Path
        The union.
    of_all : MaskReport
        Of the planes.

    Returns
    -------
    MaskReport
        With islands and pixels of the union, of whose pixels as many are valid as in any plane.
    """
    with open_mask(mask) as opened:
        islands, pixels = count_islands(BitMask.of(set_pixels(opened.data)))
    valid = max((plane.report.valid_pixels or 0 for plane in of_all.planes), default=0)
    return replace(of_all, islands=islands, pixels=pixels, valid_pixels=valid or None, union=True)


def _common(values: Sequence[Any]) -> Any:
    known = [value for value in values if value is not None]
    return known[0] if known and all(value == known[0] for value in known) else None


def _sum(values: Sequence[Any]) -> Any:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _edits(reports: Sequence[MaskReport]) -> tuple[EditReport, ...]:
    """Sums of what the operations did to all planes."""
    sums: dict[tuple[str, int], EditReport] = {}
    for report in reports:
        met = Counter[str]()
        for edit in report.edits:
            met[edit.operation] += 1
            key = edit.operation, met[edit.operation]
            sums[key] = sums[key].with_that_of_another_plane(edit) if key in sums else edit
    return tuple(sums.values())


def _removed(reports: Sequence[MaskReport]) -> tuple[Taken, ...]:
    """What was taken away of all planes, by what took it."""
    sums: dict[str, Taken] = {}
    for taken in (taken for report in reports for taken in report.removed):
        before = sums.get(taken.by, taken._replace(pixels=0, islands=0))
        sums[taken.by] = taken._replace(pixels=before.pixels + taken.pixels, islands=before.islands + taken.islands)
    return tuple(sums.values())
