"""Regions without data that are not NaN."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry.kernels.levels import flat_rows
from skerry.masking.flat_regions import flat_regions


@pytest.mark.parametrize("level", [0.0, 1.0, -3e-7])
def test_a_constant_region_beside_noise_is_blank_to_its_last_pixel(level, rng):
    image = rng.normal(size=(100, 90)).astype(np.float32)
    image[:40, 20:] = level
    assert_array_equal(np.asarray(flat_regions(image)), image == np.float32(level))


@pytest.mark.parametrize("unit", [1, 1e-5])
def test_a_constant_that_is_rounded_is_blank(unit, rng):
    image = rng.normal(size=(100, 90)).astype(np.float32)
    image[:40] = 3.2e-7 + 1e-13 * image[:40]
    blank = np.asarray(flat_regions(np.float32(unit) * image))
    assert blank[:40].all()
    assert not blank[40:].any()


@pytest.mark.parametrize("fwhm", [0, 4, 20])
def test_noise_is_not_blank_however_smooth_it_is(fwhm, rng):
    image = rng.normal(size=(300, 300))
    image = ndimage.gaussian_filter(image, fwhm / 2.355) if fwhm else image
    assert not flat_regions(image.astype(np.float32)).any()


def test_a_small_flat_patch_is_not_blank(rng):
    image = rng.normal(size=(60, 60)).astype(np.float32)
    image[20:27, 20:27] = 0
    assert not flat_regions(image).any()


def test_an_invalid_pixel_is_not_blank_and_hides_nothing(rng):
    image = rng.normal(size=(100, 90)).astype(np.float32)
    image[:40] = 0
    image[:20, :50] = np.nan
    image[30, 30] = np.inf
    assert_array_equal(np.asarray(flat_regions(image)), image == 0)


def test_an_image_of_one_value_is_blank_throughout():
    assert np.asarray(flat_regions(np.full((5, 5), 2, np.float32))).all()


def test_a_small_image_of_two_values_is_not_blank():
    image = np.full((1, 30), 2, np.float32)
    image[0, -1] = 3
    assert not flat_regions(image).any()


@pytest.mark.parametrize("row", [0, -1])
def test_one_row_does_not_say_what_is_typical(row, rng):
    image = rng.normal(size=(100, 90)).astype(np.float32)
    image[row] *= 1e6
    assert not flat_regions(image).any()


def plain_blank_regions(image):
    """Flat pixels and their neighbours, as SciPy states them."""
    valid = np.isfinite(image)
    lowest = ndimage.minimum_filter(np.where(valid, image, np.inf), 3, mode="constant", cval=np.inf)
    highest = ndimage.maximum_filter(np.where(valid, image, -np.inf), 3, mode="constant", cval=-np.inf)
    spread = np.where(valid, highest, 0) - np.where(valid, lowest, 0)
    flat = valid & (spread <= 1e-3 * np.median(spread[valid & (spread > 0)]))
    labels, count = ndimage.label(ndimage.binary_dilation(flat, np.ones((3, 3))) & valid, np.ones((3, 3)))
    return np.isin(labels, [n for n in range(1, count + 1) if (labels == n).sum() >= 64])


@pytest.mark.usefixtures("band_rows")
def test_blank_regions_are_those_of_a_plain_statement_whatever_the_bands(rng):
    image = rng.normal(size=(100, 90)).astype(np.float32)
    image[37:61] = 5
    image[40:44, 10:30] = np.nan
    image[80:, 70:] = 0
    image[5:10, 5:10] = 1
    image[20, 20] = np.inf
    blank = plain_blank_regions(image)
    assert blank[80:, 70:].all()
    assert not blank[:30].any()
    assert_array_equal(np.asarray(flat_regions(image)), blank)


@given(
    arrays(
        np.float32,
        array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=150),
        elements=st.sampled_from([np.nan, np.inf, -np.inf, -1.0]),
        fill=st.sampled_from([1, np.float32(1.0625)]),
    ),
    st.sampled_from([0.0, 0.0625, 2.0]),
    st.integers(0, 3),
)
def test_a_pixel_is_flat_that_differs_little_from_its_valid_neighbours(image, limit, row):
    rows = slice(min(row, len(image) - 1), len(image))
    flat, count = flat_rows(image, rows, limit)
    valid = np.isfinite(image)
    highest = ndimage.maximum_filter(np.where(valid, image, -9), 3, mode="constant", cval=-9)
    lowest = ndimage.minimum_filter(np.where(valid, image, 9), 3, mode="constant", cval=9)
    expected = (valid & (highest - lowest <= limit))[rows]
    assert_array_equal(flat, expected)
    assert count == expected.sum()


def test_a_flat_pixel_is_found_in_every_column_of_a_wide_image(rng):
    for column in range(200):
        image = rng.normal(size=(3, 200)).astype(np.float32)
        image[:, max(0, column - 1) : column + 2] = 1
        assert flat_rows(image, slice(1, 2), 1e-3)[0][0, column]


@pytest.mark.parametrize("shape", [(1, 90), (90, 1)])
def test_a_line_of_pixels_has_blank_ones_too(shape, rng):
    image = rng.normal(size=90).astype(np.float32)
    image[:70] = 3
    assert_array_equal(np.asarray(flat_regions(image.reshape(shape))), image.reshape(shape) == 3)
