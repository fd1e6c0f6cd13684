"""The pixels of regions: those whose centre lies in a shape, or on its edge, block of rows by block of rows.

Ellipses and boxes of the sky are measured on the sky, from pixel to pixel: by the distance from their centre and its
position angle. So they have their shape wherever they lie in the image, whatever its projection. Corners are joined by
straight lines of pixels, as viewers draw them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skerry.sky.celestial import Positions, is_zenithal, pixel_to_sky, turn
from skerry.sky.grid import sky_to_pixel
from skerry.sky.polygon_pixels import polygon_rows
from skerry.sky.region_shapes import PIXEL_FRAMES, Region, Shape, frame_named

if TYPE_CHECKING:
    from astropy.coordinates import BaseCoordinateFrame
    from astropy.wcs import WCS

__all__ = ["Block", "PlacedRegion", "blocks_of", "placed_regions"]

ON_EDGE = 1e-6
"""Pixels: a centre as near to an edge lies on it, for coordinates are no better than that."""
_BLOCK = 1 << 16
"""Pixels of a block, whose positions take some hundred bytes each."""
_WIDEST = 1 << 10
"""Columns of a block of an ellipse or a box."""
_CELL = 16
"""Pixels along the side of a cell, which may be inside or outside as a whole."""
_FARTHEST = 1e12
"""Pixels: what lies farther away is brought as near, which moves no edge within an image."""
_WIDE = 60.0
"""Degrees from the centre to the edge: of wider shapes the edge says little about where the pixels are."""
_ROUND = 64
"""Places round a shape."""
_NEAR_POLE = 5.0
"""Degrees."""
_FLAT = 1e-9
"""Pixels."""
_STEP = 1e-5
"""Degrees: how far north of a place is looked for."""


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


@dataclass(frozen=True)
class PlacedRegion:
    """A region in an image.

    Attributes
    ----------
    region : Region
        As it was read.
    shape : Shape
        In the image: its points, an ellipse's or a box's centre too, in pixels, or the centre in the frame of the
        image where it is measured on the sky.
    problem : str
        Why it has no pixels in any part of the image; empty if it may have some.
    """

    region: Region
    shape: Shape
    problem: str = ""


def placed_regions(
    regions: Sequence[Region], wcs: WCS | None, size: tuple[int, int], cut: NDArray[np.float64] | None = None
) -> list[PlacedRegion]:
    """Regions in an image.

    Parameters
    ----------
    regions : sequence of Region
        In their own frames.
    wcs : WCS, optional
        From `skerry.sky.celestial.celestial_axes`; without it regions of the sky have a problem.
    size : tuple of int
        (ny, nx) of the image.
    cut : ndarray of float, shape (2, 2), optional
        Scale and shift of x and of y, from physical pixels counted from 1 to those of the image; by default 1 and 0.

    Returns
    -------
    list of PlacedRegion
        In their order.
    """
    placed: list[PlacedRegion | None] = [None] * len(regions)
    frames: dict[str, list[int]] = {}
    for n, region in enumerate(regions):
        frames.setdefault(region.shape.frame, []).append(n)
    for frame, members in frames.items():
        shapes = [regions[n].shape for n in members]
        if frame in PIXEL_FRAMES:
            put = [(_uncut(shape, cut) if frame == "physical" else shape, "") for shape in shapes]
        elif wcs is None:
            put = [(shape, "the image has no celestial coordinates") for shape in shapes]
        else:
            try:
                put = [_in_image(shape, wcs) for shape in _in_frame(shapes, frame, wcs, size)]
            except (ValueError, TypeError):  # the image has a frame of which astropy does not know where it lies
                put = [(shape, f"where {frame} lies in the frame of the image is not known") for shape in shapes]
        for n, (shape, problem) in zip(members, put, strict=True):
            if shape.frame == "image" and not shape.in_pixels and not shape.is_outline:
                shape, problem = _from_pixels(shape, wcs)
            placed[n] = PlacedRegion(regions[n], shape, problem)
    return [one for one in placed if one is not None]


def blocks_of(placed: PlacedRegion, wcs: WCS | None, shape: tuple[int, int]) -> Iterator[Block]:
    """Go through the pixels of a region in an image.

    Parameters
    ----------
    placed : PlacedRegion
        From `placed_regions`.
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
            inside = _of_shape(drawn, wcs, *part) if outline is None else polygon_rows(outline, *part, ON_EDGE)
            if inside.any():
                yield Block(*part, inside)


