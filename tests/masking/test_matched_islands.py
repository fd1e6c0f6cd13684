"""Sources and islands that go together, by the distance to the nearest pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from skerry.filters.connected_pixels import Islands
from skerry.masking.matched_islands import match_mask, match_positions

CORNERS = np.ones((3, 3), bool)
SHAPES = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=20)
SEEDS = st.integers(0, 2**32 - 1)
in_bands = pytest.mark.usefixtures("band_rows")
for_each_height = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@in_bands
@for_each_height
@given(SHAPES, SEEDS, st.sampled_from([0.0, 0.6, 1.5, 4.0]), st.sampled_from([1, 5, 256]))
def test_a_source_is_found_by_the_nearest_pixel_of_an_island(shape, seed, radius, rows):
    random = np.random.default_rng(seed)
    mask = random.random(shape) < 0.15
    signal = random.normal(size=shape).astype(np.float32)
    signal[random.random(shape) < 0.2] = np.nan
    x, y = random.uniform(-2, shape[1] + 1, 30), random.uniform(-2, shape[0] + 1, 30)
    x[3] = np.nan
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("skerry.masking.matched_islands._ROWS_AT_ONCE", rows)
        found = match_positions(Islands(mask), x, y, radius, signal, signal)
    labels, count = ndimage.label(mask, CORNERS)
    at_row, at_column = np.nonzero(mask)
    has_source = np.zeros(count + 1, bool)
    for n in range(x.size):
        own = (int(np.rint(y[n])), int(np.rint(x[n]))) if np.isfinite(x[n]) else (-1, -1)
        is_on = 0 <= own[0] < shape[0] and 0 <= own[1] < shape[1] and np.isfinite(signal[own])
        assert found.within[n] == is_on
        if not is_on:
            assert found.island[n] == 0
            continue
        assert found.snr[n] == signal[own]
        distance = np.hypot(at_column - x[n], at_row - y[n])
        distance[(at_row == own[0]) & (at_column == own[1])] = 0
        near = distance <= radius
        has_source[labels[at_row[near], at_column[near]]] = True
        assert (found.island[n] > 0) == near.any()
        if near.any():
            nearest = distance == distance.min()
            assert found.island[n] in labels[at_row[nearest], at_column[nearest]]
            assert_allclose(found.distance[n], distance.min(), rtol=1e-6)
    assert_array_equal(found.has_source, has_source[1:])
    assert found.found + found.missed == found.within.sum()
    assert found.false == count - has_source[1:].sum()


@in_bands
@for_each_height
@given(SHAPES.flatmap(lambda shape: st.tuples(arrays(bool, shape), arrays(bool, shape))), st.sampled_from([0, 2.5]))
def test_islands_of_two_masks_go_together_where_they_touch(masks, radius):
    mask, other = masks
    found = match_mask(Islands(mask), Islands(other), radius)
    square = np.ones(2 * (2 * int(radius) + 1,), bool)
    for own, across, told in ((mask, other, found.has_source), (other, mask, found.island > 0)):
        labels, count = ndimage.label(own, CORNERS)
        near = ndimage.binary_dilation(across, square)
        assert_array_equal(told, [near[labels == n].any() for n in range(1, count + 1)])
