"""The file of flooded islands: which images, seeds and noise it takes, and what its header tells."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.testing import assert_array_equal
from plain_islands import plain_flood, plain_low_snr
from scipy import ndimage

from skerry import (
    MaskingOptions,
    SkerryError,
    SkerryWarning,
    minimum_absolute_clip,
)
from skerry.errors import SkerryNote
from skerry.steps.flood import make_flood_mask
from skerry.steps.snr_mask import make_snr_mask


def test_seeds_from_a_file_count_the_negative_islands_by_their_own_clip(files):
    signal = np.full((60, 60), -0.1, np.float32)
    signal[10, 10], signal[30, 30] = 6, -5
    path = write_fits(files / "y.signal.fits", signal, radio_header((60, 60), unit=None))
    for clip, negative in ((4.5, 1), (5.5, 0)):
        seeds = make_snr_mask(
            path, seeds=True, options=MaskingOptions(flood_fill_positive_seed_clip=clip), output=files / f"{clip}.fits"
        ).mask
        with pytest.warns(SkerryNote):
            mask = make_flood_mask(
                path, seeds=seeds, options=MaskingOptions(flood_fill_count_negative=True), overwrite=True
            ).mask
        assert fits.getheader(mask)["SKNEG"] == negative


@pytest.fixture
def files(tmp_path, rng):
    """A signal image with islands, and the image it may have come from."""
    noise = ndimage.gaussian_filter(rng.normal(size=(80, 90)), 1.5)
    signal = (noise / noise.std()).astype(np.float32)
    signal[30:40, 30:44] += 6
    signal[60, 70] += 8
    signal[:, :3] = np.nan
    write_fits(tmp_path / "x.signal.fits", signal, radio_header((80, 90), unit=None))
    write_fits(tmp_path / "x.fits", signal * np.float32(2e-4), radio_header((1, 1, 80, 90)), ndim=4)
    write_fits(tmp_path / "x.rms.fits", np.full_like(signal, 2e-4), radio_header((80, 90)))
    return tmp_path


@pytest.mark.parametrize("clip", [4.5, 50.0])
def test_seeds_from_a_mask_give_the_same_islands(files, clip):
    options = MaskingOptions(flood_fill_positive_seed_clip=clip)
    signal = files / "x.signal.fits"
    with nullcontext() if clip < 10 else pytest.warns(SkerryWarning, match="lowered"):
        seeds = make_snr_mask(signal, seeds=True, options=options).mask
        alone = make_flood_mask(signal, output=files / "alone.fits", options=options).mask
    seeded = make_flood_mask(signal, seeds=seeds, output=files / "seeded.fits", options=options).mask
    assert_array_equal(fits.getdata(seeded), fits.getdata(alone))
    assert fits.getdata(alone).any()
    assert fits.getheader(seeded)["SKSEED"] == fits.getheader(alone)["SKSEED"]


def test_an_image_with_its_noise_gives_the_islands_of_the_signal(files):
    of_signal = make_flood_mask(files / "x.signal.fits", output=files / "a.fits").mask
    of_image = make_flood_mask(files / "x.fits", rms=files / "x.rms.fits", output=files / "b.fits").mask
    assert fits.getdata(of_image).shape == (1, 1, 80, 90)
    assert_array_equal(fits.getdata(of_image)[0, 0], fits.getdata(of_signal))


def test_sigma_is_never_compared_with_jansky(files):
    image = files / "x.fits"
    with pytest.raises(SkerryError, match="not in sigma"):
        make_flood_mask(image)
    with pytest.raises(SkerryError, match="need `signal`, or `rms`"):
        make_flood_mask(image, options=MaskingOptions(flood_fill_use_mac=True, grow_low_snr_island=True))
    with pytest.raises(SkerryError, match="both statistics need `signal`"):
        make_flood_mask(image, options=MaskingOptions(flood_fill_statistic="both"))
    with pytest.raises(SkerryError, match="not in sigma"):
        make_flood_mask(image, signal=image, options=MaskingOptions(flood_fill_use_mac=True, grow_low_snr_island=True))


@pytest.mark.parametrize("significance", ["signal", "rms"])
def test_low_significance_islands_with_the_minimum_absolute_clip_use_the_signal(files, significance):
    options = MaskingOptions(
        flood_fill_use_mac=True,
        flood_fill_use_mac_box_size=15,
        flood_fill_positive_seed_clip=1.5,
        flood_fill_positive_flood_clip=1.2,
        grow_low_snr_island=True,
        grow_low_snr_island_size=60,
    )
    given_file = {significance: files / f"x.{significance}.fits"}
    mask = fits.getdata(make_flood_mask(files / "x.fits", options=options, **given_file).mask)[0, 0]
    image, signal = (np.squeeze(fits.getdata(files / f"x{kind}.fits")).astype("f4") for kind in ("", ".signal"))
    expected = plain_flood(minimum_absolute_clip(image, 1.5, 15), minimum_absolute_clip(image, 1.2, 15))
    low = plain_low_snr(signal, 1.75, 60)
    assert low.any()
    assert_array_equal(mask != 0, expected | low)


@pytest.mark.parametrize("significance", ["signal", "rms"])
def test_both_statistics_take_the_image_and_its_signal_or_its_noise(files, significance):
    options = MaskingOptions(flood_fill_statistic="both", flood_fill_use_mac_box_size=15)
    given_file = {significance: files / f"x.{significance}.fits"}
    mask = fits.getdata(make_flood_mask(files / "x.fits", options=options, **given_file).mask)[0, 0]
    image, signal = (np.squeeze(fits.getdata(files / f"x{kind}.fits")).astype("f4") for kind in ("", ".signal"))
    seeds = (signal >= 4.5) & minimum_absolute_clip(image, 1.4, 15)
    assert seeds.any()
    assert_array_equal(mask != 0, plain_flood(seeds, (signal > 1.5) & minimum_absolute_clip(image, 0.3, 15)))
    seed_mask = make_snr_mask(files / "x.signal.fits", image=files / "x.fits", seeds=True, options=options).mask
    given_seeds = make_flood_mask(
        files / "x.fits", seeds=seed_mask, options=options, output=files / "y.fits", **given_file
    ).mask
    assert_array_equal(fits.getdata(given_seeds)[0, 0], mask)


def test_files_without_a_use_are_refused(files):
    for use in ({"signal": files / "x.signal.fits"}, {"rms": files / "x.rms.fits"}):
        with pytest.raises(SkerryError, match="has no use"):
            make_flood_mask(files / "x.fits", options=MaskingOptions(flood_fill_use_mac=True), **use)


def test_the_history_tells_the_whole_chain(files):
    seeds = make_snr_mask(files / "x.signal.fits", seeds=True).mask
    header = fits.getheader(make_flood_mask(files / "x.signal.fits", seeds=seeds).mask)
    steps = [line for line in header["HISTORY"] if line.startswith("skerry ")]
    assert [line.split()[-1] for line in steps] == ["snr-mask", "flood"]
    assert header["SKCMD"] == "flood"
    assert header["SKFLOOR"] == 1.5
