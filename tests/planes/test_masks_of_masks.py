"""Masks of masks, and windows that may reach beyond one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal

from skerry.planes.bits import BitMask
from skerry.planes.masks import any_set, both, cut_or_padded, either, inverted, set_pixels, valid_pixels, without

SIZES = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=19)
MASKS = SIZES.flatmap(lambda shape: arrays(bool, shape))
FIRST = st.tuples(st.integers(-12, 12), st.integers(-12, 12))


@given(MASKS, SIZES, FIRST, st.integers(0, 8))
def test_a_window_is_a_part_of_the_mask_in_the_midst_of_nothing(mask, size, first, start):
    around = 32
    padded = np.pad(mask, around)
    y, x = first[0] + around, first[1] + around
    expected = padded[y : y + size[0], x : x + size[1]]
    found = cut_or_padded(BitMask.of(mask), size, first)
    assert found.shape == size
    assert_array_equal(found, expected)
    assert_array_equal(found[start : size[0]], expected[start:])


@given(MASKS, st.data())
def test_pixels_of_a_window_are_set_or_unset(mask, data):
    (top, bottom), (left, right) = (sorted(data.draw(st.tuples(*[st.integers(0, n)] * 2))) for n in mask.shape)
    pixels = data.draw(arrays(bool, (bottom - top, right - left)))
    for value in (True, False):
        found, expected = BitMask.of(mask).copy(), mask.copy()
        found.put(slice(top, bottom), slice(left, right), pixels, value=value)
        expected[top:bottom, left:right][pixels] = value
        assert_array_equal(found, expected)


@pytest.mark.parametrize("left", range(18))
def test_pixels_are_set_from_any_column_to_any_other(left):
    for right in range(left, 18):
        mask, expected = BitMask((2, 18)), np.zeros((2, 18), bool)
        mask.put(slice(1, 2), slice(left, right), np.ones((1, right - left), bool))
        expected[1, left:right] = True
        assert_array_equal(mask, expected)


def test_masks_of_masks_are_those_of_numpy(rng):
    mask, other = rng.random((2, 30, 20)) < 0.5
    numbers = rng.integers(-2, 3, (30, 20)).astype(np.int16)
    assert_array_equal(either(mask, other), mask | other)
    assert_array_equal(without(mask, other), mask & ~other)
    assert_array_equal(inverted(mask), ~mask)
    assert_array_equal(both(numbers, mask, other), np.where(mask & other, numbers, 0))
    assert_array_equal(set_pixels(numbers), numbers != 0)
    assert set_pixels(mask) is mask


def test_neither_nan_nor_infinity_is_valid():
    assert_array_equal(
        valid_pixels(np.array([[0, np.nan, np.inf, -np.inf]], np.float32)), [[True, False, False, False]]
    )


@pytest.mark.usefixtures("band_rows")
@pytest.mark.parametrize("place", [(0, 0), (9, 4), (5, 2)])
def test_one_pixel_is_enough(place):
    mask = np.zeros((10, 5), bool)
    assert not any_set(mask)
    mask[place] = True
    assert any_set(mask)
