"""Artefacts are left out of the files of masks, by one step and by several."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from known_images import CENTRE, DEPTH, FWHM, add, at, spoked
from numpy.testing import assert_array_equal

from skerry import MaskingOptions
from skerry.errors import SkerryError
from skerry.io.fits import read_image
from skerry.steps.flood import make_flood_mask
from skerry.steps.mask import make_mask
from skerry.steps.noise import make_noise_maps
from skerry.steps.signal import make_signal_image
from skerry.steps.snr_mask import make_snr_mask


@pytest.fixture
def image(tmp_path, rng):
    """An image in Jy/beam with noise of 1 mJy/beam, and a streak among the artefacts of its bright source."""
    signal = spoked(depth=3 * DEPTH)
    add(signal, at(30), 4 * DEPTH)
    data = (signal + rng.normal(size=signal.shape)).astype(np.float32) * np.float32(1e-3)
    beam = (FWHM * 6 / 3600, FWHM * 6 / 3600, 0.0)
    return write_fits(tmp_path / "x.fits", data, radio_header(data.shape, beam=beam))


STATISTICS = [
    {"flood_fill_positive_seed_clip": 5.0},
    {
        "flood_fill_use_mac": True,
        "flood_fill_positive_seed_clip": 1.2,
        "flood_fill_positive_flood_clip": 0.8,
        "flood_fill_use_mac_box_size": 9,
    },
    {"flood_fill_statistic": "both", "flood_fill_use_mac_box_size": 9},
    {"flood_fill_statistic": "both", "flood_fill_use_mac_box_size": 9, "flood_fill_smooth_beams": 1.0},
]


@pytest.mark.filterwarnings("ignore:.*the box of the minimum absolute clip is 3 beams")
@pytest.mark.parametrize("statistic", STATISTICS, ids=["snr", "mac", "both", "smoothed"])
def test_every_statistic_leaves_the_streak_out_in_one_step_and_in_several(image, statistic):
    options = MaskingOptions(flood_fill=True, suppress_artefacts=True, **statistic)
    with_artefacts = make_mask(
        image, options.model_copy(update={"suppress_artefacts": False}), output=image.with_name("all.fits")
    ).mask
    mask = make_mask(image, options).mask
    rms, bkg = make_noise_maps(image)
    signal = make_signal_image(image, rms=rms, bkg=bkg)
    steps = image.with_name("steps.fits")
    if options.uses_mac:
        make_flood_mask(image, signal=signal, output=steps, options=options)
    else:
        make_flood_mask(
            signal, seeds=make_snr_mask(signal, seeds=True, options=options).mask, output=steps, options=options
        )
    assert fits.getdata(with_artefacts)[at(30)] == 1
    assert fits.getdata(mask)[at(30)] == 0
    assert fits.getdata(mask)[CENTRE, CENTRE] == 1
    assert_array_equal(fits.getdata(mask), fits.getdata(steps))


def test_the_minimum_absolute_clip_alone_needs_a_signal_for_it(image):
    options = MaskingOptions(flood_fill=True, suppress_artefacts=True, flood_fill_use_mac=True)
    with pytest.raises(SkerryError, match="artefacts need `signal`, or `rms`"):
        make_flood_mask(image, options=options)


def test_the_artefacts_of_the_imaged_field_are_left_out_and_its_sources_are_not(shared_data, tmp_path):
    field = shared_data / "field"
    image = field / "SIM_0400-45.beam00.round0.i.MFS.image.fits"
    truth = read_image(field / "truth.beam00.restored.fits.gz").data
    options = MaskingOptions(flood_fill=True, flood_fill_positive_seed_clip=5)
    masks = []
    for suppress in (False, True):
        output = make_mask(
            image, options.model_copy(update={"suppress_artefacts": suppress}), output=tmp_path / f"{suppress}.fits"
        ).mask
        masks.append(fits.getdata(output).squeeze() != 0)
    plain, without = masks
    artefacts, sky = truth < 4e-5, truth > 5e-3
    assert (without & artefacts).sum() < 0.35 * (plain & artefacts).sum()
    assert (without & sky).sum() > 0.99 * (plain & sky).sum()
