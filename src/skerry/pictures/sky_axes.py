"""Axes of a picture in sky coordinates, by astropy's WCSAxes.

At a pole all hours meet and circles of declination do not reach the edge of a picture, so that a grid is drawn there.
"""

from __future__ import annotations

from copy import copy

import numpy as np
from astropy import units
from astropy.visualization.wcsaxes import WCSAxes
from astropy.wcs import WCS
from matplotlib import patheffects
from matplotlib.figure import Figure
from numpy.typing import NDArray

from skerry.pictures.blocks import Window
from skerry.sky.celestial import pixel_to_sky

__all__ = ["pole_within", "sky_axes"]

_NAMES = {
    "RA": "Right ascension",
    "DEC": "Declination",
    "GLON": "Galactic longitude",
    "GLAT": "Galactic latitude",
    "ELON": "Ecliptic longitude",
    "ELAT": "Ecliptic latitude",
}
_DOTS_PER_TICK = (130, 100)
_NEAR_POLE = 80.0
"""Degrees of latitude from which on a picture has a grid."""
_TURNED = 0.2
"""Tangent of the angle between the sky's axes and the picture's from which on a picture has a grid."""
_CIRCLES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0)
"""Degrees between circles of latitude round a pole."""
_SAMPLES = 32
"""Of a side."""
_HALO = [patheffects.withStroke(linewidth=2, foreground="white")]


