"""The step that writes the signal image of an image with its noise."""

from __future__ import annotations

from pathlib import Path

from skerry.io.headers import value_header
from skerry.io.outputs import default_output
from skerry.io.products import Product
from skerry.steps.chosen_planes import PlaneChoice
from skerry.steps.each_plane import of_each_plane
from skerry.steps.inputs import open_signal
from skerry.steps.step_files import StepFiles

__all__ = ["make_signal_image"]


@of_each_plane
def make_signal_image(
    image: Path,
    *,
    rms: Path,
    bkg: Path | None = None,
    output: Path | None = None,
    planes: PlaneChoice | None = None,
    overwrite: bool = False,
) -> Path:
    """Write the signal image of an image with its noise, and background if there is one.

    Parameters
    ----------
    image : Path
        The image.
    rms, bkg : Path
        Its noise and its background, in its unit; no background means 0.
    output : Path, optional
        Default: X.signal.fits for X.fits.
    planes : PlaneChoice, optional
        Of a cube, which planes; by default all.
    overwrite : bool
        Whether `output` may be replaced.

    Returns
    -------
    Path
        `output`: float32, in sigma, with the dimensions of the image.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, or the grids differ.
    """
    output = output or default_output(image, "signal")
    with StepFiles("signal", [image, rms, bkg], [output], overwrite, planes=planes) as files:
        subject, signal = open_signal(files, image, rms, bkg)
        header = value_header(subject.header, files.provenance(roles={"rms": rms, "bkg": bkg}), unit="")
        files.write(Product(output, signal, header, subject.shape))
    return output
