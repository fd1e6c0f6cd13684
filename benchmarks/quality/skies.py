"""Skies of different kinds, of Gaussians at random places: each asks something else of a mask.

Brightnesses are in Jy/beam and lengths in widths of the restoring beam, whatever the telescope.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.demo.demo_field import PIXEL, primary_beam_fwhm
from skerry.demo.sky import ARCSEC, Beam, Sky, primary_beam
from skerry.demo.sources import beams_in, demo_sky

__all__ = ["BEAM", "SKIES", "Field"]

Floats = NDArray[np.float64]
Blob = tuple[float, float, float, float, float, float]
"""Place (east, north, direction cosines), peak (Jy/beam), axes (radians) and position angle (radians)."""

BEAM = 26 * ARCSEC
"""FWHM of a round restoring beam, radians, that brightnesses are given in."""
_RESTORING = Beam(BEAM, BEAM, 0.0)
SIGMA = 80e-6
"""Jy/beam that extended sources are measured in: a noise as thermal noise often is."""
_REACH = 0.2
"""Of extended sources from the centre of the field, in its widths."""
_DIMMED = 0.25
"""Jy: no source is brighter, where brighter ones would leave nothing to be seen of what is extended."""


class Field(NamedTuple):
    """What a sky lies in."""

    width: float
    """Of the field of a beam, radians."""
    offsets: Floats
    """Pointings of the beams, direction cosines, shape (beams, 2)."""
    noise: float
    """Thermal, Jy/beam."""


def mixed(rng: np.random.Generator, field: Field) -> Sky:
    """The sources of the demo field, scattered: compact and extended ones of all brightnesses, one of 1 to 4 Jy."""
    return demo_sky(rng, round(field.width / PIXEL), field.width, field.offsets, _RESTORING, scatter=True)


def compact(rng: np.random.Generator, field: Field) -> Sky:
    """Those of them that are points or smaller than a beam."""
    sky = mixed(rng, field)
    return _chosen(sky, (sky.kind != "extended") & (sky.major < BEAM))


def haloes_and_relics(rng: np.random.Generator, field: Field) -> Sky:
    """Compact sources, four clumpy haloes of 8 to 16 beams and 1.5 to 6 sigma, three arcs of 4 to 15 sigma."""
    blobs: list[Blob] = []
    for _ in range(4):
        east, north = _place(rng, field)
        wide, peak = BEAM * rng.uniform(8, 16), SIGMA * _between(rng, 1.5, 6)
        blobs.append((east, north, peak, wide, wide * rng.uniform(0.6, 1), rng.uniform(0, np.pi)))
        for _ in range(6):
            clump = wide * rng.uniform(0.2, 0.4)
            at = east + rng.normal(0, 0.3 * wide), north + rng.normal(0, 0.3 * wide)
            blobs.append((*at, peak * rng.uniform(0.2, 0.6), clump, clump, 0.0))
    for _ in range(3):
        around = rng.uniform(0, 2 * np.pi) + np.linspace(0, np.deg2rad(rng.uniform(40, 90)), 12)
        blobs += _along(rng, _place(rng, field), BEAM * rng.uniform(8, 16), around, 1.5 * BEAM, _between(rng, 4, 15))
    return _joined(_dimmed(compact(rng, field)), _sky_of(blobs))


def galactic_plane(rng: np.random.Generator, field: Field) -> Sky:
    """Compact sources and HII regions up to hundreds of sigma, shells, filaments, and a ridge behind them."""
    blobs: list[Blob] = []
    for _ in range(8):
        wide = BEAM * rng.uniform(1.5, 5)
        blobs.append((*_place(rng, field), SIGMA * _between(rng, 10, 250), wide, wide * rng.uniform(0.6, 1), 0.0))
    for _ in range(4):
        around = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        radius = BEAM * _between(rng, 4, 16)
        blobs += _along(rng, _place(rng, field), radius, around, radius / 8, _between(rng, 3, 40), uneven=0.8)
    for _ in range(4):
        direction, turn = rng.uniform(0, 2 * np.pi), np.cumsum(rng.normal(0, 0.25, 30))
        east, north = _place(rng, field)
        easts, norths = (np.cumsum(part) * BEAM for part in (np.sin(direction + turn), np.cos(direction + turn)))
        peak = SIGMA * _between(rng, 3, 12)
        blobs += [
            (east + x, north + y, peak * rng.uniform(0.4, 1), 1.6 * BEAM, 1.6 * BEAM, 0.0)
            for x, y in zip(easts, norths, strict=True)
        ]
    slope = rng.uniform(-0.5, 0.5)
    for along in np.linspace(-0.25, 0.25, 8) * field.width:
        wide = BEAM * rng.uniform(12, 24)
        north = slope * along + rng.normal(0, 0.3 * wide)
        blobs.append((along, north, SIGMA * _between(rng, 1, 4), wide, wide * rng.uniform(0.5, 1), rng.uniform(0, 3)))
    return _joined(_dimmed(compact(rng, field)), _sky_of(blobs))


def one_bright(rng: np.random.Generator, field: Field) -> Sky:
    """A point source of 10 000 times the thermal noise, as the beam sees it."""
    return _one(rng, field, 1e4)


def one_faint(rng: np.random.Generator, field: Field) -> Sky:
    """A point source of 8 times the thermal noise, as the beam sees it."""
    return _one(rng, field, 8.0)


SKIES: dict[str, Callable[[np.random.Generator, Field], Sky]] = {
    "mixed": mixed,
    "compact": compact,
    "haloes": haloes_and_relics,
    "plane": galactic_plane,
    "bright": one_bright,
    "faint": one_faint,
}


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    """Random factor, as often below as above the geometric mean."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _place(rng: np.random.Generator, field: Field) -> tuple[float, float]:
    reach = np.abs(field.offsets).max() + _REACH * field.width
    east, north = rng.uniform(-reach, reach, 2)
    return float(east), float(north)


