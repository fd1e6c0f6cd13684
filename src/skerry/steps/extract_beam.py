"""The step that writes the mask of a beam out of the mask of a mosaic, whose nearest pixel each beam pixel takes.

Nothing is interpolated, so that every bit of a scale mask survives; and nothing is taken from where the mosaic is not,
because a zero costs a faint source while a wrong one lets CLEAN into the noise. What the mosaic hides in the noise of
other beams a mask of the beam's own image may add.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.io.fits import OpenImage
from skerry.io.fits_pixels import NotMaskError
from skerry.io.headers import mask_header, mask_scales, scale_facts
from skerry.io.image_headers import read_header
from skerry.io.outputs import default_output
from skerry.io.products import Product
from skerry.io.scratch import kept_on_disk
from skerry.planes.bits import BitMask
from skerry.planes.computed import pixelwise
from skerry.planes.masks import both, set_pixels, valid_pixels
from skerry.planes.plane import Flags
from skerry.sky.beam import RestoringBeam, pixels_per_beam
from skerry.sky.grid import celestial_wcs
from skerry.sky.nearest_pixels import NearestPixels
from skerry.steps.chosen_planes import PlaneChoice
from skerry.steps.companions import is_mask_file
from skerry.steps.each_plane import of_each_plane
from skerry.steps.made_mask import MadeMask
from skerry.steps.mask_account import MaskAccount
from skerry.steps.source_signs import with_signs
from skerry.steps.step_files import StepFiles

__all__ = ["make_beam_mask"]


@of_each_plane
def make_beam_mask(
    beam_image: Path,
    mosaic_mask: Path,
    options: MaskingOptions | None = None,
    *,
    beam: RestoringBeam | Path | None = None,
    preset: str | None = None,
    add: Path | None = None,
    nonzero: bool = False,
    output: Path | None = None,
    axes: int | None = None,
    planes: PlaneChoice | None = None,
    overwrite: bool = False,
) -> MadeMask:
    """Write the mask of a beam, on the grid of its image, from the mask of a mosaic.

    Parameters
    ----------
    beam_image : Path
        Image that the mask is for; its invalid pixels are never masked, so the mask of one without valid pixels is
        empty, with a `SkerryWarning`.
    mosaic_mask : Path
        Mask or scale mask, in any projection and frame.
    options : MaskingOptions, optional
        The options called extract_beam are used; with `extract_beam_smoothed_clip` also those called noise.
    beam : RestoringBeam or Path, optional
        The restoring beam of the image, in place of the one of its header, or a FITS image that has it.
    preset : str, optional
        Name of the preset that the options were made of, for the record.
    add : Path, optional
        Mask of the beam's own image, on its grid, whose pixels are added; a scale mask of the same scales where the
        mosaic's is one. `extract_beam_smoothed_clip` takes nothing from it.
    nonzero : bool
        Whether all values but 0 of the masks are written as 1: labels, 255, or the bits of a scale mask.
    output : Path, optional
        Default: X.mask.fits, or X.scalemask.fits, for X.fits.
    axes : int, optional
        Axes of the mask, 2 or 4, the others than those of the sky of length 1; by default those of the image.
    planes : PlaneChoice, optional
        Of a cube, which planes, and whether their masks are to be one; by default all, each a mask of its own.
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
        If a file cannot be read or written, has no celestial WCS, or the two have no pixel in common; if `add` is on
        another grid or has other scales; if the image has no beam, and `extract_beam_smoothed_clip` needs it.
    """
    options = options or MaskingOptions()
    if output is None:
        scales = None if nonzero else mask_scales(read_header(mosaic_mask), str(mosaic_mask))
        output = default_output(beam_image, "mask" if scales is None else "scalemask")
    with StepFiles(
        "extract-beam", [beam_image, mosaic_mask, add], [output], overwrite, beam=beam, axes=axes, planes=planes
    ) as files:
        # Of the beam's image only the grid is needed, which a mask has too, unless its noise is measured.
        what = None if options.extract_beam_smoothed_clip is None else "image of the beam"
        files.surveys = True
        image, mosaic = files.open_image(beam_image, what=what), _open_mosaic(files, beam_image, mosaic_mask, nonzero)
        if options.extract_beam_smoothed_clip is not None:
            options = with_signs(files, image.path, image.header, options)
            options = with_signs(files, mosaic_mask, mosaic.header, options)
        account = MaskAccount(files, image, options, preset)
        scales = mask_scales(mosaic.header, str(mosaic_mask))
        wcs = celestial_wcs(beam_image, image.header)
        seen = options.extract_beam_smoothed_clip is None or image.empty
        area = None if seen else pixels_per_beam(image.header, name=str(beam_image))
        found = NearestPixels(
            mosaic.data,
            celestial_wcs(mosaic_mask, mosaic.header),
            wcs,
            (image.shape[-2], image.shape[-1]),
            union=options.extract_beam_union,
            blank_border=options.extract_beam_blank_border,
        )
        if scales is None and found.any_bits > 1:
            told = f"{mosaic_mask.name}: has values above 1, but no scales whose bits they were; they are kept"
            files.warn(f"{told}: give `nonzero` to write 1 for all of them")
        # A beam without valid pixels may lie outside the mosaic, which was made without it.
        if not found.overlap and not image.empty:
            raise SkerryError(
                f"{beam_image}: has no pixel in common with the mosaic {mosaic_mask}; give the mosaic of its own field"
            )
        detected = [] if area is None else [_detected(image, options, area)]
        mask = both(found.plane, valid_pixels(image.data), *detected)
        own = None if add is None else _open_own(files, image, add, scales, nonzero=nonzero)
        if own is not None:
            seen_by_itself = both(own.data, valid_pixels(image.data))
            mask = pixelwise(np.bitwise_or, mask, seen_by_itself, dtype=np.result_type(mask.dtype, own.data.dtype))
        # Finding the nearest pixels is what takes time here; it is done once.
        kept = files.enter_context(kept_on_disk(mask, output.parent))
        account.has_clips_of(mosaic.header)
        report = account.finish(BitMask.of(set_pixels(kept)))
        used = {name.removeprefix("extract_beam_"): value for name, value in options.used_by("extract-beam").items()}
        facts = None if scales is None else scale_facts(scales)
        provenance = files.provenance(used, facts, roles={"add": add})
        beside = [] if own is None else [own.header]
        header = mask_header(image.header, provenance, made_from=mosaic.header, beside=beside)
        files.write(Product(output, kept, header, image.shape))
    return MadeMask(output, output if scales is not None else None, report=report)


def _open_mosaic(files: StepFiles, beam_image: Path, mosaic_mask: Path, nonzero: bool) -> OpenImage:
    """Open the mask of the mosaic; the error says so if the two files stand in each other's place."""
    try:
        return files.open_mask(mosaic_mask, nonzero=nonzero)
    except NotMaskError as error:
        if is_mask_file(beam_image):
            told = f"{mosaic_mask}: is an image, and {beam_image} a mask"
            raise SkerryError(f"{told}; give the beam's image first, then the mask of the mosaic") from error
        raise


def _open_own(
    files: StepFiles, image: OpenImage, path: Path, scales: tuple[int, ...] | None, *, nonzero: bool
) -> OpenImage:
    """Open the mask of the beam's own image, whose scales have to be those of the mosaic's mask."""
    own = files.open_mask(path, image, nonzero=nonzero)
    own_scales = mask_scales(own.header, str(path))
    if own_scales != scales:
        has, wanted = (f"the scales {','.join(map(str, s))}" if s else "no scales" for s in (own_scales, scales))
        raise SkerryError(f"{path}: has {has}, and the mask of the mosaic {wanted}; make both by the same options")
    return own


def _detected(image: OpenImage, options: MaskingOptions, area: float) -> Flags:
    """Pixels where the beam detects anything in its own image; what finds them is imported only where it is used."""
    from skerry.masking.beam_detection import detected_by_beam

    return detected_by_beam(image.data, options, area)
