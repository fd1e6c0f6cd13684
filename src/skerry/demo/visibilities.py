"""What an interferometer measures of a sky of Gaussians: visibilities with wrong antenna gains and noise.

Each is an exact Fourier sum over the sources, without a grid, so that an imager's errors are its own; the signs are
those of a measurement set as WSClean reads it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skerry.demo.sky import Sky, gaussian_covariance
from skerry.demo.telescope import HOURS, LATITUDE, LONGEST_BASELINE, antenna_array, uvw_tracks

__all__ = [
    "LIGHT_SPEED",
    "Observation",
    "corrupt",
    "noise_per_visibility",
    "point_at",
    "receiver_noise",
    "sky_visibilities",
    "time_of_transit",
]

LIGHT_SPEED = 299792458.0
SIDEREAL_RATE = 1.00273790935
_LONGITUDE = np.deg2rad(116.6)
_DAY = 59000
"""Modified Julian date of the observation."""
_SAMPLE_SECONDS = 10.0
"""So short that the sky stands still, which the Fourier sum takes for granted."""
_ROBUST_NOISE = 1.35
"""Noise of an image with Briggs weights of robustness 0 over that with natural weights; measured with WSClean."""
_TERMS_AT_A_TIME = 1 << 20

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]


@dataclass(frozen=True)
class Observation:
    """An array that tracks a field.

    Attributes
    ----------
    pointing : tuple of float
        Right ascension and declination of the phase centre, radians.
    positions : ndarray of float, shape (antennas, 3)
        Places of the antennas on the Earth (ITRF), m.
    first, second : ndarray of int, shape (baselines,)
        Antennas of each baseline.
    times : ndarray of float, shape (times,)
        Middles of the integrations, s (UTC, modified Julian date).
    exposure : float
        Length of an integration, s.
    uvw : ndarray of float, shape (times, baselines, 3)
        From the first antenna to the second, m.
    frequencies : ndarray of float, shape (channels,)
        Middles of the channels, Hz.
    channel_width : float
        Hz.
    """

    pointing: tuple[float, float]
    positions: FloatArray
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    times: FloatArray
    exposure: float
    uvw: FloatArray
    frequencies: FloatArray
    channel_width: float

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of times, baselines and channels."""
        return (*self.uvw.shape[:2], self.frequencies.size)


def point_at(
    rng: np.random.Generator,
    pointing: tuple[float, float],
    transit: float,
    *,
    pixel: float,
    frequency: float,
    bandwidth: float,
    antennas: int,
    integrations: int,
    channels: int,
    array: FloatArray | None = None,
    hours: float = HOURS,
) -> Observation:
    """Track a field for some hours with the random array of `skerry.demo.telescope`, or with another.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the antennas' places: the same for every beam of a field.
    pointing : tuple of float
        Right ascension and declination of the beam, radians.
    transit : float
        Right ascension that transits in the middle of the observation, radians: that of the middle of the field, for
        all beams are observed at once.
    pixel : float
        Width of a pixel, radians: the longest baseline has 3 pixels in its finest fringe.
    frequency, bandwidth : float
        Middle and width of the band, Hz.
    antennas, integrations, channels : int
        How many: at least 3 antennas, and 1 of the others.
    array : ndarray of float, shape (antennas, 3), optional
        Places of the antennas in the frame of TMS equation 4.1, in any unit, in place of random ones.
    hours : float
        From the beginning to the end.

    Returns
    -------
    Observation
        Of integrations of 10 s, spread evenly over the hours.
    """
    width = bandwidth / channels
    frequencies = frequency + width * (np.arange(channels, dtype=np.float64) - (channels - 1) / 2)
    array = antenna_array(rng, antennas) if array is None else array
    first, second = np.triu_indices(antennas, 1)
    longest = np.sqrt(((array[second] - array[first]) ** 2).sum(axis=1)).max()
    array = array * (LONGEST_BASELINE / pixel * LIGHT_SPEED / frequencies[-1] / longest)
    angle = ((np.arange(integrations) + 0.5) / integrations - 0.5) * (hours * np.pi / 12)
    return Observation(
        pointing,
        _on_earth(array),
        first,
        second,
        time_of_transit(transit) + angle * (86400 / (2 * np.pi * SIDEREAL_RATE)),
        _SAMPLE_SECONDS,
        uvw_tracks(array, first, second, pointing[1], angle - (pointing[0] - transit)),
        frequencies,
        width,
    )


def time_of_transit(ra: float) -> float:
    """When a right ascension stands in the array's meridian.

    Greenwich mean sidereal time after Meeus, Astronomical Algorithms (2nd edition, 1998), equation 12.4.

    Parameters
    ----------
    ra : float
        The right ascension, radians.

    Returns
    -------
    float
        Seconds, UTC as modified Julian date.
    """
    greenwich = 280.46061837 + 360 * SIDEREAL_RATE * (_DAY - 51544.5)
    turn = float(np.rad2deg(ra - _LONGITUDE) - greenwich) % 360
    return 86400 * (_DAY + turn / (360 * SIDEREAL_RATE))


