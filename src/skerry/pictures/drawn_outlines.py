"""Outlines of the islands of a mask, along the edges of its pixels.

They are exact, where contours through a mask of 0 and 1 cut corners, and bounded in number: a mask with too many edges
for a picture is drawn coarser.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["bounded_outlines", "drawn_outlines", "most_edges", "with_margin"]

_MOST_EDGES = 60_000
"""Lines of a layer; of a PDF they take about a megabyte."""
_MOST_OF_ALL = 4 * _MOST_EDGES
"""Lines of a picture, of which Matplotlib keeps 250 bytes each."""


def drawn_outlines(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Lines between the pixels of a mask that are set and those that are not.

    Parameters
    ----------
    mask : ndarray of bool, shape (ny, nx)
        What lies outside of it is not set.

    Returns
    -------
    ndarray of int32, shape (n, 2, 2)
        From (x, y) to (x, y), in pixels, where pixel (0, 0) reaches from 0 to 1. Lines are as long as they can be, and
        horizontal or vertical; together they go round every island and every hole.

    Examples
    --------
    >>> import numpy as np
    >>> drawn_outlines(np.array([[True, True]])).tolist()
    [[[0, 0], [2, 0]], [[0, 1], [2, 1]], [[0, 0], [0, 1]], [[2, 0], [2, 1]]]
    """
    along_rows = _runs_of_edges(mask)
    along_columns = _runs_of_edges(mask.T)[:, :, ::-1]
    return np.concatenate([along_rows, along_columns])


def most_edges(outlines: int) -> int:
    """Lines that each outline of a picture may have.

    Parameters
    ----------
    outlines : int
        How many there are.

    Returns
    -------
    int
        Fewer than of one if there are more than four.

    Examples
    --------
    >>> most_edges(1), most_edges(31)
    (60000, 7741)
    """
    return min(_MOST_EDGES, _MOST_OF_ALL // max(1, outlines))


def bounded_outlines(mask: NDArray[np.bool_], most: int) -> tuple[NDArray[np.int32], int]:
    """Outlines of a mask, or of a coarser one if they would be too many.

    Parameters
    ----------
    mask : ndarray of bool, shape (ny, nx)
        The mask.
    most : int
        How many lines there may be.

    Returns
    -------
    lines : ndarray of int32, shape (n, 2, 2)
        As of `drawn_outlines`, in pixels of the coarser mask.
    step : int
        Side of its pixels, in those of the mask.
    """
    step = 1
    lines = drawn_outlines(mask)
    while len(lines) > most:
        step *= 2
        rows, columns = (np.arange(0, size, 2) for size in mask.shape)
        mask = np.logical_or.reduceat(np.logical_or.reduceat(mask, rows, axis=0), columns, axis=1)
        lines = drawn_outlines(mask)
    return lines, step


def with_margin(mask: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """A mask with a margin round its islands, so that an outline does not lie on a source that is as small as it.

    Parameters
    ----------
    mask : ndarray of bool, shape (ny, nx)
        The mask.
    pixels : int
        Width of the margin; 0 for none.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
        With square corners.
    """
    wide = mask
    for axis in (0, 1):
        padded = np.pad(wide, [(pixels, pixels) if n == axis else (0, 0) for n in (0, 1)])
        shifted = np.lib.stride_tricks.sliding_window_view(padded, 2 * pixels + 1, axis=axis)
        wide = np.asarray(shifted.any(axis=-1))
    return wide


def _runs_of_edges(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Lines along the rows, shape (n, 2, 2): (x, y) of both ends."""
    edges = np.diff(np.pad(mask, ((1, 1), (1, 1))).view(np.int8), axis=0) != 0
    ends = np.diff(edges.view(np.int8), axis=1)
    row, first = np.nonzero(ends == 1)
    _, last = np.nonzero(ends == -1)
    return np.stack([np.stack([first, row], axis=1), np.stack([last, row], axis=1)], axis=1).astype(np.int32)
