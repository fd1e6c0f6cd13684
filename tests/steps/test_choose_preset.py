"""`preset: auto`: the preset of an image, what is told of it, and the mask that it makes."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry import make_mask
from skerry.config.presets import load_preset
from skerry.errors import SkerryError, SkerryNote
from skerry.steps.choose_preset import chosen_preset


@pytest.fixture
def image(tmp_path):
    """A bright source with a deep artefact, in noise."""
    rng = np.random.default_rng(8)
    data = ndimage.gaussian_filter(rng.normal(size=(200, 210)), 1.4).astype(np.float32)
    data[60:63, 70:73] += 40
    data[68:70, 70:73] -= 8
    path = tmp_path / "image.fits"
    fits.PrimaryHDU(data, radio_header(data.shape)).writeto(path)
    return path


def test_a_note_says_what_was_found_and_chosen(image):
    with pytest.warns(SkerryNote, match=r"image\.fits: 0 % diffuse .* artefacts to -\d.* preset early-round$"):
        assert chosen_preset(image) == "early-round"


@pytest.mark.filterwarnings("ignore::skerry.errors.SkerryNote", "ignore::skerry.errors.SkerryWarning")
def test_auto_makes_the_mask_of_the_preset_that_it_names(image, tmp_path):
    auto = make_mask(image, preset="auto", output=tmp_path / "auto.fits").mask
    named = make_mask(image, preset="early-round", output=tmp_path / "named.fits").mask
    assert fits.getval(auto, "SKPRESET") == "early-round"
    assert_array_equal(fits.getdata(auto), fits.getdata(named))
    assert fits.getdata(auto).any()


def test_where_no_image_is_measured_auto_is_refused():
    with pytest.raises(SkerryError, match=r"'auto' measures an image, in 'skerry mask'; here name one of compact, "):
        load_preset("auto")


@pytest.mark.filterwarnings("ignore::skerry.errors.SkerryWarning")
def test_an_image_without_valid_pixels_gets_the_default(tmp_path):
    path = tmp_path / "empty.fits"
    fits.PrimaryHDU(np.full((40, 50), np.nan, np.float32), radio_header((40, 50))).writeto(path)
    assert chosen_preset(path) == "late-round"
