"""Commands that make what masks are made from: the demo field, mosaics, noise, signal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skerry.cli.groups import CommandGroup
from skerry.cli.parameters import Background, ImageFile, Output, Overwrite, fits_file
from skerry.cli.reports import show_made
from skerry.cli.start_up import import_wcs
from skerry.cli.step_options import ChosenOptions

if TYPE_CHECKING:
    from skerry.sky.restoring_beam import RestoringBeam
    from skerry.steps.chosen_planes import PlaneChoice

group = CommandGroup("Images: what masks are made from")


@group.command("simulate", "skerry simulate demo")
def simulate(
    directory: Annotated[Path, typer.Argument(metavar="DIR", show_default=False, help="Where; made if needed.")],
    beams: Annotated[int, typer.Option(metavar="INTEGER", help="Beams. Range: 1 to 100.")] = 4,
    rounds: Annotated[int, typer.Option(metavar="INTEGER", help="Rounds of images. Range: 1 to 100.")] = 3,
    size: Annotated[int, typer.Option(metavar="INTEGER", help="Width of an image, pixels. Range: 64 to 4096.")] = 512,
    seed: Annotated[int, typer.Option(metavar="INTEGER", help="Seed of the random numbers. Range: >= 0.")] = 2045,
    measurement_sets: Annotated[
        bool,
        typer.Option(
            "--measurement-sets",
            help="Make measurement sets instead of images, for the whole loop with WSClean; --rounds counts its "
            "rounds of self-calibration. Needs python-casacore.",
        ),
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Make a demo field: images of every beam and round, the truth, and the field.yaml to run.

    Apparent flux in Jy/beam with noise of 80 uJy/beam and artefacts of calibration that shrink from round to round.
    With --measurement-sets visibilities instead, to be imaged by WSClean, whose artefacts self-calibration shrinks.
    """
    from skerry.demo.demo_images import make_demo_images
    from skerry.demo.demo_sets import make_demo_sets

    make_demo = make_demo_sets if measurement_sets else make_demo_images
    made = make_demo(directory, beams=beams, rounds=rounds, size=size, seed=seed, overwrite=overwrite)
    show_made("demo field", made)


@group.command("mosaic", "skerry mosaic beam0*.fits -o mosaic.fits --primary-beam-fwhm '1.15 deg'", takes_planes=True)
def mosaic(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", show_default=False, help="One image a beam.")],
    output: Annotated[Path, fits_file("The mosaic.", "--output", "-o")],
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
        fits_file(
            "Weight image, one for each image in their order, in place of the primary beam; the images are then "
            "taken as corrected for it."
        ),
    ] = None,
    noise_weights: Annotated[
        bool,
        typer.Option(
            "--noise-weights",
            help="Also weight each beam by its own local noise, which is measured with its artefacts.",
        ),
    ] = False,
    like: Annotated[Path | None, fits_file("Image whose pixel grid to use.")] = None,
    weight_output: Annotated[Path | None, fits_file("Also write the sum of the weights.")] = None,
    overwrite: Overwrite = False,
    *,
    planes: PlaneChoice | None,
) -> None:
    """Co-add the beams of a round to a linear mosaic, Jy/beam, corrected for the primary beam."""
    import_wcs()
    from skerry.sky.angle import parse_angle
    from skerry.steps.mosaic import make_mosaic

    fwhm = None if primary_beam_fwhm is None else parse_angle(primary_beam_fwhm, "primary_beam_fwhm")
    show_made(
        f"mosaic of {len(images)} images",
        make_mosaic(
            images,
            output=output,
            primary_beam_fwhm=fwhm,
            weights=weights or None,
            primary_beam_cutoff=primary_beam_cutoff,
            noise_weights=noise_weights,
            like=like,
            weight_output=weight_output,
            planes=planes,
            overwrite=overwrite,
        ),
    )


@group.command(
    "noise", "skerry noise image.fits --noise-box-beams 20", step="noise", takes_beam=True, takes_planes=True
)
def noise(
    image: ImageFile,
    rms_output: Annotated[Path | None, fits_file("The noise map; default X.rms.fits.")] = None,
    bkg_output: Annotated[Path | None, fits_file("The background; default X.bkg.fits.")] = None,
    overwrite: Overwrite = False,
    *,
    planes: PlaneChoice | None,
    beam: RestoringBeam | Path | None,
    chosen: ChosenOptions,
) -> None:
    """Measure the local noise and background of an image, in its own unit."""
    from skerry.steps.noise import make_noise_maps

    show_made(
        "noise",
        *make_noise_maps(
            image,
            chosen.options,
            beam=beam,
            rms_output=rms_output,
            bkg_output=bkg_output,
            planes=planes,
            overwrite=overwrite,
        ),
    )


@group.command("signal", "skerry signal image.fits --rms image.rms.fits --bkg image.bkg.fits", takes_planes=True)
def signal(
    image: ImageFile,
    rms: Annotated[Path, fits_file("Noise map of the image.")],
    bkg: Background = None,
    output: Output = None,
    overwrite: Overwrite = False,
    *,
    planes: PlaneChoice | None,
) -> None:
    """Divide an image by its noise: (image - bkg) / rms, in sigma.

    The default name of the result is X.signal.fits for X.fits.
    """
    from skerry.steps.signal import make_signal_image

    made = make_signal_image(image, rms=rms, bkg=bkg, output=output, planes=planes, overwrite=overwrite)
    show_made("signal", made)
