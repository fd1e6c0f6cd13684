"""What was masked, as lines and a short table, or as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from skerry.cli.reports import report_line
from skerry.cli.telling import say, telling
from skerry.steps.places import sky_in_words

if TYPE_CHECKING:
    from skerry.steps.island_columns import IslandColumns
    from skerry.steps.matching import Matched
    from skerry.steps.measured_plane import PlaneStatistics
    from skerry.steps.stats import MaskStatistics

__all__ = ["show_statistics"]

_REMARKS = {
    "at_border": "at the border",
    "at_invalid": "at invalid pixels",
    "beside_negative": "negative nearby",
}


def show_statistics(found: MaskStatistics, rows: int | None, *, as_json: bool = False) -> None:
    """Tell on standard output what was masked.

    Parameters
    ----------
    found : MaskStatistics
        Of the mask.
    rows : int, optional
        Islands of a plane to list at most; None for all.
    as_json : bool
        Whether to tell all of it as one JSON object.
    """
    telling().finish()
    if as_json:
        from skerry.io.catalogues import as_plain
        from skerry.steps.island_files import as_json as told

        say(json.dumps(as_plain(told(found))))
        return
    for plane in found.planes:
        for line in _lines(found, plane, rows):
            say(line)


def _lines(found: MaskStatistics, plane: PlaneStatistics, rows: int | None) -> list[str]:
    name = "" if plane.name is None else f"{plane.name}: "
    lines = [f"{found.mask}: {name}{report_line(plane.report)}"]
    flux, factor = plane.flux, plane.flux_factor
    if flux is not None:
        told = "" if factor is None else f"{(flux.positive + flux.negative) * factor:.4g} Jy in the mask: "
        shares = f"{_share(flux.positive_share)} of the positive and {_share(flux.negative_share)} of the negative flux"
        lines.append(f"{told}{shares} of the image")
    columns = plane.columns
    order = columns.brightest_first()[:rows]
    if len(order):
        lines += _aligned([*_headings(plane, columns), *(_row(columns, int(n)) for n in order)])
    if len(order) < plane.report.islands:
        lines.append(f"{plane.report.islands - len(order)} more; --all lists them")
    return [*lines, *([] if plane.matched is None else _match_lines(plane.matched, rows))]


def _match_lines(matched: Matched, rows: int | None) -> list[str]:
    """What was found of a catalogue, and the sources that were missed, those of the highest signal first."""
    matches = matched.matches
    distance = f"{matched.radius:.3g} pixels" if matched.pixel is None else f"{3600 * matched.radius:.3g} arcsec"
    what = ("island" if matched.is_mask else "source") + ("" if matches.found == 1 else "s")
    clearly = matched.clearly_missed
    told = "" if clearly is None else f", {clearly} of them above 5 sigma"
    outside = int(np.count_nonzero(~matches.within))
    beyond = f", {outside} outside" if outside else ""
    false = "1 island" if matches.false == 1 else f"{matches.false} islands"
    found = f"{matches.found} {what} found, {matches.missed} missed{told}{beyond}"
    lines = [f"{matched.with_file}: {found}; {false} of the mask without any (within {distance})"]
    missed = matched.missed_first()
    listed = missed[:rows]
    if not len(listed):
        return lines
    signal = [] if matches.snr is None else ["S/N"]
    sky = [] if matched.ra is None else ["RA        Dec (ICRS)"]
    cells = [["missed", *sky, "x", "y", *signal]]
    for n in listed:
        at = [] if matched.ra is None or matched.dec is None else [sky_in_words(matched.ra[n], matched.dec[n])]
        snr = [] if matches.snr is None else [f"{matches.snr[n]:.1f}"]
        cells.append([str(n + 1), *at, f"{matched.x[n] + 1:.1f}", f"{matched.y[n] + 1:.1f}", *snr])
    lines += _aligned(cells)
    return [*lines, *([f"{len(missed) - len(listed)} more missed"] if len(listed) < len(missed) else [])]


def _share(share: float | None) -> str:
    return "nothing" if share is None else f"{100 * share:.3g} %"


def _headings(plane: PlaneStatistics, columns: IslandColumns) -> list[list[str]]:
    """Names of the columns, and under them the units of the pixels, so that a row fits on a terminal of 80 columns.

    The remarks behind them need no name.
    """
    unit = "" if plane.unit is None else plane.unit.text
    peak = "Jy/beam" if plane.unit is not None and plane.unit.in_jy_per_beam is not None else unit
    said = {
        "number": "island",
        "ra": "RA        Dec (ICRS)",
        "x": "x",
        "y": "y",
        "pixels": "pixels",
        "beams": "beams",
        "peak": "peak",
        "flux": "flux",
        "sum": "sum",
        "snr": "S/N",
        "largest_scale": "scale",
    }
    units = {"peak": peak, "flux": "Jy", "sum": unit}
    told = [name for name in said if name in columns]
    under = [units.get(name, "") for name in told]
    return [[*(said[name] for name in told), ""], *([[*under, ""]] if any(under) else [])]


def _row(columns: IslandColumns, n: int) -> list[str]:
    """Cells of an island, at its peak where there is one."""
    at = "peak_" if "peak_x" in columns else ""
    cells = [str(columns["number"][n])]
    if "ra" in columns:
        cells.append(sky_in_words(float(columns[f"{at}ra"][n]), float(columns[f"{at}dec"][n])))
    cells += [f"{columns[f'{at}{axis}'][n]:.{0 if at else 1}f}" for axis in "xy"]
    formats = {"pixels": "d", "beams": ".1f", "peak": ".4g", "flux": ".4g", "sum": ".4g", "snr": ".1f"}
    cells += [format(columns[name][n], form) for name, form in formats.items() if name in columns]
    if "largest_scale" in columns:
        cells.append(str(columns["largest_scale"][n]))
    remarks = [word for name, word in _REMARKS.items() if name in columns and columns[name][n]]
    return [*cells, ", ".join(remarks)]


def _aligned(rows: list[list[str]]) -> list[str]:
    """Cells under each other: numbers to the right, positions and words to the left."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    last = len(widths) - 1
    return [
        " ".join(
            cell.ljust(width) if n == last or ":" in cell or cell.startswith("RA ") else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
