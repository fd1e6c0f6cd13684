"""The minimum of boxes at places that lie close together is that of the boxes of all pixels."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import _skerry_kernels as compiled
from skerry.kernels.boxes import minimum_at, minimum_of_rows, skewed_rows


@pytest.mark.parametrize("box", [1, 4, 31, 500])
def test_the_minimum_at_all_places_of_wide_rows_is_that_of_the_rows(rng, box):
    band = rng.normal(size=(40, 300)).astype(np.float32)
    band[rng.random(band.shape) < 0.1] = np.nan
    places = np.argwhere(np.ones(band.shape, bool))
    assert_array_equal(minimum_at(band, places, box).reshape(band.shape), minimum_of_rows(band, slice(0, 40), box))


@pytest.mark.parametrize("box", [1, 4, 31])
def test_columns_of_an_image_are_an_image_of_their_own(rng, box):
    wide = rng.normal(size=(40, 300)).astype(np.float32)
    columns, rows = wide[:, 70:170], slice(5, 33)
    assert_array_equal(minimum_of_rows(columns, rows, box), minimum_of_rows(columns.copy(), rows, box))
    assert_array_equal(skewed_rows(columns, rows, box, 0.5), skewed_rows(columns.copy(), rows, box, 0.5))


@pytest.mark.parametrize("wrong", ["every second column", "one row again and again", "upside down"])
def test_columns_that_do_not_lie_in_rows_one_after_the_other_are_refused_by_the_loop(rng, wrong):
    wide = rng.normal(size=(40, 300)).astype(np.float32)
    band = {
        "every second column": wide[:, ::2],
        "one row again and again": np.broadcast_to(wide[0], wide.shape),
        "upside down": wide[::-1],
    }[wrong]
    with pytest.raises(ValueError, match="band: "):
        compiled.box_extremum(band, 0, 1, 1, False, np.empty(band.shape, np.float32))
    # The function of arrays copies them.
    assert_array_equal(minimum_of_rows(band, slice(0, 40), 3), minimum_of_rows(band.copy(), slice(0, 40), 3))
