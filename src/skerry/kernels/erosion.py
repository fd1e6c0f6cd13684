"""Binary erosion by a kernel of any size, island by island.

Masks cover a small part of an image, and an island smaller than the kernel leaves nothing: so only islands whose
bounding box holds the kernel's are looked at. Each row of the kernel is a few chords, and a chord fits where the run
of masked pixels that begins there is as long as the chord: one comparison a pixel and chord, whatever its length.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from skerry.kernels.bands import row_bands
from skerry.kernels.islands import label_islands

__all__ = ["erode"]


def erode(mask: NDArray[np.bool_], kernel: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels at which `kernel`, its origin at index shape // 2, lies wholly on set pixels of `mask`.

    What is outside the image is not set. The kernel has at least one pixel.
    """
    origin_y, origin_x = (n // 2 for n in kernel.shape)
    on = np.argwhere(kernel)
    top, left = on.min(axis=0)
    bottom, right = on.max(axis=0) + 1
    kernel = kernel[top:bottom, left:right]
    out = np.zeros_like(mask)
    for rows, columns, island in _islands(mask, kernel):
        # Position (0, 0) of the fit has the kernel's first row and column on those of the island's bounding box.
        y, x = rows.start + origin_y - top, columns.start + origin_x - left
        fits = _fits(island, kernel)
        y_from, x_from = max(0, -y), max(0, -x)
        fits = fits[y_from : max(0, mask.shape[0] - y), x_from : max(0, mask.shape[1] - x)]
        target = out[y + y_from : y + y_from + fits.shape[0], x + x_from : x + x_from + fits.shape[1]]
        np.logical_or(target, fits, out=target)
    return out


def _islands(mask: NDArray[np.bool_], kernel: NDArray[np.bool_]) -> Iterator[tuple[slice, slice, NDArray[np.bool_]]]:
    """Islands in their bounding boxes, if the kernel has room there.

    A kernel in pieces may straddle islands; to it, the whole mask is one.
    """
    height, width = kernel.shape
    if label_islands(kernel)[1] > 1:
        if height <= mask.shape[0] and width <= mask.shape[1]:
            yield slice(0, mask.shape[0]), slice(0, mask.shape[1]), mask
        return
    labels, _ = label_islands(mask)
    for n, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        if rows.stop - rows.start >= height and columns.stop - columns.start >= width:
            yield rows, columns, labels[rows, columns] == n


def _fits(island: NDArray[np.bool_], kernel: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where the kernel's bounding box may begin so that the kernel lies on the island."""
    height, width = (n - k + 1 for n, k in zip(island.shape, kernel.shape, strict=True))
    fits = np.ones((height, width), dtype=bool)
    chords = [(dy, dx, length) for dy, row in enumerate(kernel) for dx, length in _chords(row)]
    for band in row_bands((height, island.shape[1])):
        runs = _run_lengths(island[band.start : band.stop + kernel.shape[0] - 1])
        for dy, dx, length in chords:
            start = runs[dy : dy + band.stop - band.start, dx : dx + width]
            fits[band] &= start >= length
    return fits


def _chords(row: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and length of each run of set pixels in one row."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], row, [False])).astype(np.int8)))
    return [(int(start), int(stop - start)) for start, stop in edges.reshape(-1, 2)]


def _run_lengths(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Length of the run of set pixels that begins at each pixel and goes right."""
    column = np.arange(mask.shape[1], dtype=np.int32)
    next_gap = np.where(mask, np.int32(mask.shape[1]), column)
    next_gap = np.minimum.accumulate(next_gap[:, ::-1], axis=1)[:, ::-1]
    return next_gap - column
