"""Arrays of antennas that are unlike each other, for images that are: places on flat ground, of no real telescope.

Units are radii of the array; `skerry.demo.visibilities.point_at` gives it its size.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from skerry.demo.telescope import ground_places, on_equator

__all__ = ["ARRAYS", "antennas_of"]

Floats = NDArray[np.float64]
Places = tuple[Floats, Floats]
"""East and north of the antennas."""

_ARM_ANTENNAS, _ARM_POWER = 9, 1.7
_ARM_TURN = np.deg2rad(5.0)
"""Of the Y, so that no arm points north."""


def core_heavy(rng: np.random.Generator) -> Places:
    """64 antennas, two thirds of them within an eighth of the radius, the others further out: like MeerKAT's."""
    core, outer = 42, 22
    radius = np.concatenate([np.abs(rng.normal(0, 0.07, core)) + 0.01, rng.uniform(0.15, 1.0, outer)])
    return _round_about(rng, radius)


def y_shaped(rng: np.random.Generator) -> Places:
    """27 antennas on three straight arms, ever further from each other: like the VLA's."""
    along = (np.arange(1, _ARM_ANTENNAS + 1) / _ARM_ANTENNAS) ** _ARM_POWER
    arms = _ARM_TURN + np.arange(3) * (2 * np.pi / 3)
    east, north = (np.outer(turned, along).ravel() for turned in (np.sin(arms), np.cos(arms)))
    # Ground is not level, and stations not in line.
    return east + rng.normal(0, 1e-3, east.size), north + rng.normal(0, 1e-3, north.size)


def far_stations(rng: np.random.Generator) -> Places:
    """24 stations in a dense core and 14 ever further from it: like LOFAR's."""
    core, remote = 24, 14
    radius = np.concatenate([rng.uniform(0.005, 0.05, core), np.geomspace(0.08, 1.0, remote)])
    east, north = _round_about(rng, radius)
    # Remote stations turn round the core as they go out, so that no direction is without one.
    around = rng.uniform(0, 2 * np.pi) + np.arange(remote) * np.deg2rad(137.5)
    east[core:], north[core:] = radius[core:] * np.cos(around), radius[core:] * np.sin(around)
    return east, north


ARRAYS: dict[str, Callable[[np.random.Generator], Places]] = {
    "ASKAP-like": ground_places,
    "MeerKAT-like": core_heavy,
    "VLA-like": y_shaped,
    "LOFAR-like": far_stations,
}
"""Layouts by the name of a telescope that has a similar one."""


def antennas_of(name: str, rng: np.random.Generator, ratio: float = 1.0, angle: float = 0.0) -> Floats:
    """Places of the antennas of a layout.

    Parameters
    ----------
    name : str
        One of `ARRAYS`.
    rng : numpy.random.Generator
        Source of what is random in it.
    ratio, angle : float
        The array is `ratio` times narrower along the position angle `angle` (radians): its beam is that much longer.

    Returns
    -------
    ndarray of float, shape (antennas, 3)
        In the frame of TMS equation 4.1.
    """
    east, north = ARRAYS[name](rng)
    sine, cosine = np.sin(angle), np.cos(angle)
    along, across = (east * sine + north * cosine) / ratio, east * cosine - north * sine
    return on_equator(along * sine + across * cosine, along * cosine - across * sine)


def _round_about(rng: np.random.Generator, radius: Floats) -> Places:
    around = rng.uniform(0, 2 * np.pi, radius.size)
    return radius * np.cos(around), radius * np.sin(around)
