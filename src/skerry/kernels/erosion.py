"""Binary erosion by a kernel of any size, island by island.

Masks cover a small part of an image, and an island smaller than the kernel leaves nothing: so only islands whose
bounding box holds the kernel's are looked at. Each row of the kernel is a few chords, and a chord fits where the run
of masked pixels that begins there is as long as the chord: one comparison a pixel and chord, whatever its length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from skerry.kernels.bands import row_bands
from skerry.kernels.islands import label_islands
from skerry.planes import BitMask, Flags

__all__ = ["erode", "erode_by_each"]


class _Kernel:
    """A kernel cut to its set pixels, as chords: (row, first column, length)."""

    def __init__(self, kernel: NDArray[np.bool_]) -> None:
        on = np.argwhere(kernel)
        self.top, self.left = (int(n) for n in on.min(axis=0))
        bottom, right = on.max(axis=0) + 1
        cut = kernel[self.top : bottom, self.left : right]
        self.height, self.width = cut.shape
        self.origin = (kernel.shape[0] // 2, kernel.shape[1] // 2)
        self.chords = [(dy, dx, length) for dy, row in enumerate(cut) for dx, length in _chords(row)]
        self.in_pieces = label_islands(cut)[1] > 1


def erode(mask: Flags, kernel: NDArray[np.bool_]) -> BitMask:
    """Pixels at which `kernel`, its origin at index shape // 2, lies wholly on set pixels of `mask`.

    What is outside the image is not set. The kernel has at least one pixel.
    """
    return next(erode_by_each(mask, [kernel]))


def erode_by_each(mask: Flags, kernels: Iterable[NDArray[np.bool_]]) -> Iterator[BitMask]:
    """Erode a mask by several kernels, as `erode` does, one after the other; its islands are found once."""
    for eroded in _erode_by_each(np.asarray(mask), kernels):
        yield BitMask.of(eroded)


def _erode_by_each(mask: NDArray[np.bool_], kernels: Iterable[NDArray[np.bool_]]) -> Iterator[NDArray[np.bool_]]:
    islands: list[tuple[slice, slice]] | None = None
    labels = np.empty(0, dtype=np.int32)
    for kernel in map(_Kernel, kernels):
        out = np.zeros_like(mask)
        if kernel.in_pieces:
            # It may straddle islands: to it, the whole mask is one.
            _erode_island(out, mask, slice(0, mask.shape[0]), slice(0, mask.shape[1]), kernel)
            yield out
            continue
        if islands is None:
            labels = label_islands(mask)[0]
            islands = ndimage.find_objects(labels)
        for n, (rows, columns) in enumerate(islands, start=1):
            if rows.stop - rows.start >= kernel.height and columns.stop - columns.start >= kernel.width:
                _erode_island(out, labels[rows, columns] == n, rows, columns, kernel)
        yield out


def _erode_island(
    out: NDArray[np.bool_], island: NDArray[np.bool_], rows: slice, columns: slice, kernel: _Kernel
) -> None:
    """Set in `out` the pixels at which the kernel lies on an island, which is given in its bounding box."""
    fits = _fits(island, kernel)
    # Position (0, 0) of the fit has the kernel's first row and column on those of the bounding box.
    y, x = rows.start + kernel.origin[0] - kernel.top, columns.start + kernel.origin[1] - kernel.left
    y_from, x_from = max(0, -y), max(0, -x)
    fits = fits[y_from : max(0, out.shape[0] - y), x_from : max(0, out.shape[1] - x)]
    target = out[y + y_from : y + y_from + fits.shape[0], x + x_from : x + x_from + fits.shape[1]]
    np.logical_or(target, fits, out=target)


def _fits(island: NDArray[np.bool_], kernel: _Kernel) -> NDArray[np.bool_]:
    """Where the kernel's first row and column may lie so that it lies on the island."""
    height, width = (max(0, n - k + 1) for n, k in zip(island.shape, (kernel.height, kernel.width), strict=True))
    fits = np.ones((height, width), dtype=bool)
    for band in row_bands((height, island.shape[1]), halo=kernel.height):
        runs = _run_lengths(island[band.start : band.stop + kernel.height - 1])
        for dy, dx, length in kernel.chords:
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
