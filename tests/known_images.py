"""Radio images with a known answer that more than one module of tests looks at."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.io import fits
from conftest import radio_header
from numpy.typing import NDArray
from scipy import ndimage

FWHM = 3.0
"""Of a point source, pixels."""
SIZE, CENTRE = 161, 80
PEAK, DEPTH, RADIUS = 400.0, 8.0, 30.0
"""Of the spoked image, sigma and pixels."""
RING_CENTRE, RING_DEPTH = 40, 10.0


def add(signal: NDArray[np.float32], place: tuple[float, float], peak: float) -> None:
    """Add a point source to an image."""
    y, x = np.ogrid[: signal.shape[0], : signal.shape[1]]
    squared = (y - place[0]) ** 2 + (x - place[1]) ** 2
    signal += (peak * np.exp(-4 * np.log(2) * squared / FWHM**2)).astype(np.float32)


def at(angle: float, radius: float = RADIUS) -> tuple[int, int]:
    """Row and column of a place in the spoked image, in degrees and pixels from the bright source."""
    turned = np.deg2rad(angle)
    return round(CENTRE + radius * np.sin(turned)), round(CENTRE + radius * np.cos(turned))


def spoked(*, spokes: Any = range(0, 360, 45), depth: float = DEPTH) -> NDArray[np.float32]:
    """A bright source with a negative spoke at each of some angles, 10 beams away, and no noise."""
    signal = np.zeros((SIZE, SIZE), np.float32)
    add(signal, (CENTRE, CENTRE), PEAK)
    for angle in spokes:
        add(signal, at(angle + 10), -depth)
    return signal


def ringed(peak: float = 400.0) -> NDArray[np.float32]:
    """A point source with a ring of artefacts round it, as deep as bright and 6 pixels away, and no noise."""
    signal = np.zeros((81, 81), np.float32)
    for angle in range(0, 360, 45):
        turned = np.deg2rad(angle)
        place = RING_CENTRE + 6 * np.sin(turned), RING_CENTRE + 6 * np.cos(turned)
        add(signal, place, -RING_DEPTH if angle % 90 else RING_DEPTH)
    add(signal, (RING_CENTRE, RING_CENTRE), peak)
    return signal


def noise(rng: np.random.Generator, shape: tuple[int, int], fwhm: float = 0.0, rms: float = 1.0) -> NDArray[np.float32]:
    """Noise with the correlation of a round beam of that FWHM in pixels."""
    values = rng.standard_normal(shape)
    if fwhm:
        values = ndimage.gaussian_filter(values, fwhm / 2.3548, mode="wrap")
    return (rms * values / values.std()).astype(np.float32)


def emission(rng: np.random.Generator) -> NDArray[np.float32]:
    """Noise of 1 with a point source and a disc of diffuse emission."""
    values = ndimage.gaussian_filter(rng.normal(size=(160, 160)), 1.5)
    y, x = np.mgrid[:160, :160]
    image = values / values.std()
    image += 60 * np.exp(-((x - 30) ** 2 + (y - 40) ** 2) / 8)
    image += 5.0 * (np.hypot(x - 100, y - 100) < 28)
    return image.astype(np.float32)


def askap_header(shape: tuple[int, ...] = (100, 100)) -> fits.Header:
    """Header with a beam whose shapes are known."""
    return radio_header(
        shape, pixel=0.000694444444444444, beam=(0.00340540107886635, 0.00283268735470751, 74.6618858613889)
    )


def block(size: int, shape: tuple[int, int] = (200, 200)) -> NDArray[np.bool_]:
    """A square island."""
    mask = np.zeros(shape, bool)
    mask[20 : 20 + size, 30 : 30 + size] = True
    return mask
