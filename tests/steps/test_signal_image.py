"""The file of a signal image is made of an image and its noise."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.testing import assert_array_equal

from skerry import SkerryError
from skerry.steps.flood import make_flood_mask
from skerry.steps.signal import make_signal_image


def test_the_file_keeps_the_dimensions_of_the_image_and_loses_its_unit(tmp_path):
    image = write_fits(tmp_path / "x.fits", np.full((8, 8), 6, np.float32), radio_header((1, 1, 8, 8)), ndim=4)
    rms = write_fits(tmp_path / "x.rms.fits", np.full((8, 8), 2, np.float32))
    output = make_signal_image(image, rms=rms)
    assert output == tmp_path / "x.signal.fits"
    data, header = fits.getdata(output, header=True)
    assert data.shape == (1, 1, 8, 8)
    assert_array_equal(data, 3)
    assert "BUNIT" not in header
    assert header["CRVAL1"] == 60.0


def test_grids_of_two_sizes_are_refused(tmp_path):
    image = write_fits(tmp_path / "x.fits", np.ones((8, 8), np.float32))
    rms = write_fits(tmp_path / "r.fits", np.ones((8, 9), np.float32))
    with pytest.raises(SkerryError, match=r"r\.fits: has 9 x 8 pixels"):
        make_signal_image(image, rms=rms)


def test_an_image_in_jansky_is_no_signal(tmp_path):
    image = write_fits(tmp_path / "x.fits", np.ones((8, 8), np.float32))
    with pytest.raises(SkerryError, match=r"x\.fits: is in Jy/beam, not in sigma"):
        make_flood_mask(image)


def test_a_background_needs_a_noise_map(tmp_path):
    image = write_fits(tmp_path / "x.fits", np.ones((8, 8), np.float32), radio_header((8, 8), unit=None))
    with pytest.raises(SkerryError, match="give `rms` too"):
        make_flood_mask(image, bkg=image)
