"""The command that changes a mask by hand, whose flags are done in the order in which they are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skerry.cli.groups import BY_HAND, CommandGroup
from skerry.cli.help import ORDER
from skerry.cli.parameters import Axes, Nonzero, Overwrite, fits_file
from skerry.cli.reports import show_mask
from skerry.cli.start_up import import_wcs

if TYPE_CHECKING:
    from skerry.steps.chosen_planes import PlaneChoice
    from skerry.steps.edits import Edit

group = CommandGroup(BY_HAND)

_PANEL = "Operations, done in the order in which they are given"


def _operation(metavar: str | None, help: str, *flags: str) -> Any:  # noqa: A002
    return typer.Option(*flags, metavar=metavar, show_default=False, help=help, rich_help_panel=_PANEL)


_ISLANDS = "numbers, as 3,7-9, or a position RA,Dec."


@group.command(
    "edit",
    "skerry edit image.mask.fits --drop 3,7-9 --add-regions more.reg --dilate 1 -o edited.mask.fits",
    makes_mask=True,
    takes_planes=True,
    in_order=True,
)
def edit(
    context: typer.Context,
    mask: Annotated[Path, typer.Argument(metavar="MASK", show_default=False, help="FITS mask or scale mask.")],
    output: Annotated[Path, fits_file("The edited mask.", "--output", "-o")],
    keep: Annotated[list[str] | None, _operation("ISLANDS", f"Keep only these islands: {_ISLANDS}")] = None,
    drop: Annotated[list[str] | None, _operation("ISLANDS", f"Leave these islands out: {_ISLANDS}")] = None,
    min_size: Annotated[
        list[int] | None, _operation("INTEGER", "Leave out islands of fewer pixels. Range: >= 1.")
    ] = None,
    min_snr: Annotated[
        list[float] | None,
        _operation("NUMBER", "Leave out islands of which no pixel reaches it, sigma; with --image. Range: > 0."),
    ] = None,
    add_regions: Annotated[
        list[Path] | None, _operation("FILE", "Add the pixels in the regions of a DS9 or CRTF file.")
    ] = None,
    remove_regions: Annotated[list[Path] | None, _operation("FILE", "Leave out the pixels in its regions.")] = None,
    fill_holes: Annotated[bool, _operation(None, "Add what islands enclose.", "--fill-holes")] = False,
    dilate: Annotated[
        list[int] | None, _operation("INTEGER", "Add what is so many pixels away or less. Range: 1 to 1000.")
    ] = None,
    erode: Annotated[
        list[int] | None, _operation("INTEGER", "Leave out what is so near the edge of an island. Range: 1 to 1000.")
    ] = None,
    union: Annotated[list[Path] | None, _operation("FITS", "Add the pixels of another mask.")] = None,
    intersect: Annotated[list[Path] | None, _operation("FITS", "Keep only the pixels of another mask.")] = None,
    subtract: Annotated[list[Path] | None, _operation("FITS", "Leave out the pixels of another mask.")] = None,
    reproject: Annotated[bool, typer.Option("--reproject", help="Take other masks on whatever grid they are.")] = False,
    image: Annotated[Path | None, fits_file("Image of the mask: its invalid pixels are never masked.")] = None,
    noise: Annotated[Path | None, fits_file("Its noise map, for --min-snr; measured if absent.")] = None,
    nonzero: Nonzero = False,
    axes: Axes = None,
    overwrite: Overwrite = False,
    *,
    planes: PlaneChoice | None,
) -> None:
    """Change a mask by hand: its islands, by regions, and by other masks; each flag may be given several times.

    Islands have the numbers that 'skerry stats' shows of MASK, whatever is done before; positions are ICRS, in degrees
    with a point (60.05,-45.1) or as 04:00:12,-45:06:00. The bits of a scale mask are edited each by itself, what is
    added by regions or by a mask without scales with all of them.
    """
    import_wcs()
    from skerry.steps.edit import make_edited_mask

    given = {
        "keep": keep,
        "drop": drop,
        "min_size": min_size,
        "min_snr": min_snr,
        "add_regions": add_regions,
        "remove_regions": remove_regions,
        "dilate": dilate,
        "erode": erode,
        "union": union,
        "intersect": intersect,
        "subtract": subtract,
    }
    show_mask(
        make_edited_mask(
            mask,
            _in_order(context.meta[ORDER], given, fill_holes=fill_holes),
            output=output,
            image=image,
            noise=noise,
            reproject=reproject,
            nonzero=nonzero,
            axes=axes,
            planes=planes,
            overwrite=overwrite,
        )
    )


def _in_order(names: Sequence[str], given: Mapping[str, Sequence[Any] | None], *, fill_holes: bool) -> list[Edit]:
    """Operations in the order of the command line, in which a name stands as often as its flag."""
    from skerry.steps.edits import Edit

    values = {name: iter(several or ()) for name, several in given.items()}
    edits = []
    for name in names:
        if name in values:
            edits.append(Edit(name, next(values[name])))
        elif name == "fill_holes" and fill_holes:
            edits.append(Edit(name))
    return edits
