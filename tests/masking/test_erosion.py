"""Masks cut back by the shape of the beam."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from known_images import askap_header, block
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry import MaskingOptions, SkerryError, beam_erosion, beam_shape, binary_erosion
from skerry.filters.brightest_pixel import Surveyed
from skerry.filters.erosion import eroded, eroded_by_each
from skerry.masking.erosion import eroded_islands
from skerry.planes.bits import BitMask
from skerry.sky.beam import pixel_beam

SCALES = (0, 8, 16)

SIZES = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=16)
MOSTLY_SET = arrays(bool, SIZES, elements=st.sampled_from([True] * 9 + [False]))
SHAPES = arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6)).filter(np.any)
in_bands = pytest.mark.usefixtures("band_rows")
# The height of the bands is the same for every example.
for_each_height = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def eroded_by_beam(mask, **options):
    return np.asarray(beam_erosion(mask, pixel_beam(askap_header()), **options))


@in_bands
@for_each_height
@given(MOSTLY_SET, SHAPES)
def test_erosion_is_that_of_scipy(mask, shape):
    assert_array_equal(binary_erosion(mask, shape), ndimage.binary_erosion(mask, shape))


@in_bands
@for_each_height
@given(MOSTLY_SET, st.lists(SHAPES, min_size=1, max_size=3))
def test_each_shape_has_its_bit(mask, shapes):
    bits = eroded_by_each(mask, shapes, np.int16)[:]
    for n, shape in enumerate(shapes):
        expected = ndimage.binary_erosion(mask, shape)
        assert_array_equal(bits & 1 << n != 0, expected)
        assert_array_equal(eroded(mask, shape), expected)
    assert_array_equal(eroded_by_each(mask, shapes, np.int16, first=eroded(mask, shapes[0]))[:], bits)


@in_bands
@pytest.mark.parametrize("size", [(1, 300), (300, 1), (130, 131)])
@pytest.mark.parametrize("shape", [(1, 65), (65, 1), (40, 40), (1, 1), (131, 3), (2, 132)])
def test_islands_and_shapes_may_cross_every_band(size, shape):
    mask = np.ones(size, bool)
    mask[-1:, 70:] = False
    mask[200:, :1] = False
    assert_array_equal(eroded(mask, np.ones(shape, bool)), ndimage.binary_erosion(mask, np.ones(shape, bool)))


@in_bands
def test_a_shape_need_not_hold_its_origin():
    mask = np.zeros((30, 30), bool)
    mask[3:9, 20:29] = True
    shape = np.zeros((11, 15), bool)
    shape[9:, 12:] = True
    assert_array_equal(eroded(mask, shape), ndimage.binary_erosion(mask, shape))
    assert_array_equal(eroded(mask, shape[::-1, ::-1]), ndimage.binary_erosion(mask, shape[::-1, ::-1]))


def test_a_mask_as_bits_is_eroded_as_it_is(rng):
    mask = rng.random((50, 61)) < 0.9
    shape = np.ones((2, 3), bool)
    assert_array_equal(eroded(BitMask.of(mask), shape), ndimage.binary_erosion(mask, shape))


@in_bands
@for_each_height
@given(st.integers(0, 2**32 - 1))
def test_erosion_by_a_beam_is_that_of_scipy(seed):
    rng = np.random.default_rng(seed)
    noise = ndimage.gaussian_filter(rng.normal(size=(70, 80)), 4)
    mask = noise > np.quantile(noise, 0.4)
    shape = beam_shape(askap_header(), minimum_response=0.1)
    assert_array_equal(binary_erosion(mask, shape), ndimage.binary_erosion(mask, shape))


def test_a_shape_in_pieces_may_straddle_islands():
    mask = np.zeros((9, 9), bool)
    mask[4, 1] = mask[4, 7] = True
    shape = np.zeros((1, 7), bool)
    shape[0, 0] = shape[0, 6] = True
    assert_array_equal(np.argwhere(binary_erosion(mask, shape)), [[4, 4]])


@pytest.mark.parametrize(("shape", "pixels"), [(20, 6561), (100, 1)])
def test_a_block_of_100_pixels_a_side(shape, pixels):
    assert binary_erosion(block(100), np.ones((shape, shape))).sum() == pixels


def test_a_shape_larger_than_the_image_leaves_nothing():
    assert not binary_erosion(np.ones((10, 12), bool), np.ones((11, 3))).any()


def test_outside_the_image_counts_as_unmasked():
    eroded = binary_erosion(np.ones((7, 7), bool), np.ones((3, 3)))
    assert_array_equal(eroded, np.pad(np.ones((5, 5), bool), 1))


@in_bands
@for_each_height
@given(MOSTLY_SET, st.lists(SHAPES, min_size=1, max_size=3))
def test_what_is_beyond_the_image_may_count_as_set(mask, shapes):
    bits = eroded_by_each(mask, shapes, np.int16, beyond=True)[:]
    for n, shape in enumerate(shapes):
        expected = ndimage.binary_erosion(mask, shape, border_value=1)
        found = eroded(mask, shape, beyond=True)
        assert_array_equal(found, expected)
        assert found.count() == expected.sum()
        assert_array_equal(bits & 1 << n != 0, expected)


def test_a_shape_without_a_pixel_is_refused():
    with pytest.raises(SkerryError, match="`shape`: has no pixel set"):
        binary_erosion(np.ones((3, 3), bool), np.zeros((3, 3)))


def test_a_block_of_30_pixels_a_side_eroded_by_a_known_beam():
    assert eroded_by_beam(block(30)).sum() == 728


def test_the_bits_of_a_scale_mask_nest():
    mask = block(60) | np.roll(block(9), 90, axis=0)
    bits = eroded_by_beam(mask, scales=SCALES)
    assert_array_equal(np.unique(bits), [0, 1, 3, 7])
    assert_array_equal(bits & 1, eroded_by_beam(mask))


def test_bits_are_those_of_sorted_scales():
    mask = block(60)
    assert_array_equal(eroded_by_beam(mask, scales=(16, 0, 8)), eroded_by_beam(mask, scales=SCALES))


def test_a_scale_is_a_gaussian_of_wscleans_fwhm_unless_told_otherwise():
    mask = block(60)
    for factor in (3 / 16 * math.sqrt(8 * math.log(2)), 1.0):
        shape = beam_shape(askap_header(), pixel_scale=factor * 16)
        bits = eroded_by_beam(mask, scales=[16], scale_fwhm_factor=factor)
        assert_array_equal(bits, binary_erosion(mask, shape))


@pytest.mark.parametrize(
    ("count", "dtype"), [(1, np.uint8), (8, np.uint8), (9, np.int16), (15, np.int16), (16, np.int32)]
)
def test_a_scale_mask_is_the_smallest_type_that_holds_its_bits(count, dtype):
    bits = eroded_by_beam(np.ones((40, 40), bool), scales=range(count))
    assert bits.dtype == dtype
    assert bits.max() == 2**count - 1


@pytest.mark.parametrize("count", [None, 1, 8, 9, 15, 16])
def test_islands_are_eroded_as_any_mask(count):
    mask, scales = block(60), None if count is None else range(count)
    options = MaskingOptions(beam_shape_erode_edge=True)
    found = eroded_islands(BitMask.of(mask), pixel_beam(askap_header()), options, scales)
    expected = {"minimum_response": options.beam_shape_erode_minimum_response, "scales": scales}
    bits = eroded_by_beam(mask, **expected)
    assert_array_equal(found.union, bits & 1 if scales else bits)
    if scales:
        assert found.by_scale.dtype == bits.dtype
        assert_array_equal(found.by_scale, bits)


def test_31_scales_fit():
    bits = eroded_by_beam(np.ones((90, 90), bool), scales=range(31))
    assert bits.max() == 2**31 - 1


def test_the_mask_is_left_alone():
    mask = block(30)
    eroded_by_beam(mask, scales=SCALES)
    assert_array_equal(mask, block(30))


@pytest.mark.usefixtures("band_rows")
def test_invalid_pixels_that_were_seen_are_those_that_are_looked_for(rng):
    signal = rng.normal(size=(40, 37)).astype(np.float32)
    signal[rng.random(signal.shape) < 0.1] = np.nan
    signal[3, :5] = np.inf
    seen = Surveyed(signal)
    assert seen[7:9].shape == (2, 37)
    assert_array_equal(seen.invalid(), ~np.isfinite(signal))
    assert seen.survey().valid == np.isfinite(signal).sum()
