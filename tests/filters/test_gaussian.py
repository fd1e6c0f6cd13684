"""Smoothing by a Gaussian: the weighted mean of the valid pixels, the same whatever the bands."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from skerry.filters.gaussian import SmoothedSample, smoothed, smoothed_ahead, smoothed_sample
from skerry.planes.computed import Computed

SIGMAS = st.floats(0.1, 60)
IMAGES = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40),
    elements=st.floats(-4, 8, width=32) | st.sampled_from([np.nan, np.inf, -np.inf]),
)
NARROW, WIDE = 2.0, 6.1
"""Pixels: at once, and by way of a coarse grid."""


def plain(image, sigma, cut=8):
    """The same by SciPy in double precision; by default as good as without a cut."""
    valid = np.isfinite(image)
    values, weights = (
        ndimage.gaussian_filter(v.astype(float), sigma, mode="constant", truncate=cut)
        for v in (np.where(valid, image, 0), valid)
    )
    return np.divide(values, weights, out=np.full(image.shape, np.nan), where=valid)


def blotched(rng, shape=(150, 130)):
    """Noise and sources, with invalid pixels alone, in a patch and along two edges."""
    image = rng.normal(size=shape) + 200 * (rng.random(shape) < 1e-3)
    image[rng.random(shape) < 0.02] = np.nan
    image[40:70, 30:60], image[:7], image[:, -9:] = np.inf, np.nan, -np.inf
    return image.astype(np.float32)


@pytest.mark.parametrize("sigma", [0.3, 1.3, 1.53, 2.5, 3.4])
def test_a_narrow_gaussian_is_that_of_scipy_cut_at_5_sigma(rng, sigma):
    image = blotched(rng)
    assert_allclose(smoothed(image, sigma), plain(image, sigma, cut=5), rtol=0, atol=3e-7 * 200)


@pytest.mark.parametrize("sigma", [3.6, 6.12, 12.23, 24.5, 49.0])
def test_a_wide_gaussian_is_that_of_scipy(rng, sigma):
    image = blotched(rng)
    assert_allclose(smoothed(image, sigma), plain(image, sigma), rtol=0, atol=3e-7 * 200)


@pytest.mark.parametrize("sigma", [3.6, 6.12, 12.23, 24.5, 49.0])
def test_regions_of_either_sign_are_smoothed_to_a_millionth(rng, sigma):
    image = np.sign(rng.normal(size=(7, 9))).repeat(60, axis=0).repeat(60, axis=1).astype(np.float32)
    assert_allclose(smoothed(image, sigma), plain(image, sigma), rtol=0, atol=1e-6)


@pytest.mark.parametrize("sigma", [3.6, 6.12, 12.23, 24.5, 49.0])
@pytest.mark.parametrize("wavelength", [2, 3, 5, 8, 26, 27, 54, 120])
def test_no_wave_comes_back_at_another_length(sigma, wavelength):
    wave = np.cos(2 * np.pi * np.arange(600) / wavelength + 0.3)
    image = np.outer(np.ones(5), wave).astype(np.float32)
    assert_allclose(smoothed(image, sigma), plain(image, sigma), rtol=0, atol=6e-7)


@given(IMAGES, SIGMAS)
@example(np.full((1, 1), 3, np.float32), 24.5)
@example(np.full((2, 2), np.nan, np.float32), WIDE)
def test_it_is_the_mean_of_the_valid_pixels_by_their_weights(image, sigma):
    found = np.asarray(smoothed(image, sigma))
    assert found.dtype == np.float32
    assert_allclose(found, plain(image, sigma, cut=5), rtol=0, atol=1e-4)


@given(IMAGES, SIGMAS)
def test_a_constant_stays_what_it_is(image, sigma):
    constant = np.where(np.isfinite(image), np.float32(3), image)
    assert_allclose(smoothed(constant, sigma), np.where(np.isfinite(image), 3, np.nan), rtol=1e-6)


@pytest.mark.parametrize("sigma", [0.01, 0.5, 1.3, NARROW, 3.5, 4.1, WIDE, 12.2, 24.5, 31.7, 98.0])
def test_where_all_is_valid_a_constant_is_kept_bit_for_bit(sigma):
    image = np.full((900, 1200), 4, np.float32)
    reach = int(8 * sigma) + 1
    inside = np.asarray(smoothed(image, sigma))[reach:-reach, reach:-reach]
    assert inside.size == 0 or (inside == 4).all()


@pytest.mark.parametrize("sigma", [0.01, NARROW, 3.4, 3.6, WIDE, 24.5])
def test_bands_decide_no_bit(rng, band_rows, sigma):
    image = blotched(rng)
    expected = smoothed(image, sigma)[:]
    assert_array_equal(np.asarray(smoothed(image, sigma)), expected)


@pytest.mark.parametrize("sigma", [NARROW, WIDE, 24.5])
@pytest.mark.parametrize("shape", [(1, 200), (200, 1), (3, 5), (2, 300)])
def test_bands_decide_no_bit_of_a_thin_image(rng, band_rows, sigma, shape):
    image = rng.normal(size=shape).astype(np.float32)
    expected = smoothed(image, sigma)[:]
    assert_array_equal(np.asarray(smoothed(image, sigma)), expected)
    assert_allclose(expected, plain(image, sigma), rtol=0, atol=5e-6)


@pytest.mark.parametrize("sigma", [NARROW, WIDE, 24.5])
def test_columns_far_away_decide_no_bit(rng, sigma):
    image = rng.normal(size=(60, 1500)).astype(np.float32)
    other = image.copy()
    other[:, 800:] = np.nan
    assert_array_equal(smoothed(image, sigma)[:][:, :600], smoothed(other, sigma)[:][:, :600])


@pytest.mark.parametrize("sigma", [NARROW, 3.6, WIDE, 24.5])
def test_an_image_that_is_smoothed_ahead_is_the_same_bit_for_bit(rng, band_rows, sigma):
    image = blotched(rng)
    expected = smoothed(image, sigma)[:]
    assert_array_equal(np.asarray(smoothed_ahead(image, sigma, image)), expected)


def test_smoothed_ahead_every_row_is_computed_once_but_for_those_around_a_band(rng):
    image, asked = blotched(rng), []

    def rows(start, stop):
        asked.append((start, stop))
        return image[start:stop]

    smooth = smoothed_ahead(Computed(image.shape, np.float32, rows), WIDE, image)
    assert asked == [(0, 150)]
    assert_array_equal(np.asarray(smooth), smoothed(image, WIDE)[:])
    assert asked == [(0, 150)]


def test_a_grid_that_is_too_large_for_the_memory_is_not_held(rng, monkeypatch):
    image = rng.normal(size=(300, 200)).astype(np.float32)
    held = smoothed_ahead(image, WIDE, image)
    monkeypatch.setattr("skerry.filters.gaussian._SHARE_HELD_AHEAD", 1e-6)
    not_held = smoothed_ahead(image, WIDE, image)
    assert held.needs.around == 0
    assert not_held.needs.around > 10 * WIDE
    assert_array_equal(not_held[100:110], held[100:110])


@pytest.mark.parametrize("every", [1, 2, 3, 7, 60, 200])
@pytest.mark.parametrize("sigma", [NARROW, WIDE, 24.5])
def test_a_sample_is_of_the_same_bits(rng, band_rows, sigma, every):
    image = blotched(rng)
    assert_array_equal(smoothed_sample(image, sigma, every), smoothed(image, sigma)[:][::every, ::every])


def test_a_sample_that_is_taken_in_another_pass_is_of_the_same_bits(rng):
    image = blotched(rng)
    sample = SmoothedSample(np.full_like(image, np.nan), NARROW, 7)
    for rows in (slice(100, 150), slice(0, 3), slice(3, 100)):
        sample.take(rows, image)
    assert_array_equal(sample.values(), smoothed_sample(image, NARROW, 7))


@pytest.mark.parametrize("sigma", [0.1, NARROW])
@pytest.mark.parametrize("width", [9, 300, 600])
def test_rows_round_which_all_pixels_are_valid_are_those_of_an_image_with_invalid_ones_elsewhere(rng, sigma, width):
    image = rng.normal(size=(150, width)).astype(np.float32)
    spoiled = image.copy()
    spoiled[130] = np.nan
    kept = smoothed(image, sigma)[:110]
    # Together with the invalid row, and without it.
    assert_array_equal(smoothed(spoiled, sigma)[:][:110], kept)
    assert_array_equal(np.concatenate([smoothed(spoiled, sigma)[y : y + 11] for y in range(0, 110, 11)]), kept)
    assert_allclose(kept, plain(image, sigma, 5)[:110], atol=1e-5)


@pytest.mark.parametrize("sigma", [NARROW, WIDE])
def test_pixels_of_another_type_and_order_are_taken(rng, sigma):
    image = rng.normal(size=(70, 50)).astype(np.float32)
    assert_array_equal(smoothed(np.asfortranarray(image), sigma)[:], smoothed(image, sigma)[:])
    assert_array_equal(smoothed(image.astype(">f4"), sigma)[:], smoothed(image, sigma)[:])


@pytest.mark.parametrize("sigma", [NARROW, WIDE])
def test_no_rows_are_no_rows(rng, sigma):
    smooth = smoothed(rng.normal(size=(70, 50)).astype(np.float32), sigma)
    assert smooth[30:30].shape == (0, 50)


@pytest.mark.parametrize("sigma", [NARROW, WIDE])
def test_the_image_is_left_alone(rng, sigma):
    image = blotched(rng)
    copy = image.copy()
    np.asarray(smoothed(image, sigma))
    assert_array_equal(image, copy)
