"""Self-calibration: antenna gains that make measured visibilities agree with a model of the sky.

They are solved for by alternating least squares, which is enough for a simulated array; directions, polarisation and
interference are left to real calibrators.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["apply_gains", "solution_intervals", "solve_gains"]

_ITERATIONS = 200
_TOLERANCE = 1e-7

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
IntArray = NDArray[np.int64]


def solution_intervals(times: FloatArray, minutes: float = 0.0) -> IntArray:
    """Number of the solution interval that each sample belongs to.

    Parameters
    ----------
    times : ndarray of float, shape (rows,)
        Times of the samples, s.
    minutes : float
        Length of an interval, from the first sample on; with 0 every time has its own solution.

    Returns
    -------
    ndarray of int, shape (rows,)
        Consecutive, from 0.
    """
    stamps = times if minutes <= 0 else np.floor((times - times.min(initial=np.inf)) / (60 * minutes))
    return np.unique(stamps, return_inverse=True)[1].astype(np.int64)


def solve_gains(
    data: NDArray[np.complexfloating[Any, Any]],
    model: NDArray[np.complexfloating[Any, Any]],
    weights: NDArray[np.floating[Any]],
    first: IntArray,
    second: IntArray,
    interval: IntArray,
    *,
    amplitude: bool = False,
) -> ComplexArray:
    """Gains for which g_p conj(g_q) model is nearest to the data, in the sense of least squares.

    The alternating least squares of StefCal: each antenna is solved with the others held fixed, and every second
    iteration is averaged with the one before (Salvini & Wijnholds 2014, A&A 571, A97).

    Parameters
    ----------
    data, model : ndarray of complex, shape (rows, n)
        All channels and correlations of a baseline at a time; they share a gain.
    weights : ndarray of float, shape (rows, n)
        0 for flagged samples.
    first, second : ndarray of int, shape (rows,)
        Antennas p and q. Autocorrelations are not used.
    interval : ndarray of int, shape (rows,)
        As of `solution_intervals`.
    amplitude : bool
        Also solve for amplitudes. Their geometric mean over the whole set is 1, for a model that misses flux
        would otherwise lower all fluxes from round to round.

    Returns
    -------
    ndarray of complex, shape (intervals, antennas)
        1 for an antenna without data.
    """
    antennas = int(max(first.max(initial=-1), second.max(initial=-1))) + 1
    products, power = _baseline_sums(data, model, weights, first, second, interval, antennas)
    gains = np.ones(products.shape[:2], dtype=np.complex128)
    solvable = power.sum(axis=2) > 0
    for iteration in range(_ITERATIONS):
        fit = np.einsum("tpq,tq->tp", products, gains)
        norm = np.einsum("tpq,tq->tp", power, np.abs(gains) ** 2) if amplitude else np.abs(fit)
        new = np.divide(fit, norm, out=np.ones_like(gains), where=solvable & (norm > 0))
        change = float(np.abs(new - gains).max(initial=0))
        gains = (gains + new) / 2 if iteration % 2 else new
        if change < _TOLERANCE:
            break
    if amplitude and solvable.any():
        gains[solvable] /= np.exp(np.log(np.abs(gains[solvable])).mean())
    elif not amplitude:
        gains /= np.abs(gains)
    return gains


def _baseline_sums(
    data: NDArray[np.complexfloating[Any, Any]],
    model: NDArray[np.complexfloating[Any, Any]],
    weights: NDArray[np.floating[Any]],
    first: IntArray,
    second: IntArray,
    interval: IntArray,
    antennas: int,
) -> tuple[ComplexArray, FloatArray]:
    """Weighted sums of data times conj(model), and of |model|**2, by interval and pair of antennas in either order."""
    shape = (int(interval.max(initial=-1)) + 1, antennas, antennas)
    usable = np.where((first != second)[:, None] & np.isfinite(data) & np.isfinite(model), weights, 0)
    product = np.where(usable > 0, data * model.conj() * usable, 0).sum(axis=1)
    power = np.where(usable > 0, np.abs(model) ** 2 * usable, 0).sum(axis=1)
    products, powers = np.zeros(shape, dtype=np.complex128), np.zeros(shape)
    np.add.at(products, (interval, first, second), product)
    np.add.at(products, (interval, second, first), product.conj())
    np.add.at(powers, (interval, first, second), power)
    np.add.at(powers, (interval, second, first), power)
    return products, powers


def apply_gains(
    data: NDArray[np.complexfloating[Any, Any]],
    gains: ComplexArray,
    first: IntArray,
    second: IntArray,
    interval: IntArray,
) -> NDArray[np.complexfloating[Any, Any]]:
    """Data divided by the gains: what antennas with gains of 1 would have measured; shapes as in `solve_gains`."""
    corrected: NDArray[np.complexfloating[Any, Any]] = (
        data / (gains[interval, first] * gains[interval, second].conj())[:, None]
    ).astype(data.dtype)
    return corrected
