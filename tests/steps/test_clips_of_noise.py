"""Clips that follow from the statistics of noise are the same in every step, and told in the header."""

from __future__ import annotations

import warnings

import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from known_images import noise as correlated_noise
from numpy.testing import assert_array_equal

from skerry import MaskingOptions, SkerryWarning, make_mask
from skerry.steps.flood import make_flood_mask
from skerry.steps.noise import make_noise_maps
from skerry.steps.signal import make_signal_image
from skerry.steps.snr_mask import make_snr_mask

FWHM = 3.2


def grain(rng, size=1024, fwhm=FWHM):
    """Noise of 1 sigma that is correlated as the beam is."""
    return correlated_noise(rng, (size, size), fwhm)


@pytest.mark.parametrize("statistic", ["snr", "both"])
def test_seeds_of_their_own_are_raised_alike(tmp_path, rng, statistic):
    image = grain(rng, 400)
    image[200, 200] += 20
    header = radio_header(image.shape, unit=None)
    signal = write_fits(tmp_path / "x.signal.fits", image, header)
    beside = {} if statistic == "snr" else {"image": write_fits(tmp_path / "x.fits", image)}
    options = MaskingOptions(flood_fill_statistic=statistic, flood_fill_false_islands=0.01, flood_fill_mac_unit="sigma")
    seeds = make_snr_mask(signal, **beside, seeds=True, options=options).mask
    given = {} if statistic == "snr" else {"signal": signal}
    flooded = beside.get("image", signal)
    alone = make_flood_mask(flooded, **given, options=options, output=tmp_path / "a.fits").mask
    seeded = make_flood_mask(flooded, **given, seeds=seeds, options=options, output=tmp_path / "b.fits").mask
    assert fits.getheader(seeds)["SKSEED"] == fits.getheader(alone)["SKSEED"] > 5.1
    assert_array_equal(fits.getdata(seeded), fits.getdata(alone))
    assert fits.getdata(alone).any()


@pytest.mark.parametrize("statistic", ["snr", "both"])
def test_the_chain_raises_the_clip_as_the_steps_do(tmp_path, rng, statistic):
    data = grain(rng, 300)
    data[100:110, 100:110] += 9
    image = write_fits(tmp_path / "x.fits", data)
    options = MaskingOptions(
        flood_fill=True,
        flood_fill_statistic=statistic,
        flood_fill_false_islands=0.01,
        flood_fill_mac_unit="sigma",
        flood_fill_mac_seed_factor=5,
        flood_fill_mac_flood_factor=1,
        noise_box_size=50,
    )
    chain = make_mask(image, options).mask
    rms, bkg = make_noise_maps(image, options=options)
    given = {"signal": make_signal_image(image, rms=rms, bkg=bkg)} if statistic == "both" else {"rms": rms, "bkg": bkg}
    steps = make_flood_mask(image, **given, options=options, output=tmp_path / "steps.fits").mask
    assert fits.getheader(chain)["SKSEED"] == fits.getheader(steps)["SKSEED"] > 4.6
    assert_array_equal(fits.getdata(chain), fits.getdata(steps))
    assert fits.getdata(chain).any()


def test_the_header_tells_the_unit_of_the_clips(tmp_path, rng):
    image = write_fits(tmp_path / "x.fits", grain(rng, 60))
    for unit, says in (("factor", "factor of the MAC"), ("sigma", "sigma")):
        clips = {"flood_fill_positive_seed_clip": 0.5, "flood_fill_positive_flood_clip": 0.4}
        options = MaskingOptions(flood_fill_use_mac=True, flood_fill_mac_unit=unit, **clips)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SkerryWarning)
            header = fits.getheader(make_flood_mask(image, options=options, output=tmp_path / f"{unit}.fits").mask)
        assert f"[{says}]" in header.comments["SKSEED"]
