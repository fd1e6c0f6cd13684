"""What an image is like, on images of a known character, and the preset that is chosen for it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from skerry.masking.image_character import ImageCharacter, choose_preset, image_character
from skerry.sky.beam import AREA_PER_FWHM2

FWHM = 3.0
AREA = AREA_PER_FWHM2 * FWHM**2
SIZE = 384


def grain(seed):
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(SIZE, SIZE)), FWHM / 2.3548, mode="wrap")
    return (noise / noise.std()).astype(np.float32)


def blob(place, fwhm, peak):
    y, x = np.indices((SIZE, SIZE))
    square = (y - place[0]) ** 2 + (x - place[1]) ** 2
    return (peak * np.exp(-4 * np.log(2) * square / fwhm**2)).astype(np.float32)


def sources(depth=0.0):
    """Twenty sources, the brightest of 1000 sigma, each with a negative artefact of some fraction beside it."""
    rng, image = np.random.default_rng(5), grain(2)
    for peak in np.geomspace(10, 1000, 20):
        place = rng.uniform(20, SIZE - 20, 2)
        image += blob(place, FWHM, peak) - blob(place + 5, FWHM, depth * peak)
    return image


def plane():
    """Clouds over a third of the image, of both signs of level."""
    clouds = ndimage.gaussian_filter(np.random.default_rng(3).normal(size=(SIZE, SIZE)), 20, mode="wrap")
    return sources() + np.maximum(4 * (clouds / clouds.std()), 0).astype(np.float32) + 50


@pytest.mark.parametrize(
    ("image", "preset"),
    [
        (grain(1), "late-round"),
        (sources(), "late-round"),
        (sources(depth=0.1), "early-round"),
        (grain(1) + blob((190, 190), 40, 3), "late-round"),
        (sources() - blob((190, 190), 120, 6), "late-round"),
        (plane(), "galactic-plane"),
    ],
    ids=["noise", "point sources", "deep artefacts", "a halo", "a negative bowl", "the Galactic plane"],
)
def test_the_preset_is_for_what_the_image_shows(image, preset):
    assert choose_preset(image_character(image, AREA)) == preset


@pytest.mark.usefixtures("band_rows")
def test_the_character_is_that_of_the_pixels():
    image = grain(1) + blob((100, 100), FWHM, 500) - blob((300, 100), FWHM, 40)
    found = image_character(image, AREA)
    assert found.fwhm == pytest.approx(FWHM)
    assert found.peak == pytest.approx(500, rel=0.1)
    assert found.depth == pytest.approx(40, rel=0.1)
    assert found.diffuse_share < 0.01
    assert 0.5 < found.skew < 2


def test_the_unit_level_and_invalid_pixels_do_not_matter():
    image = plane()
    framed = np.full((SIZE, SIZE + 90), np.nan, np.float32)
    framed[:, 45:-45] = image
    assert image_character(framed * np.float32(1e-5), AREA).diffuse_share == pytest.approx(
        image_character(image, AREA).diffuse_share, abs=0.04
    )


def test_an_image_of_one_value_has_no_character():
    assert image_character(np.ones((90, 90), np.float32), AREA) == (pytest.approx(FWHM), 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("depth", "peak", "preset"),
    [(6, 100, "early-round"), (5.9, 100, "late-round"), (8, 800, "early-round"), (8, 801, "late-round")],
)
def test_artefacts_are_6_sigma_deep_and_a_hundredth_of_the_peak(depth, peak, preset):
    assert choose_preset(ImageCharacter(3, 0.0, 1, depth, peak)) == preset


def test_the_share_counts_before_the_artefacts():
    assert choose_preset(ImageCharacter(3, 0.5, 2, 50, 100)) == "galactic-plane"
