"""What a subcommand that makes a mask tells of it: a line on standard error, beside the paths on standard output.

How much it tells, and whether as JSON, its user chooses with flags that all of these subcommands have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from skerry.cli.parameters import show_paths
from skerry.cli.signatures import flag, parameters_of, with_signature
from skerry.cli.telling import say, telling, warn

if TYPE_CHECKING:
    from skerry.masking.taken_away import Taken
    from skerry.steps.check_clean import CheckedClean
    from skerry.steps.edits import EditReport
    from skerry.steps.made_mask import MadeMask, MaskReport

__all__ = ["report_line", "show_clean", "show_made", "show_mask", "with_report"]

_REPORT = "Report"
"""Panel of the help."""
_NAMES = {
    "suppression": "artefact suppression",
    "fading": "fading since the round before",
    "rims": "rims",
    "erosion": "erosion",
}


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Tell of nothing but errors.", rich_help_panel=_REPORT)]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", help="Also tell the options used, and how long each part took.", rich_help_panel=_REPORT
    ),
]
Json = Annotated[
    bool,
    typer.Option("--json", help="Tell on standard output what was made, as one JSON object.", rich_help_panel=_REPORT),
]


TableFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--table",
        metavar="FILE",
        show_default=False,
        help="Also write a table of the planes of a cube: .fits, .ecsv or .csv.",
        rich_help_panel=_REPORT,
    ),
]


def with_report(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that makes a mask the flags that say how much of it is told."""
    flags = [
        flag("quiet", Quiet, False),
        flag("verbose", Verbose, False),
        flag("json", Json, False),
        flag("table", TableFile),
    ]

    @with_signature(command, [*parameters_of(command), *flags])
    def run(*, quiet: bool, verbose: bool, json: bool, table: Path | None, **given: Any) -> Any:
        told = telling()
        if table is not None:
            # Imported here: most masks are of one plane.
            from skerry.io.tables import check_table

            others = [value for value in given.values() if isinstance(value, Path)]
            check_table(table, others, overwrite=bool(given.get("overwrite")))
            told.table = table
        told.quiet, told.verbose, told.json = quiet, verbose and not quiet, json
        with _log_to_stderr() if told.verbose else nullcontext():
            return command(**given)

    return run


def show_mask(made: MadeMask, *, scales_first: bool = False, picture: Path | None = None) -> None:
    """Tell which files were made, on standard output, and what is in the mask, on standard error.

    Parameters
    ----------
    made : MadeMask
        What was made.
    scales_first : bool
        Whether the scale mask is named before the mask.
    picture : Path, optional
        Of the mask, if one was drawn.
    """
    told = telling()
    if told.table is not None:
        from skerry.io.tables import write_table
        from skerry.steps.plane_table import plane_table

        write_table(told.table, plane_table(made.report))
    told.finish()
    if told.json:
        import json

        files = {"mask": made.mask, "scale_mask": made.scale_mask, "signal": made.signal}
        files |= {} if picture is None else {"picture": picture}
        found: dict[str, Any] = {name: None if path is None else str(path) for name, path in files.items()}
        found |= {"report": made.report.as_json(), "warnings": told.warnings, "notes": told.notes}
        say(json.dumps(found))
        return
    if told.quiet:
        return
    if told.verbose and made.report.planes:
        warn("\n".join(_lines_of_planes(made.report)))
    for edit in made.report.edits:
        warn(f"skerry: {_edit_line(edit)}")
    warn(f"skerry: {report_line(made.report)}; {told.work()}")
    masks = (made.scale_mask, made.mask) if scales_first else (made.mask, made.scale_mask)
    show_paths(*dict.fromkeys((*masks, made.signal, picture)))


def show_made(what: str, *paths: Path | None) -> None:
    """Tell on standard output which files were made, and on standard error of how many pixels and how long it took."""
    telling().finish()
    warn(f"skerry: {what}: {telling().work()}")
    show_paths(*paths)


def show_clean(checked: CheckedClean, *, as_json: bool = False) -> None:
    """Tell on standard output what is known of a clean, in a line or as JSON."""
    if as_json:
        import json

        say(json.dumps(checked.as_json(), indent=1))
        return
    model = "no model"
    if checked.contents is not None:
        flux, share = checked.contents.total, 100 * checked.contents.outside_fraction
        model = f"model of {flux:.4g} in {_number(checked.contents.pixels, 'pixel')}, {share:.2g} % outside of the mask"
    found = ", ".join(checked.found) or "nothing wrong"
    say(f"{checked.image}: {checked.size[0]} x {checked.size[1]} pixels, {model}: {found}")


