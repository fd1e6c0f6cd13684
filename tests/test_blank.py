"""Regions without data that are not NaN."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry.blank import blank_regions


@pytest.mark.parametrize("level", [0.0, 1.0, -3e-7])
def test_a_constant_region_beside_noise_is_blank_to_its_last_pixel(level, rng):
    image = rng.normal(size=(100, 90)).astype(np.float32)
    image[:40, 20:] = level
    assert_array_equal(blank_regions(image), image == np.float32(level))


def test_a_constant_that_is_rounded_is_blank(rng):
    image = rng.normal(size=(100, 90)).astype(np.float32)
    image[:40] = 3.2e-7 + 1e-13 * image[:40]
    assert blank_regions(image)[:40].all()
    assert not blank_regions(image)[40:].any()


@pytest.mark.parametrize("fwhm", [0, 4, 20])
def test_noise_is_not_blank_however_smooth_it_is(fwhm, rng):
    image = rng.normal(size=(300, 300))
    image = ndimage.gaussian_filter(image, fwhm / 2.355) if fwhm else image
    assert not blank_regions(image.astype(np.float32)).any()


def test_a_small_flat_patch_is_not_blank(rng):
    image = rng.normal(size=(60, 60)).astype(np.float32)
    image[20:27, 20:27] = 0
    assert not blank_regions(image).any()


def test_an_invalid_pixel_is_not_blank_and_hides_nothing(rng):
    image = rng.normal(size=(100, 90)).astype(np.float32)
    image[:40] = 0
    image[:20, :50] = np.nan
    image[30, 30] = np.inf
    assert_array_equal(blank_regions(image), image == 0)


def test_an_image_of_one_value_is_blank_throughout():
    assert blank_regions(np.full((5, 5), 2, np.float32)).all()


def test_bands_do_not_show(rng, monkeypatch):
    image = rng.normal(size=(100, 90)).astype(np.float32)
    image[37:61] = 5
    whole = blank_regions(image)
    monkeypatch.setattr("skerry.kernels.bands._PIXELS_PER_BAND", 200)
    assert_array_equal(blank_regions(image), whole)
