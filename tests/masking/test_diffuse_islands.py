"""Islands of low significance, judged as a whole: by their size and by the significance of their sum."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry import MaskingOptions, SkerryError
from skerry.filters.islands import label_islands, significant_islands
from skerry.masking.diffuse_islands import diffuse_islands as low_snr_bits
from skerry.masking.diffuse_islands import large_faint_islands

FWHM = 3.2
BEAM_AREA = math.pi / (4 * math.log(2)) * FWHM**2


def options(**given):
    """Islands of any size, unless it is given."""
    return MaskingOptions(**{f"grow_low_snr_island_{name}": value for name, value in ({"size": 1} | given).items()})


def low_snr_islands(*given):
    """As an array."""
    return np.asarray(low_snr_bits(*given))


def plainly_grown(signal, clip, size, region):
    """Closing by 2 pixels, less what is invalid, and the size of each island, by SciPy."""
    corners, valid = np.ones((3, 3), bool), np.isfinite(signal)
    grown = ndimage.binary_dilation(valid & (signal > np.float32(clip)), corners, 2)
    mask = ndimage.binary_erosion(grown, corners, 2, border_value=1) & valid & ~region
    labels, _ = ndimage.label(mask, corners)
    return (np.bincount(labels.ravel()) >= size)[labels] & mask


def grain(rng, size=512):
    """Noise of 1 sigma that is correlated as the beam is."""
    noise = ndimage.gaussian_filter(rng.normal(size=(size, size)), FWHM / 2.3548, mode="wrap")
    return (noise / noise.std()).astype(np.float32)


@pytest.mark.usefixtures("band_rows")
# The height of the bands is the same for every example.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32 - 1), st.sampled_from([(1, 90), (70, 1), (23, 40), (40, 130)]))
def test_islands_are_closed_and_large_as_scipy_says(seed, shape):
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=shape).astype(np.float32)
    signal[rng.random(shape) < 0.1] = np.nan
    signal[rng.random(shape) < 0.05] = np.inf
    region = rng.random(shape) < 0.2
    expected = plainly_grown(signal, 1.6, 9, region)
    assert_array_equal(low_snr_bits(signal, options(clip=1.6, size=9), None, region), expected)
    grown = large_faint_islands(signal, 1.6, 9, region)
    assert_array_equal(grown, expected)
    assert grown.dtype == bool


def test_the_sum_of_noise_over_a_region_has_the_variance_of_twice_its_beams(rng):
    side = 64
    sums = grain(rng, 2048).reshape(2048 // side, side, -1, side).sum(axis=(1, 3))
    # Of a chi squared with 1023 degrees of freedom, and of the edge of the region.
    assert sums.std() == pytest.approx(math.sqrt(side**2 * 2 * BEAM_AREA), rel=0.08)


@pytest.mark.parametrize(("significance", "kept"), [(14.3, True), (14.5, False)])
def test_an_island_needs_its_significance(significance, kept):
    signal = np.zeros((60, 60), np.float32)
    signal[20:40, 20:40] = 2.5
    # 400 pixels of 2.5 sigma, over sqrt(400 x 2 x 6) sigma.
    mask = low_snr_islands(signal, options(significance=significance), 6.0)
    assert_array_equal(mask, (signal > 0) & kept)


def test_the_size_counts_besides_the_significance():
    signal = np.zeros((60, 60), np.float32)
    signal[20:40, 20:40] = 2.5
    assert low_snr_islands(signal, options(significance=5, beams=66), 6.0).any()
    assert not low_snr_islands(signal, options(significance=5, beams=67), 6.0).any()


def test_the_sum_of_an_island_leaves_out_the_others_and_what_is_invalid():
    values = np.array([[3, 3, 0, 9], [0, 0, np.nan, 0]], np.float32)
    mask = values > 0
    assert_array_equal(significant_islands(mask, values, 1, 4.3), [[False, False, False, True], [False] * 4])
    assert_array_equal(significant_islands(mask, values, 2, 4.2), [[True, True, False, False], [False] * 4])


@pytest.mark.parametrize("smooth", [None, 1])
def test_noise_has_no_island_of_8_sigma(rng, smooth):
    found = low_snr_islands(grain(rng, 1024), options(significance=8, smooth_beams=smooth), BEAM_AREA)
    assert not found.any()


def test_smoothed_islands_hold_diffuse_emission_and_little_noise(rng):
    """A disc of 2 sigma: closed pixels run into the noise round it, smoothed ones do not."""
    y, x = np.mgrid[:512, :512]
    disc = np.hypot(y - 256, x - 256) < 60
    signal = grain(rng) + np.float32(2) * disc
    closed, smoothed = (
        low_snr_islands(signal, options(significance=12, **given), BEAM_AREA)
        for given in ({"clip": 1.75}, {"clip": 2.25, "smooth_beams": 1})
    )
    near = np.hypot(y - 256, x - 256) < 64
    assert label_islands(smoothed)[1] == 1
    assert smoothed[disc].mean() > 0.6
    assert (smoothed & ~near).sum() < 0.2 * (closed & ~near).sum()


@pytest.mark.parametrize("name", ["beams", "significance", "smooth_beams"])
def test_without_the_area_of_the_beam_no_island_is_judged_by_it(name):
    with pytest.raises(SkerryError, match=f"`grow_low_snr_island_{name}`: needs the area of the beam"):
        low_snr_islands(np.ones((9, 9), np.float32), options(**{name: 1}))


def test_a_region_may_be_left_out_of_smoothed_islands():
    signal = np.full((40, 40), -0.1, np.float32)
    signal[10:30, 10:30] = 9
    left = np.zeros(signal.shape, bool)
    left[:, :20] = True
    mask = low_snr_islands(signal, options(smooth_beams=0.5), BEAM_AREA, left)
    assert mask[12:28, 22:28].all()
    assert not mask[:, :20].any()
