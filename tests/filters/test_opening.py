"""Closing and opening of masks by squares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry.filters.opening import closed, opened, opened_by_shape
from skerry.planes.bits import BitMask
from skerry.sky.beam import gaussian_shape

CORNERS = np.ones((3, 3), bool)
SHAPES = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=20) | st.sampled_from([(3, 200), (1, 65), (90, 1)])
MASKS = SHAPES.flatmap(lambda shape: arrays(bool, shape))
SIDES = st.integers(1, 9) | st.sampled_from([20, 64, 65, 300])
in_bands = pytest.mark.usefixtures("band_rows")
# The height of the bands is the same for every example.
for_each_height = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def plainly_opened(mask, side):
    """Opening by minima and maxima; a square of even width is mirrored for the second."""
    eroded = ndimage.minimum_filter(mask.view(np.uint8), side, mode="constant", cval=1)
    return ndimage.maximum_filter(eroded, side, mode="constant", cval=0, origin=0 if side % 2 else -1) != 0


@in_bands
@for_each_height
@given(MASKS, SIDES)
def test_what_is_opened_is_a_union_of_squares(mask, side):
    assert_array_equal(opened(mask, side), plainly_opened(mask, side))


@in_bands
@for_each_height
@given(MASKS, SIDES)
def test_what_is_closed_leaves_a_union_of_squares(mask, side):
    assert_array_equal(closed(mask, side), ~plainly_opened(~mask, side))


@in_bands
@for_each_height
@given(MASKS, st.integers(1, 4))
def test_closing_is_dilation_and_then_erosion_at_whose_edge_nothing_is_lost(mask, steps):
    grown = ndimage.binary_dilation(mask, CORNERS, steps)
    expected = ndimage.binary_erosion(grown, CORNERS, steps, border_value=1)
    assert_array_equal(closed(mask, 2 * steps + 1), expected)


def test_a_pixel_at_the_edge_stays_as_it_is():
    mask = np.zeros((9, 9), bool)
    mask[0, 0] = mask[8, 4] = True
    assert_array_equal(closed(mask, 5), mask)


def test_a_gap_is_closed_up_to_the_side():
    row = np.zeros((1, 30), bool)
    row[0, [6, 11, 17]] = True
    expected = row.copy()
    expected[0, 6:12] = True
    assert_array_equal(closed(row, 5), expected)


@in_bands
@pytest.mark.parametrize(
    "covariance", [[[1, 0], [0, 1]], [[1.9, 0], [0, 1.9]], [[4, 0], [0, 4]], [[12, 6], [6, 5]], [[2, -3], [-3, 14]]]
)
def test_what_is_opened_by_a_shape_is_a_union_of_shapes(rng, covariance):
    shape = gaussian_shape(np.array(covariance), 0.5)
    for size, share in ((3, 0.8), (1, 0.9), (30, 0.9), (45, 0.97), (61, 1.0)):
        mask = ndimage.maximum_filter(rng.random((size, 70)) < 1 - share, 2) == 0
        centres = ndimage.binary_erosion(mask, shape, border_value=1)
        assert_array_equal(opened_by_shape(BitMask.of(mask), shape), ndimage.binary_dilation(centres, shape))


@in_bands
@pytest.mark.parametrize("sides", [(3, 3), (3, 7), (5, 1)])
def test_what_is_opened_by_a_rectangle_is_a_union_of_rectangles(rng, sides):
    mask, shape = rng.random((40, 70)) < 0.9, np.ones(sides, bool)
    centres = ndimage.binary_erosion(mask, shape, border_value=1)
    assert_array_equal(opened_by_shape(BitMask.of(mask), shape), ndimage.binary_dilation(centres, shape))
