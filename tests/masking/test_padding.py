"""Padding that is not NaN, and stray pixels, are no sky; whatever only resembles them is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry.masking.padding import without_padding
from skerry.masking.padding_sample import Sample

BEAM = 1.7  # sigma, pixels


def noise(rng, shape=(256, 256), beam=BEAM):
    """Noise of sigma 1, as correlated as a beam makes it."""
    image = ndimage.gaussian_filter(rng.normal(size=shape), beam)
    return (image / image.std()).astype(np.float32)


def distance(shape=(256, 256)):
    """From the middle, pixels."""
    return np.hypot(*(axis - n / 2 for axis, n in zip(np.ogrid[: shape[0], : shape[1]], shape, strict=True)))


def source(peak, shape=(256, 256), y=128, x=128, sigma=BEAM):
    """A Gaussian, float32."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (peak * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 2 / sigma**2)).astype(np.float32)


def invalid(image):
    """Pixels that are found to be invalid."""
    return ~np.isfinite(np.asarray(without_padding(np.asarray(image, np.float32)).plane))


def left_alone(image):
    """Whether an image is taken for what it is, and given back itself."""
    image = np.asarray(image, np.float32)
    return without_padding(image).plane is image


@pytest.mark.parametrize("radius", [60, 95, 120])  # 83, 57 and 31 per cent outside
@pytest.mark.parametrize("value", [0.0, 2.5e-19, -999.0, 1e20, 3e-7])
def test_padding_of_one_value_is_invalid_to_its_last_pixel(rng, radius, value):
    outside = distance() > radius
    image = np.where(outside, value, noise(rng))
    assert_array_equal(invalid(image), outside)


@pytest.mark.parametrize("radius", [60, 95, 120])
@pytest.mark.parametrize("scale", [1e-15, 1e-7])
def test_padding_of_next_to_nothing_is_invalid(rng, radius, scale):
    outside = distance() > radius
    image = np.where(outside, scale * rng.normal(size=outside.shape), noise(rng) + source(100))
    assert_array_equal(invalid(image), outside)


def test_a_residue_of_single_precision_beside_a_smaller_area_of_padding_is_invalid(rng):
    outside = distance() > 120
    image = np.where(outside, 1e-5 * rng.normal(size=outside.shape), noise(rng))
    assert_array_equal(invalid(image), outside)


@pytest.mark.parametrize("radius", [60, 95, 120])
def test_tails_of_a_resampling_are_padding_but_next_to_the_sky(rng, radius):
    image = ndimage.shift(np.where(distance() > radius, 0, noise(rng)).astype(float), 0.5, order=3)
    found = invalid(image)
    assert found[distance() > radius + 12].all()
    assert not found[distance() < radius - 1].any()
    assert np.abs(image[(distance() > radius + 2) & ~found]).max() < 0.5


def test_padding_beside_invalid_pixels_need_not_reach_the_edge(rng):
    image = noise(rng)
    image[distance() > 60] = 0
    image[distance() > 100] = np.nan
    assert_array_equal(invalid(image), distance() > 60)


@pytest.mark.parametrize("width", [249, 253, 256])
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_padding_may_reach_one_edge_alone(rng, width, turns):
    image, outside = noise(rng, (256, width)), np.zeros((256, width), bool)
    outside[80:180, 200:] = True
    image[outside] = 0
    assert_array_equal(invalid(np.rot90(image, turns)), np.rot90(outside, turns))


def test_the_first_and_the_last_row_are_looked_at():
    rows = Sample.of(np.repeat(np.arange(1000, dtype=np.float32)[:, np.newaxis], 20, axis=1)).pixels[:, 0]
    assert (rows[0], rows[-1]) == (0, 999)
    assert np.ptp(np.diff(rows)) <= 1


def test_a_pedestal_does_not_hide_padding(rng):
    outside = distance() > 95
    assert_array_equal(invalid(np.where(outside, 0, 40 + noise(rng))), outside)


def test_padding_beside_coarse_levels_is_found(rng):
    outside = distance() > 95
    image = np.where(outside, 0, np.round(noise(rng) * 4) / 4)
    found = invalid(image)
    assert_array_equal(found & (distance() > 96), distance() > 96)
    assert found[~outside].mean() < 0.01


