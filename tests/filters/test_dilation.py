"""Dilation by a square is that of SciPy, however the image is cut into bands."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry.filters.dilation import dilated, dilated_bits, dilated_by
from skerry.planes.bits import BitMask
from skerry.planes.computed import collect


@pytest.mark.usefixtures("band_rows")
@pytest.mark.parametrize("shape", [(40, 37), (3, 64), (25, 5), (1, 1)])
@pytest.mark.parametrize("reach", [1, 2, 9, 70])
def test_set_pixels_and_those_near_them(rng, shape, reach):
    mask = rng.random(shape) < 0.02
    mask[0, -1] = True
    square = np.ones((2 * reach + 1, 2 * reach + 1))
    assert_array_equal(collect(dilated(BitMask.of(mask), reach)), ndimage.binary_dilation(mask, square))
    assert_array_equal(dilated_bits(BitMask.of(mask), reach), ndimage.binary_dilation(mask, square))


@pytest.mark.usefixtures("band_rows")
@pytest.mark.parametrize("size", [(1, 1), (3, 7), (4, 2), (5, 6)])
def test_a_shape_covers_what_it_holds_round_its_origin(rng, size):
    mask, shape = rng.random((30, 41)) < 0.03, rng.random(size) < 0.6
    shape[0, -1] = mask[0, 0] = mask[-1, -1] = True
    around = np.pad(np.zeros_like(mask), 8)
    for down, along in np.argwhere(shape) - np.array(size) // 2:
        around |= np.roll(np.pad(mask, 8), (down, along), axis=(0, 1))
    assert_array_equal(dilated_by(BitMask.of(mask), shape), around[8:-8, 8:-8])


def test_a_reach_beyond_all_columns_takes_no_more_than_the_mask():
    mask = np.zeros((1, 100_000), bool)
    mask[0, 7] = True
    tracemalloc.start()
    try:
        assert dilated_bits(BitMask.of(mask), 10**9)[0:1].all()
        assert tracemalloc.get_traced_memory()[1] < 10 * mask.size
    finally:
        tracemalloc.stop()
