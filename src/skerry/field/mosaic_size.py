"""How large a mosaic will be, before it is made: what its jobs ask for follows from that.

A field's beams overlap, so that the mosaic of 36 of them has about a tenth of their pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np

from skerry.errors import SkerryError
from skerry.io.image_headers import read_header, read_size

__all__ = ["mosaic_megapixels"]


def mosaic_megapixels(images: Sequence[str]) -> float:
    """Millions of pixels of the grid round some images, by their headers.

    Parameters
    ----------
    images : sequence of str
        FITS images of the beams.

    Returns
    -------
    float
        Of the rectangle on the grid of the first image; 0 if an image is not there yet, or the headers do not tell.
    """
    try:
        return _enclosing(tuple(images))
    except SkerryError:  # which the step itself will tell of, if it is not made by then
        return 0


@cache
def _enclosing(images: tuple[str, ...]) -> float:
    from skerry.sky.grid import celestial_wcs, pixel_map

    shapes = [read_size(image) for image in images]
    grids = [celestial_wcs(image, read_header(image)) for image in images]
    extents = []
    for grid, (ny, nx) in zip(grids, shapes, strict=True):
        edge_x, edge_y = np.linspace(-0.5, nx - 0.5, 9), np.linspace(-0.5, ny - 0.5, 9)
        x, y = pixel_map(grid, grids[0], shapes[0])(*np.meshgrid(edge_x, edge_y))
        extents.append([x.min(), x.max(), y.min(), y.max()])
    left, right, bottom, top = np.transpose(extents)
    pixels = (right.max() - left.min()) * (top.max() - bottom.min())
    return float(pixels) / 1e6 if math.isfinite(pixels) else 0