def _along(
    rng: np.random.Generator,
    middle: tuple[float, float],
    radius: float,
    around: Floats,
    wide: float,
    sigmas: float,
    uneven: float = 0.3,
) -> list[Blob]:
    """Arc of blobs that touch each other, brighter on one side; `around` are angles, `sigmas` the peak of the arc."""
    step = radius * abs(around[1] - around[0])
    overlap = np.sqrt(2 * np.pi / (8 * np.log(2))) * wide / step
    brightest = rng.uniform(0, 2 * np.pi)
    uneven_peaks = SIGMA * sigmas * (1 + uneven * np.cos(around - brightest)) / (1 + uneven) / max(1.0, overlap)
    uneven_peaks *= rng.uniform(0.6, 1.4, around.size)
    east, north = middle[0] + radius * np.sin(around), middle[1] + radius * np.cos(around)
    return [(x, y, peak, wide, wide, 0.0) for x, y, peak in zip(east, north, uneven_peaks, strict=True)]


def _one(rng: np.random.Generator, field: Field, sigmas: float) -> Sky:
    east, north = rng.uniform(-_REACH, _REACH, 2) * field.width
    response = float(primary_beam(np.hypot(east, north), primary_beam_fwhm(field.width)))
    return _sky_of([(east, north, sigmas * field.noise / response, 0.0, 0.0, 0.0)], "compact")


def _sky_of(blobs: Sequence[Blob], kind: str = "extended") -> Sky:
    east, north, peak, major, minor, angle = np.array(blobs, dtype=float).T
    flux = peak * [beams_in((a, b, c), _RESTORING) for a, b, c in zip(major, minor, angle, strict=True)]
    return Sky(east, north, flux, major, minor, angle, np.full(east.shape, kind))


def _chosen(sky: Sky, which: NDArray[np.bool_]) -> Sky:
    return Sky(**{name: values[which] for name, values in vars(sky).items()})


def _dimmed(sky: Sky) -> Sky:
    return replace(sky, flux=np.minimum(sky.flux, _DIMMED))


def _joined(*skies: Sky) -> Sky:
    return Sky(**{name: np.concatenate([getattr(sky, name) for sky in skies]) for name in vars(skies[0])})
