"""Dilation by a square is that of SciPy, however the image is cut into bands."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry.filters.dilation import dilated
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
