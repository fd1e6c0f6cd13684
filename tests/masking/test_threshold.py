"""Clips in sigma: masks of their own, and seeds."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skerry import SkerryWarning
from skerry.masking.threshold import above_clip, reachable_clip, seed_mask, snr_mask
from skerry.planes.masks import any_set


def test_a_pixel_at_the_clip_is_not_above_it():
    assert_array_equal(snr_mask(np.array([[3.9, 4.0, 4.1]], np.float32), 4), [[False, False, True]])


def test_only_above_it_in_an_array_either_and_only_positive_ones():
    values = np.array([[4.0, 4.1, -4.1]], np.float32)
    assert_array_equal(above_clip(values, 4), [[False, True, False]])
    assert_array_equal(snr_mask(values, 4), [[False, True, False]])
    assert_array_equal(snr_mask(values, 4, both_signs=True), [[False, True, True]])


def test_a_pixel_at_the_seed_clip_is_a_seed():
    assert_array_equal(seed_mask(np.array([[4.4, 4.5, 4.6]], np.float32), 4.5).mask, [[False, True, True]])


def test_invalid_pixels_are_never_masked():
    signal = np.array([[np.nan, np.inf, -np.inf, 9.0]], np.float32)
    assert_array_equal(snr_mask(signal, 4), [[False, False, False, True]])
    assert_array_equal(seed_mask(signal, 4).mask, [[False, False, False, True]])


def test_where_nothing_reaches_the_seed_clip_it_is_lowered_to_nine_tenths_of_the_maximum():
    with pytest.warns(SkerryWarning, match=r"lowered to 2\.7 sigma"):
        seeds = seed_mask(np.array([[3.0, 2.8, 2.6, np.inf]], np.float32), 4.5)
    assert seeds.clip == pytest.approx(2.7)
    assert_array_equal(seeds.mask, [[True, True, False, False]])


def test_a_mask_may_stay_empty_if_asked():
    with pytest.warns(SkerryWarning, match="no seeds"):
        seeds = seed_mask(np.array([[3.0, 2.8]], np.float32), 4.5, allow_empty=True)
    assert seeds.clip == 4.5
    assert not any_set(seeds.mask)


@pytest.mark.parametrize("value", [-1.0, 0.0, np.nan])
def test_an_image_without_positive_pixels_has_no_seeds(value):
    with pytest.warns(SkerryWarning, match="no seeds"):
        assert not any_set(seed_mask(np.full((3, 3), value, np.float32), 4.5).mask)


def test_a_maximum_at_the_seed_clip_lowers_nothing():
    # 4.7 is rounded up to float32, and so is the pixel.
    seeds = seed_mask(np.array([[4.7, 3.0]], np.float32), 4.7)
    assert seeds.clip == 4.7
    assert_array_equal(seeds.mask, [[True, False]])


@pytest.mark.parametrize("highest", [0.001, 1.0])
def test_any_positive_maximum_lowers_the_seed_clip(highest):
    with pytest.warns(SkerryWarning, match="is lowered to"):
        clip = reachable_clip(np.array([[highest, -3.0]], np.float32), 4.5)
    assert clip == pytest.approx(0.9 * highest)
