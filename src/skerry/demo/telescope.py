"""What an interferometer adds to a restored image: the artefacts of wrong antenna gains, and correlated thermal noise.

Both are made on the (u,v) cells that the array samples and transformed to the image, so that the spokes, rings and
negative bowls round every source, and the grain of the noise, follow from the array and its gains as in a real image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from skerry.demo.sky import Beam, beam_covariance

__all__ = [
    "ANTENNAS",
    "HOURS",
    "LATITUDE",
    "LONGEST_BASELINE",
    "TELESCOPE",
    "Coverage",
    "antenna_array",
    "artefacts",
    "ground_places",
    "log_gains",
    "observe",
    "on_equator",
    "thermal_noise",
    "uvw_tracks",
]

TELESCOPE = "ASKAP"
"""The telescope that the array resembles; CASA takes no topocentric frequencies of one that it does not know."""
ANTENNAS = 36
LATITUDE = np.deg2rad(-26.7)
HOURS = 8.0
INTEGRATIONS_PER_PIXEL = 60 / 1024
"""A wide image has small (u,v) cells: were their number fixed, the gaps in the tracks would grow with the image."""
CHANNELS = np.linspace(0.95, 1.05, 12)
"""Frequencies over that of the middle."""
LONGEST_BASELINE = 0.33
"""Cycles per pixel: three pixels across the finest fringe."""
PHASE_ERROR = np.deg2rad(20.0)
AMPLITUDE_ERROR = 0.10
ROBUST = 0
_GAIN_MODES = 3
_EDGE_RADIUS, _EDGE_SOFTNESS = 1.55, 0.3
_FAINTEST = 1e-3
"""Floor of the restoring beam's transform where it divides; cells fainter than it have no weight."""

FloatArray = NDArray[np.float64]
_Number = TypeVar("_Number", np.float64, np.complex128)


@dataclass(frozen=True)
class Coverage:
    """The (u,v) cells that an array samples, on the half plane that the Fourier transform of a real image needs.

    Attributes
    ----------
    size : int
        Width of the image whose transform it is, pixels.
    cells : ndarray of int, shape (channels, times, baselines)
        Flat index of each sample's cell in an array of shape (size, size // 2 + 1).
    conjugate : ndarray of bool, shape (times, baselines)
        Whether the sample lies in the other half plane, and its conjugate is taken.
    counts : ndarray of float, shape (size, size // 2 + 1)
        Samples in each cell.
    weights : ndarray of float, shape (size, size // 2 + 1)
        Weights of the cells, 0 where none is sampled; the dirty beam is 1 at its centre.
    restoring : ndarray of float, shape (size, size // 2 + 1)
        Fourier transform of the restoring beam, 1 at its centre in the image.
    first, second : ndarray of int, shape (baselines,)
        Antennas of each baseline.
    """

    size: int
    cells: NDArray[np.int64]
    conjugate: NDArray[np.bool_]
    counts: FloatArray
    weights: FloatArray
    restoring: FloatArray
    first: NDArray[np.int64]
    second: NDArray[np.int64]


