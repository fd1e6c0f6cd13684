"""The sources of the demo field, and the flux they have at each pixel of a beam's image.

Every source is a sum of Gaussians on the celestial sphere, for a Gaussian convolved with the restoring beam has a
closed form: sources keep their exact place between pixels, so that all beams agree on the sky.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ARCSEC",
    "Beam",
    "Sky",
    "beam_covariance",
    "beam_offsets",
    "demo_sky",
    "direction_cosines",
    "gaussian_covariance",
    "primary_beam",
    "project",
    "render",
]

ARCSEC = float(np.deg2rad(1 / 3600))
_VARIANCE_PER_FWHM2 = 1 / (8 * np.log(2))
_SPACING = 0.47
"""From beam to beam, in widths of an image."""
_PATCH_SIGMAS = 6.0
"""Reach of a source's patch: what lies beyond is 1e-8 of its peak."""

FloatArray = NDArray[np.float64]
_Row: TypeAlias = tuple[float, float, float, float, float, float, str]

# Positions are from the field's centre (east, north) and sizes are FWHM, both in widths of an image; fluxes are in Jy,
# brightnesses in Jy/beam, position angles in degrees from north through east.
_COMPACT = (
    (-0.140, 0.330, 0.300),
    (-0.133, 0.337, 0.180),
    (0.395, -0.060, 0.250),
    (0.085, -0.420, 0.060),
    (-0.020, 0.035, 0.090),
)
_BRIGHTEST = (-0.065, -0.095, 2.0)
_EXTENDED = (
    (0.310, -0.245, 0.0100, 0.040, 0.013, 35.0),
    (-0.365, 0.120, 0.0045, 0.028, 0.017, 110.0),
    (0.060, -0.235, 0.0012, 0.050, 0.045, 0.0),
    (-0.110, 0.175, 0.0005, 0.065, 0.045, 150.0),
    (0.415, 0.425, 0.0025, 0.030, 0.022, 70.0),
)
_GALAXY_CORE = (0.185, 0.170, 0.025)
_GALAXY_AXIS = 55.0
_LOBE_DISTANCE = 0.062
_LOBE_AXES = (0.040, 0.026)
_LOBE_BLOB = 0.010
_LOBES = ((1, 0.0070), (-1, 0.0055))


@dataclass(frozen=True)
class Beam:
    """A restoring beam: FWHM of its axes in radians, and the position angle of the major one, north through east."""

    major: float
    minor: float
    angle: float


@dataclass(frozen=True)
class Sky:
    """Gaussian components of the sky; every attribute is an array of shape (n,).

    Attributes
    ----------
    east, north : ndarray of float
        Direction cosines from the centre of the field.
    flux : ndarray of float
        Integrated flux density, Jy.
    major, minor : ndarray of float
        FWHM, radians; 0 for a point source.
    angle : ndarray of float
        Position angle of the major axis, radians, north through east.
    kind : ndarray of str
        "faint" for the population, "compact" or "extended" for the sources that the demo is about.
    """

    east: FloatArray
    north: FloatArray
    flux: FloatArray
    major: FloatArray
    minor: FloatArray
    angle: FloatArray
    kind: NDArray[np.str_]