def sky_axes(
    figure: Figure,
    place: tuple[float, float, float, float],
    wcs: WCS,
    window: Window,
    size: tuple[int, int],
) -> WCSAxes:
    """Add axes in sky coordinates to a figure.

    Parameters
    ----------
    figure : Figure
        The figure.
    place : tuple of float
        Left, bottom, width and height, by the size of the figure.
    wcs : WCS
        Celestial, of two axes.
    window : Window
        Part of the image that is shown.
    size : tuple of int
        Width and height in dots.

    Returns
    -------
    WCSAxes
        With ticks and names; data are in pixels of the image.
    """
    axes = WCSAxes(figure, place, wcs=_with_interface(wcs))
    figure.add_axes(axes)
    for n, coordinate in enumerate(axes.coords):
        coordinate.set_ticks(number=max(2, size[n] // _DOTS_PER_TICK[n]))
        coordinate.set_ticklabel(exclude_overlapping=True, size=9)
        coordinate.set_axislabel(_name_of_axis(wcs, n), minpad=0.6)
        coordinate.display_minor_ticks(True)
    pole = pole_within(wcs, window)
    if pole is not None:
        _grid_round_pole(axes, wcs, window, pole)
    elif _is_near_pole(wcs, window) or _is_turned(wcs, window):
        for coordinate in axes.coords:
            coordinate.set_ticklabel(exclude_overlapping=True, simplify=False, size=9)
            coordinate.grid(color="0.2", alpha=0.9, linestyle=":", linewidth=0.7)
    return axes


def _with_interface(wcs: WCS) -> WCS:
    """A WCS with the interface by which astropy draws it; processes that start quickly have imported it without."""
    if hasattr(wcs, "pixel_n_dim"):
        return wcs
    from astropy.wcs.wcsapi.fitswcs import FITSWCSAPIMixin

    other = copy(wcs)
    other.__class__ = type("WCS", (type(wcs), FITSWCSAPIMixin), {})
    return other


def pole_within(wcs: WCS, window: Window) -> tuple[float, float, float] | None:
    """Pole of the coordinates in a part of an image.

    Parameters
    ----------
    wcs : WCS
        Celestial, of two axes.
    window : Window
        The part.

    Returns
    -------
    tuple of float, or None
        Its pixel (x, y) and its latitude, 90 or -90 degrees; None where there is none.
    """
    for latitude in (90.0, -90.0):
        sky = np.zeros((1, 2))
        sky[0, wcs.wcs.lat] = latitude
        x, y = wcs.wcs_world2pix(sky, 0)[0]
        inside = window.left <= x < window.right and window.top <= y < window.bottom
        # The far pole of a projection of half the sky falls on the near one.
        if inside and abs(float(pixel_to_sky(wcs, np.array(x), np.array(y))[1]) - latitude) < 1e-6:
            return float(x), float(y), latitude
    return None


def _is_near_pole(wcs: WCS, window: Window) -> bool:
    return bool(np.nanmax(np.abs(_latitudes(wcs, window)), initial=0.0) > _NEAR_POLE)


def _is_turned(wcs: WCS, window: Window) -> bool:
    """Whether lines of one latitude, in the middle of a part of an image, are neither its rows nor its columns."""
    x, y = (window.left + window.right) / 2, (window.top + window.bottom) / 2
    here, right, above = pixel_to_sky(wcs, np.array([x, x + 1, x]), np.array([y, y, y + 1]))[1]
    less, more = sorted((abs(float(right - here)), abs(float(above - here))))
    return less > _TURNED * more


def _latitudes(wcs: WCS, window: Window) -> NDArray[np.float64]:
    """Latitudes here and there in a part of an image, degrees; NaN off the sky."""
    x = np.linspace(window.left, window.right - 1.0, _SAMPLES)
    y = np.linspace(window.top, window.bottom - 1.0, _SAMPLES)
    return pixel_to_sky(wcs, *np.meshgrid(x, y))[1]


def _grid_round_pole(axes: WCSAxes, wcs: WCS, window: Window, pole: tuple[float, float, float]) -> None:
    """Draw lines of longitude and circles of latitude, with their names beside them."""
    latitude = pole[2]
    longitudes, latitudes = axes.coords[wcs.wcs.lng], axes.coords[wcs.wcs.lat]
    farthest = float(np.nanmax(np.abs(latitude - _latitudes(wcs, window)), initial=0.01))
    step = next((circle for circle in _CIRCLES if 5 * circle >= farthest), _CIRCLES[-1])
    circles = latitude - np.sign(latitude) * step * np.arange(1, max(2, int(farthest / step) + 1))
    circles = circles[np.abs(circles) < 90]
    lines = np.arange(0, 360, 30)
    longitudes.set_ticks(lines * units.deg)
    latitudes.set_ticks(circles * units.deg)
    for coordinate in (longitudes, latitudes):
        coordinate.display_minor_ticks(False)
        coordinate.set_ticks_visible(False)
        coordinate.set_ticklabel_visible(False)
        coordinate.set_axislabel("")
        coordinate.grid(color="0.2", alpha=0.9, linestyle=":", linewidth=0.7)
    in_hours = str(wcs.wcs.lngtyp).strip() == "RA"
    # The circles have their names between two lines, and the lines theirs between two circles.
    names = [(f"{circle:g}\N{DEGREE SIGN}".replace("-", "\N{MINUS SIGN}"), 15.0, circle) for circle in circles]
    for circle in circles[1::2] + np.sign(latitude) * step / 2:
        names += [(f"{line // 15}h" if in_hours else f"{line}\N{DEGREE SIGN}", float(line), circle) for line in lines]
    for text, line, circle in names:
        sky = np.zeros((1, 2))
        sky[0, [wcs.wcs.lng, wcs.wcs.lat]] = line, circle
        at_x, at_y = wcs.wcs_world2pix(sky, 0)[0]
        if window.left <= at_x < window.right and window.top <= at_y < window.bottom:
            axes.text(at_x, at_y, text, size=8, ha="center", va="center", path_effects=_HALO, clip_on=True, zorder=3)


def _name_of_axis(wcs: WCS, axis: int) -> str:
    """What an axis is called, with its frame."""
    kind = wcs.wcs.ctype[axis].partition("-")[0].strip()
    name, frame = _NAMES.get(kind, kind), wcs.wcs.radesys.strip()
    return f"{name} ({frame})" if frame and kind in ("RA", "DEC") else name
