"""Commands that put the steps together: for an image, or for a field."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skerry.cli.groups import CommandGroup
from skerry.cli.parameters import (
    FILES,
    Axes,
    Background,
    Earlier,
    ImageFile,
    Noise,
    Output,
    Overwrite,
    ScaleOutput,
    fits_file,
    show_paths,
)
from skerry.cli.reports import show_made, show_mask
from skerry.cli.step_options import ChosenOptions
from skerry.cli.telling import telling

if TYPE_CHECKING:
    from skerry.sky.restoring_beam import RestoringBeam
    from skerry.steps.chosen_planes import PlaneChoice

group = CommandGroup("Fields: the steps together")


@group.command(
    "mask",
    "skerry mask image.fits --preset early-round",
    step="mask",
    takes_beam=True,
    makes_mask=True,
    takes_planes=True,
)
def mask(
    image: ImageFile,
    rms: Noise = None,
    bkg: Background = None,
    earlier: Earlier = None,
    noise_grid: Annotated[
        Path | None,
        fits_file(
            "Small file that keeps the noise: read if it is of this image and these options of the noise, else written."
        ),
    ] = None,
    scale_output: ScaleOutput = None,
    signal_output: Annotated[Path | None, fits_file("Also write the signal image, sigma.")] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="PNG|PDF",
            show_default=False,
            help="Also draw the image with the mask, as 'plot' does, of a cube the first plane.",
            rich_help_panel=FILES,
        ),
    ] = None,
    output: Output = None,
    axes: Axes = None,
    overwrite: Overwrite = False,
    *,
    planes: PlaneChoice | None,
    beam: RestoringBeam | Path | None,
    chosen: ChosenOptions,
) -> None:
    """Make the mask of one image: noise, signal, clip or flood, and erosion, in one process.

    Options that are given change those of the preset late-round, or of another --preset. Without --rms the noise is
    measured. The default name of the result is X.mask.fits for X.fits.
    """
    from skerry.steps.mask import make_mask

    chosen.tell_idle(chosen.options.without_effect)
    chosen.tell_without_file("flood_fill_fading_factor", "earlier", earlier)
    if plot is not None:
        from skerry.steps.plot import check_picture

        check_picture(plot, [image, rms, bkg, earlier, output, scale_output, signal_output], overwrite)
    made = make_mask(
        image,
        chosen.options,
        preset=chosen.preset,
        rms=rms,
        bkg=bkg,
        beam=beam,
        earlier=earlier,
        noise_grid=noise_grid,
        output=output,
        scale_output=scale_output,
        signal_output=signal_output,
        axes=axes,
        planes=planes,
        overwrite=overwrite,
    )
    if plot is not None:
        from skerry.steps.plot import make_plot

        drawn = made.scale_mask or made.mask
        make_plot(image, drawn, output=plot, beam=beam, planes=planes, of_chosen_planes=True, overwrite=overwrite)
    show_mask(made, picture=plot)


@group.command("run", "skerry run demo/field.yaml --cores 2 --dry-run", passes_on=True, computes=False)
def run(
    context: typer.Context,
    field: Annotated[
        Path, typer.Argument(metavar="FIELD.yaml [FIELD.yaml ...]", show_default=False, help="The field, or several.")
    ],
    cores: Annotated[
        int | None, typer.Option("--cores", "-c", min=1, metavar="INTEGER", show_default=False, help="Cores to use.")
    ] = None,
    profile: Annotated[
        str,
        typer.Option(
            metavar="NAME|DIRECTORY", help="Where jobs run: default (here), slurm (a cluster), or one's own profile."
        ),
    ] = "default",
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show Snakemake's own messages in place of a line for each job.")
    ] = False,
) -> int:
    """Make every mask of a field, or of several, with Snakemake; what skerry does not know is passed on to it.

    Only what is missing or out of date is made. Each job is told of as it ends, errors are told again at the end, and a
    run without any ends with a table of the masks. With --dry-run nothing is made, and the jobs are listed. Several
    fields share the cores, or the limit of jobs on a cluster.
    """
    from skerry.cli.progress import shown_when_long
    from skerry.workflow.run import run_workflow
    from skerry.workflow.run_progress import RunProgress

    more = list(takewhile(lambda argument: argument.endswith((".yaml", ".yml")), context.args))
    fields, extra = [field, *map(Path, more)], context.args[len(more) :]
    if verbose:
        return run_workflow(fields, cores, extra, profile, verbose=True)
    progress = RunProgress()
    with shown_when_long(lambda: (progress.done, progress.share)):
        return run_workflow(fields, cores, extra, profile, progress=progress)


@group.command("profile", "skerry profile slurm my-cluster", computes=False)
def profile(
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="The profile: default or slurm.")],
    directory: Annotated[
        Path, typer.Argument(metavar="DIRECTORY", show_default=False, help="Where to put it, for run --profile.")
    ],
) -> None:
    """Copy a profile to set what a site needs, such as its partition and account."""
    from skerry.workflow.profiles import copy_profile

    show_paths(copy_profile(name, directory))


@group.command("summary", "skerry summary demo/field.yaml")
def summary(
    field: Annotated[Path, typer.Argument(metavar="FIELD.yaml", show_default=False, help="The field.")],
) -> None:
    """Show what is in the masks of a field: round, beam, islands, masked fraction, seed clip."""
    from rich.console import Console

    from skerry.field.config import load_field
    from skerry.workflow.summary import summarise

    summarise(load_field(field), Console())


@group.command("report", "skerry report demo/field.yaml -o report.html")
def report(
    fields: Annotated[
        list[Path],
        typer.Argument(
            metavar="FIELD.yaml [MORE.yaml ...]",
            show_default=False,
            help="The field, and files that change keys of it, as with Snakemake's --configfile.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="HTML",
            show_default=False,
            help="Name of the report; default report.html beside the rounds of the field.",
            rich_help_panel=FILES,
        ),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(
            metavar="DIRECTORY",
            show_default=False,
            help="Write the pictures there, as PNG, not into the page.",
            rich_help_panel=FILES,
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Show a field at a glance, as one page for a browser: pictures, tables and plots of all masks, warnings first.

    What is not made yet, or got lost, is told of, and the rest is shown.
    """
    from skerry.field.config import load_field
    from skerry.report.write import write_report

    field = load_field(*fields)
    made = write_report(field, fields[0], output, pictures=pictures, overwrite=overwrite)
    # Its pictures are of many images: no size is that of the report.
    telling().progress = None
    show_made(f"report of {field.field}", *made)