def beam_offsets(beams: int, width: float) -> FloatArray:
    """Pointings of the beams, row by row on a square grid in which neighbours overlap.

    Parameters
    ----------
    beams : int
        How many.
    width : float
        Width of an image, radians.

    Returns
    -------
    ndarray of float, shape (beams, 2)
        Direction cosines (east, north) from the centre of the field.
    """
    columns = int(np.ceil(np.sqrt(beams)))
    rows = -(-beams // columns)
    row, column = np.divmod(np.arange(beams), columns)
    return np.stack([column - (columns - 1) / 2, row - (rows - 1) / 2], axis=1) * (_SPACING * width)


def demo_sky(rng: np.random.Generator, size: int, width: float, offsets: FloatArray, beam: Beam) -> Sky:
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
    """
    half = float(np.abs(offsets).max(initial=0)) + 0.7 * width
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

    middle = float(np.abs(offsets).max(initial=0)) + 0.45 * width
    for value in np.geomspace(5e-3, 0.1, 10):
        rows.append((*rng.uniform(-middle, middle, 2), value, 0.0, 0.0, 0.0, "compact"))
    rows += [(x * width, y * width, value, 0.0, 0.0, 0.0, "compact") for x, y, value in _COMPACT]
    x, y, value = _BRIGHTEST
    rows.append((offsets[0, 0] + x * width, offsets[0, 1] + y * width, value, 0.0, 0.0, 0.0, "compact"))

    for x, y, peak, major_width, minor_width, degrees in _EXTENDED:
        axes = (major_width * width, minor_width * width, float(np.deg2rad(degrees)))
        rows.append((x * width, y * width, peak * _beams_in(axes, beam), *axes, "extended"))
    rows += _galaxy(width, beam)

    east, north, flux, major, minor, angle = np.array([row[:-1] for row in rows]).T
    return Sky(east, north, flux, major, minor, angle, np.array([row[-1] for row in rows]))


def _beams_in(axes: tuple[float, float, float], beam: Beam) -> float:
    """Integrated flux of a Gaussian over its peak once it is convolved with the restoring beam."""
    restoring = beam_covariance(beam)
    return float(np.sqrt(np.linalg.det(restoring + gaussian_covariance(*axes)) / np.linalg.det(restoring)))


def _galaxy(width: float, beam: Beam) -> list[_Row]:
    """Core, and two lobes that are flat inside: Gaussians on a hexagonal grid closer than their own width."""
    east, north, core = (_GALAXY_CORE[0] * width, _GALAXY_CORE[1] * width, _GALAXY_CORE[2])
    rows = [(east, north, core, 0.0, 0.0, 0.0, "extended")]
    blob, step = _LOBE_BLOB * width, 0.7 * _LOBE_BLOB
    along, across = np.meshgrid(np.arange(-6, 7) * step, np.arange(-6, 7) * step * np.sqrt(0.75))
    along[::2] += step / 2
    inside = (along / _LOBE_AXES[0]) ** 2 + (across / _LOBE_AXES[1]) ** 2 < 1
    axis = np.deg2rad(_GALAXY_AXIS)
    per_beam = (blob**2 * 2 * np.pi * _VARIANCE_PER_FWHM2) / (step**2 * np.sqrt(0.75) * width**2)
    for side, brightness in _LOBES:
        flux = brightness / per_beam * blob**2 / (beam.major * beam.minor)
        for a, b in zip(along[inside] + side * _LOBE_DISTANCE, across[inside], strict=True):
            d_east, d_north = a * np.sin(axis) + b * np.cos(axis), a * np.cos(axis) - b * np.sin(axis)
            rows.append((east + d_east * width, north + d_north * width, flux, blob, blob, 0.0, "extended"))
    return rows


def project(east: FloatArray, north: FloatArray, centre: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """Right ascension and declination of direction cosines about `centre`, all in radians.

    The inverse of the orthographic (SIN) projection: Calabretta & Greisen 2002, A&A 395, 1077, section 5.1.5.
    """
    ra, dec = centre
    depth = np.sqrt(1 - east**2 - north**2)
    return (
        ra + np.arctan2(east, depth * np.cos(dec) - north * np.sin(dec)),
        np.arcsin(north * np.cos(dec) + depth * np.sin(dec)),
    )


def direction_cosines(ra: FloatArray, dec: FloatArray, centre: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """Direction cosines towards east and north of `centre`: the inverse of `project`."""
    ra0, dec0 = centre
    return (
        np.cos(dec) * np.sin(ra - ra0),
        np.sin(dec) * np.cos(dec0) - np.cos(dec) * np.sin(dec0) * np.cos(ra - ra0),
    )


def primary_beam(distance: FloatArray, fwhm: float) -> FloatArray:
    """Power response of an antenna: a Gaussian of 1 at the pointing; `distance` and `fwhm` in the same unit."""
    response: FloatArray = np.exp(-4 * np.log(2) * (distance / fwhm) ** 2)
    return response


def beam_covariance(beam: Beam) -> FloatArray:
    """Covariance (square radians) in image axes, x towards west and y towards north, of a Gaussian beam."""
    return gaussian_covariance(beam.major, beam.minor, beam.angle)


def gaussian_covariance(major: float | FloatArray, minor: float | FloatArray, angle: float | FloatArray) -> FloatArray:
    """Covariance in image axes, x towards west and y towards north, of Gaussians given by FWHM and position angle.

    Returns
    -------
    ndarray of float, shape (2, 2) or (2, 2, n)
        In the square of the unit of `major` and `minor`; `angle` is in radians, north through east.
    """
    sine, cosine = np.sin(angle), np.cos(angle)
    a, b = major**2 * _VARIANCE_PER_FWHM2, minor**2 * _VARIANCE_PER_FWHM2
    xy = (b - a) * sine * cosine
    return np.array([[a * sine**2 + b * cosine**2, xy], [xy, a * cosine**2 + b * sine**2]])


def render(
    sky: Sky, apparent: FloatArray, east: FloatArray, north: FloatArray, beam: Beam, pixel: float, size: int
) -> FloatArray:
    """Noise-free restored image of the sky.

    Parameters
    ----------
    sky : Sky
        Shapes of the sources.
    apparent : ndarray of float, shape (n,)
        Their fluxes as the antennas receive them, Jy.
    east, north : ndarray of float, shape (n,)
        Their direction cosines from the centre of the image, which is pixel `size // 2`.
    beam : Beam
        The restoring beam.
    pixel : float
        Width of a pixel, radians.
    size : int
        Width of the image, pixels.

    Returns
    -------
    ndarray of float, shape (size, size)
        Jy/beam, x towards west.
    """
    image = np.zeros((size, size))
    x, y = size // 2 - east / pixel, size // 2 + north / pixel
    restoring = beam_covariance(beam) / pixel**2
    for n in range(len(apparent)):
        spread = restoring + gaussian_covariance(sky.major[n], sky.minor[n], sky.angle[n]) / pixel**2
        reach_x, reach_y = _PATCH_SIGMAS * np.sqrt(np.diag(spread))
        columns = np.arange(max(0, int(np.ceil(x[n] - reach_x))), min(size, int(np.floor(x[n] + reach_x)) + 1))
        rows = np.arange(max(0, int(np.ceil(y[n] - reach_y))), min(size, int(np.floor(y[n] + reach_y)) + 1))
        if not columns.size or not rows.size:
            continue
        dx, dy = columns[None, :] - x[n], rows[:, None] - y[n]
        (xx, xy), (_, yy) = spread
        determinant = xx * yy - xy**2
        exponent = (yy * dx**2 - 2 * xy * dx * dy + xx * dy**2) / (2 * determinant)
        beam_area = np.sqrt(restoring[0, 0] * restoring[1, 1] - restoring[0, 1] ** 2)
        peak = apparent[n] * beam_area / np.sqrt(determinant)
        image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] += peak * np.exp(-exponent)
    return image
