"""DS9 draws the outlines of islands where the mask is, holes and islands in holes included."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import radio_header, write_fits
from numpy.testing import assert_array_equal
from scipy import ndimage
from viewers.ds9 import MISSING, pixels_of_ds9, screen

from skerry.steps.stats import make_statistics

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs Debian's saods9 and xvfb: no {' and no '.join(MISSING)}")


@pytest.mark.parametrize("place", [{}, {"ra": 0.0, "dec": 0.0}, {"ra": 10.0, "dec": 89.99}, {"RADESYS": "FK5"}])
def test_ds9_has_the_pixels_of_the_mask_in_its_outlines(tmp_path, rng, place):
    shape = 24, 30
    header = radio_header(shape, **{name: value for name, value in place.items() if name.islower()})
    header["RADESYS"] = place.get("RADESYS", "ICRS")
    mask = np.zeros(shape, np.uint8)
    # DS9 does not count the pixels of the last row.
    mask[1:-1, 1:-1] = rng.random((22, 28)) < 0.6
    mask[5:14, 8:17], mask[6:13, 9:16], mask[8:11, 11:14], mask[9, 12] = 1, 0, 1, 0
    outlines = tmp_path / "x.reg"
    make_statistics(write_fits(tmp_path / "x.mask.fits", mask, header), outputs=[outlines])
    with screen() as display:
        found = pixels_of_ds9(display, tmp_path, header, shape, outlines.read_text())
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    assert len(found) == count
    for number, pixels in enumerate(found, start=1):
        assert_array_equal(pixels, labels == number)
