"""Commands between the masks and the imager: is a mask fit for it, its form for one, and masks of single scales."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skerry.cli.groups import CommandGroup
from skerry.cli.parameters import FILES, Axes, Nonzero, Output, Overwrite, fits_file
from skerry.cli.reports import show_made
from skerry.cli.telling import say

if TYPE_CHECKING:
    from skerry.steps.chosen_planes import PlaneChoice

group = CommandGroup("Imaging: masks for the imager")
_IMAGER = "Imager"
"""Panel of the help."""


def _of_imager(metavar: str, help: str) -> Any:  # noqa: A002
    """Option that says how the imager is called."""
    return typer.Option(metavar=metavar, show_default=False, help=help, rich_help_panel=_IMAGER)


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
    allow_empty: Annotated[bool, typer.Option("--allow-empty", help="Take a mask in which nothing is masked.")] = False,
    nonzero: Nonzero = False,
    imager: Annotated[
        str | None,
        _of_imager("NAME", "One of wsclean, casa, ddfacet, pfb, astroviper; default wsclean, with notes for others."),
    ] = None,
    imager_version: Annotated[str | None, _of_imager("VERSION", "Its version, as 3.6.")] = None,
    command: Annotated[
        str | None, _of_imager("COMMAND", "The command that calls it, quoted, in place of what follows.")
    ] = None,
    channels: Annotated[
        int | None, _of_imager("INTEGER", "WSClean's -channels-out, tclean's nchan; default 1. Range: >= 1.")
    ] = None,
    join_channels: Annotated[
        bool,
        typer.Option(
            "--join-channels", help="Channels are cleaned jointly, as WSClean says it.", rich_help_panel=_IMAGER
        ),
    ] = False,
    npix: Annotated[str | None, _of_imager("SIZE", "DDFacet's --Image-NPix, as 256 or 256,512.")] = None,
    specmode: Annotated[str | None, _of_imager("MODE", "That of tclean.")] = None,
    multiscale: Annotated[
        bool, typer.Option("--multiscale", help="tclean cleans by scales.", rich_help_panel=_IMAGER)
    ] = False,
) -> None:
    """Check that an imager would take a mask and clean where it says; else list every problem.

    Exit status 0, or 2 with the problems. --size and --scale cannot tell where on the sky the mask lies; --image can.
    """
    from skerry.sky.angle import parse_angle
    from skerry.steps.check import check_mask

    facts = check_mask(
        mask,
        image=image,
        size=size,
        scale=None if scale is None else parse_angle(scale),
        channels=channels,
        allow_empty=allow_empty,
        nonzero=nonzero,
        imager=imager,
        imager_version=imager_version,
        npix=npix,
        join_channels=join_channels,
        specmode=specmode,
        multiscale=multiscale,
        command=command,
    )
    planes = f" x {facts.planes} planes" if facts.planes > 1 else ""
    islands = "1 island" if facts.islands == 1 else f"{facts.islands} islands"
    say(
        f"{mask}: {facts.size[0]} x {facts.size[1]} pixels{planes}, {facts.pixel_type}, {islands}, "
        f"{100 * facts.fraction:.3f} % masked"
    )


@group.command(
    "export", "skerry export image.mask.fits --to casa --like tclean.image -o image.mask.im", takes_planes=True
)
def export(
    mask: Annotated[Path, typer.Argument(metavar="MASK", show_default=False, help="FITS mask or scale mask.")],
    to: Annotated[str, typer.Option("--to", metavar="casa|ddfacet|wsclean", show_default=False, help="The imager.")],
    output: Annotated[
        Path, fits_file("The result: a FITS file, or for tclean a CASA image, which is a directory.", "--output", "-o")
    ],
    like: Annotated[
        Path | None,
        typer.Option(
            metavar="IMAGE",
            show_default=False,
            help="Image that the imager made, FITS or CASA's: the result is to lie on its grid.",
            rich_help_panel=FILES,
        ),
    ] = None,
    npix: Annotated[
        int | None,
        typer.Option(
            metavar="INTEGER",
            show_default=False,
            help="For ddfacet without an image: its --Image-NPix, of which it makes another size. Range: >= 1.",
        ),
    ] = None,
    scale: Annotated[
        int | None,
        typer.Option(metavar="INTEGER", show_default=False, help="Of a scale mask this scale, pixels; else the union."),
    ] = None,
    axes: Annotated[
        int | None,
        typer.Option("--axes", metavar="2|4", show_default=False, help="For wsclean: axes of the file; default 4."),
    ] = None,
    float32: Annotated[
        bool, typer.Option("--float32", help="Pixels of float32 in a FITS file, as some programs want; else uint8.")
    ] = False,
    nonzero: Nonzero = False,
    overwrite: Overwrite = False,
    *,
    planes: PlaneChoice | None,
) -> None:
    """Write a mask in the form that an imager reads as it is meant.

    For casa a CASA image for tclean's mask=, with the very coordinates of --like, an image that tclean made, if it is
    given, and of a cube with each plane in its channel; for ddfacet a FITS file of the size that DDFacet makes of the
    one it is asked for, cut or padded about the reference pixel; for wsclean a FITS file without a card that stops
    WSClean. casa needs python-casacore.
    """
    from skerry.steps.export import make_exported_mask

    made = make_exported_mask(
        mask,
        to,
        output,
        like=like,
        npix=npix,
        scale=scale,
        axes=axes,
        nonzero=nonzero,
        float32=float32,
        planes=planes,
        overwrite=overwrite,
    )
    show_made(f"mask for {to}", made)


@group.command("check-clean", "skerry check-clean image.mask.fits --image image.fits")
def check_clean(
    mask: Annotated[
        Path, typer.Argument(metavar="MASK", show_default=False, help="FITS mask that the imager was given.")
    ],
    image: Annotated[Path, fits_file("Restored image that it made.")],
    model: Annotated[
        Path | None,
        fits_file("Its clean model; default the file beside the image with 'model' for 'image' or 'restored'."),
    ] = None,
    log: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", show_default=False, help="What it said; may be given again.")
    ] = None,
    spill: Annotated[
        int | None,
        typer.Option(
            metavar="INTEGER",
            show_default=False,
            help="Pixels that components may reach over the mask's edge; default half of the largest scale in a log of "
            "WSClean, otherwise 0. Range: >= 0.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="End with status 2 if anything is wrong.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Tell it as one JSON object.")] = False,
) -> None:
    """Check that an imager cleaned as a mask said, by its image, its model and its log; warn of what is wrong.

    Told of are another grid than the mask's, a clean that diverged or ended at a limit, an empty model, flux outside of
    the mask, and components of both signs that lie side by side.
    """
    from skerry.cli.reports import show_clean
    from skerry.steps.check_clean import check_clean as checked

    show_clean(checked(mask, image, model=model, logs=log or (), spill=spill, strict=strict), as_json=as_json)


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


@group.command("split-scales", "skerry split-scales image.scalemask.fits --scale 8", takes_planes=True)
def split_scales(
    scale_mask: Annotated[Path, typer.Argument(metavar="SCALE_MASK", show_default=False, help="FITS scale mask.")],
    scale: Annotated[
        int | None, typer.Option(metavar="INTEGER", show_default=False, help="Only this scale, pixels; default all.")
    ] = None,
    output: Output = None,
    axes: Axes = None,
    overwrite: Overwrite = False,
    *,
    planes: PlaneChoice | None,
) -> None:
    """Write a plain mask of zeros and ones for each CLEAN scale of a scale mask.

    The default names of the results are X.scale0.mask.fits, X.scale8.mask.fits, ... for X.scalemask.fits.
    """
    from skerry.steps.split_scales import make_masks_of_scales

    made = make_masks_of_scales(scale_mask, scale=scale, output=output, axes=axes, planes=planes, overwrite=overwrite)
    show_made(f"masks of {len(made)} scales" if len(made) != 1 else "mask of 1 scale", *made)
