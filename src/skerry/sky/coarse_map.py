"""Where the pixels of one image lie in another: exact at the corners of cells of fixed place, interpolated between.

The error of the interpolation is bounded by the exact positions half-way between the corners. Sky coordinates take a
hundred times longer than the interpolation, which is good to a thousandth of a pixel in all but extreme grids.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skerry.planes.limits import current_limits
from skerry.sky.grid import is_smooth, pixel_map, repeats

if TYPE_CHECKING:
    from astropy.wcs import WCS

__all__ = ["STEP", "CoarseMap"]

STEP = 32
"""Pixels along the side of a cell."""
LARGEST_ERROR = 0.05
"""Pixels: cells whose error could reach it are not interpolated."""
_HALF = STEP // 2
# The exact positions themselves are good to 1e-8 pixels at best.
_ROUNDING = 1e-6
# Of what the points half-way show, for terms of higher order: the error of the quadratic ones is greatest there.
_SAFETY = 2.0
_POSITIONS = 1 << 16

Positions = tuple[NDArray[np.float64], NDArray[np.float64]]


class CoarseMap:
    """Positions of the pixels of an image in another.

    Parameters
    ----------
    source, target : WCS
        From `skerry.sky.grid.celestial_wcs`; projections and frames may differ.
    shape, target_shape : tuple of int
        (ny, nx) of the two.

    Attributes
    ----------
    to_target, to_source : PixelMap
        The exact maps.
    nodes : tuple of ndarray, shape (down + 1, across + 1)
        Positions (x, y) in the target of the pixels in every 32nd row and column.
    bounds : ndarray, shape (down, across)
        Error that the bilinear interpolation may have within the cells, pixels of the target. Infinite where it could
        reach 0.05, where a position is undefined or does not map back, as on the far side of the sphere, and where
        positions jump, as at the ends of a map of all longitudes.
    meets : bool
        Whether any pixel of the image lies in the target.
    """

    def __init__(self, source: WCS, target: WCS, shape: tuple[int, int], target_shape: tuple[int, int]) -> None:
        self.shape, self.target_shape = shape, target_shape
        self.to_target, self.to_source = pixel_map(source, target, target_shape), pixel_map(target, source, shape)
        self._jumps = repeats(target)
        down, across = (-(-n // STEP) for n in shape)
        self.nodes = np.zeros((down + 1, across + 1)), np.zeros((down + 1, across + 1))
        self.bounds = np.full((down, across), np.inf)
        self.meets = False
        if is_smooth(source) and is_smooth(target):
            rows = max(1, _POSITIONS // (4 * (across + 1)))
            with ThreadPoolExecutor(current_limits().threads) as pool:
                inside = pool.map(self._fill, range(0, down, rows), (min(n + rows, down) for n in range(0, down, rows)))
                self.meets = any(list(inside))
        self.meets = self.meets or any(map(self._meets_exactly, range(down)))

    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the target outside of which no pixel of the image lies."""
        ny, nx = self.target_shape
        if not np.isfinite(self.bounds).all():
            return slice(0, ny), slice(0, nx)
        (left, right), (bottom, top) = ((int(axis.min()) - 2, int(axis.max()) + 3) for axis in self.nodes)
        left, bottom = min(max(left, 0), nx), min(max(bottom, 0), ny)
        return slice(bottom, max(min(top, ny), bottom)), slice(left, max(min(right, nx), left))

    def cells(self, start: int, stop: int) -> tuple[Positions, NDArray[np.float64], int]:
        """Nodes and bounds of the cells that hold some rows of the image, and the image's row at their top."""
        first, last = start // STEP, -(-stop // STEP)
        x, y = (axis[first : last + 1] for axis in self.nodes)
        return (x, y), self.bounds[first:last], first * STEP

    def _fill(self, start: int, stop: int) -> bool:
        """Map some rows of cells; tell whether a pixel among their nodes lies in the target."""
        across = self.bounds.shape[1]
        here_x, here_y = np.meshgrid(
            np.arange(2 * across + 1) * float(_HALF), np.arange(2 * start, 2 * stop + 1) * float(_HALF)
        )
        x, y = self.to_target(here_x, here_y)
        back_x, back_y = self.to_source(x, y)
        with np.errstate(invalid="ignore"):
            returns = (np.abs(back_x - here_x) < 0.5) & (np.abs(back_y - here_y) < 0.5)
            error = np.maximum(_interpolation_error(x), _interpolation_error(y)) * _SAFETY + _ROUNDING
            certain = (error < LARGEST_ERROR) & (_of_cells(returns, np.minimum) | self._is_outside(x, y))
            if self._jumps:
                certain &= self._is_within(x, y)
            inside = (x >= -0.5) & (x < self.target_shape[1] - 0.5) & (y >= -0.5) & (y < self.target_shape[0] - 0.5)
        self.nodes[0][start : stop + 1], self.nodes[1][start : stop + 1] = x[::2, ::2], y[::2, ::2]
        self.bounds[start:stop] = np.where(certain, error, np.inf)
        return bool((inside & (here_x < self.shape[1]) & (here_y < self.shape[0])).any())

    def _is_outside(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Cells that lie wholly outside the target, on one side of it."""
        ny, nx = self.target_shape
        before = (_of_cells(x, np.maximum) < -1) | (_of_cells(y, np.maximum) < -1)
        return np.asarray(before | (_of_cells(x, np.minimum) > nx) | (_of_cells(y, np.minimum) > ny))

    def _is_within(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Cells that lie wholly in the target, away from its edges."""
        ny, nx = self.target_shape
        after = (_of_cells(x, np.minimum) > 0) & (_of_cells(y, np.minimum) > 0)
        return np.asarray(after & (_of_cells(x, np.maximum) < nx - 1) & (_of_cells(y, np.maximum) < ny - 1))

    def _meets_exactly(self, row: int) -> bool:
        """Whether any pixel of a row of cells lies in the target, by the exact positions where nodes do not tell."""
        (x, y), bounds, top = self.cells(row * STEP, (row + 1) * STEP)
        ny, nx = self.target_shape
        with np.errstate(invalid="ignore"):
            outside = np.zeros(bounds.shape, dtype=bool)
            for axis, size in ((x, nx), (y, ny)):
                corners = [axis[:1, :-1], axis[:1, 1:], axis[1:, :-1], axis[1:, 1:]]
                outside |= (np.maximum.reduce(corners) < -1) | (np.minimum.reduce(corners) > size)
        open_cells = np.flatnonzero(~(outside & np.isfinite(bounds)))
        if not open_cells.size:
            return False
        for cell in range(open_cells[0], open_cells[-1] + 1, _POSITIONS // STEP**2):
            columns = np.arange(cell * STEP, min((cell + _POSITIONS // STEP**2) * STEP, self.shape[1]), dtype=float)
            rows = np.arange(top, min(top + STEP, self.shape[0]), dtype=float)
            there_x, there_y = self.to_target(*np.meshgrid(columns, rows))
            if ((there_x >= -0.5) & (there_x < nx - 0.5) & (there_y >= -0.5) & (there_y < ny - 0.5)).any():
                return True
        return False


def _interpolation_error(exact: NDArray[np.float64]) -> NDArray[np.float64]:
    """Greatest difference of the bilinear interpolation half-way between nodes, by cell; NaN if any of them is."""
    nodes = exact[::2, ::2]
    along_rows = np.abs((nodes[:, :-1] + nodes[:, 1:]) / 2 - exact[::2, 1::2])
    along_columns = np.abs((nodes[:-1] + nodes[1:]) / 2 - exact[1::2, ::2])
    centre = (nodes[:-1, :-1] + nodes[:-1, 1:] + nodes[1:, :-1] + nodes[1:, 1:]) / 4
    sides = [along_rows[:-1], along_rows[1:], along_columns[:, :-1], along_columns[:, 1:]]
    return np.asarray(np.maximum.reduce([*sides, np.abs(centre - exact[1::2, 1::2])]))


def _of_cells(points: NDArray[Any], extreme: np.ufunc) -> NDArray[Any]:
    """Extreme of the nine points of each cell."""
    rows = extreme.reduce([points[:-1:2], points[1::2], points[2::2]])
    return np.asarray(extreme.reduce([rows[:, :-1:2], rows[:, 1::2], rows[:, 2::2]]))
