"""The images of the benchmark of lone sources, and what is counted of their masks."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.masking.lone_sources import (
    BEAMS,
    PLACES,
    BeamShape,
    beam_noise,
    header_of,
    judge,
    masked,
    noise_islands,
    source_image,
)
from skerry.sky.beam import pixel_beam

SIZE = 256


@pytest.mark.parametrize("beam", BEAMS, ids=str)
def test_noise_has_an_rms_of_1_and_the_correlation_of_the_beam(beam: BeamShape, rng: np.random.Generator) -> None:
    pixels = pixel_beam(header_of(beam, SIZE))
    images = [beam_noise(rng, pixels.covariance, SIZE) for _ in range(16)]
    assert np.mean([image.var() for image in images]) == pytest.approx(1, abs=0.05)
    # White noise that a Gaussian was convolved with is correlated as that Gaussian convolved with itself.
    dy, dx = 2, 1
    inverse = np.linalg.inv(pixels.covariance)
    expected = np.exp(-(inverse[0, 0] * dx**2 + 2 * inverse[0, 1] * dx * dy + inverse[1, 1] * dy**2) / 4)
    found = np.mean([np.mean(image * np.roll(image, (dy, dx), (0, 1))) for image in images])
    assert found == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("place", PLACES)
def test_a_source_stands_at_its_level_in_the_same_noise(place: str) -> None:
    beam = BeamShape(6, 5, 120)
    faint, brighter = (source_image(beam, 3, level, place, SIZE) for level in (0.0, 100.0))
    difference = brighter.pixels - faint.pixels
    # The pixel that is nearest to the peak is within half a pixel of it in each direction.
    assert 100 * 2 ** (-4 * 0.5 / 25) <= difference.max() <= 100.001
    np.testing.assert_array_equal(brighter.source, difference > 50)


def test_the_brightest_pixel_is_where_the_place_says() -> None:
    beam = BeamShape(4, 4, 0)
    rows = {place: source_image(beam, 0, 1e4, place, SIZE).pixels.argmax() // SIZE for place in PLACES}
    assert rows["alone"] == pytest.approx(128, abs=1)
    assert rows["at the edge"] == pytest.approx(4, abs=1)
    assert rows["cut"] == pytest.approx(0, abs=1)
    far = np.argwhere(source_image(beam, 0, 10, "beside", SIZE).bright).mean(axis=0)
    assert np.hypot(*(far - 128)) == pytest.approx(40, abs=1)


def test_islands_without_a_pixel_of_a_source_are_false() -> None:
    image = source_image(BeamShape(4, 4, 0), 0, 10, "beside", SIZE)
    mask = image.bright.copy()
    assert judge(mask, image) == (False, 0)
    mask[10:13, 10:13] = True
    assert judge(mask, image) == (False, 1)
    assert judge(mask | image.source, image) == (True, 1)


def test_a_preset_masks_a_bright_source_and_no_noise() -> None:
    beam = BeamShape(3.3, 3.3, 0)
    assert masked("early-round", beam, 0, 30.0, "alone", SIZE) == (True, 0)
    assert noise_islands("early-round", beam, 0, SIZE) == 0
