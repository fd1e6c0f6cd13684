"""Operations on a mask, against plain statements of SciPy, alone and one after the other."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal
from plain_islands import EIGHT
from scipy import ndimage

from skerry.errors import SkerryError
from skerry.masking.edited_mask import EditedMask, disc
from skerry.planes.bits import BitMask

SHAPES = st.tuples(st.integers(1, 23), st.integers(1, 23))


def plain_disc(radius):
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return np.hypot(y, x) <= radius


def islands_of(mask, chosen):
    """Pixels of the islands for which a function of their pixels is true."""
    labels, count = ndimage.label(mask, EIGHT)
    return np.isin(labels, [n for n in range(1, count + 1) if chosen(labels == n)]) & mask


# Each operation on a mask, with another one and a number, as a plain statement and as that of an `EditedMask`.
PLAIN = {
    "union": lambda mask, other, _n: mask | other,
    "intersect": lambda mask, other, _n: mask & other,
    "subtract": lambda mask, other, _n: mask & ~other,
    "fill": lambda mask, _other, _n: ndimage.binary_fill_holes(mask),
    "dilate": lambda mask, _other, n: ndimage.binary_dilation(mask, plain_disc(n)),
    "erode": lambda mask, _other, n: ndimage.binary_erosion(mask, plain_disc(n), border_value=1),
    "keep": lambda mask, other, _n: islands_of(mask, lambda island: (island & other).any()),
    "drop": lambda mask, other, _n: mask & ~islands_of(mask, lambda island: (island & other).any()),
    "min_size": lambda mask, _other, n: islands_of(mask, lambda island: island.sum() >= n),
}
EDITED = {
    "union": lambda mask, other, _n: mask.with_pixels(other),
    "intersect": lambda mask, other, _n: mask.within(other),
    "subtract": lambda mask, other, _n: mask.without(other),
    "fill": lambda mask, _other, _n: mask.filled(),
    "dilate": lambda mask, _other, n: mask.dilated(n),
    "erode": lambda mask, _other, n: mask.eroded(n),
    "keep": lambda mask, other, _n: mask.within(mask.islands_with(other.union)),
    "drop": lambda mask, other, _n: mask.without(mask.islands_with(other.union)),
    "min_size": lambda mask, _other, n: mask.without(mask.islands_smaller_than(n)),
}
BY_BIT = [name for name in PLAIN if name not in ("keep", "drop", "min_size")]


@st.composite
def masks(draw, count, dtype=bool):
    """Masks of one shape, of which some pixels are set and others not."""
    shape = draw(SHAPES)
    values = st.booleans() if dtype is bool else st.integers(0, 7)
    return [draw(arrays(dtype, shape, elements=values)) for _ in range(count)]


def edited(mask, bits=None):
    return EditedMask.of(mask.astype(np.uint8) if mask.dtype == bool else mask, bits)


def values_of(mask):
    return np.asarray(mask.plane()[:]).astype(int)


@pytest.mark.parametrize("name", PLAIN)
@given(data=st.data(), n=st.integers(1, 6))
def test_an_operation_is_what_scipy_says(name, data, n):
    mask, other = data.draw(masks(2))
    assert_array_equal(EDITED[name](edited(mask), edited(other), n).union, PLAIN[name](mask, other, n))


@given(given_masks=masks(4), steps=st.lists(st.tuples(st.sampled_from(list(PLAIN)), st.integers(1, 4)), max_size=6))
def test_operations_follow_each_other(given_masks, steps):
    mask, *others = given_masks
    found = edited(mask)
    for place, (name, n) in enumerate(steps):
        other = others[place % len(others)]
        mask, found = PLAIN[name](mask, other, n), EDITED[name](found, edited(other), n)
    assert_array_equal(found.union, mask)


@given(given_masks=masks(2, np.uint8), name=st.sampled_from(BY_BIT), n=st.integers(1, 4))
def test_each_bit_of_a_scale_mask_is_edited_by_itself(given_masks, name, n):
    mask, other = given_masks
    found = values_of(EDITED[name](edited(mask, 3), edited(other, 3), n))
    for bit in range(3):
        assert_array_equal(found >> bit & 1, PLAIN[name]((mask >> bit & 1).astype(bool), (other >> bit & 1) == 1, n))


@given(given_masks=masks(2, np.int16), name=st.sampled_from(["keep", "drop", "min_size"]), n=st.integers(1, 4))
def test_islands_of_a_scale_mask_are_those_of_all_bits_and_keep_their_bits(given_masks, name, n):
    mask, other = given_masks
    found = values_of(EDITED[name](edited(mask, 3), edited(other, 3), n))
    assert_array_equal(found, np.where(PLAIN[name](mask > 0, other > 0, n), mask, 0))


@given(given_masks=masks(2, np.uint8), name=st.sampled_from(["union", "intersect", "subtract"]))
def test_a_mask_without_scales_counts_for_all_bits(given_masks, name):
    mask, other = given_masks
    found = values_of(EDITED[name](edited(mask, 3), edited(other > 0), 1))
    plain = {"union": np.where(other, 7, mask), "intersect": mask * (other > 0), "subtract": mask * (other == 0)}
    assert_array_equal(found, plain[name])


@given(given_masks=masks(2, np.uint8), name=st.sampled_from(["union", "intersect", "subtract"]))
def test_a_scale_mask_counts_as_its_union_for_a_mask_without_scales(given_masks, name):
    mask, other = given_masks
    assert_array_equal(EDITED[name](edited(mask > 0), edited(other, 3), 1).union, PLAIN[name](mask > 0, other > 0, 1))


@pytest.mark.parametrize("name", PLAIN)
def test_bands_do_not_show(name, rng, band_rows):
    mask, other = rng.random((2, 40, 37)) > 0.7
    assert_array_equal(EDITED[name](edited(mask), edited(other), 3).union, PLAIN[name](mask, other, 3))


def test_bands_of_bits_do_not_show(rng, band_rows):
    mask = rng.integers(0, 512, (40, 37), dtype=np.int16)
    found = edited(mask, 9)
    plane = found.plane()
    assert plane.dtype == np.int16
    assert_array_equal(np.vstack([plane[row : row + 1] for row in range(40)]), mask)
    assert_array_equal(found.union, mask > 0)


@given(mask=masks(1), data=st.data(), clip=st.floats(-3, 3, width=32))
def test_an_island_stays_by_its_highest_pixel(mask, data, clip):
    signal = data.draw(arrays(np.float32, mask[0].shape, elements=st.floats(-4, 4, width=32) | st.just(np.nan)))
    found = edited(mask[0])
    kept = found.without(found.islands_fainter_than(clip, signal)).union
    assert_array_equal(kept, islands_of(mask[0], lambda island: (signal[island] >= np.float32(clip)).any()))


def test_a_mask_that_is_edited_is_not_changed(rng):
    mask = rng.integers(0, 4, (30, 30), dtype=np.uint8)
    begun = edited(mask, 2)
    other = edited(rng.random((30, 30)) > 0.5)
    for operation in EDITED.values():
        operation(begun, other, 2)
    assert_array_equal(values_of(begun), mask)


def test_same_masks_are_the_same_by_all_bits():
    mask = np.array([[1, 2, 3, 0]], np.uint8)
    assert edited(mask, 2).same_as(edited(mask.copy(), 2))
    assert not edited(mask, 2).same_as(edited(np.array([[1, 3, 3, 0]], np.uint8), 2))


def test_a_bit_beyond_the_scales_is_refused():
    with pytest.raises(SkerryError, match="more bits than its 2 scales"):
        edited(np.array([[0, 4]], np.uint8), 2)


@pytest.mark.parametrize(("radius", "pixels"), [(0, 1), (1, 5), (2, 13), (3, 29), (5, 81)])
def test_a_disc_has_the_pixels_within_its_radius(radius, pixels):
    assert disc(radius).sum() == pixels
    assert_array_equal(disc(radius), plain_disc(radius))


def test_dilation_at_the_end_of_a_row_leaves_no_bit_beyond_it():
    mask = BitMask((3, 9))
    mask[0:3] = np.ones((3, 9), bool)
    assert EditedMask([mask]).dilated(4).union.count() == 27
