"""The command that tells what was masked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skerry.cli.groups import BY_HAND, CommandGroup
from skerry.cli.parameters import FILES, Background, Nonzero, Overwrite, fits_file, show_paths
from skerry.cli.start_up import import_wcs
from skerry.errors import SkerryError

if TYPE_CHECKING:
    from skerry.sky.restoring_beam import RestoringBeam
    from skerry.steps.chosen_planes import PlaneChoice

group = CommandGroup(BY_HAND)


@group.command(
    "stats", "skerry stats image.mask.fits --image image.fits -o islands.reg", takes_beam=True, takes_planes=True
)
def stats(
    mask: Annotated[Path, typer.Argument(metavar="MASK", show_default=False, help="FITS mask or scale mask.")],
    image: Annotated[
        Path | None, fits_file("Its image; without it sizes and places are told alone, the largest island first.")
    ] = None,
    noise: Annotated[
        str | None,
        typer.Option(
            metavar="RMS|FITS",
            show_default=False,
            help="Noise of the image: a number in its unit, or a map; default measured as 'mask' does.",
            rich_help_panel=FILES,
        ),
    ] = None,
    bkg: Background = None,
    nonzero: Nonzero = False,
    match: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Also tell what of a catalogue was found: a table with RA and Dec, or another mask.",
            rich_help_panel=FILES,
        ),
    ] = None,
    match_radius: Annotated[
        str | None,
        typer.Option(
            metavar="ANGLE",
            show_default=False,
            help="Distance from a source to the nearest pixel of its island; default half the FWHM of the beam, and 0 "
            "for a mask.",
        ),
    ] = None,
    match_output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="What became of each source of the catalogue, as .ecsv.",
            rich_help_panel=FILES,
        ),
    ] = None,
    rows: Annotated[int, typer.Option(metavar="INTEGER", help="Islands to list, the brightest. Range: >= 0.")] = 20,
    all_rows: Annotated[bool, typer.Option("--all", help="List all islands.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Tell it as one JSON object.")] = False,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default=False,
            help="Also write it, by its suffix: .ecsv or .json all islands, .reg (DS9) or .crtf (CASA, CARTA) their "
            "outlines; may be given again.",
            rich_help_panel=FILES,
        ),
    ] = None,
    overwrite: Overwrite = False,
    *,
    planes: PlaneChoice | None,
    beam: RestoringBeam | Path | None,
) -> None:
    """Tell what was masked: the islands, the brightest first, and how much of the flux of the image lies in them.

    Islands are numbered in the order of the file. Positions are in ICRS, pixels count from 1. Written catalogues and
    regions have all islands.
    """
    import_wcs()
    from skerry.cli.island_table import show_statistics
    from skerry.sky.angle import parse_angle
    from skerry.steps.stats import make_statistics

    if rows < 0:
        raise SkerryError(f"--rows {rows}: must be 0 or more")
    found = make_statistics(
        mask,
        image,
        noise=_noise_of(noise),
        bkg=bkg,
        beam=beam,
        nonzero=nonzero,
        match=match,
        match_radius=None if match_radius is None else parse_angle(match_radius, "match_radius"),
        match_output=match_output,
        outputs=output or (),
        planes=planes,
        overwrite=overwrite,
    )
    show_statistics(found, None if all_rows else rows, as_json=as_json)
    if not as_json:
        show_paths(*found.outputs)


def _noise_of(text: str | None) -> Path | float | None:
    """Noise as a user gives it: a number, or a file."""
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return Path(text)
