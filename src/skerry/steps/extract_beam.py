"""The step that writes the mask of a beam out of the mask of a mosaic, whose nearest pixel each beam pixel takes.

Nothing is interpolated, so that every bit of a scale mask survives; and nothing is taken from where the mosaic is not,
because a zero costs a faint source while a wrong one lets CLEAN into the noise.
"""

from __future__ import annotations

from pathlib import Path

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.io.fits import OpenImage, read_header
from skerry.io.headers import mask_header, mask_scales, scale_facts
from skerry.io.outputs import default_output
from skerry.io.products import Product
from skerry.planes.masks import both, valid_pixels
from skerry.planes.plane import Flags
from skerry.sky.beam import pixels_per_beam
from skerry.sky.grid import celestial_wcs
from skerry.sky.nearest_pixels import NearestPixels
from skerry.steps.made_mask import MadeMask
from skerry.steps.step_files import StepFiles

__all__ = ["make_beam_mask"]


def make_beam_mask(
    beam_image: Path,
    mosaic_mask: Path,
    options: MaskingOptions | None = None,
    *,
    preset: str | None = None,  # noqa: ARG001
    output: Path | None = None,
    overwrite: bool = False,
) -> MadeMask:
    """Write the mask of a beam, on the grid of its image, from the mask of a mosaic.

    Parameters
    ----------
    beam_image : Path
        Image that the mask is for; its invalid pixels are never masked.
    mosaic_mask : Path
        Mask or scale mask, in any projection and frame.
    options : MaskingOptions, optional
        The options called extract_beam are used; with `extract_beam_smoothed_clip` also those called noise.
    preset : str, optional
        Name of the preset that the options were made of, for the record.
    output : Path, optional
        Default: X.mask.fits, or X.scalemask.fits, for X.fits.
    overwrite : bool
        Whether `output` may be replaced.

    Returns
    -------
    MadeMask
        The mask, with the WCS, the beam and the dimensions of the image, and the type and bits of the mask; a scale
        mask is both its `mask` and its `scale_mask`.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, has no celestial WCS, or the two have no pixel in common; if the image
        has no beam, and `extract_beam_smoothed_clip` needs it.
    """
    options = options or MaskingOptions()
    if output is None:
        scales = mask_scales(read_header(mosaic_mask), str(mosaic_mask))
        output = default_output(beam_image, "mask" if scales is None else "scalemask")
    with StepFiles("extract-beam", [beam_image, mosaic_mask], [output], overwrite) as files:
        image, mosaic = files.open_image(beam_image), files.open_mask(mosaic_mask)
        scales = mask_scales(mosaic.header, str(mosaic_mask))
        wcs = celestial_wcs(beam_image, image.header)
        area = None if options.extract_beam_smoothed_clip is None else _beam_area(image)
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
        detected = [] if area is None else [_detected(image, options, area)]
        mask = both(found.plane, valid_pixels(image.data), *detected)
        used = {name.removeprefix("extract_beam_"): value for name, value in options.used_by("extract-beam").items()}
        provenance = files.provenance(used, None if scales is None else scale_facts(scales))
        header = mask_header(image.header, provenance, made_from=mosaic.header)
        files.write(Product(output, mask, header, image.shape))
    return MadeMask(output, output if scales is not None else None)


def _detected(image: OpenImage, options: MaskingOptions, area: float) -> Flags:
    """Pixels where the beam detects anything in its own image; what finds them is imported only where it is used."""
    from skerry.masking.beam_detection import detected_by_beam

    return detected_by_beam(image.data, options, area)


def _beam_area(image: OpenImage) -> float:
    """Area of the beam of an image in pixels; the error says what to do here, where no parameter gives a beam."""
    try:
        return pixels_per_beam(image.header, name=str(image.path))
    except SkerryError as error:
        problem = str(error).rpartition("; ")[0]
        raise SkerryError(
            f"{problem}; write its beam into the header, or leave out `extract_beam_smoothed_clip`, which needs it"
        ) from error
