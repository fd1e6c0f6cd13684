"""The commands, in the order in which a user meets them.

Only the command that is invoked gets its parameters; of the others the help shows a line. So their help needs neither
NumPy nor pydantic, and comes at once.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skerry import __version__
from skerry.cli.help import GroupedHelp
from skerry.cli.parameters import Background, ImageFile, Noise, Output, Overwrite, with_options
from skerry.errors import SkerryError

if TYPE_CHECKING:
    from skerry.options import MaskingOptions

__all__ = ["COMMANDS", "build_app"]

IMAGES = "Images: what masks are made from"
STEPS = "Masks: the steps, by hand"
FIELDS = "Fields: the steps together"

COMMANDS: list[Command] = []


@dataclass(frozen=True)
class Command:
    """A subcommand."""

    name: str
    heading: str
    example: str
    function: Callable[..., Any]
    step: str | None
    passes_on: bool


def command(
    name: str, heading: str, example: str, *, step: str | None = None, passes_on: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as a subcommand.

    Parameters
    ----------
    name, heading, example : str
        What the help shows.
    step : str, optional
        A key of `skerry.options.STEP_OPTIONS`, whose options the subcommand takes.
    passes_on : bool
        Whether it takes further arguments, to pass them on.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        COMMANDS.append(Command(name, heading, example, function, step, passes_on))
        return function

    return register


def build_app(invoked: str | None) -> typer.Typer:
    """Command line in which one subcommand, if any, is ready to run and the others are there for the help."""
    app = typer.Typer(
        name="skerry",
        cls=GroupedHelp,
        help="CLEAN masks for radio-interferometric imaging: islands of real emission, for every beam and every round.",
        epilog="A first try: skerry simulate demo; skerry run demo/field.yaml --cores 2",
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_skerry)
    for one in COMMANDS:
        function = _not_invoked
        if one.name == invoked:
            function = one.function if one.step is None else with_options(one.step)(one.function)
        app.command(
            one.name,
            help=inspect.getdoc(one.function),
            rich_help_panel=one.heading,
            epilog=f"Example: {one.example}",
            context_settings={"allow_extra_args": True, "ignore_unknown_options": True} if one.passes_on else None,
        )(function)
    return app


def _not_invoked() -> None:
    """Stand for a command of which only the help is shown."""


def _skerry(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"skerry {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _made(*paths: Path | None) -> None:
    for path in paths:
        if path is not None:
            typer.echo(str(path))


@command("simulate", IMAGES, "skerry simulate demo")
def simulate(
    directory: Annotated[Path, typer.Argument(metavar="DIR", show_default=False, help="Where; made if needed.")],
    beams: Annotated[int, typer.Option(metavar="INTEGER", help="Beams. Range: 1 to 100.")] = 4,
    rounds: Annotated[int, typer.Option(metavar="INTEGER", help="Rounds of images. Range: 1 to 100.")] = 3,
    size: Annotated[int, typer.Option(metavar="INTEGER", help="Width of an image, pixels. Range: >= 64.")] = 512,
    seed: Annotated[int, typer.Option(metavar="INTEGER", help="Seed of the random numbers. Range: >= 0.")] = 2045,
    overwrite: Overwrite = False,
) -> None:
    """Make a demo field: images of every beam and round, the truth, and the field.yaml to run.

    Apparent flux in Jy/beam with noise of 80 uJy/beam and artefacts of calibration that shrink from round to round.
    """
    from skerry.simulate import simulate_field

    _made(simulate_field(directory, beams=beams, rounds=rounds, size=size, seed=seed, overwrite=overwrite))


@command("mosaic", IMAGES, "skerry mosaic beam0*.fits -o mosaic.fits --primary-beam-fwhm '1.15 deg'")
def mosaic(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", show_default=False, help="One image a beam.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FITS", show_default=False, help="The mosaic.")],
    primary_beam_fwhm: Annotated[
        str | None,
        typer.Option(
            metavar="ANGLE", show_default=False, help="FWHM of a Gaussian primary beam: deg, or with arcmin or arcsec."
        ),
    ] = None,
    primary_beam_cutoff: Annotated[
        float, typer.Option(metavar="NUMBER", help="Response below which a beam is not used. Range: > 0, < 1.")
    ] = 0.1,
    weights: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FITS",
            show_default=False,
            help="Weight image, one for each image in their order, in place of the primary beam; the images are then "
            "taken as corrected for it.",
        ),
    ] = None,
    like: Annotated[
        Path | None, typer.Option(metavar="FITS", show_default=False, help="Image whose pixel grid to use.")
    ] = None,
    weight_output: Annotated[
        Path | None, typer.Option(metavar="FITS", show_default=False, help="Also write the sum of the weights.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Co-add the beams of a round to a linear mosaic, Jy/beam, corrected for the primary beam."""
    from skerry.angle import parse_angle
    from skerry.mosaic import mosaic_step

    fwhm = None if primary_beam_fwhm is None else parse_angle(primary_beam_fwhm)
    _made(
        mosaic_step(
            images,
            output,
            primary_beam_fwhm=fwhm,
            weights=weights or None,
            primary_beam_cutoff=primary_beam_cutoff,
            like=like,
            weight_output=weight_output,
            overwrite=overwrite,
        )
    )


