"""Regions of a file, as a picture shows them: the edge of their pixels, over whatever is drawn of masks."""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skerry.io.fits import OpenImage
from skerry.pictures.layers import Layer
from skerry.planes.computed import pixelwise
from skerry.steps.plot_layers import DrawnMask, with_number
from skerry.steps.region_account import RegionsOfImage

__all__ = ["with_regions"]

_REGION = 1 << 40
"""Beyond the bits of any scale mask."""
_COLOUR = "#0a7cc4"


def with_regions(drawn: DrawnMask | None, regions: Path, subject: OpenImage) -> DrawnMask:
    """Draw the regions of a file too.

    Parameters
    ----------
    drawn : DrawnMask, optional
        What is drawn of masks.
    regions : Path
        The file. Its user is warned of lines that are not understood, and told of regions without a pixel.
    subject : OpenImage
        The image.

    Returns
    -------
    DrawnMask
        With all regions as one layer, those without the excluded ones.
    """
    account = RegionsOfImage.of_plane(regions, subject)
    inside = account.mask()
    for told, kind in account.messages():
        warnings.warn(f"{account.path}: {told}", kind, stacklevel=4)
    label = f"{regions.name}: {with_number(account.touched, 'region')}, {with_number(inside.count(), 'pixel')}"
    layer = Layer(label, _COLOUR, _REGION)
    if drawn is None:
        bits = pixelwise(partial(np.multiply, np.int64(_REGION)), inside, dtype=np.int64)
        return DrawnMask(bits, [layer], "", of_details=0)
    bits = pixelwise(_joined, drawn.bits, inside, dtype=np.int64)
    of_details = drawn.of_details & (_REGION - 1)
    return drawn._replace(bits=bits, layers=[*drawn.layers, layer], of_details=of_details)


def _joined(bits: NDArray[np.integer], inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.asarray(bits | inside * np.int64(_REGION), np.int64)
