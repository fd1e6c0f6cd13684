"""The file of the significant pixels, a mask or seeds."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.testing import assert_array_equal

from skerry import MaskingOptions, SkerryError, minimum_absolute_clip
from skerry.steps.snr_mask import make_snr_mask


def test_the_file_says_which_clip_was_used(tmp_path):
    signal = write_fits(
        tmp_path / "x.signal.fits", np.array([[3, 5], [1, 0]], np.float32), radio_header((2, 2), unit=None)
    )
    output = make_snr_mask(signal, options=MaskingOptions(base_snr_clip=2.5)).mask
    data, header = fits.getdata(output, header=True)
    assert output == tmp_path / "x.mask.fits"
    assert data.dtype == np.uint8
    assert_array_equal(data, [[1, 1], [0, 0]])
    assert header["SKSEED"] == 2.5


def test_seeds_are_a_product_of_their_own(tmp_path):
    signal = write_fits(
        tmp_path / "x.signal.fits", np.array([[3, 5], [1, 0]], np.float32), radio_header((2, 2), unit=None)
    )
    output = make_snr_mask(signal, seeds=True, options=MaskingOptions(flood_fill_positive_seed_clip=5)).mask
    assert output == tmp_path / "x.seeds.fits"
    assert_array_equal(fits.getdata(output), [[0, 1], [0, 0]])


def test_an_image_with_its_noise_is_as_good_as_a_signal_image(tmp_path):
    image = write_fits(tmp_path / "x.fits", np.array([[6, 10], [1, 0]], np.float32))
    rms = write_fits(tmp_path / "r.fits", np.full((2, 2), 2, np.float32))
    assert_array_equal(fits.getdata(make_snr_mask(image, rms=rms).mask), [[0, 1], [0, 0]])


@pytest.mark.parametrize("by", ["signal", "noise"])
@pytest.mark.parametrize("seeds", [False, True])
def test_with_both_statistics_a_pixel_has_to_pass_both(tmp_path, rng, by, seeds):
    image = rng.normal(size=(40, 50)).astype(np.float32)
    image[10, 10], image[30, 30], image[31, 30] = 9, 5, -8
    path = write_fits(tmp_path / "x.fits", image, radio_header((40, 50)))
    noise = write_fits(tmp_path / "r.fits", np.full((40, 50), 0.5, np.float32))
    signal = write_fits(tmp_path / "x.signal.fits", image / np.float32(0.5), radio_header((40, 50), unit=None))
    options = MaskingOptions(
        flood_fill_statistic="both",
        base_snr_clip=5,
        flood_fill_positive_seed_clip=5,
        flood_fill_mac_seed_factor=1.1,
        flood_fill_use_mac_box_size=15,
    )
    given_files = {"signal": signal, "image": path} if by == "signal" else {"signal": path, "rms": noise}
    mask = fits.getdata(make_snr_mask(**given_files, seeds=seeds, options=options, output=tmp_path / "m.fits").mask)
    expected = (image / np.float32(0.5) > 5) & minimum_absolute_clip(image, 1.1, 15)
    assert expected[10, 10]
    assert not expected[30, 30]
    assert_array_equal(mask, expected)


@pytest.mark.parametrize(
    ("statistic", "given_image", "says"),
    [
        ("both", False, "give `image`"),
        ("snr", True, "has no use"),
        ("mac", False, "use 'skerry flood IMAGE --use-mac'"),
    ],
)
def test_what_a_statistic_needs_is_asked_for(tmp_path, statistic, given_image, says):
    signal = write_fits(tmp_path / "x.signal.fits", np.ones((4, 4), np.float32), radio_header((4, 4), unit=None))
    options = MaskingOptions(flood_fill_statistic=statistic)
    with pytest.raises(SkerryError, match=says):
        make_snr_mask(signal, image=signal if given_image else None, options=options)
