"""Errors of calibration of different kinds: of antennas, and of directions that no round mends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skerry.demo.telescope import log_gains

__all__ = ["GAIN_ERRORS", "Errors", "antenna_gains", "facet_gains", "facet_of"]

Gains = NDArray[np.complex128]
Floats = NDArray[np.float64]

GAIN_ERRORS = (1.0, 0.30, 0.08)
"""Of rounds 0, 1 and 2: calibration gets better."""
FACETS = 6
"""Directions with gains of their own."""


@dataclass(frozen=True)
class Errors:
    """Of round 0.

    Attributes
    ----------
    phase, amplitude : float
        Factors of 20 degrees and 10 %, the rms over antennas and times.
    modes : int
        Harmonics of the observation in which half of the variance drifts.
    bad_antenna : float
        Factor by which the errors of one antenna are greater than those of the others.
    directions : float
        Factor of errors that antennas have in each direction besides, the same in all rounds.
    """

    phase: float = 1.0
    amplitude: float = 1.0
    modes: int = 3
    bad_antenna: float = 1.0
    directions: float = 0.0

    def times(self, factor: float) -> Errors:
        """So many times greater."""
        return Errors(
            factor * self.phase, factor * self.amplitude, self.modes, self.bad_antenna, factor * self.directions
        )


def antenna_gains(rng: np.random.Generator, errors: Errors, times: int, antennas: int, factor: float) -> Gains:
    """Gains of antennas, shape (times, antennas); 1 is right.

    Parameters
    ----------
    rng : numpy.random.Generator
        The same in all rounds, for errors that shrink and do not change otherwise.
    errors : Errors
        Of round 0.
    times, antennas : int
        How many.
    factor : float
        Of the round: one of `GAIN_ERRORS`.
    """
    drawn = log_gains(rng, times, antennas, errors.modes)
    logarithms = errors.amplitude * drawn.real + 1j * errors.phase * drawn.imag
    logarithms[:, rng.integers(antennas)] *= errors.bad_antenna
    # A calibrator has set the flux scale, which self-calibration cannot find: fluxes compare with the truth.
    return np.asarray(np.exp(factor * (logarithms - logarithms.real.mean())))


def facet_of(rng: np.random.Generator, east: Floats, north: Floats, width: float) -> NDArray[np.int64]:
    """Number of the facet that each component is in: of the nearest of random centres within `width`."""
    centres = rng.uniform(-width / 2, width / 2, (FACETS, 2))
    distance = np.hypot(east[:, None] - centres[:, 0], north[:, None] - centres[:, 1])
    return np.asarray(distance.argmin(axis=1))


def facet_gains(rng: np.random.Generator, errors: Errors, times: int, antennas: int) -> list[Gains]:
    """Gains of each facet, shape (times, antennas)."""
    drawn = [errors.directions * log_gains(rng, times, antennas, errors.modes) for _ in range(FACETS)]
    return [np.exp(one - one.real.mean()) for one in drawn]
