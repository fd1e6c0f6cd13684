"""The step that writes maps of the local noise and background of an image."""

from __future__ import annotations

from pathlib import Path

from skerry.config.options import MaskingOptions
from skerry.io.headers import value_header
from skerry.io.outputs import default_output
from skerry.io.products import Product
from skerry.sky.restoring_beam import RestoringBeam
from skerry.steps.chosen_planes import PlaneChoice
from skerry.steps.each_plane import of_each_plane
from skerry.steps.inputs import measured_noise
from skerry.steps.source_signs import with_signs
from skerry.steps.step_files import StepFiles

__all__ = ["make_noise_maps"]


@of_each_plane
def make_noise_maps(
    image: Path,
    options: MaskingOptions | None = None,
    *,
    beam: RestoringBeam | Path | None = None,
    rms_output: Path | None = None,
    bkg_output: Path | None = None,
    planes: PlaneChoice | None = None,
    overwrite: bool = False,
) -> tuple[Path, Path]:
    """Write the local rms and background of an image.

    Parameters
    ----------
    image : Path
        The image.
    options : MaskingOptions, optional
        Of which those called noise and `both_signs` are used.
    beam : RestoringBeam or Path, optional
        The restoring beam, in place of the one of the header, or a FITS image that has it; for boxes in beams.
    rms_output, bkg_output : Path, optional
        Default: X.rms.fits and X.bkg.fits for X.fits.
    planes : PlaneChoice, optional
        Of a cube, which planes; by default all.
    overwrite : bool
        Whether the outputs may be replaced.

    Returns
    -------
    rms_output : Path
        The rms: float32, with the dimensions and the unit of the image; all NaN if it has no valid pixels.
    bkg_output : Path
        The background, likewise.

    Raises
    ------
    SkerryError
        If the image cannot be read, or an output cannot be written.
    """
    options = options or MaskingOptions()
    rms_output = rms_output or default_output(image, "rms")
    bkg_output = bkg_output or default_output(image, "bkg")
    with StepFiles("noise", [image], [rms_output, bkg_output], overwrite, beam=beam, planes=planes) as files:
        subject = files.open_image(image)
        options = with_signs(files, subject.path, subject.header, options)
        used = {name.removeprefix("noise_"): value for name, value in options.used_by("noise").items()}
        rms, bkg = measured_noise(subject, options)
        header = value_header(subject.header, files.provenance(used))
        files.write(
            Product(rms_output, rms, header, subject.shape),
            Product(bkg_output, bkg, header, subject.shape),
        )
    return rms_output, bkg_output
