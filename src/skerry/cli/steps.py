"""Commands for the steps of a mask, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skerry.cli.groups import CommandGroup
from skerry.cli.parameters import (
    Axes,
    Background,
    Earlier,
    ImageFile,
    Noise,
    Nonzero,
    Output,
    Overwrite,
    ScaleOutput,
    fits_file,
)
from skerry.cli.reports import show_mask
from skerry.cli.start_up import import_wcs
from skerry.cli.step_options import ChosenOptions
from skerry.errors import SkerryError

if TYPE_CHECKING:
    from skerry.sky.restoring_beam import RestoringBeam
    from skerry.steps.chosen_planes import PlaneChoice

group = CommandGroup("Masks: the steps, by hand")


Signal = Annotated[
    Path,
    typer.Argument(metavar="SIGNAL", show_default=False, help="Signal image, sigma; or an image with --rms."),
]


@group.command(
    "snr-mask",
    "skerry snr-mask image.signal.fits --base-clip 5",
    step="snr-mask",
    takes_beam=True,
    makes_mask=True,
    takes_planes=True,
)
def snr_mask(
    signal: Signal,
    rms: Noise = None,
    bkg: Background = None,
    seeds: Annotated[
        bool,
        typer.Option(
            "--seeds", help="Make the seeds for 'flood': pixels at or above the seed clip.", rich_help_panel="Flood"
        ),
    ] = False,
    image: Annotated[
        Path | None, fits_file("Image of the signal, for --statistic both; not needed with --rms.")
    ] = None,
    output: Output = None,
    axes: Axes = None,
    overwrite: Overwrite = False,
    *,
    planes: PlaneChoice | None,
    beam: RestoringBeam | Path | None,
    chosen: ChosenOptions,
) -> None:
    """Mask the pixels above a clip in sigma; or make the seeds for 'flood'.

    With --statistic both they must also exceed --mac-seed-factor times the minimum absolute clip. The default name of
    the result is X.mask.fits for X.signal.fits, or X.seeds.fits.
    """
    from skerry.steps.snr_mask import make_snr_mask

    if seeds and "base_snr_clip" in chosen.given:
        raise SkerryError("--base-clip has no use with --seeds; give --seed-clip")
    for_seeds = {"flood_fill_positive_seed_clip", "flood_fill_allow_empty", "flood_fill_false_islands"}
    if not seeds and chosen.given & for_seeds:
        raise SkerryError("--seed-clip and --allow-empty are for seeds; give --seeds too, or --base-clip")
    chosen.tell_idle(chosen.options.set_in_vain("snr-mask", seeded=seeds), "snr-mask")
    show_mask(
        make_snr_mask(
            signal,
            chosen.options,
            preset=chosen.preset,
            rms=rms,
            bkg=bkg,
            image=image,
            seeds=seeds,
            beam=beam,
            output=output,
            axes=axes,
            planes=planes,
            overwrite=overwrite,
        )
    )


@group.command(
    "flood",
    "skerry flood image.signal.fits --seed-clip 5 --flood-clip 1.5",
    step="flood",
    takes_beam=True,
    makes_mask=True,
    takes_planes=True,
)
def flood(
    image: Annotated[
        Path,
        typer.Argument(
            metavar="SIGNAL",
            show_default=False,
            help="Signal image, sigma; or an image with --rms, --use-mac or --statistic.",
        ),
    ],
    seeds: Annotated[Path | None, fits_file("Mask of seeds, in place of the seed clip.")] = None,
    nonzero: Nonzero = False,
    signal: Annotated[
        Path | None,
        fits_file("Signal image, beside an image, for --statistic both, or for --low-snr-islands with --use-mac."),
    ] = None,
    rms: Noise = None,
    bkg: Background = None,
    earlier: Earlier = None,
    output: Output = None,
    axes: Axes = None,
    overwrite: Overwrite = False,
    *,
    planes: PlaneChoice | None,
    beam: RestoringBeam | Path | None,
    chosen: ChosenOptions,
) -> None:
    """Grow islands from significant pixels down to the edge of the noise.

    Clips are in sigma; with --use-mac, factors of the minimum absolute clip, which needs no noise map; with --statistic
    both they are in sigma, and the minimum absolute clip must be exceeded too. The default name of the result is
    X.mask.fits for X.signal.fits.
    """
    from skerry.steps.flood import make_flood_mask

    chosen.tell_idle(chosen.options.set_in_vain("flood", seeded=seeds is not None), "flood")
    chosen.tell_without_file("flood_fill_fading_factor", "earlier", earlier)
    show_mask(
        make_flood_mask(
            image,
            chosen.options,
            preset=chosen.preset,
            seeds=seeds,
            nonzero=nonzero,
            signal=signal,
            rms=rms,
            bkg=bkg,
            beam=beam,
            earlier=earlier,
            output=output,
            axes=axes,
            planes=planes,
            overwrite=overwrite,
        )
    )


@group.command(
    "erode",
    "skerry erode image.mask.fits --scales 0,8,16",
    step="erode",
    takes_beam=True,
    makes_mask=True,
    takes_planes=True,
)
def erode(
    mask: Annotated[Path, typer.Argument(metavar="MASK", show_default=False, help="FITS mask.")],
    nonzero: Nonzero = False,
    signal: Annotated[
        Path | None, fits_file("Signal image of the mask, for --rims, --keep-cores and --no-erode-edge.")
    ] = None,
    scale_output: ScaleOutput = None,
    output: Output = None,
    axes: Axes = None,
    overwrite: Overwrite = False,
    *,
    planes: PlaneChoice | None,
    beam: RestoringBeam | Path | None,
    chosen: ChosenOptions,
) -> None:
    """Cut a mask back by the shape of the restoring beam; with --scales, once for each CLEAN scale.

    With --rims, masked pixels near bright sources that do not stand above their artefacts are taken off first; with
    --keep-cores an island that is narrower than the beam keeps its core. The n-th bit of the scale mask is the n-th
    scale; the mask is its union. The default name of the result is X.eroded.fits for X.mask.fits.
    """
    from skerry.steps.erode import make_eroded_mask

    chosen.tell_idle(chosen.options.set_in_vain("erode"), "erode")
    show_mask(
        make_eroded_mask(
            mask,
            chosen.options,
            nonzero=nonzero,
            preset=chosen.preset,
            signal=signal,
            beam=beam,
            output=output,
            scale_output=scale_output,
            axes=axes,
            planes=planes,
            overwrite=overwrite,
        )
    )


@group.command(
    "scale-mask",
    "skerry scale-mask image.fits --scales 0,8,16 --seed-clip 1.5 --flood-clip 1.2",
    step="scale-mask",
    takes_beam=True,
    makes_mask=True,
    takes_planes=True,
)
def scale_mask(
    image: ImageFile,
    output: Annotated[Path | None, fits_file("The mask of the union; default X.mask.fits.", "--mask-output")] = None,
    scale_output: Output = None,
    axes: Axes = None,
    overwrite: Overwrite = False,
    *,
    planes: PlaneChoice | None,
    beam: RestoringBeam | Path | None,
    chosen: ChosenOptions,
) -> None:
    """Make a mask for each CLEAN scale from the image smoothed to it (the convolve_first route).

    Clips are factors of the minimum absolute clip. The default name of the result is X.scalemask.fits for X.fits.
    """
    from skerry.steps.scale_mask import make_scale_mask

    made = make_scale_mask(
        image,
        chosen.options,
        preset=chosen.preset,
        beam=beam,
        output=output,
        scale_output=scale_output,
        axes=axes,
        planes=planes,
        overwrite=overwrite,
    )
    show_mask(made, scales_first=True)


@group.command(
    "extract-beam",
    "skerry extract-beam beam00.fits mosaic.mask.fits",
    step="extract-beam",
    takes_beam=True,
    makes_mask=True,
    takes_planes=True,
)
def extract_beam(
    beam_image: Annotated[
        Path, typer.Argument(metavar="BEAM_IMAGE", show_default=False, help="FITS image of the beam.")
    ],
    mosaic_mask: Annotated[
        Path, typer.Argument(metavar="MOSAIC_MASK", show_default=False, help="Mask or scale mask of the mosaic.")
    ],
    add: Annotated[Path | None, fits_file("Mask of the beam's own image, whose pixels are added.")] = None,
    nonzero: Nonzero = False,
    output: Output = None,
    axes: Axes = None,
    overwrite: Overwrite = False,
    *,
    planes: PlaneChoice | None,
    beam: RestoringBeam | Path | None,
    chosen: ChosenOptions,
) -> None:
    """Cut the mask of a beam out of the mask of the mosaic, on the beam's own pixels.

    With --smoothed-clip, what does not stand out of the noise of the beam's own image, smoothed by its beam, is left
    out. With --add the mask also has what that of the beam's own image has. The default name of the result is
    X.mask.fits, or X.scalemask.fits, for the beam X.fits.
    """
    import_wcs()
    from skerry.steps.extract_beam import make_beam_mask

    chosen.tell_idle(chosen.options.set_in_vain("extract-beam"), "extract-beam")
    show_mask(
        make_beam_mask(
            beam_image,
            mosaic_mask,
            chosen.options,
            add=add,
            nonzero=nonzero,
            preset=chosen.preset,
            beam=beam,
            output=output,
            axes=axes,
            planes=planes,
            overwrite=overwrite,
        )
    )
