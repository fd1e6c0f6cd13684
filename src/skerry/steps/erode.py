"""The step that cuts a mask back by the shape of the restoring beam, and takes off the rims of bright sources."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.io.fits import OpenImage, open_image, open_mask, read_header, same_grid_size, write_products
from skerry.io.headers import Provenance
from skerry.io.products import check_outputs, default_output, mask_products
from skerry.masking.bright_rims import without_bright_rims
from skerry.masking.erosion import eroded_as_asked
from skerry.planes.plane import Plane
from skerry.sky.beam import RestoringBeam, pixel_beam, pixels_per_beam, read_beam
from skerry.steps.inputs import require_signal

__all__ = ["make_eroded_mask"]


def make_eroded_mask(
    mask: Path,
    *,
    signal: Path | None = None,
    beam_image: Path | None = None,
    beam: RestoringBeam | None = None,
    output: Path | None = None,
    scale_output: Path | None = None,
    options: MaskingOptions | None = None,
    overwrite: bool = False,
) -> tuple[Path, Path | None]:
    """Write a mask eroded by the restoring beam; with scales, the scale mask and the mask of its union.

    Parameters
    ----------
    mask : Path
        The mask, whose header has the beam unless one is given.
    signal : Path, optional
        Signal image on the grid of the mask, to take off the rims of bright sources.
    beam_image : Path, optional
        FITS image whose header has the beam.
    beam : RestoringBeam, optional
        The beam itself.
    output, scale_output : Path, optional
        Default: X.eroded.fits and X.scalemask.fits for X.mask.fits.
    options : MaskingOptions, optional
        The options called beam_shape_erode.
    overwrite : bool
        Whether the outputs may be replaced.

    Returns
    -------
    tuple of Path
        The mask, and the scale mask or None.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, or there is no beam; if there is a signal but no rims are to be taken off,
        or the reverse; if the signal is not in sigma, or on another grid.
    """
    options = MaskingOptions() if options is None else options
    _check_signal(mask, signal, options)
    scales = options.beam_shape_erode_scales
    output = default_output(mask, "eroded") if output is None else output
    if scales is None and scale_output is not None:
        raise SkerryError(f"{scale_output}: a scale mask needs --scales")
    if scales is not None and scale_output is None:
        scale_output = default_output(mask, "scalemask")
    inputs = [path for path in (mask, signal, beam_image) if path is not None]
    check_outputs([path for path in (output, scale_output) if path is not None], inputs, overwrite)
    with open_mask(mask) as subject:
        if beam is None:
            source = mask if beam_image is None else beam_image
            beam = read_beam(subject.header if beam_image is None else read_header(beam_image), str(source))
        with _trimmed(subject, signal, options, beam) as flags:
            eroded = eroded_as_asked(flags, pixel_beam(subject.header, beam, str(mask)), options, scales)
        template = subject.header.copy()
        template["BMAJ"], template["BMIN"], template["BPA"] = beam
        provenance = Provenance("erode", options.used_by("erode"), inputs)
        products = mask_products(eroded, template, subject.shape, provenance, output, scale_output, scales)
        write_products(products, overwrite)
    return output, scale_output


def _check_signal(mask: Path, signal: Path | None, options: MaskingOptions) -> None:
    """Check that a signal image is given where the rims of bright sources are taken off, and nowhere else."""
    if options.beam_shape_erode_rims and signal is None:
        raise SkerryError(f"{mask}: --rims needs the signal image; give --signal, made with 'skerry signal'")
    if not options.beam_shape_erode_rims and signal is not None:
        raise SkerryError(f"{signal}: has no use without --rims; give --rims, or leave it out")


@contextmanager
def _trimmed(mask: OpenImage, signal: Path | None, options: MaskingOptions, beam: RestoringBeam) -> Iterator[Plane]:
    """Pixels of a mask, without the rims of bright sources if there is a signal image."""
    if signal is None:
        yield mask.data
        return
    with open_image(signal) as significance:
        require_signal(significance, "give a signal image, made with 'skerry signal'")
        same_grid_size(mask, significance)
        area = pixels_per_beam(mask.header, beam, str(mask.path))
        yield without_bright_rims(mask.data, significance.data, options, area)
