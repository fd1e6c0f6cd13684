"""The whole chain in one process: from an image to its mask.

The planes go from step to step without files between, and the pixels are the same as those of the separate steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.io.fits import OpenImage, open_image, write_products
from skerry.io.headers import Provenance
from skerry.io.products import check_outputs, default_output, mask_products
from skerry.io.scratch import kept_on_disk
from skerry.masking.bright_rims import without_bright_rims
from skerry.masking.erosion import eroded_as_asked
from skerry.masking.flood import flood_mask
from skerry.masking.noise import noise_maps
from skerry.masking.scale_masks import mask_by_scales
from skerry.masking.signal import signal_image
from skerry.masking.threshold import snr_mask
from skerry.planes.plane import Flags, Plane
from skerry.sky.beam import RestoringBeam, pixel_beam, pixels_per_beam, read_beam
from skerry.steps.flood import clip_facts
from skerry.steps.inputs import beam_area, signal_of
from skerry.steps.scale_mask import mac_facts

__all__ = ["make_mask"]


def make_mask(
    fits_image_path: Path,
    masking_options: MaskingOptions | None = None,
    fits_rms_path: Path | None = None,
    fits_bkg_path: Path | None = None,
    *,
    output: Path | None = None,
    scale_output: Path | None = None,
    overwrite: bool = False,
) -> tuple[Path, Path | None]:
    """Write the mask of an image, and the scale mask if scales are asked for.

    Parameters
    ----------
    fits_image_path : Path
        The image.
    masking_options : MaskingOptions, optional
        What to do; by default a clip at `base_snr_clip`.
    fits_rms_path, fits_bkg_path : Path, optional
        Noise and background of the image; without a noise map both are estimated where the options need them.
    output, scale_output : Path, optional
        Default: X.mask.fits and X.scalemask.fits for X.fits.
    overwrite : bool
        Whether the outputs may be replaced.

    Returns
    -------
    tuple of Path
        The mask, and the scale mask or None.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, the grids differ, or there is no beam where one is needed.
    """
    options = MaskingOptions() if masking_options is None else masking_options
    image = Path(fits_image_path)
    scales = options.beam_shape_erode_scales if options.beam_shape_erode or options.convolve_first else None
    output = default_output(image, "mask") if output is None else output
    if scales is not None and scale_output is None:
        scale_output = default_output(image, "scalemask")
    if scales is None and scale_output is not None:
        raise SkerryError(f"{scale_output}: a scale mask needs scales, and erosion or convolve_first")
    inputs = [image, *(path for path in (fits_rms_path, fits_bkg_path) if path is not None)]
    check_outputs([path for path in (output, scale_output) if path is not None], inputs, overwrite)
    if fits_rms_path is None and fits_bkg_path is not None:
        raise SkerryError(f"{fits_bkg_path}: a background goes with a noise map; give --rms too")
    if not options.needs_signal and fits_rms_path is not None:
        raise SkerryError(f"{fits_rms_path}: the minimum absolute clip uses no noise map; leave it out")

    with open_image(image) as subject, ExitStack() as stack:
        beam = read_beam(subject.header, str(image)) if options.beam_shape_erode or options.convolve_first else None
        mask: Plane
        if options.convolve_first:
            mask = mask_by_scales(subject.data, pixel_beam(subject.header, beam, str(image)), options)
            facts = mac_facts(options)
        else:
            signal = None
            if options.needs_signal:
                signal = stack.enter_context(
                    _open_signal(subject, options, fits_rms_path, fits_bkg_path, output.parent)
                )
            mask, facts = _islands(subject, signal, options, beam)
            if options.beam_shape_erode:
                mask = eroded_as_asked(mask, pixel_beam(subject.header, beam, str(image)), options, scales)
        provenance = Provenance("mask", options.used_by("mask"), inputs, facts)
        write_products(
            mask_products(mask, subject.header, subject.shape, provenance, output, scale_output, scales), overwrite
        )
    return output, scale_output


def _islands(
    subject: OpenImage, signal: Plane | None, options: MaskingOptions, beam: RestoringBeam | None
) -> tuple[Flags, dict[str, tuple[float, str]]]:
    """Mask before erosion, less the rims of bright sources if they are to go, and the clips that made it."""
    base = subject.data if signal is None or (options.flood_fill and options.uses_mac) else signal
    mask: Flags
    if options.flood_fill:
        islands = flood_mask(base, options, signal=signal, pixels_per_beam=beam_area(subject, options))
        mask, facts = islands.mask, clip_facts(islands, options)
    else:
        mask = snr_mask(base, options.base_snr_clip)
        facts = {"SKSEED": (options.base_snr_clip, "[sigma] clip used")}
    if options.takes_off_rims and signal is not None:
        mask = without_bright_rims(mask, signal, options, pixels_per_beam(subject.header, beam))
    return mask, facts


@contextmanager
def _open_signal(
    subject: OpenImage, options: MaskingOptions, rms: Path | None, bkg: Path | None, directory: Path
) -> Iterator[Plane]:
    """Signal of an image, by the files of its noise or by noise that is measured, which is done once."""
    if rms is not None:
        with signal_of(subject, rms, bkg) as signal:
            yield signal
        return
    noise, background = noise_maps(subject.data, box_size=options.noise_box_size, filter_size=options.noise_filter_size)
    with kept_on_disk(signal_image(subject.data, noise, background), directory) as signal:
        yield signal
