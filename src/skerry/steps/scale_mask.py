"""The step that writes a mask for each CLEAN scale, from the image smoothed to that scale."""

from __future__ import annotations

from pathlib import Path

from skerry.config.options import MaskingOptions
from skerry.io.fits import open_image, write_products
from skerry.io.headers import Provenance
from skerry.io.products import check_outputs, default_output, mask_products
from skerry.masking.scale_masks import mask_by_scales
from skerry.sky.beam import pixel_beam, read_beam

__all__ = ["mac_facts", "make_scale_mask"]


def make_scale_mask(
    fits_image_path: Path,
    masking_options: MaskingOptions,
    *,
    output: Path | None = None,
    mask_output: Path | None = None,
    overwrite: bool = False,
) -> tuple[Path, Path]:
    """Write the scale mask of an image, made scale by scale, and the plain mask of its union.

    Parameters
    ----------
    fits_image_path : Path
        Image whose header has the beam.
    masking_options : MaskingOptions
        With scales.
    output, mask_output : Path, optional
        The scale mask and the mask; default: X.scalemask.fits and X.mask.fits for X.fits.
    overwrite : bool
        Whether the outputs may be replaced.

    Returns
    -------
    tuple of Path
        The scale mask, and the mask.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, there is no beam, or there are no scales.
    """
    image = Path(fits_image_path)
    output = default_output(image, "scalemask") if output is None else output
    mask_output = default_output(image, "mask") if mask_output is None else mask_output
    check_outputs([output, mask_output], [image], overwrite)
    with open_image(image) as subject:
        beam = read_beam(subject.header, str(image))
        bits = mask_by_scales(subject.data, pixel_beam(subject.header, beam, str(image)), masking_options)
        facts, scales = mac_facts(masking_options), masking_options.beam_shape_erode_scales
        provenance = Provenance("scale-mask", masking_options.used_by("scale-mask"), [image], facts)
        write_products(
            mask_products(bits, subject.header, subject.shape, provenance, mask_output, output, scales), overwrite
        )
    return output, mask_output


def mac_facts(options: MaskingOptions) -> dict[str, tuple[float, str]]:
    """Facts for a `Provenance`: the factors of the minimum absolute clip."""
    return {
        "SKSEED": (options.flood_fill_positive_seed_clip, "[factor of the MAC] seed clip used"),
        "SKFLOOR": (options.flood_fill_positive_flood_clip, "[factor of the MAC] flood clip used"),
    }
