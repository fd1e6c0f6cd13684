"""The command that tells what became of the regions of a file, line by line or as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skerry.cli.groups import BY_HAND, CommandGroup
from skerry.cli.parameters import Axes, Overwrite, fits_file
from skerry.cli.telling import say

if TYPE_CHECKING:
    from skerry.steps.region_account import RegionsOfImage

group = CommandGroup(BY_HAND)


@group.command("regions", "skerry regions sources.reg image.fits")
def regions(
    regions: Annotated[
        Path, typer.Argument(metavar="REGIONS", show_default=False, help="Region file of DS9 (.reg) or CASA (.crtf).")
    ],
    image: Annotated[Path, typer.Argument(metavar="IMAGE", show_default=False, help="FITS image or mask.")],
    output: Annotated[
        Path | None, fits_file("Mask of the regions; by default none is written.", "--output", "-o")
    ] = None,
    axes: Axes = None,
    overwrite: Overwrite = False,
    as_json: Annotated[bool, typer.Option("--json", help="Tell it as one JSON object.")] = False,
) -> None:
    """Tell which pixels the regions of a file have in an image, and which of its lines are not understood.

    A mask of them has what is in a region, and in none that is excluded.
    """
    from skerry.steps.regions import make_region_mask

    told = make_region_mask(regions, image, output=output, axes=axes, overwrite=overwrite)
    _show_regions(told, output, as_json=as_json)


def _show_regions(regions: RegionsOfImage, output: Path | None = None, *, as_json: bool = False) -> None:
    """Tell on standard output which regions were used, and which lines of their file are none."""
    lines = _lines(regions)
    unknown = len(regions.not_understood)
    if as_json:
        found = {"regions": str(regions.path), "mask": None if output is None else str(output), "lines": lines}
        say(json.dumps({**found, "not_understood": unknown, "looks_like": regions.hint or None}))
        return
    count = len(regions.used)
    have = "region has" if count == 1 else "regions have"
    used = f"{regions.touched} of {count} {have} pixels in the image" if count else "no region"
    more = f"; {unknown} line{'s are' if unknown > 1 else ' is'} not understood" if unknown else ""
    say(f"{regions.path}: {used}{more}")
    for line in lines:
        say(f"  line {line['line']:>4}  {_in_words(line)}: {line['text']}")
    if regions.hint:
        say(f"  {regions.hint}")
    if output is not None:
        say(output)


def _lines(regions: RegionsOfImage) -> list[dict[str, Any]]:
    """Lines of the file, in its order."""
    lines: list[dict[str, Any]] = [
        {
            "line": one.region.line,
            "text": one.region.text,
            "what": "region" if one.region.include else "excluded",
            "pixels": one.pixels,
            "reason": one.reason or None,
        }
        for one in regions.used
    ]
    lines += [
        {
            "line": one.line,
            "text": one.text,
            "what": "no region" if one.understood else "not understood",
            "pixels": 0,
            "reason": one.reason,
        }
        for one in regions.left_out
    ]
    return sorted(lines, key=lambda line: line["line"])


def _in_words(line: dict[str, Any]) -> str:
    if line["what"] in ("no region", "not understood"):
        return f"{line['what']}, {line['reason']}"
    does = "has" if line["what"] == "region" else "excludes"
    return (
        f"{does} no pixels, {line['reason']}"
        if line["reason"]
        else f"{does} {line['pixels']} pixel{'s' * (line['pixels'] != 1)}"
    )
