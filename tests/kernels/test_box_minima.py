"""The minimum of boxes at places that lie close together is that of the boxes of all pixels."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skerry.kernels.boxes import minimum_at, minimum_of_rows


@pytest.mark.parametrize("box", [1, 4, 31, 500])
def test_the_minimum_at_all_places_of_wide_rows_is_that_of_the_rows(rng, box):
    band = rng.normal(size=(40, 300)).astype(np.float32)
    band[rng.random(band.shape) < 0.1] = np.nan
    places = np.argwhere(np.ones(band.shape, bool))
    assert_array_equal(minimum_at(band, places, box).reshape(band.shape), minimum_of_rows(band, slice(0, 40), box))