@command("noise", IMAGES, "skerry noise image.fits --box-size 64", step="noise")
def noise(
    image: ImageFile,
    rms_output: Annotated[
        Path | None, typer.Option(metavar="FITS", show_default=False, help="The noise map; default X.rms.fits.")
    ] = None,
    bkg_output: Annotated[
        Path | None, typer.Option(metavar="FITS", show_default=False, help="The background; default X.bkg.fits.")
    ] = None,
    overwrite: Overwrite = False,
    *,
    options: MaskingOptions,
) -> None:
    """Measure the local noise and background of an image, in its own unit."""
    from skerry.noise import noise_step

    _made(*noise_step(image, rms_output=rms_output, bkg_output=bkg_output, options=options, overwrite=overwrite))


@command("signal", IMAGES, "skerry signal image.fits --rms image.rms.fits --bkg image.bkg.fits")
def signal(
    image: ImageFile,
    rms: Annotated[Path, typer.Option("--rms", metavar="FITS", show_default=False, help="Noise map of the image.")],
    bkg: Background = None,
    output: Output = None,
    overwrite: Overwrite = False,
) -> None:
    """Divide an image by its noise: (image - bkg) / rms, in sigma.

    The default name of the result is X.signal.fits for X.fits.
    """
    from skerry.signal import signal_step

    _made(signal_step(image, rms=rms, bkg=bkg, output=output, overwrite=overwrite))


Signal = Annotated[
    Path,
    typer.Argument(metavar="SIGNAL", show_default=False, help="Signal image, sigma; or an image with --rms."),
]


@command("snr-mask", STEPS, "skerry snr-mask image.signal.fits --base-snr-clip 5", step="snr-mask")
def snr_mask(
    signal: Signal,
    rms: Noise = None,
    bkg: Background = None,
    seeds: Annotated[
        bool, typer.Option("--seeds", help="Make the seeds for 'flood': pixels at or above the seed clip.")
    ] = False,
    output: Output = None,
    overwrite: Overwrite = False,
    *,
    options: MaskingOptions,
) -> None:
    """Mask the pixels above a clip in sigma; or make the seeds for 'flood'.

    The default name of the result is X.mask.fits for X.signal.fits, or X.seeds.fits.
    """
    from skerry.threshold import snr_mask_step

    _made(snr_mask_step(signal, rms=rms, bkg=bkg, output=output, seeds=seeds, options=options, overwrite=overwrite))


@command(
    "flood", STEPS, "skerry flood image.signal.fits --positive-seed-clip 5 --positive-flood-clip 1.5", step="flood"
)
def flood(
    image: Annotated[
        Path,
        typer.Argument(
            metavar="SIGNAL", show_default=False, help="Signal image, sigma; or an image with --rms or --use-mac."
        ),
    ],
    seeds: Annotated[
        Path | None,
        typer.Option(metavar="FITS", show_default=False, help="Mask of seeds, in place of the seed clip."),
    ] = None,
    signal: Annotated[
        Path | None,
        typer.Option(metavar="FITS", show_default=False, help="Signal image for --grow-low-snr-island with --use-mac."),
    ] = None,
    rms: Noise = None,
    bkg: Background = None,
    output: Output = None,
    overwrite: Overwrite = False,
    *,
    options: MaskingOptions,
) -> None:
    """Grow islands from significant pixels down to the edge of the noise.

    Clips are in sigma; with --use-mac, factors of the minimum absolute clip, which needs no noise map. The default
    name of the result is X.mask.fits for X.signal.fits.
    """
    from skerry.flood import flood_step

    _made(
        flood_step(
            image, seeds=seeds, signal=signal, rms=rms, bkg=bkg, output=output, options=options, overwrite=overwrite
        )
    )


@command("erode", STEPS, "skerry erode image.mask.fits --scales 0,8,16", step="erode")
def erode(
    mask: Annotated[Path, typer.Argument(metavar="MASK", show_default=False, help="FITS mask.")],
    beam: Annotated[
        Path | None,
        typer.Option(metavar="FITS", show_default=False, help="Image with the beam; default: the mask's own header."),
    ] = None,
    bmaj: Annotated[
        str | None, typer.Option(metavar="ANGLE", show_default=False, help="FWHM of the beam's major axis.")
    ] = None,
    bmin: Annotated[
        str | None, typer.Option(metavar="ANGLE", show_default=False, help="FWHM of the beam's minor axis.")
    ] = None,
    bpa: Annotated[
        str | None, typer.Option(metavar="ANGLE", show_default=False, help="Its position angle, from north to east.")
    ] = None,
    scale_output: Annotated[
        Path | None,
        typer.Option(metavar="FITS", show_default=False, help="The scale mask; default X.scalemask.fits."),
    ] = None,
    output: Output = None,
    overwrite: Overwrite = False,
    *,
    options: MaskingOptions,
) -> None:
    """Cut a mask back by the shape of the restoring beam; with --scales, once for each CLEAN scale.

    The n-th bit of the scale mask is the n-th scale; the mask is its union. Angles are degrees, or with arcmin or
    arcsec. The default name of the result is X.eroded.fits for X.mask.fits.
    """
    from skerry.angle import parse_angle
    from skerry.beam import RestoringBeam
    from skerry.erode import erode_step

    axes = [parse_angle(angle) for angle in (bmaj, bmin, bpa) if angle is not None]
    if len(axes) not in (0, 3) or (axes and beam is not None):
        raise SkerryError("give all of --bmaj, --bmin and --bpa, or --beam, or none of them")
    _made(
        *erode_step(
            mask,
            beam_image=beam,
            beam=RestoringBeam(*axes).checked("--bmaj, --bmin, --bpa") if axes else None,
            output=output,
            scale_output=scale_output,
            options=options,
            overwrite=overwrite,
        )
    )


