"""What is measured of a clean where the true sky is known: its model, and the fluxes of single sources in it.

The definitions are those of imager.py; the model itself is judged by `judge_model` of demo/model_quality.py.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.demo.model_quality import beam_image, judge_model, robust_rms, true_support
from skerry.io.fits import Image, read_image
from skerry.sky.grid import celestial_wcs

__all__ = ["Catalogue", "Outcome", "Truth", "judge_clean", "know_truth", "read_catalogue", "residual_sigma"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

CIRCLE = 0.8 / 60
"""Degrees."""
FREE_LEVEL, FREE_MARGIN = 1.5, 3
"""The noise is measured where the truth, so many pixels round, nowhere exceeds this many sigma thermal."""
EDGE = 20
"""Pixels from the edge of the image within which sources do not count."""
FAINTEST = 3.0
"""Sigma thermal."""
ISOLATION, NEIGHBOUR = 14.0, 0.3
"""An isolated source has no other with more than this fraction of its flux within so many pixels, ..."""
PEAK_TOLERANCE = 0.12
"""... and the truth at its pixel is its flux to this fraction: it is well sampled, and on no diffuse emission."""
FAINT, BRIGHT = (5.0, 10.0), (10.0, 30.0)
"""Fluxes in sigma of the auto-mask's residual."""


class Catalogue(NamedTuple):
    """Components of the sky as a beam receives them; arrays of shape (n,)."""

    ra: Floats
    dec: Floats
    flux: Floats
    """Apparent, Jy."""
    major: Floats
    minor: Floats
    """FWHM, arcsec; 0 for a point."""
    angle: Floats
    """All angles in degrees."""


@dataclass(frozen=True)
class Truth:
    """What is known of a beam.

    Attributes
    ----------
    image : Image
        The noise-free apparent sky, restored with the imager's beam.
    noise : float
        Thermal, Jy/beam.
    free : ndarray of bool, shape (ny, nx)
        Pixels without emission.
    brightest : tuple of float
        Place (x, y) of the brightest component, 0-based pixels.
    x, y, flux : ndarray of float, shape (n,)
        Isolated point sources: their 0-based pixels and apparent fluxes, Jy.
    circle : float
        Degrees round the brightest source in which the error of the model does not count.
    """

    image: Image
    noise: float
    free: Flags
    brightest: tuple[float, float]
    x: Floats
    y: Floats
    flux: Floats
    circle: float = CIRCLE


class Outcome(NamedTuple):
    """What a clean ended with; a figure without a source is NaN."""

    spurious: float
    """Sum of the absolute model where there is nothing to clean, Jy."""
    error: float
    """Norm of the restored model less the truth, over that of the truth, without the brightest source."""
    flux_faint: float
    flux_bright: float
    """Median flux of isolated sources in the model, over the true one."""
    peak_faint: float
    peak_bright: float
    """The same of the peaks in the restored image."""
    peak_left_out: float
    """Of the faint and bright ones that the mask leaves out."""
    left_out: float
    """How many those are."""
    residual: float
    """Robust rms of the residual where there is no emission, Jy/beam."""
    faint: float
    bright: float
    """How many isolated sources there are of each class."""
    masked: float
    """Fraction of the pixels, NaN without a mask of ours."""


def read_catalogue(path: Path, beam: int | None) -> Catalogue:
    """Read the catalogue beside a simulated field: seven columns, and the primary-beam gain in each beam.

    Without a beam the fluxes are those of the sky.
    """
    with path.open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    gain = 1.0 if beam is None else np.array([float(row[7 + beam]) for row in rows])
    ra, dec, flux, *shape = np.array([row[:6] for row in rows], dtype=float).T
    return Catalogue(ra, dec, flux * gain, *shape)