def _parts(rows: slice, columns: slice, corners: int) -> Iterator[tuple[slice, slice]]:
    """Windows of a window, whole rows for a polygon, whose sides each cost as much as a pixel; otherwise some cells."""
    wide = columns.stop - columns.start if corners else min(columns.stop - columns.start, _WIDEST)
    high = max(1, _BLOCK // max(wide, corners))
    for top in range(rows.start, rows.stop, high):
        for left in range(columns.start, columns.stop, wide):
            yield slice(top, min(top + high, rows.stop)), slice(left, min(left + wide, columns.stop))


def _uncut(shape: Shape, cut: NDArray[np.float64] | None) -> Shape:
    """Shape of physical pixels in those of an image; of boxes and ellipses only the mean scale is used."""
    if cut is None:
        return replace(shape, frame="image")
    scale, shift = cut
    size = float(np.sqrt(np.abs(np.prod(scale)))) if shape.in_pixels else 1.0
    outer, inner = ((half[0] * size, half[1] * size) for half in (shape.outer, shape.inner))
    return replace(shape, frame="image", points=(shape.points + 1) * scale + shift - 1, outer=outer, inner=inner)


def _in_frame(shapes: list[Shape], frame: str, wcs: WCS, size: tuple[int, int]) -> list[Shape]:
    """Shapes of the sky in the frame of an image, their angles from its west where they lie."""
    lengths = [len(shape.points) for shape in shapes]
    first = np.cumsum([0, *lengths])[:-1]
    points, north = _of_frame(np.concatenate([shape.points for shape in shapes]), frame, wcs)
    # From the north of the image to that of the shape's frame, where it lies.
    turned = _position_angle(points[first], north[first])
    by_image = _turned_by_image(points[first], frame, wcs, size)
    moved = []
    for shape, start, length, own, other in zip(shapes, first, lengths, turned, by_image, strict=True):
        angle = shape.angle + float(other if shape.by_image and np.isfinite(other) else own)
        moved.append(replace(shape, points=points[start : start + length], angle=angle))
    return moved


def _of_frame(
    points: NDArray[np.float64], frame: str, wcs: WCS, *, back: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places of a frame in that of an image, or with `back` of an image in a frame, and those just north of them."""
    beside = np.stack(_places_round(points, np.array(_STEP), np.array(0.0)), axis=-1)
    if frame == "wcs":
        return points, beside
    from astropy.coordinates import SkyCoord

    frames = frame_named(frame), _frame_of_image(wcs)
    source, target = reversed(frames) if back else frames
    if source.is_equivalent_frame(target):
        return points, beside
    moved = []
    for places in (points, beside):
        there = SkyCoord(places[:, 0], places[:, 1], unit="deg", frame=source).transform_to(target).spherical
        moved.append(np.stack([there.lon.deg, there.lat.deg], axis=1))
    return moved[0], moved[1]


def _frame_of_image(wcs: WCS) -> BaseCoordinateFrame:
    """Frame of an image; of one in ecliptic coordinates, which astropy takes for equatorial ones, too."""
    if wcs.wcs.ctype[wcs.wcs.lng][:4] == "ELON":
        return frame_named("ecliptic")
    from astropy.wcs.utils import wcs_to_celestial_frame

    return wcs_to_celestial_frame(wcs)


def _turned_by_image(points: NDArray[np.float64], frame: str, wcs: WCS, size: tuple[int, int]) -> NDArray[np.float64]:
    """Angle from the north of an image, at some places, to that of a frame in the middle of the image; NaN if unknown.

    The middle is the pixel where DS9 asks for it, half a pixel before the middle.
    """
    middle = np.array([size[1] / 2 - 1]), np.array([size[0] / 2 - 1])
    here = np.stack(pixel_to_sky(wcs, *middle), axis=1)
    if not np.isfinite(here).all():
        return np.full(len(points), np.nan)
    _, north = _of_frame(_of_frame(here, frame, wcs, back=True)[0], frame, wcs)
    to_north = _direction(wcs, here, north)
    own = _direction(wcs, points, np.stack(_places_round(points, np.array(_STEP), np.array(0.0)), axis=-1))
    mirrored = np.linalg.det(wcs.pixel_scale_matrix) * (1 if wcs.wcs.lng == 0 else -1) > 0
    return (own - to_north if mirrored else to_north - own) % 360


def _direction(wcs: WCS, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Angle in degrees from x to the line from one place of the sky to another in the pixels."""
    begin, to = (sky_to_pixel(wcs, *places.T) for places in (start, end))
    return np.asarray(np.degrees(np.arctan2(to[1] - begin[1], to[0] - begin[0])))


def _position_angle(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Position angles of places seen from others, all in degrees."""
    (lon, lat), (to_lon, to_lat) = np.radians(start).T, np.radians(end).T
    over = to_lon - lon
    east = np.cos(to_lat) * np.sin(over)
    north = np.sin(to_lat - lat) + 2 * np.sin(lat) * np.cos(to_lat) * np.sin(over / 2) ** 2
    return np.asarray(np.degrees(np.arctan2(east, north)))


def _in_image(shape: Shape, wcs: WCS) -> tuple[Shape, str]:
    """Shape in the frame of an image as it is measured there: with points in pixels, but for sizes of the sky."""
    x, y = sky_to_pixel(wcs, shape.points[:, 0], shape.points[:, 1])
    found = np.isfinite(x) & np.isfinite(y)
    measured = not shape.is_outline and not shape.in_pixels
    if not found.all() and (not measured or (_reach(shape) <= _WIDE and not _edge(shape, wcs)[1].any())):
        what = "it has corners" if shape.is_outline else "it lies"
        return shape, f"{what} on the far side of the sky, where the image has no pixels"
    if measured:
        return replace(shape, frame="wcs"), ""
    points = np.stack([x, y], axis=1)
    if shape.is_outline:
        return replace(shape, frame="image", points=points), ""
    # Pixels round a place of the sky: angles count from its west.
    east, north = (_offset(wcs, shape.points[0], angle) for angle in (90.0, 0.0))
    pair = np.stack([np.array(east), np.array(north)], axis=1) - points.T
    turned = np.degrees(np.arctan2(pair[1, 1], pair[0, 1])) - 90.0
    mirrored = np.linalg.det(pair) > 0
    angle = turned + shape.angle if not mirrored else turned + 180.0 - shape.angle
    return replace(shape, frame="image", points=points, angle=float(angle)), ""


def _from_pixels(shape: Shape, wcs: WCS | None) -> tuple[Shape, str]:
    """Shape with its centre in pixels and its sizes on the sky, on the sky."""
    if wcs is None:
        return shape, "its sizes are angles, and the image has no celestial coordinates"
    lon, lat = pixel_to_sky(wcs, *shape.points.T)
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        return shape, "its centre lies where the image shows no sky"
    return replace(shape, frame="wcs", points=np.stack([lon, lat], axis=1)), ""


def _offset(wcs: WCS, centre: NDArray[np.float64], angle: float) -> tuple[float, float]:
    """Pixels of the place a small step from one, by position angle in degrees."""
    x, y = sky_to_pixel(wcs, *_places_round(centre, np.array([_STEP]), np.array([angle])))
    return x[0], y[0]


def _places_round(centre: NDArray[np.float64], distance: NDArray[np.float64], angle: NDArray[np.float64]) -> Positions:
    """Longitude and latitude of places by their distance from one and its position angle, all in degrees."""
    at, far, turned = np.radians(centre[..., 1]), np.radians(distance), np.radians(angle)
    sine = np.sin(at) * np.cos(far) + np.cos(at) * np.sin(far) * np.cos(turned)
    over = np.arctan2(
        np.sin(turned) * np.sin(far), np.cos(at) * np.cos(far) - np.sin(at) * np.sin(far) * np.cos(turned)
    )
    return (centre[..., 0] + np.degrees(over)) % 360, np.degrees(np.arcsin(np.clip(sine, -1, 1)))


def _offsets_on_sky(
    lon: NDArray[np.float64], lat: NDArray[np.float64], centre: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Offsets (east, north) in degrees from a place: the distance, by its position angle."""
    over, here, at = np.radians(lon - centre[0]), np.radians(lat), np.radians(centre[1])
    half = np.sin((here - at) / 2) ** 2 + np.cos(here) * np.cos(at) * np.sin(over / 2) ** 2
    distance = 2 * np.degrees(np.arcsin(np.sqrt(np.clip(half, 0, 1))))
    east = np.cos(here) * np.sin(over)
    # sin(here - at) and what the meridians add, so that nothing is lost between places close together
    north = np.sin(here - at) + 2 * np.sin(at) * np.cos(here) * np.sin(over / 2) ** 2
    length = np.hypot(east, north)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.where(length > 0, distance / length, 1.0)
    scale = np.where(np.isnan(distance), np.nan, scale)
    return east * scale, north * scale


def _of_shape(shape: Shape, wcs: WCS | None, rows: slice, columns: slice) -> NDArray[np.bool_]:
    """Pixels of a window that lie in an ellipse or a box."""
    size = rows.stop - rows.start, columns.stop - columns.start
    slack = ON_EDGE if shape.frame == "image" or wcs is None else ON_EDGE * _pixel_size(wcs)
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
        east, up = _offsets_on_sky(*pixel_to_sky(wcs, x, y), shape.points[0])
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
    reach = _reach(shape)
    if shape.frame == "image":
        centre = np.clip(shape.points[0], -_FARTHEST, _FARTHEST)
        reach = min(reach, 3 * _FARTHEST)
        return _clipped(centre - reach, centre + reach, size)
    assert wcs is not None
    if reach > _WIDE:
        return slice(0, size[0]), slice(0, size[1])
    (x, y), known = _edge(shape, wcs)
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


def _reach(shape: Shape) -> float:
    """How far an ellipse or a box reaches from its centre."""
    return float(np.hypot(*shape.outer)) if shape.kind == "box" else max(shape.outer)


def _edge(shape: Shape, wcs: WCS) -> tuple[Positions, NDArray[np.bool_]]:
    """Pixels round a shape of the sky, as far from its centre as it reaches, and which of them there are."""
    angle = np.linspace(0, 360, _ROUND, endpoint=False)
    x, y = sky_to_pixel(wcs, *_places_round(shape.points[0], np.full(_ROUND, _reach(shape)), angle))
    return (x, y), np.isfinite(x) & np.isfinite(y)


def _holds_a_seam(wcs: WCS, centre: NDArray[np.float64], reach: float) -> bool:
    """Whether a shape may hold a pole at which a projection that is not zenithal takes the sky apart."""
    if is_zenithal(wcs):
        return bool(wcs.has_distortion)
    world = centre[None, :: 1 if wcs.wcs.lng == 0 else -1]
    return abs(float(wcs.wcs.s2p(world, 0)["theta"][0])) + reach > 90 - _NEAR_POLE


def _clipped(low: NDArray[np.float64], high: NDArray[np.float64], size: tuple[int, int]) -> tuple[slice, slice] | None:
    """Rows and columns of an image between two places (x, y); None if there are none."""
    ny, nx = size
    first = np.clip(np.ceil(low - ON_EDGE), 0, [nx, ny]).astype(int)
    last = np.clip(np.floor(high + ON_EDGE) + 1, 0, [nx, ny]).astype(int)
    if (first >= last).any():
        return None
    return slice(int(first[1]), int(last[1])), slice(int(first[0]), int(last[0]))
