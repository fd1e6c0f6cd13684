"""Commands between the masks and the imager: is a mask fit for it, and masks of single scales."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skerry.cli.groups import CommandGroup
from skerry.cli.parameters import Nonzero, Output, Overwrite, fits_file, show_paths

group = CommandGroup("Imaging: masks for the imager")


@group.command("check", "skerry check image.mask.fits --image image.fits")
def check(
    mask: Annotated[Path, typer.Argument(metavar="MASK", show_default=False, help="FITS mask, for the imager.")],
    image: Annotated[Path | None, fits_file("Image that the imager made, of the grid it will make.")] = None,
    size: Annotated[
        tuple[int, int] | None,
        typer.Option(metavar="NX NY", show_default=False, help="Without an image: WSClean's -size, pixels."),
    ] = None,
    scale: Annotated[
        str | None,
        typer.Option(metavar="ANGLE", show_default=False, help="Without an image: WSClean's -scale, as 8asec."),
    ] = None,
    channels: Annotated[int, typer.Option(metavar="INTEGER", help="WSClean's -channels-out. Range: >= 1.")] = 1,
    allow_empty: Annotated[bool, typer.Option("--allow-empty", help="Take a mask in which nothing is masked.")] = False,
    nonzero: Nonzero = False,
) -> None:
    """Check that an imager, WSClean 3.1, would take a mask and clean where it says; else list every problem.

    Exit status 0, or 2 with the problems. --size and --scale cannot tell where on the sky the mask lies; --image can.
    """
    from skerry.sky.angle import parse_angle
    from skerry.steps.check import check_mask

    degrees = None if scale is None else parse_angle(scale)
    facts = check_mask(
        mask, image=image, size=size, scale=degrees, channels=channels, allow_empty=allow_empty, nonzero=nonzero
    )
    planes = f" x {facts.planes} planes" if facts.planes > 1 else ""
    islands = "1 island" if facts.islands == 1 else f"{facts.islands} islands"
    typer.echo(
        f"{mask}: {facts.size[0]} x {facts.size[1]} pixels{planes}, {facts.pixel_type}, {islands}, "
        f"{100 * facts.fraction:.3f} % masked"
    )


@group.command("info", "skerry info image.mask.fits")
def info(
    mask: Annotated[Path, typer.Argument(metavar="MASK", show_default=False, help="FITS mask or scale mask.")],
    as_json: Annotated[bool, typer.Option("--json", help="Tell it as one JSON object.")] = False,
) -> None:
    """Tell what is in a mask, and the commands that make it again.

    They are to be run where the files that they begin with lie. Of those that lie beside the mask it is told whether
    they are still what they were.
    """
    from skerry.cli.mask_info import show_info
    from skerry.steps.info import describe_mask

    show_info(describe_mask(mask), as_json=as_json)


@group.command("split-scales", "skerry split-scales image.scalemask.fits --scale 8")
def split_scales(
    scale_mask: Annotated[Path, typer.Argument(metavar="SCALE_MASK", show_default=False, help="FITS scale mask.")],
    scale: Annotated[
        int | None, typer.Option(metavar="INTEGER", show_default=False, help="Only this scale, pixels; default all.")
    ] = None,
    output: Output = None,
    overwrite: Overwrite = False,
) -> None:
    """Write a plain mask of zeros and ones for each CLEAN scale of a scale mask.

    The default names of the results are X.scale0.mask.fits, X.scale8.mask.fits, ... for X.scalemask.fits.
    """
    from skerry.steps.split_scales import make_masks_of_scales

    show_paths(*make_masks_of_scales(scale_mask, scale=scale, output=output, overwrite=overwrite))
