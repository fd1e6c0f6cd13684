"""The step that writes the significant pixels of an image, as a mask or as the seeds of a flood."""

from __future__ import annotations

from pathlib import Path

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.io.headers import mask_header
from skerry.io.outputs import default_output
from skerry.io.products import Product
from skerry.masking.false_islands import with_raised_seed_clip
from skerry.masking.minimum_clip import mac_level
from skerry.masking.threshold import seed_mask, snr_mask
from skerry.planes.bits import BitMask
from skerry.planes.masks import both
from skerry.sky.restoring_beam import RestoringBeam
from skerry.steps.chosen_planes import PlaneChoice
from skerry.steps.each_plane import of_each_plane
from skerry.steps.inputs import beam_area, open_signal
from skerry.steps.made_mask import MadeMask
from skerry.steps.mask_account import MaskAccount
from skerry.steps.source_signs import with_signs
from skerry.steps.step_files import StepFiles

__all__ = ["make_snr_mask"]


@of_each_plane
def make_snr_mask(
    signal: Path,
    options: MaskingOptions | None = None,
    *,
    preset: str | None = None,
    rms: Path | None = None,
    bkg: Path | None = None,
    image: Path | None = None,
    seeds: bool = False,
    beam: RestoringBeam | Path | None = None,
    output: Path | None = None,
    axes: int | None = None,
    planes: PlaneChoice | None = None,
    overwrite: bool = False,
) -> MadeMask:
    """Write the mask of a signal image, or of an image with its noise.

    Parameters
    ----------
    signal : Path
        Signal image, or an image if `rms` is given.
    options : MaskingOptions, optional
        Gives the clips; the statistic is "snr" or "both".
    preset : str, optional
        Name of the preset that the options were made of, for the record.
    rms, bkg : Path, optional
        Noise and background of the image.
    image : Path, optional
        Image of the signal, for both statistics at once; without it `signal` must be an image with `rms`.
    seeds : bool
        Write the seeds for `flood`, at or above the seed clip, rather than the mask above the base clip.
    beam : RestoringBeam or Path, optional
        The restoring beam, in place of the one of the header, or a FITS image that has it.
    output : Path, optional
        Default: X.mask.fits, or X.seeds.fits, for X.fits.
    axes : int, optional
        Axes of the mask, 2 or 4, the others than those of the sky of length 1; by default those of the signal image.
    planes : PlaneChoice, optional
        Of a cube, which planes, and whether their masks are to be one; by default all, each a mask of its own.
    overwrite : bool
        Whether `output` may be replaced.

    Returns
    -------
    MadeMask
        The mask, or the seeds, with the dimensions of the signal image.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, the grids differ, or the image is not in sigma.
    """
    options = options or MaskingOptions()
    output = output or default_output(signal, "seeds" if seeds else "mask")
    with StepFiles(
        "snr-mask", [signal, rms, bkg, image], [output], overwrite, beam=beam, axes=axes, planes=planes
    ) as files:
        _check_statistic(signal, rms, image, options)
        files.surveys = True
        subject, significance = open_signal(files, signal, rms, bkg)
        options = with_signs(files, subject.path, subject.header, options)
        used, both_signs = options.used_by("snr-mask", seeded=seeds), bool(options.both_signs)
        account = MaskAccount(files, subject, options, preset)
        account.has_noise_of(rms)
        significance = account.is_in_sigma(significance)
        asked = options.flood_fill_positive_seed_clip if seeds else options.base_snr_clip
        if seeds:
            options = with_raised_seed_clip(significance, options, beam_area(subject, options))
        clip = options.flood_fill_positive_seed_clip if seeds else options.base_snr_clip
        if options.uses_mac:
            brightness = subject if image is None else files.open_image(image, like=subject)
            level = mac_level(brightness.data, options, beam_area(subject, options))
            above = level.exceeded(options.flood_fill_mac_seed_factor)
            mask = both(above, snr_mask(significance, clip, inclusive=seeds))
        elif seeds and options.statistic == "snr":
            allow_empty = options.flood_fill_allow_empty
            mask, clip = seed_mask(significance, clip, allow_empty=allow_empty, both_signs=both_signs)
            account.told_empty = True
        else:
            mask = snr_mask(significance, clip, inclusive=seeds, both_signs=both_signs)
        account.has_clips(clip, asked=asked)
        account.has_boxes(mac=options.uses_mac)
        kept = BitMask.of(mask)
        report = account.finish(kept, of_seeds=seeds)
        facts = {"SKSEED": (clip, "[sigma] seed clip used")}
        roles = {"rms": rms, "bkg": bkg, "image": image}
        header = mask_header(subject.header, files.provenance(used | {"seeds": seeds or None}, facts, roles))
        files.write(Product(output, kept, header, subject.shape))
    return MadeMask(output, report=report)


def _check_statistic(signal: Path, rms: Path | None, image: Path | None, options: MaskingOptions) -> None:
    """Check that what is given is what the statistic needs."""
    if options.statistic == "mac":
        raise SkerryError(f"{signal}: the minimum absolute clip is for an image; use 'skerry flood IMAGE --use-mac'")
    if options.statistic == "both" and (image is None) == (rms is None):
        raise SkerryError(
            f"{signal}: both statistics need the image of the signal, or an image with `rms`; give `image`"
        )
    if options.statistic == "snr" and image is not None:
        raise SkerryError(f"{image}: has no use without `flood_fill_statistic` both")
