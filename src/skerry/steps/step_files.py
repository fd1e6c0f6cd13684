"""The files of a step: settled before any work, open while it lasts, and told of in what it writes.

Every step opens with them: what it reads, in the order in which HISTORY shall name it, and what it writes.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from skerry.errors import SkerryError, SkerryWarning
from skerry.io.fits import OpenImage, check_same_size, open_image, open_mask, write_products
from skerry.io.headers import Provenance
from skerry.io.outputs import check_outputs, default_output
from skerry.io.products import Product

__all__ = ["StepFiles", "scale_output_beside"]


class StepFiles(ExitStack):
    """What a step reads and writes; what it opens is closed at the end of the block.

    Parameters
    ----------
    step : str
        The subcommand.
    inputs, outputs : sequence of Path or None
        None for what is not given, or not to be written.
    overwrite : bool
        Whether the outputs may be replaced.

    Raises
    ------
    SkerryError
        If an output may not be written, see `skerry.io.outputs.check_outputs`.
    """

    def __init__(
        self, step: str, inputs: Sequence[Path | None], outputs: Sequence[Path | None], overwrite: bool
    ) -> None:
        super().__init__()
        self.step, self.overwrite = step, overwrite
        self.inputs = [Path(path) for path in inputs if path is not None]
        check_outputs([path for path in outputs if path is not None], self.inputs, overwrite)

    def open_image(self, path: Path, like: OpenImage | None = None) -> OpenImage:
        """Open an image whose valid pixels are sky, which has to have the size of `like` if that is given.

        Padding and stray pixels are invalid, as `skerry.masking.padding` finds them. Of an image without valid pixels
        that is said in a `SkerryWarning`.
        """
        # Imported here: a step on masks alone needs nothing of it.
        from skerry.masking.padding import without_padding

        image = self.open_companion(path, like)
        valid = without_padding(image.data)
        if valid.empty:
            warnings.warn(f"{path}: has no valid pixels", SkerryWarning, stacklevel=2)
        return replace(image, data=valid.plane, empty=valid.empty)

    def open_companion(self, path: Path, like: OpenImage | None = None) -> OpenImage:
        """Open a map that goes with an image, its noise, background or weights, of which each pixel is meant."""
        return _alike(self.enter_context(open_image(path)), like)

    def open_mask(self, path: Path, like: OpenImage | None = None) -> OpenImage:
        """Open a mask, which has to have the width and height of `like` if that is given."""
        return _alike(self.enter_context(open_mask(path)), like)

    def provenance(
        self, options: Mapping[str, Any] | None = None, facts: Mapping[str, tuple[float | int | str, str]] | None = None
    ) -> Provenance:
        """Say how what the step writes was made: by it, with these options, of its inputs, with these results."""
        return Provenance(self.step, options or {}, self.inputs, facts or {})

    def write(self, *products: Product) -> None:
        """Write the outputs, all of them or none."""
        write_products(products, self.overwrite)


def scale_output_beside(
    source: Path, scales: Sequence[int] | None, scale_output: Path | None, needs: str
) -> Path | None:
    """Name of the scale mask that goes with a mask.

    Parameters
    ----------
    source : Path
        What the mask is made from.
    scales : sequence of int, optional
        Scales of the mask; without them there is no scale mask.
    scale_output : Path, optional
        The name that is asked for; by default X.scalemask.fits for X.fits.
    needs : str
        What a scale mask needs, for the error.

    Returns
    -------
    Path, or None
        The name; None if there is no scale mask.

    Raises
    ------
    SkerryError
        If there is a name but no scales.
    """
    if scales is not None:
        return scale_output or default_output(source, "scalemask")
    if scale_output is not None:
        raise SkerryError(f"{scale_output}: a scale mask needs {needs}")
    return None


def _alike(image: OpenImage, like: OpenImage | None) -> OpenImage:
    if like is not None:
        check_same_size(like, image)
    return image
