"""The step that writes the mask of a beam out of the mask of a mosaic, whose nearest pixel each beam pixel takes.

Nothing is interpolated, so that every bit of a scale mask survives; and nothing is taken from where the mosaic is not,
because a zero costs a faint source while a wrong one lets CLEAN into the noise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.io.fits import open_image, open_mask, write_products
from skerry.io.headers import Provenance, mask_header, mask_scales, scale_facts
from skerry.io.products import Product, check_outputs, default_output
from skerry.planes.masks import both, valid_pixels
from skerry.sky.beam import pixels_per_beam
from skerry.sky.grid import celestial_wcs
from skerry.sky.nearest_pixels import NearestPixels

if TYPE_CHECKING:
    from pathlib import Path

    from astropy.io import fits


__all__ = ["make_beam_mask"]


def make_beam_mask(
    beam_image: Path,
    mosaic_mask: Path,
    *,
    output: Path | None = None,
    options: MaskingOptions | None = None,
    overwrite: bool = False,
) -> Path:
    """Write the mask of a beam, on the grid of its image, from the mask of a mosaic.

    Parameters
    ----------
    beam_image : Path
        Image that the mask is for; its invalid pixels are never masked.
    mosaic_mask : Path
        Mask or scale mask, in any projection and frame.
    output : Path, optional
        By default X.mask.fits, or X.scalemask.fits, for X.fits.
    options : MaskingOptions, optional
        The options called extract_beam are used; with `extract_beam_smoothed_clip` also those called noise.
    overwrite : bool
        Whether the output may be replaced.

    Returns
    -------
    Path
        The output: with the WCS, the beam and the dimensions of the image, and the type and bits of the mask.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, has no celestial WCS, or the two have no pixel in common; if the image
        has no beam, and `extract_beam_smoothed_clip` needs it.
    """
    options = MaskingOptions() if options is None else options
    with open_image(beam_image) as image, open_mask(mosaic_mask) as mosaic:
        scales = mask_scales(mosaic.header)
        if output is None:
            output = default_output(beam_image, "mask" if scales is None else "scalemask")
        check_outputs([output], [beam_image, mosaic_mask], overwrite)
        wcs = celestial_wcs(beam_image, image.header)
        area = None if options.extract_beam_smoothed_clip is None else _beam_area(beam_image, image.header)
        found = NearestPixels(
            mosaic.data,
            celestial_wcs(mosaic_mask, mosaic.header),
            wcs,
            (image.shape[-2], image.shape[-1]),
            union=options.extract_beam_union,
            blank_border=options.extract_beam_blank_border,
        )
        if not found.overlap:
            raise SkerryError(
                f"{beam_image}: has no pixel in common with the mosaic {mosaic_mask}; give the mosaic of its own field"
            )
        seen = []
        if area is not None:
            from skerry.masking.beam_detection import detected_by_beam

            seen = [detected_by_beam(image.data, options, area)]
        facts = {} if scales is None else scale_facts(scales)
        used = {name.removeprefix("extract_beam_"): value for name, value in options.used_by("extract-beam").items()}
        provenance = Provenance("extract-beam", used, [beam_image, mosaic_mask], facts)
        header = mask_header(image.header, provenance, made_from=mosaic.header)
        data = both(found.plane, valid_pixels(image.data), *seen)
        write_products([Product(output, data, header, image.shape)], overwrite)
    return output


def _beam_area(path: Path, header: fits.Header) -> float:
    """Area of the beam of an image in pixels; the error says what to do here, where no flag gives a beam."""
    try:
        return pixels_per_beam(header, name=str(path))
    except SkerryError as error:
        problem = str(error).rpartition("; ")[0]
        raise SkerryError(
            f"{problem}; write its beam into the header, or leave out extract_beam_smoothed_clip, which needs it"
        ) from error
