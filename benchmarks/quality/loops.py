"""Self-calibration of one beam, round after round, with a mask made of its own last image.

What a mask lets into the model goes into the gains, and from there into the next image: the true gains of a simulated
telescope tell where that leads. What has been cleaned or solved is kept, and done once only.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.cleaning import Request, Visibilities, clean, predict
from benchmarks.quality.models import Outcome, judge_clean
from benchmarks.quality.observed import Observed
from skerry.demo.gain_solutions import apply_gains, solve_gains
from skerry.demo.measurement_set import casacore_tables, copy_corrected, read_for_calibration
from skerry.demo.visibilities import LIGHT_SPEED
from skerry.io.fits import Image, read_image

__all__ = ["Iteration", "antenna_tracks", "gain_errors", "least_errors", "self_calibrate"]

Flags = NDArray[np.bool_]
Gains = NDArray[np.complex128]
Floats = NDArray[np.float64]

INTEGRATIONS_PER_SOLUTION = 2


class Iteration(NamedTuple):
    """What an iteration of self-calibration ended with."""

    phase: float
    """Rms error of the solved phases, radians."""
    amplitude: float
    """Rms error of the solved amplitudes, over their mean."""
    outcome: Outcome
    """Of the image made with them."""


def self_calibrate(
    observed: Observed,
    arguments: str,
    first_mask: Flags | None,
    make: Callable[[Image, int], Flags] | None,
    iterations: int,
) -> list[Iteration]:
    """Calibrate beam 0 against its own model, and image it again, so many times.

    Parameters
    ----------
    observed : Observed
        Round 0 of a field whose true gains are known.
    arguments : str
        Of WSClean.
    first_mask : ndarray of bool, optional
        For the image whose model is calibrated against first.
    make : callable, optional
        Makes each further mask of beam 0's last image and its number; without it `first_mask` is used again.
    iterations : int
        How many; phases only are solved for in the first.
    """
    assert observed.gains is not None
    mask, done, tracks = first_mask, [], antenna_tracks(observed.visibilities.path)
    request = Request(observed.visibilities, arguments, mask, observed.grid.header)
    prefix = clean(request, observed.directory)
    for n in range(iterations):
        if make is not None:
            mask = make(read_image(f"{prefix}-image.fits"), n)
        prefix, gains = _next_image(observed, request, prefix, mask, amplitude=n > 0)
        request = replace(request, mask=mask)
        outcome = judge_clean(prefix, observed.truth, observed.sigma, mask)
        done.append(Iteration(*gain_errors(gains, observed.gains, tracks), outcome))
    return done


def gain_errors(solved: Gains, true: Gains, tracks: Floats | None = None) -> tuple[float, float]:
    """Rms error of phases (radians) and of amplitudes (over their mean).

    Parameters
    ----------
    solved, true : ndarray of complex, shape (times, antennas)
        A phase that all antennas have in common at a time is no error: no visibility depends on it. Nor is the mean
        amplitude, which is the flux scale.
    tracks : ndarray of float, shape (times, antennas, 2), optional
        As of `antenna_tracks`. Phases that shift the whole sky are then no errors: self-calibration keeps the position
        that the first model has, and no mask can find the true one.
    """
    ratios = solved / true
    ratios = ratios * np.exp(-1j * np.angle(ratios.sum(axis=1, keepdims=True)))
    phases, amplitudes = np.angle(ratios), np.abs(ratios)
    if tracks is not None:
        fringes = 2 * np.pi * (tracks - tracks.mean(axis=1, keepdims=True)).reshape(-1, 2)
        phases = (phases - phases.mean(axis=1, keepdims=True)).ravel()
        phases = phases - fringes @ np.linalg.lstsq(fringes, phases, rcond=None)[0]
    return float(phases.std()), float(amplitudes.std() / amplitudes.mean())


def antenna_tracks(ms: Path) -> Floats:
    """Places of the antennas of a measurement set as seen from the field, in wavelengths at its mean frequency.

    Returns
    -------
    ndarray of float, shape (times, antennas, 2)
        u and v from the first antenna. Each time has all baselines.
    """
    tables = casacore_tables()
    main, window = tables.table(str(ms), ack=False), tables.table(f"{ms}/SPECTRAL_WINDOW", ack=False)
    first, second, uvw = (main.getcol(name) for name in ("ANTENNA1", "ANTENNA2", "UVW"))
    time = np.unique(main.getcol("TIME"), return_inverse=True)[1]
    tracks = np.zeros((time.max() + 1, second.max() + 1, 2))
    of_first = (first == 0) & (second > 0)
    tracks[time[of_first], second[of_first]] = uvw[of_first, :2]
    return np.asarray(tracks * window.getcol("CHAN_FREQ").mean() / LIGHT_SPEED)


def least_errors(true: Gains) -> tuple[float, float]:
    """Errors of the best gains, as of `gain_errors`: true ones drift within a solution, which cannot follow."""
    logarithms = np.log(true)
    interval = np.arange(len(true)) // INTEGRATIONS_PER_SOLUTION
    means = np.array([logarithms[interval == n].mean(axis=0) for n in range(interval.max() + 1)])
    return gain_errors(np.exp(means[interval]), true)


def _next_image(
    observed: Observed, request: Request, prefix: Path, mask: Flags | None, *, amplitude: bool
) -> tuple[Path, Gains]:
    """Image with the gains that make the last model agree with the data, and these gains, shape (times, antennas)."""
    history = f"{observed.visibilities.path.resolve()}, {prefix.name}, {'amplitudes' if amplitude else 'phases'}"
    solutions = Path(f"{prefix}.{'amplitudes' if amplitude else 'phases'}.npy")
    corrected = replace(observed.visibilities, column="CORRECTED_DATA", history=history)
    request = replace(request, visibilities=corrected, mask=mask)
    if not (solutions.exists() and request.done(observed.directory)):
        with _calibrated(observed.visibilities, prefix, amplitude) as (path, gains):
            np.save(solutions, gains)
            clean(replace(request, visibilities=replace(corrected, path=path)), observed.directory)
    return request.prefix(observed.directory), np.load(solutions)


@contextmanager
def _calibrated(data: Visibilities, prefix: Path, amplitude: bool) -> Iterator[tuple[Path, Gains]]:
    """Copy of the measurement set, calibrated against a model, and the gains."""
    with tempfile.TemporaryDirectory(dir=prefix.parent) as temporary:
        predicted, corrected = Path(temporary) / "predicted.ms", Path(temporary) / "corrected.ms"
        shutil.copytree(data.path, predicted)
        predict(prefix, predicted)
        rows = read_for_calibration(predicted)
        time = np.unique(rows.times, return_inverse=True)[1]
        interval = time // INTEGRATIONS_PER_SOLUTION
        gains = solve_gains(rows.data, rows.model, rows.weights, rows.first, rows.second, interval, amplitude=amplitude)
        copy_corrected(predicted, corrected, apply_gains(rows.data, gains, rows.first, rows.second, interval))
        shutil.rmtree(predicted)
        yield corrected, gains[np.arange(time.max() + 1) // INTEGRATIONS_PER_SOLUTION]
