"""The step erode alone judges islands of both signs as the chain does, whichever of its options needs the signal."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.testing import assert_array_equal

from skerry import MaskingOptions, SkerryWarning, make_eroded_mask
from skerry.config.flags import STEP_OPTIONS
from skerry.errors import SkerryNote

SHAPE = (64, 64)
PEAK = (30, 33)
"""Of the negative source, two pixels from the end of its island."""

pytestmark = pytest.mark.filterwarnings("ignore::skerry.errors.SkerryNote")


@pytest.fixture
def files(tmp_path):
    """A mask with one row of pixels as its island, and its signal of Stokes V."""
    signal, islands = np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.uint8)
    islands[30, 25:36] = 1
    signal[30, 25:36] = -4
    signal[PEAK] = -12
    header = radio_header(SHAPE, beam=(19.8 / 3600, 19.8 / 3600, 0))
    header.update(STOKES="V", BUNIT="sigma")
    mask_header = header.copy()
    mask_header["BUNIT"] = ""
    return write_fits(tmp_path / "v.mask.fits", islands, mask_header), write_fits(
        tmp_path / "v.signal.fits", signal, header
    )


@pytest.mark.parametrize("rims", [False, True])
def test_a_core_lies_round_the_deepest_pixel_of_a_negative_source(files, rims):
    mask, signal = files
    options = MaskingOptions(beam_shape_erode_keep_cores=True, beam_shape_erode_rims=rims)
    kept = np.squeeze(fits.getdata(make_eroded_mask(mask, options, signal=signal).mask)) != 0
    expected = np.zeros(SHAPE, bool)
    # Of a beam of 3.3 pixels the half-power shape has a radius of 1.65.
    expected[30, 32:35] = True
    assert_array_equal(kept, expected)


def test_of_positive_sources_alone_the_core_lies_round_the_highest_pixel(files):
    mask, signal = files
    options = MaskingOptions(beam_shape_erode_keep_cores=True, both_signs=False)
    made = make_eroded_mask(mask, options, signal=signal)
    assert not np.squeeze(fits.getdata(made.mask))[PEAK]
    assert "both_signs = False" in [str(card).strip() for card in fits.getheader(made.mask)["HISTORY"]]


@pytest.mark.filterwarnings("ignore:v.mask.fits. the mask is empty")
def test_a_negative_source_that_is_lost_is_told_with_its_sign(files):
    mask, signal = files
    options = MaskingOptions(beam_shape_erode_edge=False)
    with pytest.warns((SkerryWarning, SkerryNote), match=r"erosion removed an island altogether, .*S/N -12\.0"):
        made = make_eroded_mask(mask, options, signal=signal)
    assert made.report.both_signs


@pytest.mark.parametrize(
    ("options", "used"),
    [
        ({"beam_shape_erode_keep_cores": True, "both_signs": True}, True),
        ({"beam_shape_erode_keep_cores": True, "both_signs": False}, True),
        ({"beam_shape_erode_rims": True, "both_signs": False}, True),
        ({"beam_shape_erode_rims": True, "both_signs": True}, False),
        ({"beam_shape_erode_edge": False, "both_signs": True}, False),
        ({"both_signs": True}, False),
    ],
)
def test_signs_count_for_what_is_judged_by_the_signal(options, used):
    assert "both_signs" in STEP_OPTIONS["erode"]
    assert ("both_signs" in MaskingOptions(beam_shape_erode=True, **options).used_by("erode")) is used
