"""Where regions lie in an image: their places in its frame or its pixels, their angles from its west.

Ellipses and boxes whose sizes are angles stay shapes of the sky, with their centre in the frame of the image; all
others become shapes of its pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skerry.sky.celestial import Positions, pixel_to_sky
from skerry.sky.grid import sky_to_pixel
from skerry.sky.region_shapes import PIXEL_FRAMES, Region, Shape, frame_named
from skerry.sky.sphere import places_round, position_angle

if TYPE_CHECKING:
    from astropy.coordinates import BaseCoordinateFrame
    from astropy.wcs import WCS

__all__ = ["WIDE", "PlacedRegion", "edge_on_pixels", "placed_regions"]

WIDE = 60.0
"""Degrees from the centre to the edge: of wider shapes the edge says little about where the pixels are."""
_ROUND = 64
"""Places round a shape."""
_STEP = 1e-5
"""Degrees: how far north of a place is looked for."""


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
    turned = position_angle(points[first], north[first])
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
    beside = np.stack(places_round(points, np.array(_STEP), np.array(0.0)), axis=-1)
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
    own = _direction(wcs, points, np.stack(places_round(points, np.array(_STEP), np.array(0.0)), axis=-1))
    mirrored = np.linalg.det(wcs.pixel_scale_matrix) * (1 if wcs.wcs.lng == 0 else -1) > 0
    return (own - to_north if mirrored else to_north - own) % 360


def _direction(wcs: WCS, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Angle in degrees from x to the line from one place of the sky to another in the pixels."""
    begin, to = (sky_to_pixel(wcs, *places.T) for places in (start, end))
    return np.asarray(np.degrees(np.arctan2(to[1] - begin[1], to[0] - begin[0])))


def _in_image(shape: Shape, wcs: WCS) -> tuple[Shape, str]:
    """Shape in the frame of an image as it is measured there: with points in pixels, but for sizes of the sky."""
    x, y = sky_to_pixel(wcs, shape.points[:, 0], shape.points[:, 1])
    found = np.isfinite(x) & np.isfinite(y)
    measured = not shape.is_outline and not shape.in_pixels
    if not found.all() and (not measured or (shape.reach <= WIDE and not edge_on_pixels(shape, wcs)[1].any())):
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
    x, y = sky_to_pixel(wcs, *places_round(centre, np.array([_STEP]), np.array([angle])))
    return x[0], y[0]


def edge_on_pixels(shape: Shape, wcs: WCS) -> tuple[Positions, NDArray[np.bool_]]:
    """Pixels round a shape of the sky, as far from its centre as it reaches, and which of them there are."""
    angle = np.linspace(0, 360, _ROUND, endpoint=False)
    x, y = sky_to_pixel(wcs, *places_round(shape.points[0], np.full(_ROUND, shape.reach), angle))
    return (x, y), np.isfinite(x) & np.isfinite(y)
