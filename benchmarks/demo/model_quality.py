"""Judge the sky model that an imager made against the true sky, which for a simulated field is known.

The model is what self-calibration takes for the sky, so it is what a mask has to make better. The rms of the residual
does not tell: a clean without a mask puts artefacts and noise into its model, and leaves the lowest residual and the
worst model. It is given too, so that this can be seen.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from skerry.demo.demo_field import NOISE
from skerry.io.fits import Image, read_image
from skerry.sky.beam import pixel_beam

__all__ = ["ModelQuality", "beam_image", "judge_model", "model_quality", "robust_rms", "true_support"]

SUPPORT_LEVEL = 0.5
"""Where the noise-free restored image exceeds this many sigma of the thermal noise, there is something to clean."""
SUPPORT_MARGIN = 2
"""Pixels by which the support is dilated: a component beside the centre of its source is not spurious."""
BRIGHTEST_RADIUS = 75 / 3600
"""Degrees: so far round the brightest source the error is not counted, for how the pixels sample it outweighs all."""
BEAM_REACH = 15
"""Half the width of the image of the restoring beam, pixels; at least `BEAM_REACH_FWHM` times its major axis."""
BEAM_REACH_FWHM = 2.0


class ModelQuality(NamedTuple):
    """How far a model is from the true sky."""

    spurious: float
    """Sum of the absolute model outside the support of the true sky, Jy."""
    error: float
    """Norm of the model, convolved with the beam of the truth, less the truth, over the norm of the truth; both without
    a circle round the brightest source."""
    residual: float
    """Robust rms (1.4826 times the median absolute deviation) of the residual outside the support, Jy/beam."""


def model_quality(
    prefix: str | Path, truth: str | Path, *, noise: float = NOISE, radius: float = BRIGHTEST_RADIUS
) -> ModelQuality:
    """Judge `prefix`-model.fits and `prefix`-residual.fits by a noise-free restored image.

    Parameters
    ----------
    prefix : path
        What the names of the imager's products begin with.
    truth : path
        With the restoring beam that it was made with in its header.
    noise : float
        Thermal noise of the images, Jy/beam.
    radius : float
        Of the circle round the brightest source, degrees.
    """
    model, residual = (read_image(f"{prefix}-{product}.fits").data for product in ("model", "residual"))
    return judge_model(model, residual, read_image(truth), noise=noise, radius=radius)


def judge_model(
    model: NDArray[np.float32],
    residual: NDArray[np.float32],
    truth: Image,
    *,
    noise: float,
    radius: float = BRIGHTEST_RADIUS,
    centre: tuple[float, float] | None = None,
) -> ModelQuality:
    """Judge a model (Jy/pixel) and the residual (Jy/beam) that it left, shape (ny, nx) as the truth.

    The error does not count within `radius` degrees of `centre` (x, y), the brightest pixel of the truth if not given.
    """
    support = true_support(truth.data, noise)
    difference = signal.fftconvolve(model.astype(float), beam_image(truth), mode="same") - truth.data
    counted = ~near_brightest(truth, radius, centre)
    norms = [np.linalg.norm(image[counted].astype(float)) for image in (difference, truth.data)]
    return ModelQuality(
        spurious=float(np.abs(model[~support], dtype=float).sum()),
        error=float(np.divide(norms[0], norms[1])),
        residual=robust_rms(residual[~support]),
    )


def robust_rms(values: NDArray[np.float32]) -> float:
    """1.4826 times the median absolute deviation."""
    values = values.astype(float)
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))


def true_support(
    truth: NDArray[np.float32], noise: float, level: float = SUPPORT_LEVEL, margin: int = SUPPORT_MARGIN
) -> NDArray[np.bool_]:
    """Pixels where a model may have flux."""
    return np.asarray(ndimage.binary_dilation(truth > level * noise, iterations=margin))


def near_brightest(
    truth: Image, radius: float = BRIGHTEST_RADIUS, centre: tuple[float, float] | None = None
) -> NDArray[np.bool_]:
    """Pixels within `radius` degrees of the brightest one, or of `centre` (x, y)."""
    y, x = np.ogrid[tuple(map(slice, truth.data.shape))]
    row, column = np.unravel_index(np.argmax(truth.data), truth.data.shape) if centre is None else centre[::-1]
    return np.asarray(np.hypot(y - row, x - column) * abs(truth.header["CDELT2"]) <= radius)


def beam_image(image: Image) -> NDArray[np.float64]:
    """Restoring beam of an image, peak 1, which turns Jy/pixel into Jy/beam."""
    covariance = pixel_beam(image.header).covariance
    inverse = np.linalg.inv(covariance)
    fwhm = np.sqrt(8 * np.log(2) * np.linalg.eigvalsh(covariance)[-1])
    reach = max(BEAM_REACH, int(np.ceil(BEAM_REACH_FWHM * fwhm)))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return np.asarray(np.exp(-0.5 * (inverse[0, 0] * x**2 + 2 * inverse[0, 1] * x * y + inverse[1, 1] * y**2)))
