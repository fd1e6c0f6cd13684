"""Islands lie centred on their sources, whatever the shape and the angle of the beam.

A beam looks the same turned by 180 degrees, and so do noise and sources, but for their places: whatever shifts islands
to one side shifts them to the other side in the image that is turned. There the same noise moves them, so that no
number of sources is needed to tell a shift from noise.
"""

from __future__ import annotations

import numpy as np
import pytest
from conftest import radio_header
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from plain_islands import EIGHT
from scipy import ndimage

from skerry import MaskingOptions
from skerry.config.presets import preset_names, with_preset
from skerry.masking.bright_rims import without_bright_rims
from skerry.masking.erosion import eroded_islands
from skerry.masking.flood import flood_mask
from skerry.masking.noise import noise_maps
from skerry.masking.signal import signal_image
from skerry.planes.computed import collect
from skerry.sky.beam import PixelBeam, pixel_beam

SIZE, REACH, SPACING = 256, 24, 52
BEAMS = pytest.mark.parametrize(
    ("bmaj", "bmin", "bpa"),
    [(2.5, 2.5, 0), (4.2, 4.2, 0), (6.0, 6.0, 0), (6.0, 2.2, 110), (9.0, 3.0, 0), (9.0, 3.0, 40), (12.3, 4.75, 60)],
)


def beam_of(bmaj: float, bmin: float, bpa: float) -> PixelBeam:
    header = radio_header((SIZE, SIZE), pixel=1 / 3600, beam=(bmaj / 3600, bmin / 3600, bpa))
    return pixel_beam(header)


def sources_in_noise(beam: PixelBeam, seed: int = 1) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Noise of 1 that the beam correlates with point sources of 10 to 40 sigma at random places; and the places."""
    rng, inverse = np.random.default_rng(seed), np.linalg.inv(beam.covariance)
    y, x = np.mgrid[-REACH : REACH + 1, -REACH : REACH + 1]

    def shape(dy: float = 0.0, dx: float = 0.0) -> NDArray[np.float64]:
        offset = np.stack([x - dx, y - dy])
        return np.exp(-np.einsum("iyx,ij,jyx->yx", offset, inverse, offset) / 2)

    white = rng.normal(size=(SIZE, SIZE))
    image = np.fft.irfft2(np.fft.rfft2(white) * np.fft.rfft2(shape(), white.shape), white.shape)
    image /= np.sqrt((shape() ** 2).sum())
    places = []
    for row in range(REACH + 1, SIZE - REACH, SPACING):
        for column in range(REACH + 1, SIZE - REACH, SPACING):
            dy, dx = rng.uniform(-0.5, 0.5, 2)
            around = np.s_[row - REACH : row + REACH + 1, column - REACH : column + REACH + 1]
            image[around] += rng.uniform(10, 40) * shape(dy, dx)
            places.append((row + dy, column + dx))
    return image.astype(np.float32), np.array(places)


def turned(image: NDArray) -> NDArray:
    return np.ascontiguousarray(image[::-1, ::-1])


def made(
    image: NDArray[np.float32], signal: NDArray[np.float32], beam: PixelBeam, preset: str
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Mask of an image as it is flooded, and as it is eroded."""
    options = with_preset(preset, MaskingOptions())
    islands = rimless = flood_mask(image, options, signal=signal, beam=beam).mask
    if options.takes_off_rims:
        rimless = without_bright_rims(islands, signal, options, beam.area)
    return np.asarray(islands), np.asarray(eroded_islands(islands, beam, options, rimless=rimless, signal=signal).union)


@BEAMS
@pytest.mark.parametrize("preset", preset_names())
def test_the_mask_of_an_image_that_is_turned_is_turned(preset: str, bmaj: float, bmin: float, bpa: float) -> None:
    beam = beam_of(bmaj, bmin, bpa)
    signal, places = sources_in_noise(beam)
    masks = made(signal, signal, beam, preset)
    for mask, other in zip(masks, made(turned(signal), turned(signal), beam, preset), strict=True):
        assert mask[tuple(places.round().astype(int).T)].mean() > 0.8
        assert_array_equal(turned(other), mask)


def centres(mask: NDArray[np.bool_], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Middles of the islands at some places; NaN where there is none."""
    labels, count = ndimage.label(mask, EIGHT)
    middle = np.array([(np.nan, np.nan), *ndimage.center_of_mass(mask, labels, range(1, count + 1))])
    return middle[labels[tuple(places.round().astype(int).T)]]


@BEAMS
def test_with_measured_noise_there_is_no_shift_of_a_tenth_of_a_pixel(bmaj: float, bmin: float, bpa: float) -> None:
    beam, shifts = beam_of(bmaj, bmin, bpa), []
    image, places = sources_in_noise(beam)
    for picture, turn in ((image, False), (turned(image), True)):
        rms, background = noise_maps(picture, box_size=64)
        signal = collect(signal_image(picture, rms, background))
        masks = (turned(mask) if turn else mask for mask in made(picture, signal, beam, "late-round"))
        shifts.append([centres(mask, places) - places for mask in masks])
    systematic = np.nanmean(np.subtract(*shifts), axis=1) / 2
    assert np.isfinite(shifts).all(axis=-1).mean() > 0.8
    assert np.abs(systematic).max() < 0.1