def observe(rng: np.random.Generator, size: int, pixel: float, beam: Beam, declination: float) -> Coverage:
    """Track a field for some hours with a random array that has a dense core and a few distant antennas.

    The tracks are those of Thompson, Moran & Swenson, Interferometry and Synthesis in Radio Astronomy (TMS; 3rd
    edition, 2017), section 4.1; several channels spread each radially. Integrations are few, as in a quick look: the
    gaps between them are what draws spokes far from a source.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the antennas' places.
    size : int
        Width of the image, pixels.
    pixel : float
        Width of a pixel, radians.
    beam : Beam
        The restoring beam, which the weights are made for.
    declination : float
        Of the field, radians.

    Returns
    -------
    Coverage
        The same for every beam of the field.
    """
    first, second = np.triu_indices(ANTENNAS, 1)
    times = max(12, round(INTEGRATIONS_PER_PIXEL * size))
    hour_angle = np.linspace(-HOURS / 2, HOURS / 2, times) * (np.pi / 12)
    u, v, _ = np.moveaxis(uvw_tracks(antenna_array(rng), first, second, declination, hour_angle), -1, 0)
    conjugate = u < 0
    scale = np.where(conjugate, -1, 1) * (LONGEST_BASELINE * size / np.hypot(u, v).max())
    columns = np.rint(CHANNELS[:, None, None] * (u * scale)).astype(np.int64)
    rows = np.rint(CHANNELS[:, None, None] * (v * scale)).astype(np.int64) % size
    shape = (size, size // 2 + 1)
    cells = rows * shape[1] + columns
    counts = _hermitian(np.bincount(cells.ravel(), minlength=shape[0] * shape[1]).reshape(shape).astype(float))
    radius2 = _radius2(size, pixel, beam)
    weights, restoring = _briggs(counts) * _soft_edge(np.sqrt(radius2)), np.exp(-radius2)
    # No baseline is shorter than a dish: an interferometer does not see the mean of the sky.
    weights[0, 0] = 0
    return Coverage(
        size,
        cells,
        conjugate,
        counts,
        weights * (size**2 / _whole_plane(weights, size)),
        restoring * (size**2 / _whole_plane(restoring, size)),
        first,
        second,
    )


def _briggs(counts: FloatArray) -> FloatArray:
    """Weights between one per sample and one per cell: Briggs 1995, PhD thesis, New Mexico Tech."""
    density = (counts**2).sum() / counts.sum()
    weights: FloatArray = counts / (1 + counts * (5 * 10.0**-ROBUST) ** 2 / density)
    return weights


def _soft_edge(radius: FloatArray) -> FloatArray:
    """Taper of 1 inside and 0 outside of an ellipse (Tukey's), for which the dirty beam is near the restoring beam."""
    across = np.clip((radius / _EDGE_RADIUS - 1 + _EDGE_SOFTNESS) / (2 * _EDGE_SOFTNESS), 0, 1)
    taper: FloatArray = 0.5 + 0.5 * np.cos(np.pi * across)
    return taper


def _radius2(size: int, pixel: float, beam: Beam) -> FloatArray:
    """Minus the logarithm of the restoring beam's Fourier transform, on the half plane."""
    (xx, xy), (_, yy) = beam_covariance(beam) / pixel**2
    kx, ky = fft.rfftfreq(size)[None, :], fft.fftfreq(size)[:, None]
    radius2: FloatArray = 2 * np.pi**2 * (xx * kx**2 + 2 * xy * kx * ky + yy * ky**2)
    return radius2


def _whole_plane(half: FloatArray, size: int) -> float:
    """Sum over both half planes of what is the same in both."""
    own_mirror = half[:, 0].sum() + (half[:, -1].sum() if size % 2 == 0 else 0)
    return float(2 * half.sum() - own_mirror)


def antenna_array(rng: np.random.Generator, antennas: int = ANTENNAS) -> FloatArray:
    """Places of antennas on flat ground: half in a dense core, a third further out, the others along a ring.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of their places.
    antennas : int
        How many, at least 3.

    Returns
    -------
    ndarray of float, shape (antennas, 3)
        In the frame of TMS equation 4.1 (X to the meridian, Y east, Z to the pole), in radii of the array.
    """
    return on_equator(*ground_places(rng, antennas))


def ground_places(rng: np.random.Generator, antennas: int = ANTENNAS) -> tuple[FloatArray, FloatArray]:
    """Places of the antennas of `antenna_array` on the ground: east and north, shape (antennas,), in its radii."""
    core, middle = antennas // 2, antennas // 3
    outer = antennas - core - middle
    radius = np.concatenate(
        [rng.uniform(0.02, 0.25, core), rng.uniform(0.2, 0.6, middle), rng.uniform(0.75, 1.0, outer)]
    )
    around = rng.uniform(0, 2 * np.pi, antennas)
    around[-outer:] = (np.arange(outer) + rng.uniform(-0.2, 0.2, outer)) * 2 * np.pi / outer
    return radius * np.cos(around), radius * np.sin(around)


def on_equator(east: FloatArray, north: FloatArray) -> FloatArray:
    """Places on flat ground, shape (antennas,), in the frame of TMS equation 4.1, shape (antennas, 3)."""
    return np.stack([-np.sin(LATITUDE) * north, east, np.cos(LATITUDE) * north], axis=1)


def uvw_tracks(
    array: FloatArray,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    declination: float,
    hour_angle: FloatArray,
) -> FloatArray:
    """Baselines from antenna `first` to antenna `second` as the sky turns: TMS equation 4.1.

    Parameters
    ----------
    array : ndarray of float, shape (antennas, 3)
        As of `antenna_array`, in any unit of length.
    first, second : ndarray of int, shape (baselines,)
        Antennas of each baseline.
    declination : float
        Of the field, radians.
    hour_angle : ndarray of float, shape (times,)
        Radians.

    Returns
    -------
    ndarray of float, shape (times, baselines, 3)
        Coordinates u (east), v (north) and w (to the field), in the array's unit.
    """
    x, y, z = (array[second] - array[first]).T
    sine, cosine = np.sin(hour_angle)[:, None], np.cos(hour_angle)[:, None]
    u = sine * x + cosine * y
    v = np.sin(declination) * (sine * y - cosine * x) + np.cos(declination) * z
    w = np.cos(declination) * (cosine * x - sine * y) + np.sin(declination) * z
    return np.stack([u, v, w], axis=-1)


def _hermitian(half: NDArray[_Number]) -> NDArray[_Number]:
    """Add what the other half plane holds of the column u = 0, which is its own mirror image."""
    half = half.copy()
    half[:, 0] += np.roll(half[::-1, 0], 1).conj()
    return half


def log_gains(
    rng: np.random.Generator, times: int, antennas: int = ANTENNAS, modes: int = _GAIN_MODES
) -> NDArray[np.complex128]:
    """Logarithms of the antennas' gains before any self-calibration, of which half the variance drifts in time.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the errors.
    times, antennas : int
        How many of each.
    modes : int
        Harmonics of the observation in which gains drift: with 3 the fastest turns in a third of it.

    Returns
    -------
    ndarray of complex, shape (times, antennas)
        Real part: error of the amplitude, 10 %; imaginary part: of the phase, 20 degrees (rms).
    """
    clock = np.linspace(0, 1, times)[:, None]
    errors = []
    for rms in (AMPLITUDE_ERROR, PHASE_ERROR):
        fixed = rng.normal(size=antennas)
        phases = rng.uniform(0, 2 * np.pi, (modes, antennas))
        drift = np.sum([np.cos(2 * np.pi * (n + 1) * clock + phases[n]) for n in range(modes)], axis=0)
        errors.append(rms * np.sqrt(0.5) * (fixed + drift * np.sqrt(2 / modes)))
    gains: NDArray[np.complex128] = errors[0] + 1j * errors[1]
    return gains


def artefacts(sky: NDArray[np.complex128], coverage: Coverage, gains: NDArray[np.complex128]) -> FloatArray:
    """Image of what wrong gains add to the sky.

    A visibility of antennas p and q is measured as g_p conj(g_q) V (TMS section 10.1). Each sampled cell of the
    sky's transform is multiplied by the mean of g_p conj(g_q) - 1 over its samples, and by the cell's weight: the dirty
    image of the errors, which CLEAN with a good mask leaves as it is.

    Parameters
    ----------
    sky : ndarray of complex, shape (size, size // 2 + 1)
        Real Fourier transform of the restored, noise-free image.
    coverage : Coverage
        The samples.
    gains : ndarray of complex, shape (times, antennas)
        Logarithms of the gains.

    Returns
    -------
    ndarray of float, shape (size, size)
        In the unit of the sky.
    """
    error = np.expm1(gains[:, coverage.first] + gains[:, coverage.second].conj())
    error = np.where(coverage.conjugate, error.conj(), error)
    flat, length = coverage.cells.ravel(), coverage.counts.size
    parts = [
        np.bincount(flat, weights=np.broadcast_to(part, coverage.cells.shape).ravel(), minlength=length)
        for part in (error.real, error.imag)
    ]
    total = _hermitian((parts[0] + 1j * parts[1]).reshape(coverage.counts.shape))
    response = coverage.weights / np.maximum(coverage.counts, 1) / np.maximum(coverage.restoring, _FAINTEST)
    image: FloatArray = fft.irfft2(sky * total * response, s=(coverage.size, coverage.size), workers=1)
    return image


def thermal_noise(rng: np.random.Generator, coverage: Coverage, rms: float) -> FloatArray:
    """Noise of the receivers as the image shows it: correlated like the dirty beam, and with a zero mean.

    A cell with n samples has noise of 1 / sqrt(n) (TMS section 6.2), and the weight that the artefacts have.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the noise.
    coverage : Coverage
        The samples.
    rms : float
        Expected rms of the image.

    Returns
    -------
    ndarray of float, shape (size, size)
        In the unit of `rms`.
    """
    response = coverage.weights / np.sqrt(np.maximum(coverage.counts, 1))
    variance = _whole_plane(response**2, coverage.size) / coverage.size**2
    white = fft.rfft2(rng.normal(size=(coverage.size, coverage.size)), workers=1)
    image: FloatArray = fft.irfft2(white * response, s=(coverage.size, coverage.size), workers=1)
    image *= rms / np.sqrt(variance)
    return image
