"""A bicubic spline through an image at positions of another grid, and what changes slowly over a grid."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import _skerry_kernels as compiled

__all__ = ["SplinePart", "Sums", "add_spline", "spline_coefficients", "spread_nodes", "spread_powers"]


class SplinePart(NamedTuple):
    """A part of an image, with what its spline needs."""

    coefficients: NDArray[np.float32]
    """Of the bicubic B-spline, shape (rows, columns)."""
    valid: NDArray[np.bool_] | None
    """Which pixels are valid, shape (rows, columns); None if all are."""
    weight: NDArray[np.float32] | None
    """Of the pixels, shape (rows, columns); None if it is 1 everywhere."""
    top: int
    """Row of the image at the top; rows before 0 are those of the image, mirrored."""
    left: int
    """Column of the image at the left; likewise."""
    shape: tuple[int, int]
    """(ny, nx) of the image."""


class Sums(NamedTuple):
    """Rows of a mosaic that is being added up."""

    total: NDArray[np.float32]
    """Of weight times value, shape (rows, nx)."""
    weight: NDArray[np.float32]
    """Shape (rows, nx)."""


def spread_nodes(nodes: NDArray[np.float64], half: int, first: int, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Interpolate between nodes by the parabola through the three nodes of each cell along both axes.

    Parameters
    ----------
    nodes : ndarray, shape (2 * down + 1, 2 * across + 1)
        Values at every `half` pixels of a grid; a cell is 2 * `half` pixels wide.
    half : int
        Pixels between nodes.
    first : int
        First row of the grid that is asked for.
    shape : tuple of int
        Rows and columns that are asked for, from that row and the first column on.

    Returns
    -------
    ndarray of float64
        Of that shape.
    """
    out = np.empty(shape)
    compiled.spread_nodes(np.ascontiguousarray(nodes), half, first, out)
    return out


def spread_powers(
    start: NDArray[np.float64], ratio: NDArray[np.float64], change: NDArray[np.float64], cell: int, columns: int
) -> NDArray[np.float64]:
    """Exponentials of parabolas in cells along rows, by multiplications.

    Parameters
    ----------
    start, ratio, change : ndarray, shape (rows, across)
        Pixel u of a cell has the value start * ratio**u * change**(u * (u - 1) / 2).
    cell, columns : int
        Pixels of a cell, and of a row.

    Returns
    -------
    ndarray of float64, shape (rows, columns)
        The values.
    """
    out = np.empty((start.shape[0], columns))
    compiled.spread_powers(start, ratio, change, cell, out)
    return out


def spline_coefficients(rows: NDArray[np.float32], columns: slice) -> NDArray[np.float32]:
    """Coefficients of the bicubic B-spline through pixels.

    Parameters
    ----------
    rows : ndarray, shape (ny, nx)
        The pixels, all finite; beyond its edges the image is taken to go on with their values.
    columns : slice
        Those that are asked for, from a first up to a last one, and all that is looked at.

    Returns
    -------
    ndarray of float32, shape (ny, columns)
        What lies beyond an edge matters by a factor of 0.27 less for each pixel from there.
    """
    out = np.empty((rows.shape[0], columns.stop - columns.start), np.float32)
    compiled.spline_coefficients(np.ascontiguousarray(rows), columns.start, out)
    return out


def add_spline(
    part: SplinePart,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    response: NDArray[np.float64] | None,
    cutoff: float,
    sums: Sums,
    column: int,
) -> int:
    """Add an image at some positions to sums.

    Parameters
    ----------
    part : SplinePart
        Of the image; it must reach two pixels beyond the positions, but for those outside the image.
    x, y : ndarray, shape (rows, columns)
        Positions in the image, 0-based pixels; NaN where there are none.
    response : ndarray, shape (rows, columns), optional
        Of the primary beam; 1 if there is none.
    cutoff : float
        Response that must be exceeded.
    sums : Sums
        Of these rows. The values of the spline times weight and response are added to those of the values, and the
        weight times the square of the response to those of the weights. Nothing is added outside the image, and where
        invalid pixels have more than 1 % of the weight in bilinear interpolation.
    column : int
        First of the columns in the sums.

    Returns
    -------
    int
        Pixels to which something was added.
    """
    where = (part.top, part.left, *part.shape)
    return compiled.add_spline(
        part.coefficients, part.valid, part.weight, *where, x, y, response, cutoff, column, sums.total, sums.weight
    )
