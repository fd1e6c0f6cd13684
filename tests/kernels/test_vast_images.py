"""Counts, places and limits beyond 2^31, of images that hold the same memory again and again."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from vast import vast_array

import _skerry_kernels as compiled
from skerry.kernels.boxes import maximum_of_rows, minimum_at, minimum_of_rows, skewed_rows
from skerry.kernels.cells import skew_of_cells

SIDE = 46400
PIXELS = SIDE * SIDE
assert PIXELS > 1 << 31

linux = pytest.mark.skipif(sys.platform != "linux", reason="pages of memory are those of Linux")


@pytest.fixture(scope="module")
def vast() -> Iterator[NDArray[np.float32]]:
    with vast_array((SIDE, SIDE), np.float32, 1.5) as array:
        yield array


@linux
@pytest.mark.parametrize(("fraction", "is_skewed"), [(0.999, True), (1.0, False)])
def test_a_box_of_2_31_positive_pixels_is_skewed(vast, fraction, is_skewed):
    """A sum of 32 bits would be negative."""
    found = skewed_rows(vast, slice(SIDE // 2, SIDE // 2 + 1), 2 * SIDE, fraction)
    assert found.all() == found.any() == is_skewed


@linux
def test_cells_of_2_31_positive_pixels_are_skewed():
    with vast_array((SIDE // 4, SIDE // 4), np.uint8, 16) as cells:
        rows = slice(SIDE // 8, SIDE // 8 + 1)
        found = [skew_of_cells(cells, cells, (SIDE, SIDE), rows, 2 * SIDE, fraction) for fraction in (0.999, 1.0)]
        assert [set(row.ravel().tolist()) for row in found] == [{2}, {1}]


@linux
def test_pixels_are_counted_beyond_2_31(vast):
    assert compiled.extremes_and_valid(vast) == (1.5, 1.5, PIXELS)


@linux
def test_the_last_rows_of_a_vast_image_are_those_of_a_small_one(vast):
    small, rows = np.array(vast[-9:]), slice(SIDE - 2, SIDE)
    places = np.array([[SIDE - 1, SIDE - 1], [SIDE - 2, 0]])
    assert_array_equal(minimum_of_rows(vast, rows, 5), minimum_of_rows(small, slice(7, 9), 5))
    assert_array_equal(minimum_at(vast, places, 5), np.float32([1.5, 1.5]))
    found = []
    for band, first in ((vast, 0), (small, SIDE - 9)):
        flat, smooth = np.zeros((2, SIDE), bool), np.zeros((2, SIDE), np.float32)
        compiled.flat_rows(band, SIDE - 2 - first, 0.1, flat)
        compiled.smooth_rows(band, first, SIDE, np.float32([0.25, 0.5, 0.25]), 1, SIDE - 2, smooth)
        found.append((flat, smooth))
    for one, other in zip(*found, strict=True):
        assert_array_equal(one, other)


@pytest.mark.parametrize("box", [2**31, 2**32 + 1, 2**64 + 2, 10**30])
def test_a_box_beyond_every_number_of_the_machine_is_that_of_the_image(rng, box):
    band, rows = rng.normal(size=(8, 9)).astype(np.float32), slice(2, 5)
    assert_array_equal(minimum_of_rows(band, rows, box), np.full((3, 9), band.min()))
    assert_array_equal(maximum_of_rows(band, rows, box), np.full((3, 9), band.max()))
    assert_array_equal(minimum_at(band, np.array([[3, 4]]), box), [band.min()])
    assert skewed_rows(band, rows, box, np.mean(band > 0) - 0.02).all()
    counts = np.array([[8, 3, 1], [7, 2, 0]], np.uint8), np.array([[16, 16, 4], [16, 16, 4]], np.uint8)
    huge, large = (skew_of_cells(*counts, (8, 9), slice(0, 2), size, 0.1) for size in (box, 99))
    assert_array_equal(huge, large)
