"""The weight of an image by its noise is one over the square of the rms that it has where it is looked at."""

from __future__ import annotations

import numpy as np
import pytest

from skerry.masking.noise_weights import noise_weight

SHAPE = (240, 240)


def white(sigma: float, seed: int = 1, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, sigma, shape).astype(np.float32)


def test_the_weight_of_even_noise_is_one_over_its_square():
    found = np.asarray(noise_weight(white(0.5), 2.0))
    np.testing.assert_allclose(found, 4.0, rtol=0.1)


def test_the_weight_of_even_noise_does_not_depend_on_the_beam():
    np.testing.assert_allclose(np.asarray(noise_weight(white(0.5))), 4.0, rtol=0.1)


def test_by_a_beam_far_below_a_pixel_boxes_are_pixels_which_have_no_noise():
    assert not np.asarray(noise_weight(white(0.5, shape=(30, 40)), 1e-3)).any()


def test_artefacts_on_one_side_take_weight_there_and_not_on_the_other():
    image = white(1.0, shape=(240, 720))
    image[:, :240] *= 10
    found = np.asarray(noise_weight(image, 2.0))
    assert np.median(found[:, :100]) == pytest.approx(0.01, rel=0.1)
    assert np.median(found[:, 400:]) == pytest.approx(1.0, rel=0.1)


def test_a_source_takes_no_weight_from_its_place():
    image = white(1.0)
    y, x = np.indices(SHAPE)
    image += (300 * np.exp(-4 * np.log(2) * ((x - 120) ** 2 + (y - 120) ** 2) / 16)).astype(np.float32)
    found = np.asarray(noise_weight(image, 4.0))
    np.testing.assert_allclose(found[100:140, 100:140], np.median(found), rtol=0.05)


def test_the_weight_is_smooth_on_the_scale_of_a_source():
    """Where noise grows tenfold at a line, the root of the weight falls over 160 pixels, a box of 40 beams."""
    image = white(1.0, shape=(480, 960)) * np.where(np.arange(960) < 480, 1, 10).astype(np.float32)
    weight = np.asarray(noise_weight(image, 4.0), float)
    root = np.sqrt(weight[240])
    assert root.max() > 5 * root.min()
    assert np.abs(root[4:] - root[:-4]).max() < 0.2 * root.max()


def test_with_a_weight_it_is_one_over_the_square_of_the_noise_of_what_the_weight_makes_uneven():
    """A primary beam by which an image was corrected leaves noise that grows outwards faster than any box follows."""
    y, x = np.indices(SHAPE)
    response = np.exp(-4 * np.log(2) * ((x - 120) ** 2 + (y - 120) ** 2) / 120**2).astype(np.float32)
    found = np.asarray(noise_weight((white(2.0) / response).astype(np.float32), 2.0, response**2))
    np.testing.assert_allclose(found, response.astype(float) ** 2 / 4, rtol=0.1)


def test_invalid_pixels_have_no_weight_and_blank_ones_none_either():
    image = white(1.0)
    image[:20], image[100:140, 100:140] = np.nan, 0
    found = np.asarray(noise_weight(image, 2.0))
    assert np.isnan(found[:20]).all()
    assert (found[102:138, 102:138] == 0).all()
    assert (found[200:] > 0).all()


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan])
def test_pixels_without_a_weight_are_invalid(weight: float):
    believed = np.full(SHAPE, 4, np.float32)
    believed[:60] = weight
    found = np.asarray(noise_weight(white(1.0), 2.0, believed))
    assert np.isnan(found[:60]).all()
    np.testing.assert_allclose(found[60:], 1.0, rtol=0.1)


@pytest.mark.usefixtures("band_rows")
def test_the_weight_is_the_same_whatever_the_bands():
    image = white(1.0)
    image[30:40, 50:60] = np.nan
    plane = noise_weight(image, 2.0)
    rows = np.concatenate([plane[n : n + 7] for n in range(0, SHAPE[0], 7)])
    np.testing.assert_array_equal(rows, plane[0 : SHAPE[0]])


@pytest.mark.parametrize("weight", [None, np.full(SHAPE, 9, np.float32)])
def test_a_weight_that_says_nothing_new_changes_nothing(weight: np.ndarray | None):
    plain, given = (np.asarray(noise_weight(white(1.0), 2.0, w)) for w in (None, weight))
    np.testing.assert_allclose(given, plain, rtol=1e-5)