def _on_earth(array: FloatArray) -> FloatArray:
    """Geocentric places (WGS 84) of antennas in the frame of TMS equation 4.1."""
    radius, squashed = 6378137.0, (1 - 1 / 298.257223563) ** 2
    normal = radius / np.sqrt(np.cos(LATITUDE) ** 2 + squashed * np.sin(LATITUDE) ** 2)
    middle = np.array([normal * np.cos(LATITUDE), 0, squashed * normal * np.sin(LATITUDE)])
    x, y, z = (middle + array).T
    sine, cosine = np.sin(_LONGITUDE), np.cos(_LONGITUDE)
    return np.stack([cosine * x - sine * y, sine * x + cosine * y, z], axis=1)


def sky_visibilities(
    sky: Sky, apparent: FloatArray, east: FloatArray, north: FloatArray, uvw: FloatArray, frequencies: FloatArray
) -> ComplexArray:
    """Visibilities of a sky of Gaussians, without errors.

    The sum of flux times exp(2 pi i (u l + v m + w (n - 1))) over the sources (TMS equation 3.7, with the sign that
    belongs to a measurement set's baselines); a Gaussian source has a Gaussian amplitude (TMS section 10.4).

    Parameters
    ----------
    sky : Sky
        Shapes of the sources.
    apparent : ndarray of float, shape (n,)
        Their fluxes as the antennas receive them, Jy.
    east, north : ndarray of float, shape (n,)
        Their direction cosines from the phase centre.
    uvw : ndarray of float, shape (times, baselines, 3)
        Baselines, m.
    frequencies : ndarray of float, shape (channels,)
        Hz.

    Returns
    -------
    ndarray of complex, shape (times, baselines, channels)
        Jy.
    """
    rows = uvw.reshape(-1, 3)
    result = np.zeros((len(rows), len(frequencies)), dtype=np.complex128)
    for extended in (False, True):
        group = (sky.major > 0) == extended
        if not group.any():
            continue
        direction = np.stack([east, north, np.sqrt(1 - east**2 - north**2) - 1])[:, group]
        (xx, xy), (_, yy) = 2 * np.pi**2 * gaussian_covariance(sky.major, sky.minor, sky.angle)[:, :, group]
        step = max(1, _TERMS_AT_A_TIME // int(group.sum()))
        for start in range(0, len(rows), step):
            block = rows[start : start + step]
            u, v = block[:, 0, None], block[:, 1, None]
            exponent = 2j * np.pi * (block @ direction)
            # Image axes point west: the sign of the mixed term turns.
            fading = xx * u**2 - 2 * xy * u * v + yy * v**2 if extended else None
            for channel, frequency in enumerate(frequencies):
                per_metre = frequency / LIGHT_SPEED
                terms = exponent * per_metre if fading is None else exponent * per_metre - fading * per_metre**2
                result[start : start + step, channel] += np.exp(terms, out=terms) @ apparent[group]
    return result.reshape(*uvw.shape[:2], len(frequencies))


def corrupt(
    visibilities: ComplexArray, gains: ComplexArray, first: NDArray[np.int64], second: NDArray[np.int64]
) -> ComplexArray:
    """Visibilities as antennas with wrong gains measure them: g_p conj(g_q) V, TMS section 10.1.

    Parameters
    ----------
    visibilities : ndarray of complex, shape (times, baselines, ...)
        Jy.
    gains : ndarray of complex, shape (times, antennas)
        1 is right.
    first, second : ndarray of int, shape (baselines,)
        Antennas p and q of each baseline.

    Returns
    -------
    ndarray of complex, shape (times, baselines, ...)
        Jy.
    """
    factor = gains[:, first] * gains[:, second].conj()
    return visibilities * np.expand_dims(factor, tuple(range(2, visibilities.ndim)))


def noise_per_visibility(image_rms: float, samples: int) -> float:
    """Noise of the real and of the imaginary part of a sample that gives an image its noise (TMS section 6.2).

    Parameters
    ----------
    image_rms : float
        Noise of an image with Briggs weights of robustness 0, Jy/beam.
    samples : int
        Visibilities that the image is made from, each correlation counted.

    Returns
    -------
    float
        Noise, Jy.
    """
    return float(image_rms * np.sqrt(samples) / _ROBUST_NOISE)


def receiver_noise(rng: np.random.Generator, shape: tuple[int, ...], rms: float) -> ComplexArray:
    """Complex noise with an rms of `rms` in its real and in its imaginary part."""
    noise = np.empty(shape, dtype=np.complex128)
    noise.real = rng.normal(scale=rms, size=shape)
    noise.imag = rng.normal(scale=rms, size=shape)
    return noise
