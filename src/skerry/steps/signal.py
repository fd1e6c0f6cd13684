"""The step that writes the signal image of an image with its noise."""

from __future__ import annotations

from pathlib import Path

from skerry.io.fits import write_products
from skerry.io.headers import Provenance, value_header
from skerry.io.products import Product, check_outputs, default_output
from skerry.steps.inputs import open_signal

__all__ = ["make_signal_image"]


def make_signal_image(
    image: Path, *, rms: Path, bkg: Path | None = None, output: Path | None = None, overwrite: bool = False
) -> Path:
    """Write the signal image of an image with its noise, and background if there is one.

    Raises
    ------
    SkerryError
        If a file cannot be read or written, or the grids differ.
    """
    output = default_output(image, "signal") if output is None else output
    inputs = [image, rms, *([] if bkg is None else [bkg])]
    check_outputs([output], inputs, overwrite)
    with open_signal(image, rms, bkg) as (subject, signal):
        header = value_header(subject.header, Provenance("signal", {}, inputs), unit="")
        write_products([Product(output, signal, header, subject.shape)], overwrite)
    return output
