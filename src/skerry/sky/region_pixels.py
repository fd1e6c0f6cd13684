"""The pixels of regions: those whose centre lies in a shape, or on its edge, block of rows by block of rows.

Ellipses and boxes of the sky are measured on the sky, from pixel to pixel: by the distance from their centre and its
position angle. So they have their shape wherever they lie in the image, whatever its projection. Corners are joined by
straight lines of pixels, as viewers draw them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skerry.sky.celestial import Positions, is_zenithal, pixel_to_sky, turn
from skerry.sky.polygon_pixels import polygon_rows
from skerry.sky.region_places import WIDE, PlacedRegion, edge_on_pixels
from skerry.sky.region_shapes import Shape
from skerry.sky.sphere import offsets_on_sky

if TYPE_CHECKING:
    from astropy.wcs import WCS

__all__ = ["Block", "blocks_of"]

_ON_EDGE = 1e-6
"""Pixels: a centre as near to an edge lies on it, for coordinates are no better than that."""
_BLOCK = 1 << 16
"""Pixels of a block, whose positions take some hundred bytes each."""
_WIDEST = 1 << 10
"""Columns of a block of an ellipse or a box."""
_CELL = 16
"""Pixels along the side of a cell, which may be inside or outside as a whole."""
_FARTHEST = 1e12
"""Pixels: what lies farther away is brought as near, which moves no edge within an image."""
_NEAR_POLE = 5.0
"""Degrees."""
_FLAT = 1e-9
"""Pixels."""


@dataclass(frozen=True)
class Block:
    """Some rows of a region in an image.

    Attributes
    ----------
    rows, columns : slice
        Where.
    inside : ndarray of bool, shape (rows, columns)
        Which of these pixels are the region's.
    """

    rows: slice
    columns: slice
    inside: NDArray[np.bool_]


def blocks_of(placed: PlacedRegion, wcs: WCS | None, shape: tuple[int, int]) -> Iterator[Block]:
    """Go through the pixels of a region in an image.

    Parameters
    ----------
    placed : PlacedRegion
        From `skerry.sky.region_places.placed_regions`.
    wcs : WCS, optional
        As there.
    shape : tuple of int
        (ny, nx) of the image.

    Yields
    ------
    Block
        From the first row on, each with a pixel that is inside. They hold some thousand pixels each, or one row.
    """
    if placed.problem or 0 in shape:
        return
    drawn = placed.shape
    for outline in _outlines(drawn, wcs):
        if outline is None:
            window = _window(drawn, wcs, shape)
        else:
            window = _clipped(outline.min(axis=0), outline.max(axis=0), shape)
        if window is None:
            continue
        for part in _parts(*window, corners=0 if outline is None else len(outline)):
            inside = _of_shape(drawn, wcs, *part) if outline is None else polygon_rows(outline, *part, _ON_EDGE)
            if inside.any():
                yield Block(*part, inside)


def _parts(rows: slice, columns: slice, corners: int) -> Iterator[tuple[slice, slice]]:
    """Windows of a window, whole rows for a polygon, whose sides each cost as much as a pixel; otherwise some cells."""
    wide = columns.stop - columns.start if corners else min(columns.stop - columns.start, _WIDEST)
    high = max(1, _BLOCK // max(wide, corners))
    for top in range(rows.start, rows.stop, high):
        for left in range(columns.start, columns.stop, wide):
            yield slice(top, min(top + high, rows.stop)), slice(left, min(left + wide, columns.stop))


def _of_shape(shape: Shape, wcs: WCS | None, rows: slice, columns: slice) -> NDArray[np.bool_]:
    """Pixels of a window that lie in an ellipse or a box."""
    size = rows.stop - rows.start, columns.stop - columns.start
    slack = _ON_EDGE if shape.frame == "image" or wcs is None else _ON_EDGE * _pixel_size(wcs)
    if shape.frame == "image" or wcs is None or min(size) < _CELL or not is_zenithal(wcs) or wcs.has_distortion:
        y, x = np.mgrid[rows, columns].astype(np.float64)
        return shape.holds(*_along_axes(shape, wcs, x, y), slack)
    # On the sky a pixel takes a hundred times longer than in a plane, and most are far from any edge.
    y, x = (np.unique(np.append(np.arange(one.start, one.stop, _CELL), one.stop - 1)) for one in (rows, columns))
    inside, outside = shape.holds_cells(*_ranges(*_along_axes(shape, wcs, *np.meshgrid(x * 1.0, y * 1.0))), slack)
    spread = [np.append(np.diff(axis)[:-1], axis[-1] - axis[-2] + 1) for axis in (y, x)]
    pixels = np.repeat(np.repeat(inside, spread[0], axis=0), spread[1], axis=1)
    unsure = np.nonzero(np.repeat(np.repeat(~inside & ~outside, spread[0], axis=0), spread[1], axis=1))
    pixels[unsure] = shape.holds(
        *_along_axes(shape, wcs, unsure[1] + columns.start * 1.0, unsure[0] + rows.start * 1.0), slack
    )
    return pixels


def _pixel_size(wcs: WCS) -> float:
    """Side of a square as large as a pixel, degrees."""
    return float(np.sqrt(abs(np.linalg.det(wcs.pixel_scale_matrix))))


def _along_axes(shape: Shape, wcs: WCS | None, x: NDArray[np.float64], y: NDArray[np.float64]) -> Positions:
    """Distances of pixels from the centre of an ellipse or a box along its axes, in the unit of its sizes."""
    if shape.frame == "image" or wcs is None:
        right, up = x - shape.points[0, 0], y - shape.points[0, 1]
    else:
        east, up = offsets_on_sky(*pixel_to_sky(wcs, x, y), shape.points[0])
        right = -east
    turned = np.radians(shape.angle)
    return right * np.cos(turned) + up * np.sin(turned), up * np.cos(turned) - right * np.sin(turned)


def _ranges(along: NDArray[np.float64], across: NDArray[np.float64]) -> tuple[Positions, Positions]:
    """Least and greatest distances in cells by those at their corners: within, they differ by as much again at most."""
    least, most = [], []
    for distance in (along, across):
        corners = np.stack([distance[:-1, :-1], distance[1:, :-1], distance[:-1, 1:], distance[1:, 1:]])
        low, high = corners.min(axis=0), corners.max(axis=0)
        low, high = 2 * low - high, 2 * high - low
        least.append(np.maximum(np.maximum(low, -high), 0))
        most.append(np.maximum(np.abs(low), np.abs(high)))
    return (least[0], least[1]), (most[0], most[1])


def _outlines(shape: Shape, wcs: WCS | None) -> list[NDArray[np.float64] | None]:
    """Corners in pixels of a shape that has some, once for each turn in which it may lie in the image; else a None."""
    if not shape.is_outline:
        return [None]
    points = np.clip(shape.points, -_FARTHEST, _FARTHEST)
    whole = None if wcs is None else turn(wcs)
    if shape.kind == "corners":
        (left, bottom), (right, top) = points[0], points[1]
        points = np.array([[left, bottom], [right, bottom], [right, top], [left, top]])
    if whole is None:
        return [points]
    return [points + turns * whole for turns in (-1, 0, 1)]


def _window(shape: Shape, wcs: WCS | None, size: tuple[int, int]) -> tuple[slice, slice] | None:
    """Rows and columns of an image outside of which an ellipse or a box has no pixels; None if it has none at all."""
    reach = shape.reach
    if shape.frame == "image":
        centre = np.clip(shape.points[0], -_FARTHEST, _FARTHEST)
        reach = min(reach, 3 * _FARTHEST)
        return _clipped(centre - reach, centre + reach, size)
    assert wcs is not None
    if reach > WIDE:
        return slice(0, size[0]), slice(0, size[1])
    (x, y), known = edge_on_pixels(shape, wcs)
    if not known.any():
        return None
    if not known.all() or _holds_a_seam(wcs, shape.points[0], reach):
        return slice(0, size[0]), slice(0, size[1])
    # Between the places an arc bulges by a thousandth of its radius, and projections bend it.
    low, high = np.array([x.min(), y.min()]), np.array([x.max(), y.max()])
    margin = 0.01 * (high - low) + 2
    low, high = low - margin, high + margin
    whole = turn(wcs)
    if whole is not None:
        repeated = np.abs(whole) > _FLAT
        low, high = np.where(repeated, 0, low), np.where(repeated, size[::-1], high)
    return _clipped(low, high, size)


def _holds_a_seam(wcs: WCS, centre: NDArray[np.float64], reach: float) -> bool:
    """Whether a shape may hold a pole at which a projection that is not zenithal takes the sky apart."""
    if is_zenithal(wcs):
        return bool(wcs.has_distortion)
    world = centre[None, :: 1 if wcs.wcs.lng == 0 else -1]
    return abs(float(wcs.wcs.s2p(world, 0)["theta"][0])) + reach > 90 - _NEAR_POLE


def _clipped(low: NDArray[np.float64], high: NDArray[np.float64], size: tuple[int, int]) -> tuple[slice, slice] | None:
    """Rows and columns of an image between two places (x, y); None if there are none."""
    ny, nx = size
    first = np.clip(np.ceil(low - _ON_EDGE), 0, [nx, ny]).astype(int)
    last = np.clip(np.floor(high + _ON_EDGE) + 1, 0, [nx, ny]).astype(int)
    if (first >= last).any():
        return None
    return slice(int(first[1]), int(last[1])), slice(int(first[0]), int(last[0]))
