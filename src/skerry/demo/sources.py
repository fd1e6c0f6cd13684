"""The sources of the demo field: a random population, and the bright and extended sources that the demo is about.

These stand where they show best what masks go wrong on, the same in every field. To judge mask makers by several
fields they are scattered at random, for a constant may be fitted to a place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from skerry.demo.sky import ARCSEC, Beam, Sky, beam_covariance, gaussian_covariance

__all__ = ["beams_in", "demo_sky"]

FloatArray = NDArray[np.float64]
_Row: TypeAlias = tuple[float, float, float, float, float, float, str]

_VARIANCE_PER_FWHM2 = 1 / (8 * np.log(2))
_SCATTER_REACH = 0.2
"""From the outermost pointing, in widths of an image: extended sources stay where the primary beam shows them."""
_BRIGHTEST_REACH = 0.18
"""From the first pointing east and north, in widths of an image."""
_LOBE_DISTANCE = 0.062
_LOBE_AXES = (0.040, 0.026)
_LOBE_BLOB = 0.010


class _Leads(NamedTuple):
    """The bright and extended sources.

    Positions are from the field's centre (east, north) and sizes are FWHM, both in widths of an image; fluxes are in
    Jy, brightnesses in Jy/beam, position angles in degrees from north through east.
    """

    compact: Sequence[tuple[float, float, float]]
    """Position and flux."""
    brightest: tuple[float, float, float]
    """Position from the first beam's pointing, and flux."""
    extended: Sequence[tuple[float, float, float, float, float, float]]
    """Position, peak, axes and position angle."""
    galaxy: tuple[float, float, float]
    """Position and flux of the core of a galaxy with two lobes."""
    galaxy_axis: float
    """Position angle of the first lobe."""
    lobes: tuple[float, float]
    """Brightnesses."""


_LEADS = _Leads(
    compact=(
        (-0.140, 0.330, 0.300),
        (-0.133, 0.337, 0.180),
        (0.395, -0.060, 0.250),
        (0.085, -0.420, 0.060),
        (-0.020, 0.035, 0.090),
    ),
    brightest=(-0.065, -0.095, 2.0),
    extended=(
        (0.310, -0.245, 0.0100, 0.040, 0.013, 35.0),
        (-0.365, 0.120, 0.0045, 0.028, 0.017, 110.0),
        (0.060, -0.235, 0.0012, 0.050, 0.045, 0.0),
        (-0.110, 0.175, 0.0005, 0.065, 0.045, 150.0),
        (0.415, 0.425, 0.0025, 0.030, 0.022, 70.0),
    ),
    galaxy=(0.185, 0.170, 0.025),
    galaxy_axis=55.0,
    lobes=(0.0070, 0.0055),
)


def demo_sky(
    rng: np.random.Generator, size: int, width: float, offsets: FloatArray, beam: Beam, *, scatter: bool = False
) -> Sky:
    """Sources of the demo field.

    A population with the integral counts N(>S) of a power law of index -0.8 from 0.3 mJy up, ten sources of 5 to 100
    mJy, one of 2 Jy in the first beam, a double, diffuse sources from 10 down to 0.5 mJy/beam, and a galaxy whose two
    lobes are plateaus many beams wide.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the random positions and fluxes.
    size : int
        Width of an image, pixels: the population keeps its density on the sky.
    width : float
        Width of an image, radians: the extended sources grow with it, at the same brightness.
    offsets : ndarray of float, shape (beams, 2)
        Pointings of the beams, direction cosines.
    beam : Beam
        Restoring beam, in which brightnesses are given.
    scatter : bool
        Draw places and position angles of the bright and extended sources at random too, and multiply their fluxes by
        random factors of 1/2 to 2; the population stays as it is.

    Returns
    -------
    Sky
        Sources within 0.7 widths of an image round the outermost pointings.
    """
    outermost = float(np.abs(offsets).max(initial=0))
    half = outermost + 0.7 * width
    area = (2 * half / width) ** 2
    rows: list[_Row] = []

    count = round(145 * area * (size / 512) ** 2)
    low, high, index = 0.3e-3, 5e-3, 0.8
    fluxes = (low**-index - rng.random(count) * (low**-index - high**-index)) ** (-1 / index)
    places = rng.uniform(-half, half, (count, 2))
    resolved = rng.random(count) < 0.3
    majors = np.where(resolved, rng.uniform(4, 25, count) * ARCSEC, 0)
    minors = majors * rng.uniform(0.3, 1, count)
    angles = rng.uniform(0, np.pi, count)
    rows += [(*places[n], fluxes[n], majors[n], minors[n], angles[n], "faint") for n in range(count)]

    middle = outermost + 0.45 * width
    for value in np.geomspace(5e-3, 0.1, 10):
        rows.append((*rng.uniform(-middle, middle, 2), value, 0.0, 0.0, 0.0, "compact"))
    leads = _scattered(rng, outermost / width + _SCATTER_REACH) if scatter else _LEADS
    rows += [(x * width, y * width, value, 0.0, 0.0, 0.0, "compact") for x, y, value in leads.compact]
    x, y, value = leads.brightest
    rows.append((offsets[0, 0] + x * width, offsets[0, 1] + y * width, value, 0.0, 0.0, 0.0, "compact"))

    for x, y, peak, major_width, minor_width, degrees in leads.extended:
        axes = (major_width * width, minor_width * width, float(np.deg2rad(degrees)))
        rows.append((x * width, y * width, peak * beams_in(axes, beam), *axes, "extended"))
    rows += _galaxy(leads, width, beam)

    east, north, flux, major, minor, angle = np.array([row[:-1] for row in rows]).T
    return Sky(east, north, flux, major, minor, angle, np.array([row[-1] for row in rows]))


