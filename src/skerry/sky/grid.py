"""Celestial pixel grids: which pixel of one image lies where in another.

Positions go through the sky exactly, whatever the projections and frames; where one has no counterpart it becomes NaN,
so that nobody has to know which projection is undefined where.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from skerry.errors import SkerryError
from skerry.sky.celestial import Positions, celestial_axes, pixel_to_sky, turn

if TYPE_CHECKING:
    from pathlib import Path

    from astropy.io import fits
    from astropy.wcs import WCS

__all__ = [
    "PixelMap",
    "Positions",
    "SkyFrame",
    "celestial_wcs",
    "covered_window",
    "frame_change",
    "is_smooth",
    "pixel_map",
    "pixel_to_sky",
    "repeats",
    "sky_frame",
    "sky_map",
    "sky_to_pixel",
]

PixelMap: TypeAlias = Callable[[NDArray[np.float64], NDArray[np.float64]], Positions]
"""From 0-based pixels (x, y) of one image to those of another, NaN where there are none."""

_MOST_POSITIONS = 1 << 20
"""Pixels to map at a time: a position takes some ten times the memory of a pixel."""
_SAMPLES = 32
_FIRST_OF_FK5 = 1984.0
"""Equinox from which a header without RADESYS means FK5."""


def celestial_wcs(path: str | Path, header: fits.Header) -> WCS:
    """Celestial WCS of the plane of an image.

    Parameters
    ----------
    path : path
        The image's name, for the error.
    header : Header
        With longitude and latitude on its first two axes, in either order; further axes are left out.

    Returns
    -------
    WCS
        Of two axes, in any projection and any frame that astropy can relate to ICRS.

    Raises
    ------
    SkerryError
        If there is no such WCS.
    """
    wcs = celestial_axes(header, str(path))
    try:
        _check_frame(wcs)
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise SkerryError(f"{path}: has no usable celestial WCS: {reason}; mend its header") from error
    return wcs


def pixel_map(source: WCS, target: WCS, target_shape: tuple[int, int]) -> PixelMap:
    """Map from the pixels of one image to those of another.

    Parameters
    ----------
    source, target : WCS
        From `celestial_wcs`; their frames may differ.
    target_shape : tuple of int
        (ny, nx). Where the sky position has several pixels in a cylindrical projection, the one in the image is taken.

    Returns
    -------
    callable
        From arrays (x, y) of 0-based pixels of `source` to the same of `target`, NaN where the sky position is
        undefined or out of the target projection's reach. Several threads may use it at once.
    """
    change = frame_change(source, target)
    own_source, own_target = _per_thread(source), _per_thread(target)

    def transform(x: NDArray[np.float64], y: NDArray[np.float64]) -> Positions:
        lon, lat = pixel_to_sky(own_source(), x, y)
        if change is not None:
            lon, lat = change(lon, lat)
        return sky_to_pixel(own_target(), lon, lat, target_shape)

    return transform


def sky_map(wcs: WCS) -> PixelMap:
    """Do `pixel_to_sky` for one grid; several threads may use it at once."""
    own = _per_thread(wcs)
    return lambda x, y: pixel_to_sky(own(), x, y)


def is_smooth(wcs: WCS) -> bool:
    """Whether the positions of a grid are smooth between its pixels, which corrections for distortion need not be."""
    return not wcs.has_distortion


def repeats(wcs: WCS) -> bool:
    """Whether a sky position has several pixels, so that those next to each other on the sky may be a turn apart."""
    return turn(wcs) is not None


def covered_window(
    transform: PixelMap, rows: slice, columns: slice, target_shape: tuple[int, int], margin: int
) -> tuple[slice, slice] | None:
    """Find the part of an image that a window of another covers, without mapping every pixel.

    Parameters
    ----------
    transform : PixelMap
        From the window's image to the target.
    rows, columns : slice
        The window.
    target_shape : tuple of int
        (ny, nx).
    margin : int
        Pixels to add on each side, beyond 1 % of the size for the curvature between the samples.

    Returns
    -------
    tuple of slice, or None
        Rows and columns of the target, None if the window covers none of it. Where parts of a large window have no
        counterpart the whole target is returned, as nothing can be said from samples.
    """
    x, y = transform(*np.meshgrid(_samples(columns), _samples(rows)))
    if not np.isfinite(x).all():
        if (rows.stop - rows.start) * (columns.stop - columns.start) > _MOST_POSITIONS:
            return slice(0, target_shape[0]), slice(0, target_shape[1])
        x, y = transform(*np.meshgrid(*(np.arange(s.start - 0.5, s.stop, 0.5) for s in (columns, rows))))
        if not np.isfinite(x).any():
            return None
    window = []
    for position, size in ((y, target_shape[0]), (x, target_shape[1])):
        low, high = np.nanmin(position), np.nanmax(position)
        pad = margin + 0.01 * (high - low)
        start, stop = max(0, int(np.floor(low - pad))), min(size, int(np.ceil(high + pad)) + 1)
        if start >= stop:
            return None
        window.append(slice(start, stop))
    return window[0], window[1]


def _per_thread(wcs: WCS) -> Callable[[], WCS]:
    """Copy of a WCS for each thread that asks: wcslib writes into its parameters while it computes."""
    original, own, copying = wcs.deepcopy(), threading.local(), threading.Lock()

    def copy() -> WCS:
        if not hasattr(own, "wcs"):
            with copying:
                own.wcs = original.deepcopy()
        return own.wcs

    return copy


def _samples(extent: slice) -> NDArray[np.float64]:
    """Positions across an extent of pixels, its outer edges included."""
    return np.linspace(extent.start - 0.5, extent.stop - 0.5, min(_SAMPLES, extent.stop - extent.start) + 1)


def sky_to_pixel(
    wcs: WCS, lon: NDArray[np.float64], lat: NDArray[np.float64], shape: tuple[int, int] = (0, 0)
) -> Positions:
    """0-based pixels of sky positions in the frame of `wcs`; NaN where the projection does not reach.

    Where a position has several pixels in a cylindrical projection, that is taken which lies in an image of the shape.
    """
    world = np.column_stack([lon.ravel(), lat.ravel()][:: 1 if wcs.wcs.lng == 0 else -1])
    pixels = wcs.all_world2pix(world, 0, quiet=True) if wcs.has_distortion else wcs.wcs_world2pix(world, 0)
    x, y = pixels[:, 0].reshape(lon.shape), pixels[:, 1].reshape(lon.shape)
    whole = turn(wcs)
    if whole is not None:
        ny, nx = shape
        for turns in (-2, -1, 1, 2):
            there = x + turns * whole[0], y + turns * whole[1]
            inside = (there[0] >= -0.5) & (there[0] < nx - 0.5) & (there[1] >= -0.5) & (there[1] < ny - 0.5)
            x, y = np.where(inside, there[0], x), np.where(inside, there[1], y)
    return x, y


def frame_change(source: WCS, target: WCS) -> PixelMap | None:
    """Map from longitudes and latitudes, degrees, in the frame of one grid to those in that of another.

    Parameters
    ----------
    source, target : WCS
        From `celestial_wcs`.

    Returns
    -------
    callable or None
        What is NaN stays so. None if the frames are the same.
    """
    known = sky_frame(source)
    if known is not None and known == sky_frame(target):
        return None
    # Imported here: most fields have one frame, and coordinates take 0.2 s to import.
    from astropy.wcs.utils import wcs_to_celestial_frame

    source_frame, target_frame = wcs_to_celestial_frame(source), wcs_to_celestial_frame(target)
    if source_frame.is_equivalent_frame(target_frame):
        return None
    return lambda lon, lat: _changed(lon, lat, source_frame, target_frame)


class SkyFrame(NamedTuple):
    """A frame by what a header says of it."""

    kind: str
    """RA-- or GLON."""
    system: str
    """RADESYS, or what the standard takes for it; empty for GLON."""
    equinox: float | None
    """Where it matters, and is given."""


def sky_frame(wcs: WCS) -> SkyFrame | None:
    """Frame of a grid if it is one of the usual ones, all of which astropy can relate to ICRS; otherwise None."""
    kind, other = (wcs.wcs.ctype[axis][:4] for axis in (wcs.wcs.lng, wcs.wcs.lat))
    if (kind, other) == ("GLON", "GLAT"):
        return SkyFrame(kind, "", None)
    if (kind, other) != ("RA--", "DEC-"):
        return None
    equinox = None if np.isnan(wcs.wcs.equinox) else float(wcs.wcs.equinox)
    system = wcs.wcs.radesys or ("ICRS" if equinox is None else "FK4" if equinox < _FIRST_OF_FK5 else "FK5")
    if system == "ICRS":
        return SkyFrame(kind, system, None)
    return SkyFrame(kind, system, equinox) if system in ("FK4", "FK4-NO-E", "FK5") else None


def _check_frame(wcs: WCS) -> None:
    if sky_frame(wcs) is not None:
        return
    from astropy.coordinates import ICRS
    from astropy.wcs.utils import wcs_to_celestial_frame

    if not wcs_to_celestial_frame(wcs).is_transformable_to(ICRS()):
        raise ValueError("its frame is not one of the sky")


def _changed(lon: NDArray[np.float64], lat: NDArray[np.float64], source: Any, target: Any) -> Positions:
    """Sky positions in degrees from one frame to another; those that are NaN stay so."""
    from astropy.coordinates import SkyCoord

    usable = np.isfinite(lon) & np.isfinite(lat)
    there = SkyCoord(lon[usable], lat[usable], unit="deg", frame=source).transform_to(target).spherical
    new_lon, new_lat = np.full(lon.shape, np.nan), np.full(lat.shape, np.nan)
    new_lon[usable], new_lat[usable] = there.lon.deg, there.lat.deg
    return new_lon, new_lat
