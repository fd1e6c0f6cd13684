"""Clips in sigma and the minimum absolute clip."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry import MaskingOptions, SkerryError, SkerryWarning, create_boxcar_skew_mask, minimum_absolute_clip
from skerry.minimum import minimum_absolute_level
from skerry.threshold import seed_mask, snr_mask, snr_mask_step

PIXELS = st.floats(-4, 8, width=32) | st.sampled_from([np.nan, np.inf, -np.inf])
IMAGES = arrays(np.float32, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12), elements=PIXELS)
BOXES = st.integers(1, 40)


def plain_minimum(image, box):
    """Minimum of each box as SciPy states it."""
    filled = np.where(np.isfinite(image), image, np.inf)
    return ndimage.minimum_filter(filled, size=box, mode="constant", cval=np.inf)


def plain_positive_fraction(image, box):
    """Share of positive pixels in each box, counted pixel by pixel."""
    before, after = box // 2, box - box // 2 - 1
    fraction = np.zeros(image.shape)
    for y, x in np.ndindex(image.shape):
        part = image[max(0, y - before) : y + after + 1, max(0, x - before) : x + after + 1]
        valid = part[np.isfinite(part)]
        fraction[y, x] = (valid > 0).mean() if valid.size else 0
    return fraction


def plain_adaptive_level(image, box, depth, step, delta):
    level = plain_minimum(image, box)
    for _ in range(depth):
        skewed = plain_positive_fraction(image, box) > 0.5 + delta
        box = int(box * step)
        level = np.where(skewed, plain_minimum(image, box), level)
    return np.abs(level)


def test_a_pixel_at_the_clip_is_not_above_it():
    assert_array_equal(snr_mask(np.array([[3.9, 4.0, 4.1]], np.float32), 4), [[False, False, True]])


def test_a_pixel_at_the_seed_clip_is_a_seed():
    assert_array_equal(seed_mask(np.array([[4.4, 4.5, 4.6]], np.float32), 4.5).mask, [[False, True, True]])


def test_invalid_pixels_are_never_masked():
    signal = np.array([[np.nan, np.inf, -np.inf, 9.0]], np.float32)
    assert_array_equal(snr_mask(signal, 4), [[False, False, False, True]])
    assert_array_equal(seed_mask(signal, 4).mask, [[False, False, False, True]])


def test_where_nothing_reaches_the_seed_clip_it_is_lowered_to_nine_tenths_of_the_maximum():
    with pytest.warns(SkerryWarning, match=r"lowered to 2\.7 sigma"):
        seeds = seed_mask(np.array([[3.0, 2.8, 2.6, np.inf]], np.float32), 4.5)
    assert seeds.clip == pytest.approx(2.7)
    assert_array_equal(seeds.mask, [[True, True, False, False]])


def test_a_mask_may_stay_empty_if_asked():
    with pytest.warns(SkerryWarning, match="no seeds"):
        seeds = seed_mask(np.array([[3.0, 2.8]], np.float32), 4.5, allow_empty=True)
    assert seeds.clip == 4.5
    assert not seeds.mask.any()


@pytest.mark.parametrize("value", [-1.0, 0.0, np.nan])
def test_an_image_without_positive_pixels_has_no_seeds(value):
    with pytest.warns(SkerryWarning, match="no seeds"):
        assert not seed_mask(np.full((3, 3), value, np.float32), 4.5).mask.any()


@given(IMAGES, BOXES)
def test_the_level_is_the_minimum_filter_of_scipy(image, box):
    assert_array_equal(minimum_absolute_level(image, box), np.abs(plain_minimum(image, box)))


@given(IMAGES, BOXES, st.floats(0, 3))
def test_the_clip_is_a_factor_of_the_level(image, box, factor):
    factor = np.float32(factor)
    with np.errstate(invalid="ignore"):
        expected = (image > factor * np.abs(plain_minimum(image, box)).astype(np.float32)) & np.isfinite(image)
    assert_array_equal(minimum_absolute_clip(image, factor, box), expected)


@given(IMAGES, BOXES, st.sampled_from([0.05, 0.2, 0.45]))
def test_skew_is_the_share_of_positive_pixels_among_the_valid_ones(image, box, delta):
    fraction = plain_positive_fraction(image, box)
    clear_of_the_threshold = np.abs(fraction - 0.5 - delta) > 1e-9
    skewed = create_boxcar_skew_mask(image, delta, box)
    assert_array_equal(skewed[clear_of_the_threshold], (fraction > 0.5 + delta)[clear_of_the_threshold])


@given(IMAGES, st.integers(1, 6), st.integers(0, 4), st.sampled_from([2.0, 3.0, 4.0]))
def test_the_adaptive_box_grows_where_pixels_are_skewed(image, box, depth, step):
    expected = plain_adaptive_level(image, box, depth, step, 0.21)
    level = minimum_absolute_level(
        image, box, adaptive_max_depth=depth, adaptive_box_step=step, adaptive_skew_delta=0.21
    )
    assert_array_equal(level, expected)


def test_an_even_box_reaches_one_pixel_further_back():
    image = np.zeros((1, 9), np.float32)
    image[0, 4] = -1
    assert_array_equal(np.flatnonzero(minimum_absolute_level(image, 4)), [3, 4, 5, 6])


def test_bands_do_not_show(rng):
    image = rng.normal(size=(1200, 4000)).astype(np.float32)
    image[:, :30] = np.nan
    skewed = create_boxcar_skew_mask(image, 0.02, 20)
    y, x = 1047, 2000
    for row in range(y - 3, y + 4):
        part = image[row - 10 : row + 10, x - 10 : x + 10]
        assert skewed[row, x] == ((part > 0).mean() > 0.52)


def flat_patch():
    image = np.full((400, 400), -1.2, np.float32)
    image[150:250, 150:250] = 1.0
    return image


def test_a_flat_patch_no_brighter_than_the_negatives_are_deep_is_not_masked():
    mask = minimum_absolute_clip(flat_patch(), 1.1, 50, adaptive_max_depth=1, adaptive_box_step=4)
    assert not mask.any()


def test_one_bright_pixel_in_the_patch_is_masked_alone():
    image = flat_patch()
    image[200, 200] = 2000
    mask = minimum_absolute_clip(image, 1.1, 50, adaptive_max_depth=1, adaptive_box_step=4)
    assert_array_equal(np.argwhere(mask), [[200, 200]])


def test_a_plateau_wider_than_the_box_has_a_hole_that_the_adaptive_box_mends():
    image = np.full((200, 200), -1.0, np.float32)
    image[50:150, 50:150] = 50.0
    assert not minimum_absolute_clip(image, 1.2, 21)[100, 100]
    assert minimum_absolute_clip(image, 1.2, 21, adaptive_max_depth=4)[50:150, 50:150].all()


def test_the_image_is_left_alone(rng):
    image = rng.normal(size=(30, 30)).astype(np.float32)
    image[3, 3] = np.nan
    copy = image.copy()
    minimum_absolute_clip(image, 1.0, 7, adaptive_max_depth=2)
    assert_array_equal(image, copy)


@pytest.mark.parametrize(
    "wrong", [{"box_size": 0}, {"adaptive_box_step": 1.0}, {"adaptive_max_depth": 1, "adaptive_skew_delta": 0.5}]
)
def test_impossible_boxes_are_refused(wrong):
    with pytest.raises(SkerryError):
        minimum_absolute_clip(np.zeros((5, 5), np.float32), **wrong)


def test_the_file_says_which_clip_was_used(tmp_path):
    signal = write_fits(
        tmp_path / "x.signal.fits", np.array([[3, 5], [1, 0]], np.float32), radio_header((2, 2), unit=None)
    )
    output = snr_mask_step(signal, options=MaskingOptions(base_snr_clip=2.5))
    data, header = fits.getdata(output, header=True)
    assert output == tmp_path / "x.mask.fits"
    assert data.dtype == np.uint8
    assert_array_equal(data, [[1, 1], [0, 0]])
    assert header["SKSEED"] == 2.5


def test_seeds_are_a_product_of_their_own(tmp_path):
    signal = write_fits(
        tmp_path / "x.signal.fits", np.array([[3, 5], [1, 0]], np.float32), radio_header((2, 2), unit=None)
    )
    output = snr_mask_step(signal, seeds=True, options=MaskingOptions(flood_fill_positive_seed_clip=5))
    assert output == tmp_path / "x.seeds.fits"
    assert_array_equal(fits.getdata(output), [[0, 1], [0, 0]])


def test_an_image_with_its_noise_is_as_good_as_a_signal_image(tmp_path):
    image = write_fits(tmp_path / "x.fits", np.array([[6, 10], [1, 0]], np.float32))
    rms = write_fits(tmp_path / "r.fits", np.full((2, 2), 2, np.float32))
    assert_array_equal(fits.getdata(snr_mask_step(image, rms=rms)), [[0, 1], [0, 0]])


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
    mask = fits.getdata(snr_mask_step(**given_files, seeds=seeds, options=options, output=tmp_path / "m.fits"))
    expected = (image / np.float32(0.5) > 5) & minimum_absolute_clip(image, 1.1, 15)
    assert expected[10, 10]
    assert not expected[30, 30]
    assert_array_equal(mask, expected)


@pytest.mark.parametrize(
    ("statistic", "given_image", "says"),
    [
        ("both", False, "give --image"),
        ("snr", True, "has no use"),
        ("mac", False, "use 'skerry flood IMAGE --use-mac'"),
    ],
)
def test_what_a_statistic_needs_is_asked_for(tmp_path, statistic, given_image, says):
    signal = write_fits(tmp_path / "x.signal.fits", np.ones((4, 4), np.float32), radio_header((4, 4), unit=None))
    options = MaskingOptions(flood_fill_statistic=statistic)
    with pytest.raises(SkerryError, match=says):
        snr_mask_step(signal, image=signal if given_image else None, options=options)