def know_truth(
    image: Image, catalogue: Catalogue, noise: float, *, isolation: float = ISOLATION, circle: float = CIRCLE
) -> Truth:
    """Find what there is to be judged.

    Parameters
    ----------
    image : Image
        Noise-free apparent sky, restored with the imager's beam.
    catalogue : Catalogue
        The components that it shows.
    noise : float
        Thermal, Jy/beam.
    isolation : float
        Pixels within which an isolated source has no bright neighbour.
    circle : float
        As of `Truth`.
    """
    places = np.column_stack([catalogue.ra, catalogue.dec])
    x, y = celestial_wcs(image.path, image.header).wcs_world2pix(places, 0).T
    ny, nx = image.data.shape
    inside = (x > EDGE) & (x < nx - EDGE) & (y > EDGE) & (y < ny - EDGE)
    bright_points = inside & (catalogue.major == 0) & (catalogue.flux > FAINTEST * noise)
    points = map(int, np.flatnonzero(bright_points))
    isolated = [n for n in points if _is_isolated(n, x, y, catalogue.flux, image, isolation)]
    free = ~true_support(image.data, noise, FREE_LEVEL, FREE_MARGIN)
    n = int(catalogue.flux.argmax())
    return Truth(image, noise, free, (x[n], y[n]), x[isolated], y[isolated], catalogue.flux[isolated], circle)


def _is_isolated(n: int, x: Floats, y: Floats, flux: Floats, image: Image, isolation: float) -> bool:
    near = np.hypot(x - x[n], y - y[n]) < isolation
    near[n] = False
    peak = image.data[round(y[n]), round(x[n])]
    return not (flux[near] > NEIGHBOUR * flux[n]).any() and abs(peak / flux[n] - 1) < PEAK_TOLERANCE


def residual_sigma(prefix: Path, truth: Truth) -> float:
    """Robust rms (Jy/beam) of a clean's residual where there is no emission."""
    return robust_rms(read_image(f"{prefix}-residual.fits").data[truth.free])


def judge_clean(prefix: Path, truth: Truth, sigma: float, mask: Flags | None) -> Outcome:
    """Judge what WSClean made.

    Parameters
    ----------
    prefix : Path
        What the names of its products begin with.
    truth : Truth
        Of the same beam.
    sigma : float
        That sources are classed by, Jy/beam: the auto-mask's `residual_sigma` in the same round.
    mask : ndarray of bool, optional
        That it was cleaned in.
    """
    image, model, residual = (read_image(f"{prefix}-{kind}.fits").data for kind in ("image", "model", "residual"))
    quality = judge_model(model, residual, truth.image, noise=truth.noise, radius=truth.circle, centre=truth.brightest)
    rows, columns = np.rint(truth.y).astype(int), np.rint(truth.x).astype(int)
    flux = _model_fluxes(model, truth, rows, columns) / truth.flux
    peak = ndimage.map_coordinates(image.astype(float), [truth.y, truth.x], order=3) / truth.flux
    faint, bright = ((low * sigma <= truth.flux) & (truth.flux < high * sigma) for low, high in (FAINT, BRIGHT))
    left_out = np.zeros(faint.shape, dtype=bool) if mask is None else (faint | bright) & ~mask[rows, columns]
    return Outcome(
        spurious=quality.spurious,
        error=quality.error,
        flux_faint=_median(flux[faint]),
        flux_bright=_median(flux[bright]),
        peak_faint=_median(peak[faint]),
        peak_bright=_median(peak[bright]),
        peak_left_out=_median(peak[left_out]),
        left_out=float(left_out.sum()),
        residual=robust_rms(residual[truth.free]),
        faint=float(faint.sum()),
        bright=float(bright.sum()),
        masked=np.nan if mask is None else float(mask.mean()),
    )


def _model_fluxes(
    model: NDArray[np.float32], truth: Truth, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> Floats:
    """Restored model (Jy/beam) at some pixels."""
    beam = beam_image(truth.image)
    reach = len(beam) // 2
    wide = np.pad(model.astype(float), reach)
    patches = (wide[y : y + len(beam), x : x + len(beam)] for y, x in zip(rows, columns, strict=True))
    return np.array([(patch * beam).sum() for patch in patches])


def _median(values: Floats) -> float:
    return float(np.median(values)) if values.size else float("nan")