def report_line(report: MaskReport) -> str:
    """What is in a mask, and what was taken away, in one line.

    Parameters
    ----------
    report : MaskReport
        Of the mask.

    Returns
    -------
    str
        Only what is known.

    Examples
    --------
    >>> from skerry.steps.made_mask import MaskReport
    >>> report_line(MaskReport(islands=2, pixels=50, valid_pixels=10000, seed_clip=5, clip_unit="sigma"))
    '2 islands, 50 pixels (0.5 % of the valid ones); seed clip 5 sigma'
    """
    share = "" if report.fraction is None else f" ({100 * report.fraction:.3g} % of the valid ones)"
    islands = f"{_number(report.islands, 'island')}{' of both signs' if report.both_signs else ''}"
    parts = [f"{islands}, {_number(report.pixels, 'pixel')}{share}{_planes(report)}"]
    if report.noise is not None:
        parts.append(f"noise {report.noise:.3g} {report.noise_unit or ''}".rstrip() + " (median)")
    if report.seed_clip is not None:
        parts.append(_clips(report))
    if report.noise_islands is not None:
        parts.append(f"{report.noise_islands:.2g} islands expected from noise")
    if report.negative_islands is not None:
        parts.append(f"{report.negative_islands} on the negative side")
    taken = [_taken(one) for one in report.removed if one.pixels]
    if taken:
        parts.append(f"taken away: {', '.join(taken)}")
    return "; ".join(parts)


def _edit_line(edit: EditReport) -> str:
    """What an operation did to a mask."""
    before = f"{_number(edit.islands_before, 'island')}, {_number(edit.pixels_before, 'pixel')}"
    if not edit.changed:
        return f"{edit.operation}: changes nothing ({before})"
    after = f"{_number(edit.islands, 'island')}, {_number(edit.pixels, 'pixel')}"
    return f"{edit.operation}: {before} -> {after}"


def _lines_of_planes(report: MaskReport) -> list[str]:
    """Table of the planes of a cube, in columns."""
    from skerry.steps.plane_table import plane_table

    table = plane_table(report)
    columns = [
        [name, column.unit, *(_short(value, 10 if column.unit == "Hz" else 6) for value in column.values)]
        for name, column in table.items()
    ]
    widths = [max(map(len, column)) for column in columns]
    lines = zip(*columns, strict=True)
    return ["  ".join(map(str.rjust, line, widths)).rstrip() for line in lines if any(line)]


def _short(value: float | str | None, digits: int) -> str:
    """A value in a column that people read."""
    if value is None:
        return "-"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def _planes(report: MaskReport) -> str:
    """How many planes of a cube they are in."""
    if len(report.planes) < 2:
        return ""
    if report.union:
        return f", the union of {len(report.planes)} planes"
    empty = sum(not plane.report.pixels for plane in report.planes)
    return f" in {len(report.planes)} planes" + (f", {empty} of them empty" if empty else "")


def _clips(report: MaskReport) -> str:
    assert report.seed_clip is not None
    text = f"seed clip {report.seed_clip:.3g}"
    if report.seed_clip_asked is not None and f"{report.seed_clip_asked:.3g}" != f"{report.seed_clip:.3g}":
        how = "raised" if report.seed_clip > report.seed_clip_asked else "lowered"
        text += f" ({how} from {report.seed_clip_asked:.3g})"
    if report.flood_clip is not None:
        text += f", flood clip {report.flood_clip:.3g}"
    unit = report.clip_unit or ""
    return f"{text} {'times the MAC' if unit.startswith('factor') else unit}".rstrip()


def _taken(taken: Taken) -> str:
    islands = f" with {_number(taken.islands, 'island')}" if taken.islands else ""
    return f"{_NAMES[taken.by]} {_number(taken.pixels, 'pixel')}{islands}"


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


@contextmanager
def _log_to_stderr() -> Iterator[None]:
    """Show what steps log of their parts, for the duration of a block."""
    import logging

    log = logging.getLogger("skerry")

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            warn(f"skerry: {record.getMessage()}")

    handler = Handler()
    before = log.level, log.propagate, log.handlers
    log.setLevel(logging.INFO)
    log.propagate, log.handlers = False, [handler]
    try:
        yield
    finally:
        log.setLevel(before[0])
        log.propagate, log.handlers = before[1:]
