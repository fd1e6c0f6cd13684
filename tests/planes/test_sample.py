"""Samples of a plane: rows all over it, and pixels here and there."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skerry.planes.computed import Computed
from skerry.planes.sample import few_rows, pixels_at, sampled_rows


@pytest.mark.parametrize(("shape", "rows"), [((3, 2), 3), ((500, 1000), 262), ((100, 1 << 15), 16), ((9, 1 << 20), 4)])
def test_rows_of_a_sample_lie_all_over_the_plane(shape, rows):
    sample = sampled_rows(np.broadcast_to(np.arange(shape[0])[:, np.newaxis], shape))[:, 0]
    assert (sample.size, sample[0], sample[-1]) == (rows, 0, shape[0] - 1)
    assert np.ptp(np.diff(sample)) <= 1


def test_of_the_widest_rows_one_is_a_sample():
    assert few_rows((10, 1 << 23), 128) == 1


@pytest.mark.usefixtures("band_rows")
def test_pixels_here_and_there_are_those_of_the_plane_and_nan_outside():
    image = np.arange(35, dtype=np.float32).reshape(5, 7)
    places = np.array([(4, 6), (1, 0), (-1, 3), (1, 6), (5, 3), (0, 0), (2, -1), (1, 0), (2, 7)])
    assert_array_equal(pixels_at(image, *places.T), [34, 7, np.nan, 13, np.nan, 0, np.nan, 7, np.nan])


@pytest.mark.usefixtures("band_rows")
def test_rows_without_places_are_not_read_before_the_first_and_behind_the_last():
    read = set()

    def rows(start, stop):
        read.update(range(start, stop))
        return np.zeros((stop - start, 4), np.float32)

    plane = Computed((3000, 4), np.float32, rows)
    assert not pixels_at(plane, np.array([1010, 1020]), np.array([1, 2])).any()
    assert read <= set(range(1010, 1021))
