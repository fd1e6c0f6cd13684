"""The step that writes maps of the local noise and background of an image."""

from __future__ import annotations

from pathlib import Path

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.io.fits import open_image, write_products
from skerry.io.headers import Provenance, value_header
from skerry.io.products import Product, check_outputs, default_output
from skerry.masking.noise import (
    _DEFAULTS,
    NoValidPixelError,
    noise_maps,
)

__all__ = ["make_noise_maps"]


def make_noise_maps(
    image: Path,
    *,
    rms_output: Path | None = None,
    bkg_output: Path | None = None,
    options: MaskingOptions = _DEFAULTS,
    overwrite: bool = False,
) -> tuple[Path, Path]:
    """Write the local rms and background of a FITS image.

    Parameters
    ----------
    image : path
        The image.
    rms_output, bkg_output : path, optional
        X.rms.fits and X.bkg.fits beside X.fits if not given.
    options : MaskingOptions
        Of which `noise_box_size` and `noise_filter_size` are used.
    overwrite : bool
        Whether the outputs may be replaced.

    Returns
    -------
    rms_output, bkg_output : Path
        The files written, with the dimensions and the unit of the image.

    Raises
    ------
    SkerryError
        If the image cannot be read or has no valid pixel, or an output cannot be written.
    """
    rms_output = default_output(image, "rms") if rms_output is None else rms_output
    bkg_output = default_output(image, "bkg") if bkg_output is None else bkg_output
    check_outputs([rms_output, bkg_output], [image], overwrite)
    box_size, filter_size = options.noise_box_size, options.noise_filter_size
    with open_image(image) as source:
        try:
            planes = noise_maps(source.data, box_size=box_size, filter_size=filter_size)
        except NoValidPixelError as error:
            raise SkerryError(f"{image}: {error}") from error
        header = value_header(
            source.header, Provenance("noise", {"box_size": box_size, "filter_size": filter_size}, [image])
        )
        outputs = zip((rms_output, bkg_output), planes, strict=True)
        write_products([Product(path, plane, header, source.shape) for path, plane in outputs], overwrite)
    return rms_output, bkg_output