NOISY = {
    "noise": lambda rng: noise(rng),
    "white noise": lambda rng: rng.normal(size=(256, 256)),
    "smooth noise": lambda rng: noise(rng, beam=12),
    "dynamic range of a million": lambda rng: noise(rng) + source(1e6),
    "a bright source as wide as the image": lambda rng: noise(rng) + source(1e6, sigma=40),
    "two mosaics, one of a hundredth of the noise": lambda rng: noise(rng) * np.where(np.arange(256) < 128, 1, 100),
    "most of the noise a hundredth": lambda rng: noise(rng) * np.where(np.arange(256) < 240, 1, 100),
    "noise that rises towards the edge": lambda rng: noise(rng) * np.exp((distance() / 128) ** 2 * np.log(100)),
    "a small image": lambda rng: noise(rng, (20, 20)),
    "a row": lambda rng: rng.normal(size=(1, 100)),
    "a column": lambda rng: rng.normal(size=(100, 1)),
    "a pixel": lambda _rng: np.ones((1, 1)),
    "levels of a sixteenth of sigma": lambda rng: np.round(noise(rng) * 16),
    "levels of a quarter of sigma": lambda rng: np.round(noise(rng) * 4),
    "levels of sigma": lambda rng: np.round(noise(rng)),
    "levels of two sigma": lambda rng: np.round(noise(rng) / 2),
    "levels of ten sigma, and a source": lambda rng: np.round((noise(rng) + source(500)) / 10),
    "a saturated source": lambda rng: np.minimum(noise(rng) + source(1e4, sigma=8), 100),
    "blanked sources": lambda rng: np.where((distance() % 40 < 15) & (distance() < 100), 0, noise(rng)),
    "a block of zeros": lambda rng: np.where(distance() < 20, 0, noise(rng)),
    "negative pixels clipped": lambda rng: np.maximum(noise(rng), 0),
    "smooth negative pixels clipped": lambda rng: np.maximum(noise(rng, beam=10), 0),
    "clipped at 3 sigma": lambda rng: np.where(np.abs(noise(rng)) < 3, 0, noise(rng)),
    "smooth, clipped at 1 sigma": lambda rng: np.where(np.abs(noise(rng, beam=8)) < 1, 0, noise(rng, beam=8)),
    "sources without noise": lambda _rng: source(1) + source(0.1, x=40) + source(0.3, y=200),
    "an extended source without noise": lambda _rng: source(1, sigma=25),
    "an extended source without noise, clipped": lambda _rng: np.where(
        source(1, sigma=25) > 0.01, source(1, sigma=25), 0
    ),
    "components": lambda rng: np.where(rng.random((256, 256)) < 0.01, rng.normal(size=(256, 256)), 0),
    "one value": lambda _rng: np.full((256, 256), 3.0),
    "zeros": lambda _rng: np.zeros((256, 256)),
}


@pytest.mark.parametrize("what", NOISY)
def test_what_is_no_padding_is_left_alone(what, rng):
    assert left_alone(NOISY[what](rng))


def test_stray_pixels_among_invalid_ones_are_invalid(rng):
    image = noise(rng)
    outside = distance() > 110.5
    image[outside] = np.nan
    far = np.flatnonzero(distance() > 114)
    image.flat[rng.choice(far, 60, replace=False)] = 100
    image[10:13, 10:14] = -100
    assert_array_equal(invalid(image), outside)


@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_a_stray_pixel_that_touches_the_sky_goes_with_those_that_do_not(rng, monkeypatch, rows):
    monkeypatch.setattr("skerry.masking.padding._ROWS_AT_ONCE", rows)
    image = noise(rng, (130, 101))
    outside = np.zeros(image.shape, bool)
    outside[:, 70:] = True
    image[outside] = np.nan
    image[50, 90] = image[40, 70] = image[125, 70] = image[0, 70] = image[129, 100] = 100
    corner = outside.copy()
    # Beyond the edge of the image there may be more of it.
    corner[0, 70] = False
    assert_array_equal(invalid(image), corner)


def test_a_tip_of_the_sky_stays_where_there_are_no_stray_pixels(rng):
    image = noise(rng)
    image[distance() > 110] = np.nan  # of the circle, with one pixel at its top
    assert left_alone(image)


def test_a_small_image_among_invalid_pixels_is_no_stray(rng):
    image = np.full((64, 64), np.nan, np.float32)
    image[20:23, 20:23] = rng.normal(size=(3, 3))
    assert left_alone(image)


def test_an_image_without_valid_pixels_is_told():
    assert without_padding(np.full((20, 20), np.nan, np.float32)).empty
    assert without_padding(np.full((20, 20), np.inf, np.float32)).empty
    assert not without_padding(np.zeros((20, 20), np.float32)).empty


@pytest.mark.usefixtures("band_rows")
def test_valid_pixels_do_not_depend_on_bands(rng):
    outside = distance((90, 100)) > 40.5
    image = np.where(outside, np.float32(1e-17), noise(rng, (90, 100)))
    image[:5, :30] = np.nan
    image[2, 3] = 5
    assert_array_equal(invalid(image), outside)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    corner=st.tuples(st.integers(0, 60), st.integers(0, 60)),
    value=st.sampled_from([0.0, 1e-18, -2.5e-19, 7.0, -1e30]),
    peak=st.sampled_from([0.0, 10.0, 1e5]),
    turned=st.booleans(),
)
@example(seed=0, corner=(4, 1), value=0.0, peak=0.0, turned=False)  # one column is no flat region
@example(seed=0, corner=(11, 6), value=7.0, peak=0.0, turned=True)  # six columns are none that is looked for alone
def test_padding_is_as_good_as_nan(seed, corner, value, peak, turned):
    rng = np.random.default_rng(seed)
    image = noise(rng, (100, 120)) + source(peak, (100, 120), 80, 95)
    outside = np.ones(image.shape, bool)
    outside[corner[0] :, corner[1] :] = False
    outside[60:64, 100:] = corner[0] > 30
    if turned:
        image, outside = image[::-1, ::-1], outside[::-1, ::-1]
    found = np.asarray(without_padding(np.where(outside, np.float32(value), image)).plane)
    square = np.ones((3, 3))
    large = outside & ndimage.binary_dilation(ndimage.binary_erosion(outside, square, border_value=1), square)
    if large.sum() >= 64 * 8 and (corner[0] or corner[1] >= 8):
        assert_array_equal(found, np.where(large, np.float32(np.nan), np.where(outside, np.float32(value), image)))