def _scattered(rng: np.random.Generator, reach: float) -> _Leads:
    """The same sources at random places within `reach` of the field's centre (widths of an image)."""

    def place(within: float = reach) -> tuple[float, float]:
        east, north = rng.uniform(-within, within, 2)
        return float(east), float(north)

    def times(value: float) -> float:
        return value * float(2 ** rng.uniform(-1, 1))

    def turn() -> float:
        return float(rng.uniform(0, 180))

    return _Leads(
        compact=[(*place(), times(flux)) for _, _, flux in _LEADS.compact],
        brightest=(*place(_BRIGHTEST_REACH), times(_LEADS.brightest[2])),
        extended=[(*place(), times(peak), major, minor, turn()) for _, _, peak, major, minor, _ in _LEADS.extended],
        galaxy=(*place(), times(_LEADS.galaxy[2])),
        galaxy_axis=turn(),
        lobes=(times(_LEADS.lobes[0]), times(_LEADS.lobes[1])),
    )


def beams_in(axes: tuple[float, float, float], beam: Beam) -> float:
    """Integrated flux of a Gaussian over its peak once it is convolved with the restoring beam."""
    restoring = beam_covariance(beam)
    return float(np.sqrt(np.linalg.det(restoring + gaussian_covariance(*axes)) / np.linalg.det(restoring)))


def _galaxy(leads: _Leads, width: float, beam: Beam) -> list[_Row]:
    """Core, and two lobes that are flat inside: Gaussians on a hexagonal grid closer than their own width."""
    east, north, core = (leads.galaxy[0] * width, leads.galaxy[1] * width, leads.galaxy[2])
    rows = [(east, north, core, 0.0, 0.0, 0.0, "extended")]
    blob, step = _LOBE_BLOB * width, 0.7 * _LOBE_BLOB
    along, across = np.meshgrid(np.arange(-6, 7) * step, np.arange(-6, 7) * step * np.sqrt(0.75))
    along[::2] += step / 2
    inside = (along / _LOBE_AXES[0]) ** 2 + (across / _LOBE_AXES[1]) ** 2 < 1
    axis = np.deg2rad(leads.galaxy_axis)
    per_beam = (blob**2 * 2 * np.pi * _VARIANCE_PER_FWHM2) / (step**2 * np.sqrt(0.75) * width**2)
    for side, brightness in zip((1, -1), leads.lobes, strict=True):
        flux = brightness / per_beam * blob**2 / (beam.major * beam.minor)
        for a, b in zip(along[inside] + side * _LOBE_DISTANCE, across[inside], strict=True):
            d_east, d_north = a * np.sin(axis) + b * np.cos(axis), a * np.cos(axis) - b * np.sin(axis)
            rows.append((east + d_east * width, north + d_north * width, flux, blob, blob, 0.0, "extended"))
    return rows
