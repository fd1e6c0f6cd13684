"""The step that cuts a mask back by the shape of the restoring beam, and takes off the rims of bright sources."""

from __future__ import annotations

from pathlib import Path

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.io.image_headers import read_header
from skerry.io.outputs import default_output, scale_output_beside
from skerry.io.products import mask_products
from skerry.masking.bright_rims import without_bright_rims
from skerry.masking.erosion import eroded_islands
from skerry.planes.bits import BitMask
from skerry.planes.masks import set_pixels
from skerry.sky.beam import RestoringBeam, pixel_beam, pixels_per_beam
from skerry.steps.chosen_planes import PlaneChoice
from skerry.steps.each_plane import of_each_plane
from skerry.steps.inputs import open_signal_image
from skerry.steps.made_mask import MadeMask
from skerry.steps.mask_account import MaskAccount
from skerry.steps.source_signs import has_both_signs, with_signs
from skerry.steps.step_files import StepFiles

__all__ = ["make_eroded_mask"]


@of_each_plane
def make_eroded_mask(
    mask: Path,
    options: MaskingOptions | None = None,
    *,
    preset: str | None = None,
    nonzero: bool = False,
    signal: Path | None = None,
    beam: RestoringBeam | Path | None = None,
    output: Path | None = None,
    scale_output: Path | None = None,
    axes: int | None = None,
    planes: PlaneChoice | None = None,
    overwrite: bool = False,
) -> MadeMask:
    """Write a mask eroded by the restoring beam; with scales, the scale mask and the mask of its union.

    Parameters
    ----------
    mask : Path
        The mask, whose header has the beam unless one is given.
    options : MaskingOptions, optional
        The options called beam_shape_erode.
    preset : str, optional
        Name of the preset that the options were made of, for the record.
    nonzero : bool
        Whether the mask may hold any values, as labels or 255: all but 0 are then masked.
    signal : Path, optional
        Signal image on the grid of the mask: to take off the rims of bright sources, to keep cores, and to know which
        pixels are invalid where nothing is eroded from the edge. No rims are taken off where sources are of both signs.
    beam : RestoringBeam or Path, optional
        The beam, or a FITS image whose header has it.
    output, scale_output : Path, optional
        Default: X.eroded.fits and X.scalemask.fits for X.mask.fits; with an output Y.fits, Y.scalemask.fits.
    axes : int, optional
        Axes of the mask, 2 or 4, the others than those of the sky of length 1; by default as many as
        what it is made from has.
    planes : PlaneChoice, optional
        Of a cube, which planes, and whether their masks are to be one; by default all, each a mask of its own.
    overwrite : bool
        Whether the outputs may be replaced.

    Returns
    -------
    MadeMask
        The mask, with the dimensions of what it was made from, and the scale mask, if there are scales.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, or there is no beam; if there is a signal but no option that needs one, or
        the reverse; if the signal is not in sigma, or on another grid.
    """
    options = options or MaskingOptions()
    by_signal = any(_needing_signal(options).values())
    both_signs = by_signal and has_both_signs(read_header(mask), options)
    others = options.model_copy(update={"beam_shape_erode_rims": False}) if both_signs else options
    if by_signal and not any(_needing_signal(others).values()):
        signal = None
    _check_signal(mask, signal, others)
    scales = options.beam_shape_erode_scales
    scale_output = scale_output_beside(output or mask, scales, scale_output, "`beam_shape_erode_scales`")
    output = output or default_output(mask, "eroded")
    with StepFiles(
        "erode", [mask, signal], [output, scale_output], overwrite, beam=beam, axes=axes, planes=planes
    ) as files:
        subject = files.open_mask(mask, nonzero=nonzero)
        if both_signs:
            options = with_signs(files, mask, subject.header, options)
        restoring = files.restoring_beam(subject)
        account = MaskAccount(files, subject, options, preset, restoring, is_image=False)
        on_pixels = pixel_beam(subject.header, restoring, str(mask))
        significance = None
        if signal is not None:
            significance = account.is_in_sigma(open_signal_image(files, signal, subject), erodes=True)
        with files.stage("rims"):
            flags = rimless = BitMask.of(set_pixels(subject.data))
            if others.beam_shape_erode_rims and significance is not None:
                area = pixels_per_beam(subject.header, restoring, str(mask))
                rimless = without_bright_rims(flags, significance, options, area)
                account.took("rims", flags, rimless)
        with files.stage("erosion"):
            union, by_scale = eroded_islands(flags, on_pixels, options, scales, rimless=rimless, signal=significance)
            account.was_eroded(flags, rimless, union)
        account.has_clips_of(subject.header)
        report = account.finish(union)
        template = subject.header.copy()
        template["BMAJ"], template["BMIN"], template["BPA"] = restoring
        provenance = files.provenance(options.used_by("erode"), roles={"signal": signal})
        made = mask_products(union, template, subject.shape, provenance, output, by_scale, scale_output, scales)
        files.write(*made)
    return MadeMask(output, scale_output, report=report)


def _needing_signal(options: MaskingOptions) -> dict[str, bool]:
    """What may need the signal image, and whether it does."""
    return {
        "`beam_shape_erode_rims`": options.beam_shape_erode_rims,
        "`beam_shape_erode_keep_cores`": options.beam_shape_erode_keep_cores,
        "`beam_shape_erode_edge` false": not options.beam_shape_erode_edge,
    }


def _check_signal(mask: Path, signal: Path | None, options: MaskingOptions) -> None:
    """Check that a signal image is given where the erosion needs it, and nowhere else."""
    used = _needing_signal(options)
    needs = [name for name, needed in used.items() if needed]
    if needs and signal is None:
        need = "needs" if len(needs) == 1 else "need"
        raise SkerryError(
            f"{mask}: {' and '.join(needs)} {need} the signal image; give `signal`, made with 'skerry signal'"
        )
    if not needs and signal is not None:
        without = " or ".join(used)
        raise SkerryError(f"{signal}: has no use without {without}; give one of them too, or leave it out")
