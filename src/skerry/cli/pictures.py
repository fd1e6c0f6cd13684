"""Commands that draw images and masks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skerry.cli.groups import BY_HAND, CommandGroup
from skerry.cli.parameters import FILES, ImageFile, Overwrite, fits_file
from skerry.cli.reports import show_made

if TYPE_CHECKING:
    from skerry.sky.restoring_beam import RestoringBeam
    from skerry.steps.chosen_planes import PlaneChoice

group = CommandGroup(BY_HAND)


@group.command("plot", "skerry plot image.fits image.mask.fits -o image.png", takes_beam=True, takes_planes=True)
def plot(
    image: ImageFile,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="PNG|PDF",
            show_default=False,
            help="The picture: X.png, or X.pdf.",
            rich_help_panel=FILES,
        ),
    ],
    mask: Annotated[
        Path | None,
        typer.Argument(metavar="MASK", show_default=False, help="Mask or scale mask of the image, to be outlined."),
    ] = None,
    compare: Annotated[
        Path | None, fits_file("Another mask: draw what both have, what only MASK has, and what only this one has.")
    ] = None,
    steps: Annotated[
        bool,
        typer.Option(
            "--steps",
            help="Draw what each step of 'mask' did, by the options in the HISTORY of MASK: seeds, what is above "
            "the flood clip, and what was taken as artefacts, as rims and by erosion. It makes the mask once more.",
        ),
    ] = False,
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE", show_default=False, help="For --steps without MASK: the preset. Default: late-round."
        ),
    ] = None,
    region: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Also outline the regions of a file of DS9 or CASA (CRTF).",
            rich_help_panel=FILES,
        ),
    ] = None,
    zoom: Annotated[
        str | None,
        typer.Option(
            metavar="RA,DEC,SIZE",
            show_default=False,
            help="Draw a square of this size alone, as 4h0m,-45d,10arcmin or, in degrees, 60,-45,0.2.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    *,
    planes: PlaneChoice | None,
    beam: RestoringBeam | Path | None,
) -> None:
    """Draw an image with the outlines of what is masked, its brightest islands enlarged.

    Grey is the asinh of the image about its noise; of a large image each pixel of the picture is the brightest of a
    block, so that no source is lost. A scale mask has a colour for the largest scale of each pixel. Of a cube one plane
    is drawn, by default the first.
    """
    from skerry.steps.plot import make_plot

    show_made(
        "picture",
        make_plot(
            image,
            mask,
            output=output,
            compare=compare,
            steps=steps,
            preset=preset,
            region=region,
            zoom=zoom,
            beam=beam,
            planes=planes,
            overwrite=overwrite,
        ),
    )
