"""Regions of a file, as a picture shows them: the edge of their pixels, over whatever is drawn of masks."""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skerry.errors import SkerryNote, SkerryWarning
from skerry.io.fits import OpenImage
from skerry.pictures.layers import Layer
from skerry.planes.computed import pixelwise
from skerry.steps.plot_layers import DrawnMask, with_number
from skerry.steps.region_account import RegionsOfImage

__all__ = ["with_regions"]

_REGION = 1 << 40
"""Beyond the bits of any scale mask."""
_COLOUR = "#0a7cc4"
_MOST_TOLD = 5
"""Lines of a file of which its user is told."""


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
    _tell(account)
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


def _tell(account: RegionsOfImage) -> None:
    lines: list[tuple[int, str, type[SkerryWarning]]] = [
        (line.line, f"line {line.line} is not drawn: {line.reason}", SkerryWarning) for line in account.not_understood
    ]
    lines += [
        (used.region.line, f"the region of line {used.region.line} {used.reason}", SkerryNote)
        for used in account.used
        if not used.pixels
    ]
    for _, told, kind in sorted(lines, key=lambda line: line[0])[:_MOST_TOLD]:
        warnings.warn(f"{account.path}: {told}", kind, stacklevel=5)
    if len(lines) > _MOST_TOLD:
        told = f"{account.path}: {len(lines) - _MOST_TOLD} more of its lines are not drawn"
        warnings.warn(told, SkerryWarning, stacklevel=5)
    if account.hint:
        warnings.warn(f"{account.path}: {account.hint}", SkerryNote, stacklevel=5)
