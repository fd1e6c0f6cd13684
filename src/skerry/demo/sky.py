"""A sky of Gaussian sources, and the flux they have at each pixel of a beam's image.

Every source is a sum of Gaussians on the celestial sphere, for a Gaussian convolved with the restoring beam has a
closed form: sources keep their exact place between pixels, so that all beams agree on the sky.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ARCSEC",
    "Beam",
    "Sky",
    "beam_covariance",
    "beam_offsets",
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


def project(east: FloatArray, north: FloatArray, centre: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """Right ascension and declination of direction cosines.

    The inverse of the orthographic (SIN) projection: Calabretta & Greisen 2002, A&A 395, 1077, section 5.1.5.

    Parameters
    ----------
    east, north : ndarray of float, shape (n,)
        Direction cosines.
    centre : tuple of float
        Right ascension and declination from which they count, radians.

    Returns
    -------
    ra : ndarray of float, shape (n,)
        Right ascension, radians.
    dec : ndarray of float, shape (n,)
        Declination, radians.
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
    """Covariance of Gaussians in image axes, x towards west and y towards north.

    Parameters
    ----------
    major, minor : float or ndarray of float, shape (n,)
        FWHM of the axes.
    angle : float or ndarray of float, shape (n,)
        Position angle of the major axis, radians, north through east.

    Returns
    -------
    ndarray of float, shape (2, 2) or (2, 2, n)
        In the square of the unit of `major` and `minor`.
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