@command(
    "scale-mask",
    STEPS,
    "skerry scale-mask image.fits --scales 0,8,16 --positive-seed-clip 1.5 --positive-flood-clip 1.2",
    step="scale-mask",
)
def scale_mask(
    image: ImageFile,
    mask_output: Annotated[
        Path | None,
        typer.Option(metavar="FITS", show_default=False, help="The mask of the union; default X.mask.fits."),
    ] = None,
    output: Output = None,
    overwrite: Overwrite = False,
    *,
    options: MaskingOptions,
) -> None:
    """Make a mask for each CLEAN scale from the image smoothed to it (the convolve_first route).

    Clips are factors of the minimum absolute clip. The default name of the result is X.scalemask.fits for X.fits.
    """
    from skerry.multiscale import create_convolved_erosion_mask

    _made(*create_convolved_erosion_mask(image, options, output=output, mask_output=mask_output, overwrite=overwrite))


@command("extract-beam", STEPS, "skerry extract-beam beam00.fits mosaic.mask.fits", step="extract-beam")
def extract_beam(
    beam_image: Annotated[
        Path, typer.Argument(metavar="BEAM_IMAGE", show_default=False, help="FITS image of the beam.")
    ],
    mosaic_mask: Annotated[
        Path, typer.Argument(metavar="MOSAIC_MASK", show_default=False, help="Mask or scale mask of the mosaic.")
    ],
    output: Output = None,
    overwrite: Overwrite = False,
    *,
    options: MaskingOptions,
) -> None:
    """Cut the mask of a beam out of the mask of the mosaic, on the beam's own pixels.

    The default name of the result is X.mask.fits, or X.scalemask.fits, for the beam X.fits.
    """
    from skerry.extract import extract_beam_mask_from_mosaic

    _made(extract_beam_mask_from_mosaic(beam_image, mosaic_mask, output=output, options=options, overwrite=overwrite))


@command(
    "mask",
    FIELDS,
    "skerry mask image.fits --flood-fill --flood-fill-positive-seed-clip 5 --beam-shape-erode",
    step="mask",
)
def mask(
    image: ImageFile,
    rms: Noise = None,
    bkg: Background = None,
    scale_output: Annotated[
        Path | None,
        typer.Option(metavar="FITS", show_default=False, help="The scale mask; default X.scalemask.fits."),
    ] = None,
    output: Output = None,
    overwrite: Overwrite = False,
    *,
    options: MaskingOptions,
) -> None:
    """Make the mask of one image: noise, signal, clip or flood, and erosion, in one process.

    Without --rms the noise is measured. The default name of the result is X.mask.fits for X.fits.
    """
    import warnings

    from skerry.chain import create_snr_mask_from_fits
    from skerry.errors import SkerryWarning
    from skerry.options import flag_name

    if options.without_effect:
        flags = ", ".join(flag_name("mask", name) for name in options.without_effect)
        warnings.warn(f"{flags}: no effect, for what it belongs to is off", SkerryWarning, stacklevel=2)
    _made(
        *create_snr_mask_from_fits(
            image, options, rms, bkg, output=output, scale_output=scale_output, overwrite=overwrite
        )
    )


@command("run", FIELDS, "skerry run demo/field.yaml --cores 2 --dry-run", passes_on=True)
def run(
    context: typer.Context,
    field: Annotated[Path, typer.Argument(metavar="FIELD.yaml", show_default=False, help="The field.")],
    cores: Annotated[
        int | None, typer.Option("--cores", "-c", metavar="INTEGER", show_default=False, help="Cores to use.")
    ] = None,
) -> int:
    """Make every mask of a field with Snakemake; what skerry does not know is passed on to it.

    Only what is missing or out of date is made. The run ends with a table of the masks.
    """
    from skerry.workflow import run_workflow

    return run_workflow(field, cores, context.args)


@command("summary", FIELDS, "skerry summary demo/field.yaml")
def summary(
    field: Annotated[Path, typer.Argument(metavar="FIELD.yaml", show_default=False, help="The field.")],
) -> None:
    """Show what is in the masks of a field: round, beam, islands, masked fraction, seed clip."""
    from rich.console import Console

    from skerry.field import load_field
    from skerry.summary import summarise

    summarise(load_field(field), Console())
