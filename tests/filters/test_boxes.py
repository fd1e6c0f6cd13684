"""Boxes round pixels: what SciPy or a count pixel by pixel says, whatever the box, the image and the bands."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry.filters.boxes import box_maximum, box_minimum, is_skewed, windows
from skerry.filters.growing_box import GrowingBox
from skerry.kernels.levels import above_level, marks_above_level
from skerry.planes.computed import Computed, collect
from skerry.planes.plane import Needs

PIXELS = st.floats(-4, 8, width=32) | st.sampled_from([np.nan, np.inf, -np.inf, -0.0, 0.0])
IMAGES = arrays(np.float32, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40), elements=PIXELS)
BOXES = st.integers(1, 100) | st.just(1000)
SHAPES = [(1, 1), (1, 50), (50, 1), (40, 70), (70, 40)]


def plain_minimum(image, box):
    filled = np.where(np.isfinite(image), image, np.float32(np.inf))
    return ndimage.minimum_filter(filled, size=box, mode="constant", cval=np.inf)


def plain_maximum(image, box):
    """Maximum of the reflected box: of the pixels whose box holds the pixel."""
    filled = np.where(np.isfinite(image), image, np.float32(-np.inf))
    return ndimage.maximum_filter(filled[::-1, ::-1], size=box, mode="constant", cval=-np.inf)[::-1, ::-1]


def plain_count(flags, box):
    """Set pixels of each box, by differences of sums from the first pixel on."""
    before, after = box // 2, box - box // 2 - 1
    padded = np.pad(flags.astype(np.int64), ((before + 1, after), (before + 1, after)))
    sums = padded.cumsum(axis=0).cumsum(axis=1)
    return sums[box:, box:] - sums[:-box, box:] - sums[box:, :-box] + sums[:-box, :-box]


def plain_skew(image, box, fraction):
    valid = np.isfinite(image)
    return plain_count(valid & (image > 0), box) > plain_count(valid, box) * fraction


def noise(shape, rng, invalid=0.1):
    image = rng.normal(size=shape).astype(np.float32)
    for value in (np.nan, np.inf, -np.inf):
        image[rng.random(shape) < invalid / 3] = value
    return image


@given(IMAGES, BOXES)
def test_the_minimum_is_that_of_scipy(image, box):
    assert_array_equal(collect(box_minimum(image, box)), plain_minimum(image, box))


@given(IMAGES, BOXES)
def test_the_maximum_is_that_of_scipy_in_the_reflected_box(image, box):
    assert_array_equal(collect(box_maximum(image, box)), plain_maximum(image, box))


@given(IMAGES, BOXES, st.sampled_from([0.0, 0.25, 0.5, 0.7, 1.0]))
def test_skew_is_counted_as_one_counts(image, box, fraction):
    assert_array_equal(collect(is_skewed(image, box, fraction)), plain_skew(image, box, fraction))


@pytest.mark.usefixtures("band_rows")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("box", [1, 2, 3, 16, 17, 64, 181])
def test_no_statistic_depends_on_bands(shape, box, rng):
    image = noise(shape, rng)
    assert_array_equal(collect(box_minimum(image, box)), plain_minimum(image, box))
    assert_array_equal(collect(box_maximum(image, box)), plain_maximum(image, box))
    assert_array_equal(collect(is_skewed(image, box, 0.55)), plain_skew(image, box, 0.55))


@pytest.mark.parametrize("box", [3, 75, 400])
def test_rows_longer_than_the_pieces_that_are_worked_on_have_no_seams(box, rng):
    image = noise((9, 5000), rng)
    assert_array_equal(collect(box_minimum(image, box)), plain_minimum(image, box))
    assert_array_equal(collect(is_skewed(image, box, 0.5)), plain_skew(image, box, 0.5))


@pytest.mark.parametrize("box", [75, 700])
def test_columns_longer_than_the_box_have_no_seams(box, rng):
    image = noise((2000, 5), rng)
    assert_array_equal(collect(box_minimum(image, box)), plain_minimum(image, box))
    assert_array_equal(collect(is_skewed(image, box, 0.5)), plain_skew(image, box, 0.5))


def test_invalid_pixels_that_enter_and_leave_the_box_are_counted_while_they_are_in_it(rng):
    image = noise((200, 60), rng, invalid=0)
    image[50:60, 20:40] = np.nan
    image[120] = np.inf
    assert_array_equal(collect(is_skewed(image, 15, 0.5)), plain_skew(image, 15, 0.5))


def test_a_box_without_a_valid_pixel_has_no_extremum_and_no_skew():
    image = np.full((5, 5), np.nan, np.float32)
    assert (collect(box_minimum(image, 3)) == np.inf).all()
    assert (collect(box_maximum(image, 3)) == -np.inf).all()
    assert not collect(is_skewed(image, 3, 0.5)).any()


@pytest.mark.usefixtures("band_rows")
def test_zeros_of_both_signs_are_one():
    """Which of them a minimum meets first depends on how the image is cut."""
    image = np.zeros((20, 20), np.float32)
    image[::2, ::3] = -0.0
    assert not np.signbit(collect(box_minimum(image, 5))).any()
    assert not np.signbit(collect(box_maximum(image, 5))).any()


def test_a_box_asks_for_no_rows_beyond_the_image():
    """A halo of no rows at all would else take the memory of many."""
    asked = []

    def rows(start, stop):
        asked.append((start, stop))
        return np.ones((stop - start, 10), np.float32)

    image = Computed((20, 10), np.float32, rows)
    for plane in (box_minimum(image, 10**6), box_maximum(image, 10**6), is_skewed(image, 10**6, 0.5)):
        assert plane.needs.around <= 20
        assert (plane[3:5] == 1).all()
    assert asked == [(0, 20)] * 3


@pytest.mark.parametrize("order", ["F", "reversed", "big-endian"])
def test_an_array_may_lie_in_memory_as_it_likes(order, rng):
    image = noise((30, 20), rng)
    lying = {"F": np.asfortranarray(image), "reversed": image[::-1, ::-1].copy()[::-1, ::-1]}.get(
        order, image.astype(">f4")
    )
    assert_array_equal(collect(box_minimum(lying, 5)), plain_minimum(image, 5))
    assert_array_equal(collect(is_skewed(lying, 5, 0.5)), plain_skew(image, 5, 0.5))


@given(IMAGES, st.integers(1, 6), st.integers(0, 3), st.sampled_from([1.5, 2.0, 3.0]))
def test_the_adaptive_minimum_is_that_of_the_box_after_the_last_that_is_skewed(image, box, depth, step):
    boxes = [int(box * step**n) + n for n in range(depth + 1)]
    expected = plain_minimum(image, boxes[0])
    used = 1
    for smaller, larger in pairwise(boxes):
        skewed = plain_skew(image, smaller, 0.6)
        if not skewed.any():
            break
        expected = np.where(skewed, plain_minimum(image, larger), expected)
        used += 1
    found = GrowingBox.of(image, boxes, 0.6)
    assert found.boxes == tuple(boxes[:used])
    assert_array_equal(collect(found.minimum(image)), expected)


def test_the_adaptive_minimum_looks_as_far_as_its_boxes_reach_from_a_few_skewed_pixels(rng):
    """Patches of emission far from each other, in noise, which larger boxes are worked out for alone."""
    image = noise((700, 900), rng, invalid=0.01)
    for y, x in ((100, 100), (110, 700), (699, 899), (500, 0)):
        image[max(0, y - 30) : y + 30, max(0, x - 30) : x + 30] += 20
    boxes = [40, 80, 160]
    expected = plain_minimum(image, 40)
    assert 0 < plain_skew(image, 80, 0.7).mean() < 0.03
    for smaller, larger in pairwise(boxes):
        expected = np.where(plain_skew(image, smaller, 0.7), plain_minimum(image, larger), expected)
    found = GrowingBox.of(image, boxes, 0.7)
    assert found.boxes == tuple(boxes)
    # Boxes of few cells are looked at, so that nothing hides behind those of all.
    assert max(cells.count() for cells in found.cells) < 0.1 * 175 * 225
    assert_array_equal(found.minimum(image)[100:], expected[100:])
    asked = []

    class Asked:
        shape, dtype, needs = image.shape, image.dtype, Needs(4)

        def __getitem__(self, rows):
            asked.append((rows.start, rows.stop))
            return image[rows]

    assert_array_equal(found.minimum(Asked())[200:300], expected[200:300])
    assert asked == [(180, 319)]


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=300), fill=st.just(False)))
def test_windows_hold_every_set_pixel_once(flags):
    seen = np.zeros(flags.shape, int)
    for place in windows(flags, 20):
        assert flags[place].any()
        seen[place] += 1
    assert (seen[flags] == 1).all()
    assert seen.max() <= 1


@given(IMAGES, st.sampled_from([0.0, 0.5, 1.5, 1e39]), st.sampled_from([0.0, 1.0, np.inf]))
def test_levels_are_compared_in_single_precision_and_invalid_pixels_exceed_none(image, floor, seed):
    level = np.abs(plain_minimum(image, 3)).astype(np.float32)
    with np.errstate(all="ignore"):
        above = [(image > np.float32(factor) * level) & np.isfinite(image) for factor in (floor, seed)]
    assert_array_equal(above_level(image, level, floor), above[0])
    assert_array_equal(marks_above_level(image, level, seed, floor), above[0] + 2 * (above[0] & above[1]))
