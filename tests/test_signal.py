"""The signal image."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.testing import assert_allclose, assert_array_equal

from skerry import SkerryError
from skerry.signal import read_signal, signal_image, signal_step


def test_signal_is_image_less_background_over_noise():
    image, rms, bkg = (np.full((3, 4), value, np.float32) for value in (5, 2, 1))
    assert_allclose(signal_image(image, rms, bkg), 2)


def test_no_background_means_0():
    image, rms = (np.full((3, 4), value, np.float32) for value in (5, 2))
    assert_allclose(signal_image(image, rms), 2.5)


@pytest.mark.parametrize("noise", [0.0, -1.0, np.nan, np.inf])
def test_where_the_noise_is_none_the_signal_is_invalid(noise):
    rms = np.ones((2, 2), np.float32)
    rms[0, 1] = noise
    signal = signal_image(np.ones((2, 2), np.float32), rms)
    assert_array_equal(np.isnan(signal), [[False, True], [False, False]])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_an_invalid_pixel_stays_invalid(value):
    image = np.ones((2, 2), np.float32)
    image[1, 0] = value
    for data in ((image, np.ones_like(image), None), (np.ones_like(image), np.ones_like(image), image)):
        assert_array_equal(np.isnan(signal_image(*data)), [[False, False], [True, False]])


def test_inputs_are_left_alone():
    arrays = [np.full((2, 3), value, np.float32) for value in (np.nan, 0, 1)]
    copies = [array.copy() for array in arrays]
    signal_image(*arrays)
    for array, copy in zip(arrays, copies, strict=True):
        assert_array_equal(array, copy)


def test_the_file_keeps_the_dimensions_of_the_image_and_loses_its_unit(tmp_path):
    image = write_fits(tmp_path / "x.fits", np.full((8, 8), 6, np.float32), radio_header((1, 1, 8, 8)), ndim=4)
    rms = write_fits(tmp_path / "x.rms.fits", np.full((8, 8), 2, np.float32))
    output = signal_step(image, rms=rms)
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
        signal_step(image, rms=rms)


def test_an_image_in_jansky_is_no_signal(tmp_path):
    image = write_fits(tmp_path / "x.fits", np.ones((8, 8), np.float32))
    with pytest.raises(SkerryError, match=r"x\.fits: is in Jy/beam, not in sigma"):
        read_signal(image, None, None)


def test_a_background_needs_a_noise_map(tmp_path):
    image = write_fits(tmp_path / "x.fits", np.ones((8, 8), np.float32), radio_header((8, 8), unit=None))
    with pytest.raises(SkerryError, match="--rms"):
        read_signal(image, None, image)
