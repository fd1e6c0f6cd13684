"""The step that writes a mask for each CLEAN scale, from the image smoothed to that scale."""

from __future__ import annotations

from pathlib import Path

from skerry.config.options import MaskingOptions
from skerry.io.outputs import default_output
from skerry.io.products import mask_products
from skerry.masking.scale_masks import mask_by_scales
from skerry.planes.bits import BitMask
from skerry.planes.masks import set_pixels
from skerry.sky.beam import RestoringBeam, pixel_beam
from skerry.steps.chosen_planes import PlaneChoice
from skerry.steps.each_plane import of_each_plane
from skerry.steps.inputs import refuse_floor_above_seed
from skerry.steps.made_mask import MadeMask
from skerry.steps.mask_account import MaskAccount
from skerry.steps.source_signs import warn_of_positive_alone
from skerry.steps.step_files import StepFiles

__all__ = ["mac_facts", "make_scale_mask"]

MAC_FACTOR = "factor of the MAC"


@of_each_plane
def make_scale_mask(
    image: Path,
    options: MaskingOptions,
    *,
    beam: RestoringBeam | Path | None = None,
    output: Path | None = None,
    scale_output: Path | None = None,
    preset: str | None = None,
    axes: int | None = None,
    planes: PlaneChoice | None = None,
    overwrite: bool = False,
) -> MadeMask:
    """Write the scale mask of an image, made scale by scale, and the plain mask of its union.

    Parameters
    ----------
    image : Path
        Image whose header has the beam, unless one is given.
    options : MaskingOptions
        With scales; the options called flood_fill and beam_shape_erode.
    beam : RestoringBeam or Path, optional
        The restoring beam, in place of the one of the header, or a FITS image that has it.
    output, scale_output : Path, optional
        The mask and the scale mask; default: X.mask.fits and X.scalemask.fits for X.fits, where X.fits is the other of
        the two if that is given.
    preset : str, optional
        Name of the preset that the options were made of, for the record.
    axes : int, optional
        Axes of the masks, 2 or 4, the others than those of the sky of length 1; by default those of the image.
    planes : PlaneChoice, optional
        Of a cube, which planes, and whether their masks are to be one; by default all, each a mask of its own.
    overwrite : bool
        Whether the outputs may be replaced.

    Returns
    -------
    MadeMask
        The mask and the scale mask, with the dimensions of the image.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, there is no beam, or there are no scales.
    """
    refuse_floor_above_seed(options)
    first = scale_output or output or image
    output, scale_output = output or default_output(first, "mask"), scale_output or default_output(first, "scalemask")
    with StepFiles(
        "scale-mask", [image], [scale_output, output], overwrite, beam=beam, axes=axes, planes=planes
    ) as files:
        files.surveys = True
        subject = files.open_image(image)
        warn_of_positive_alone(files, subject.path, subject.header, "a mask by scales holds only what is positive")
        restoring = files.restoring_beam(subject)
        account = MaskAccount(files, subject, options, preset, restoring)
        with files.stage("scales"):
            bits = mask_by_scales(account.pixels, pixel_beam(subject.header, restoring, str(image)), options)
        account.has_boxes(mac=True)
        clips = options.flood_fill_positive_seed_clip, options.flood_fill_positive_flood_clip
        account.has_clips(*clips, unit=MAC_FACTOR)
        union = BitMask.of(set_pixels(bits))
        report = account.finish(union)
        provenance = files.provenance(options.used_by("scale-mask"), mac_facts(options))
        scales = options.beam_shape_erode_scales
        made = mask_products(union, subject.header, subject.shape, provenance, output, bits, scale_output, scales)
        files.write(*made)
    return MadeMask(output, scale_output, report=report)


def mac_facts(options: MaskingOptions) -> dict[str, tuple[float, str]]:
    """Facts for a `Provenance`: the factors of the minimum absolute clip."""
    return {
        "SKSEED": (options.flood_fill_positive_seed_clip, f"[{MAC_FACTOR}] seed clip used"),
        "SKFLOOR": (options.flood_fill_positive_flood_clip, f"[{MAC_FACTOR}] flood clip used"),
    }
