"""The step that writes the islands of an image."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.io.fits import OpenImage, open_image, open_mask, same_grid_size, write_products
from skerry.io.headers import Provenance, mask_header
from skerry.io.products import Product, check_outputs, default_output
from skerry.masking.flood import FloodMask, flood_mask
from skerry.planes.masks import set_pixels
from skerry.planes.plane import Plane
from skerry.steps.inputs import beam_area, open_signal, require_signal

__all__ = ["clip_facts", "make_flood_mask"]


def make_flood_mask(
    image: Path,
    *,
    seeds: Path | None = None,
    signal: Path | None = None,
    rms: Path | None = None,
    bkg: Path | None = None,
    output: Path | None = None,
    options: MaskingOptions | None = None,
    overwrite: bool = False,
) -> Path:
    """Write the islands of a signal image, or of an image with the minimum absolute clip.

    Parameters
    ----------
    image : Path
        Signal image; an image if `rms` is given or the minimum absolute clip is used.
    seeds : Path, optional
        Mask of seeds, as `snr-mask` makes it.
    signal : Path, optional
        Signal image for islands of low significance and artefacts, where `image` is not in sigma.
    rms, bkg : Path, optional
        Noise and background of the image, in place of a signal image.
    output : Path, optional
        Default: X.mask.fits for X.fits.
    options : MaskingOptions, optional
        The options called flood_fill, grow_low_snr_island and suppress_artefacts.
    overwrite : bool
        Whether `output` may be replaced.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, the grids differ, or an image is in the wrong unit.
    """
    options = MaskingOptions() if options is None else options
    output = default_output(image, "mask") if output is None else output
    inputs = [path for path in (image, seeds, signal, rms, bkg) if path is not None]
    check_outputs([output], inputs, overwrite)
    with ExitStack() as stack:
        subject, base, significance = _open_images(stack, image, signal, rms, bkg, options)
        seed_file = None if seeds is None else stack.enter_context(open_mask(seeds))
        if seed_file is not None:
            same_grid_size(subject, seed_file)
        used = options.used_by("flood", seeded=seeds is not None)
        if seed_file is not None and "SKSEED" in seed_file.header:
            # By which the islands of the negative image are counted.
            options = options.model_copy(update={"flood_fill_positive_seed_clip": float(seed_file.header["SKSEED"])})
        islands = flood_mask(
            base,
            options,
            signal=significance,
            seeds=None if seed_file is None else set_pixels(seed_file.data),
            pixels_per_beam=beam_area(subject, options),
        )
        header = mask_header(
            subject.header,
            Provenance("flood", used, inputs, clip_facts(islands, options)),
            made_from=None if seed_file is None else seed_file.header,
        )
        write_products([Product(output, islands.mask, header, subject.shape)], overwrite)
    return output


def clip_facts(islands: FloodMask, options: MaskingOptions) -> dict[str, tuple[float, str]]:
    """Facts for a `Provenance`: the clips that were used, and the islands of the negative image."""
    facts = {"SKFLOOR": (islands.flood_clip, f"[{options.clip_unit}] flood clip used")}
    if islands.seed_clip is not None:
        facts["SKSEED"] = (islands.seed_clip, f"[{options.clip_unit}] seed clip used")
    if islands.negative is not None:
        facts["SKNEG"] = (islands.negative, "islands of the negative image")
    return facts


def _open_images(
    stack: ExitStack, image: Path, signal: Path | None, rms: Path | None, bkg: Path | None, options: MaskingOptions
) -> tuple[OpenImage, Plane, Plane | None]:
    """Open the image, what to flood of it, and its signal if that is another plane and needed."""
    if signal is not None and rms is not None:
        raise SkerryError(f"{rms}: give either --signal or --rms, not both")
    if not options.uses_mac:
        if signal is not None:
            raise SkerryError(f"{signal}: without --use-mac the signal image is the one to flood; give it alone")
        subject, base = stack.enter_context(open_signal(image, rms, bkg))
        return subject, base, None
    if options.statistic == "mac" and not (options.grow_low_snr_island or options.suppress_artefacts):
        for unused in (signal, rms, bkg):
            if unused is not None:
                flags = "--grow-low-snr-island or --suppress-artefacts"
                raise SkerryError(f"{unused}: has no use with --use-mac, unless with {flags}")
        subject = stack.enter_context(open_image(image))
        return subject, subject.data, None
    if rms is not None or bkg is not None:
        subject, significance = stack.enter_context(open_signal(image, rms, bkg))
        return subject, subject.data, significance
    subject = stack.enter_context(open_image(image))
    if signal is None:
        by_mac = "islands of low significance" if options.grow_low_snr_island else "artefacts"
        what = "both statistics" if options.statistic == "both" else by_mac
        require_signal(subject, f"{what} need --signal, or --rms")
        return subject, subject.data, subject.data
    significant = stack.enter_context(open_image(signal))
    require_signal(significant, "give a signal image, made with 'skerry signal'")
    same_grid_size(subject, significant)
    return subject, subject.data, significant.data
