"""A clean model is added up, and what of it lies outside of a mask, as a plain statement in NumPy does."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import maximum_filter

from skerry.masking.model_contents import model_contents
from skerry.planes.bits import BitMask


def in_blocks(planes, rows):
    """Planes as a file gives them."""
    for plane in planes:
        yield ((slice(a, a + rows), plane[a : a + rows]) for a in range(0, plane.shape[0], rows))


@given(
    seed=st.integers(0, 2**32 - 1),
    planes=st.integers(1, 3),
    shape=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    spill=st.integers(0, 4),
    rows=st.integers(1, 31),
)
def test_all_planes_are_added_up_and_what_lies_outside_and_not_near(seed, planes, shape, spill, rows):
    rng = np.random.default_rng(seed)
    model = (rng.normal(size=(planes, *shape)) * (rng.random((planes, *shape)) < 0.3)).astype(np.float32)
    model[rng.random(model.shape) < 0.02] = rng.choice([np.nan, np.inf, -np.inf])
    mask = rng.random(shape) < 0.05
    found = model_contents(in_blocks(model, rows), BitMask.of(mask), spill)

    near = maximum_filter(mask, 2 * spill + 1, mode="constant")
    valid = np.where(np.isfinite(model), model, 0).astype(float)
    assert found.invalid == np.count_nonzero(~np.isfinite(model))
    assert found.pixels == np.count_nonzero(valid)
    expected = valid.sum(), np.abs(valid).sum(), np.abs(valid[:, ~near]).sum()
    np.testing.assert_allclose((found.total, found.absolute, found.outside), expected, rtol=1e-12, atol=1e-12)


def test_sums_are_the_same_bits_in_any_blocks():
    model = np.random.default_rng(2).normal(size=(1, 57, 31)).astype(np.float32)
    mask = BitMask.of(model[0] > 1)
    once = model_contents(in_blocks(model, 57), mask)
    assert all(model_contents(in_blocks(model, rows), mask) == once for rows in (1, 5, 40))


def test_an_empty_model_has_nothing_outside_and_no_excess():
    found = model_contents(in_blocks(np.zeros((1, 3, 4)), 2), BitMask((3, 4)))
    assert (found.pixels, found.outside_fraction) == (0, 0)
    assert math.isnan(found.excess)


def test_the_excess_is_one_of_components_of_one_sign_and_infinite_where_they_cancel():
    of_one_sign = model_contents(in_blocks(np.full((1, 2, 2), -3.0), 2), BitMask((2, 2)))
    cancelling = model_contents(in_blocks(np.array([[[1.0, -1.0]]]), 1), BitMask((1, 2)))
    assert (of_one_sign.excess, cancelling.excess) == (1, math.inf)
