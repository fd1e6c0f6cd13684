"""The step that writes the islands of an image."""

from __future__ import annotations

from pathlib import Path

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.io.fits import OpenImage
from skerry.io.headers import mask_header
from skerry.io.outputs import default_output
from skerry.io.products import Product
from skerry.masking.flood import FloodMask, flood_mask
from skerry.planes.masks import set_pixels
from skerry.planes.plane import Plane
from skerry.sky.restoring_beam import RestoringBeam
from skerry.steps.chosen_planes import PlaneChoice
from skerry.steps.companions import require_signal
from skerry.steps.each_plane import of_each_plane
from skerry.steps.earlier_round import open_earlier, without_faded_islands
from skerry.steps.inputs import beam_of_flood, open_signal, open_signal_image, refuse_floor_above_seed
from skerry.steps.made_mask import MadeMask
from skerry.steps.mask_account import MaskAccount
from skerry.steps.source_signs import with_signs
from skerry.steps.step_files import StepFiles

__all__ = ["clip_facts", "make_flood_mask"]


@of_each_plane
def make_flood_mask(
    image: Path,
    options: MaskingOptions | None = None,
    *,
    preset: str | None = None,
    seeds: Path | None = None,
    nonzero: bool = False,
    signal: Path | None = None,
    rms: Path | None = None,
    bkg: Path | None = None,
    beam: RestoringBeam | Path | None = None,
    earlier: Path | None = None,
    output: Path | None = None,
    axes: int | None = None,
    planes: PlaneChoice | None = None,
    overwrite: bool = False,
) -> MadeMask:
    """Write the islands of a signal image, or of an image with the minimum absolute clip.

    Parameters
    ----------
    image : Path
        Signal image; an image if `rms` is given or the minimum absolute clip is used.
    options : MaskingOptions, optional
        The options called flood_fill, grow_low_snr_island and suppress_artefacts.
    preset : str, optional
        Name of the preset that the options were made of, for the record.
    seeds : Path, optional
        Mask of seeds, as `snr-mask` makes it.
    nonzero : bool
        Whether the mask of seeds may hold any values, as labels or 255: all but 0 are then masked.
    signal : Path, optional
        Signal image for islands of low significance and artefacts, where `image` is not in sigma.
    rms, bkg : Path, optional
        Noise and background of the image, in place of a signal image.
    beam : RestoringBeam or Path, optional
        The restoring beam, in place of the one of the header, or a FITS image that has it.
    earlier : Path, optional
        Image of the round before, on the same grid: islands that have faded since are left out, by
        `flood_fill_fading_factor`. Needs the minimum absolute clip.
    output : Path, optional
        Default: X.mask.fits for X.fits.
    axes : int, optional
        Axes of the mask, 2 or 4, the others than those of the sky of length 1; by default those of the image.
    planes : PlaneChoice, optional
        Of a cube, which planes, and whether their masks are to be one; by default all, each a mask of its own.
    overwrite : bool
        Whether `output` may be replaced.

    Returns
    -------
    MadeMask
        The mask, with the dimensions of the image.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, the grids differ, or an image is in the wrong unit.
    """
    options = options or MaskingOptions()
    if seeds is None:
        refuse_floor_above_seed(options)
    output = output or default_output(image, "mask")
    inputs = [image, seeds, signal, rms, bkg, earlier]
    with StepFiles("flood", inputs, [output], overwrite, beam=beam, axes=axes, planes=planes) as files:
        files.surveys = True
        subject, base, significance = _open_images(files, image, signal, rms, bkg, options)
        options = with_signs(files, subject.path, subject.header, options)
        if options.both_signs and significance is not None:
            base, significance = significance, None
        used = options.used_by("flood", seeded=seeds is not None)
        account = MaskAccount(files, subject, options, preset)
        account.has_noise_of(rms)
        before = open_earlier(files, earlier, subject, options)
        if significance is not None:
            significance = account.is_in_sigma(significance)
        elif not options.uses_mac:
            base = account.is_in_sigma(base)
        seed_mask = None if seeds is None else files.open_mask(seeds, like=subject, nonzero=nonzero)
        if seed_mask is not None and "SKSEED" in seed_mask.header:
            # By which the islands of the negative image are counted.
            options = options.model_copy(update={"flood_fill_positive_seed_clip": float(seed_mask.header["SKSEED"])})
        shape = files.restoring_beam(subject) if options.smooths_floor else None
        with files.stage("islands"):
            islands = flood_mask(
                base,
                options,
                signal=significance,
                seeds=None if seed_mask is None else set_pixels(seed_mask.data),
                beam=beam_of_flood(subject, options, shape),
            )
        account.has_flooded(islands, options)
        mask = without_faded_islands(files, account, islands.mask, subject, before, options)
        report = account.finish(mask)
        roles = {"seeds": seeds, "signal": signal, "rms": rms, "bkg": bkg, "earlier": earlier}
        provenance = files.provenance(used, clip_facts(islands, options), roles)
        header = mask_header(subject.header, provenance, None if seed_mask is None else seed_mask.header)
        files.write(Product(output, mask, header, subject.shape))
    return MadeMask(output, report=report)


def clip_facts(islands: FloodMask, options: MaskingOptions) -> dict[str, tuple[float, str]]:
    """Facts for a `Provenance`: the clips that were used, and the islands of the negative image."""
    facts = {"SKFLOOR": (islands.flood_clip, f"[{options.clip_unit}] flood clip used")}
    if islands.seed_clip is not None:
        facts["SKSEED"] = (islands.seed_clip, f"[{options.clip_unit}] seed clip used")
    if islands.negative is not None:
        facts["SKNEG"] = (islands.negative, "islands of the negative image")
    return facts


def _open_images(
    files: StepFiles, image: Path, signal: Path | None, rms: Path | None, bkg: Path | None, options: MaskingOptions
) -> tuple[OpenImage, Plane, Plane | None]:
    """Open the image, what to flood of it, and its signal if that is another plane and needed."""
    if signal is not None and rms is not None:
        raise SkerryError(f"{rms}: give either `signal` or `rms`, not both")
    if options.statistic == "snr":
        if signal is not None:
            raise SkerryError(
                f"{signal}: without `flood_fill_use_mac` the signal image is the one to flood; give it alone"
            )
        return *open_signal(files, image, rms, bkg), None
    if options.statistic == "mac" and not (options.grow_low_snr_island or options.suppress_artefacts):
        for unused in (signal, rms, bkg):
            if unused is not None:
                needs = "`grow_low_snr_island` or `suppress_artefacts`"
                raise SkerryError(f"{unused}: has no use with `flood_fill_use_mac`, unless with {needs}")
        subject = files.open_image(image)
        return subject, subject.data, None
    if rms is not None or bkg is not None:
        subject, significance = open_signal(files, image, rms, bkg)
        return subject, subject.data, significance
    subject = files.open_image(image)
    if signal is not None:
        return subject, subject.data, open_signal_image(files, signal, subject)
    by_mac = "islands of low significance" if options.grow_low_snr_island else "artefacts"
    require_signal(subject, f"{'both statistics' if options.statistic == 'both' else by_mac} need `signal`, or `rms`")
    return subject, subject.data, subject.data
