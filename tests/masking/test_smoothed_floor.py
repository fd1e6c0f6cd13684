"""The floor on smoothed signal: faint emission comes out of the noise, and islands do not run into it."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest
from conftest import radio_header
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from skerry import MaskingOptions
from skerry.errors import SkerryError, SkerryWarning
from skerry.filters.brightest_pixel import Surveyed
from skerry.masking.flood import flood_mask
from skerry.masking.flood_statistic import marks_by_statistic
from skerry.masking.minimum_clip import mac_level
from skerry.masking.noise import noise_maps
from skerry.masking.signal import signal_image
from skerry.masking.smoothed_floor import floor_smoothing, smoothed_floor
from skerry.masking.smoothed_signal import SmoothedSignal, smoothed_signal
from skerry.sky.beam import pixel_beam

FWHM = 3.2
BEAM_AREA = np.pi / (4 * np.log(2)) * FWHM**2
OPTIONS = MaskingOptions(
    flood_fill=True,
    flood_fill_statistic="both",
    flood_fill_positive_seed_clip=5,
    flood_fill_positive_flood_clip=2.25,
    flood_fill_smooth_beams=1,
    flood_fill_mac_seed_factor=1.6,
    flood_fill_mac_flood_factor=0.5,
    flood_fill_use_mac_box_size=35,
)


def grain(rng, shape=(300, 300)):
    """Noise of 1 sigma that is correlated as the beam is."""
    noise = ndimage.gaussian_filter(rng.normal(size=shape), FWHM / 2.3548)
    return (noise / noise.std()).astype(np.float32)


def plain_floor(signal, options, fwhm):
    """The same by SciPy alone, in double precision."""
    valid = np.isfinite(signal)
    smooth = ndimage.gaussian_filter(
        np.where(valid, signal, 0).astype(float), fwhm / 2.3548, mode="constant", truncate=5
    )
    weight = ndimage.gaussian_filter(valid.astype(float), fwhm / 2.3548, mode="constant", truncate=5)
    smooth = np.where(valid, smooth / np.where(valid, weight, 1), np.nan)
    if (smooth < 0).any():
        smooth /= np.median(-smooth[smooth < 0]) / 0.6745
    box = options.flood_fill_use_mac_box_size
    minimum = ndimage.minimum_filter(np.where(valid, smooth, np.inf), box, mode="constant", cval=np.inf)
    floor = valid & (smooth > options.flood_fill_positive_flood_clip) & (signal > options.flood_fill_pixel_clip)
    floor &= smooth > options.flood_fill_mac_flood_factor * np.maximum(-minimum, 0)
    square = np.ones((int(FWHM),) * 2)
    return ndimage.binary_dilation(ndimage.binary_erosion(floor, square, border_value=1), square), smooth


def test_smoothed_noise_has_a_sigma_of_one(rng):
    assert np.asarray(smoothed_signal(grain(rng), FWHM)).std() == pytest.approx(1, rel=0.05)


def test_emission_does_not_lift_the_unit(rng):
    noise = grain(rng)
    emission = noise.copy()
    emission[50:150, 50:150] += 20
    found, expected = (smoothed_signal(image, FWHM)[200:300] for image in (emission, noise))
    assert_allclose(found[:, 200:], expected[:, 200:], rtol=0.06)


def test_of_both_signs_zeros_are_no_noise(rng):
    signal = grain(rng)
    noise = SmoothedSignal(signal, FWHM, both_signs=True).noise
    # Beside zeros there is less of it, within the reach of the Gaussian.
    signal = np.concatenate([signal, np.zeros((700, 300), np.float32)])
    assert SmoothedSignal(signal, FWHM, both_signs=True).noise == pytest.approx(noise, rel=0.1)


def test_invalid_pixels_neither_count_nor_spread(rng):
    signal = np.ones((30, 40), np.float32)
    signal[10:15, 20] = np.nan
    smooth = np.asarray(smoothed_signal(signal, FWHM))
    assert_array_equal(np.isnan(smooth), np.isnan(signal))
    assert_allclose(smooth[np.isfinite(smooth)], 1, rtol=1e-5)


def test_the_floor_is_that_of_a_plain_statement(rng):
    signal = grain(rng, (90, 110))
    signal[40:44, 20:70] += 3
    signal[:5], signal[60, 60], signal[61, 60] = np.nan, np.inf, -np.inf
    expected, smooth = plain_floor(signal, OPTIONS, FWHM)
    found = np.asarray(smoothed_floor(signal, OPTIONS, BEAM_AREA).floor)
    assert expected.any()
    # Where single and double precision fall on different sides of a clip.
    near = ndimage.binary_dilation(np.abs(smooth - 2.25) < 1e-4, np.ones((7, 7)))
    assert_array_equal(found[~near], expected[~near])


@pytest.mark.parametrize("beams", [1, 4])
def test_bands_decide_no_pixel_of_the_floor_and_the_seeds(rng, band_rows, beams, monkeypatch):
    signal = grain(rng, (90, 110))
    signal[40:60, 20:70] += 4
    signal[:5], signal[60, 60], signal[61, 60] = np.nan, np.inf, -np.inf
    options = OPTIONS.model_copy(update={"flood_fill_smooth_beams": beams, "flood_fill_smooth_seed_factor": 1.5})
    found = smoothed_floor(signal, options, BEAM_AREA)
    monkeypatch.undo()
    for mask, expected in zip(found, smoothed_floor(signal, options, BEAM_AREA), strict=True):
        assert expected.any()
        assert_array_equal(mask, expected)


def test_seeds_and_floor_are_judged_by_the_same_smoothed_signal(rng):
    signal = grain(rng, (90, 110))
    signal[40:60, 20:70] += 4
    options = OPTIONS.model_copy(update={"flood_fill_smooth_seed_factor": 1.5})
    smooth = np.asarray(smoothed_signal(signal, FWHM))
    box = options.flood_fill_use_mac_box_size
    depth = np.maximum(-ndimage.minimum_filter(smooth, box, mode="constant", cval=np.inf), 0)
    expected = (smooth > np.float32(1.5) * depth) & (smooth >= 5)
    assert expected.any()
    assert_array_equal(smoothed_floor(signal, options, BEAM_AREA).seeds, expected)


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 12), st.integers(1, 12)),
        elements=st.sampled_from([-2.0, 0.0, 0.5, 3.0, 9.0, np.nan]),
    )
)
def test_the_floor_holds_valid_pixels_above_the_pixel_clip_only(signal):
    floor = np.asarray(smoothed_floor(signal, OPTIONS, BEAM_AREA).floor)
    assert (signal[floor] > 0.4).all()


def test_diffuse_emission_of_one_sigma_joins_its_peak_that_a_plain_floor_loses(rng):
    y, x = np.mgrid[:300, :300]
    signal = grain(rng) + (1.3 * ((x - 150) ** 2 + (y - 150) ** 2 < 40**2)).astype(np.float32)
    signal[148:153, 148:153] += 8
    inside = (x - 150) ** 2 + (y - 150) ** 2 < 30**2
    plain = OPTIONS.model_copy(update={"flood_fill_smooth_beams": None, "flood_fill_positive_flood_clip": 1.5})
    covered = [
        np.asarray(flood_mask(signal, options, signal=signal, pixels_per_beam=BEAM_AREA).mask)[inside].mean()
        for options in (OPTIONS.model_copy(update={"flood_fill_positive_flood_clip": 1.0}), plain)
    ]
    assert covered[0] > 0.6
    assert covered[1] < 0.5


@pytest.mark.parametrize(("factor", "found"), [(2.5, True), (None, False)])
def test_an_extended_source_without_a_seed_in_any_pixel_has_one_in_the_smoothed_signal(rng, factor, found):
    y, x = np.mgrid[:300, :300]
    signal = grain(rng) + (5 * np.exp(-((x - 150) ** 2 + (y - 150) ** 2) / (2 * 12**2))).astype(np.float32)
    options = OPTIONS.model_copy(update={"flood_fill_smooth_beams": 2, "flood_fill_positive_seed_clip": 9})
    options = options.model_copy(update={"flood_fill_smooth_seed_factor": factor})
    assert signal.max() < 9
    with nullcontext() if found else pytest.warns(SkerryWarning, match="the mask is empty"):
        mask = np.asarray(flood_mask(signal, options, signal=signal, pixels_per_beam=BEAM_AREA).mask)
    assert mask[150, 150] == found
    assert not mask[:100].any()


def test_seeds_of_the_smoothed_signal_stand_above_its_own_minimum(rng):
    signal = grain(rng)
    signal[140:150, 140:150] += 12
    signal[155:165, 140:150] -= 12
    options = OPTIONS.model_copy(update={"flood_fill_smooth_seed_factor": 2.5})
    assert not smoothed_floor(signal, options, BEAM_AREA).seeds.any()
    signal[155:165, 140:150] += 12
    assert np.asarray(smoothed_floor(signal, options, BEAM_AREA).seeds)[145, 145]


def test_islands_have_no_tendrils_narrower_than_the_beam():
    signal = np.full((60, 80), -0.1, np.float32)
    signal[20:30, 20:30] = 20
    signal[25, 30:70] = 20
    mask = np.asarray(flood_mask(signal, OPTIONS, signal=signal, pixels_per_beam=BEAM_AREA).mask)
    assert mask[20:30, 20:30].all()
    assert not mask[:, 40:].any()


@pytest.mark.parametrize(("width", "stays"), [(2, True), (1, False)])
def test_a_source_that_noise_made_narrower_than_the_beam_stays_and_a_stray_pixel_does_not(width, stays):
    signal = np.full((60, 60), -0.1, np.float32)
    signal[30:33, 30 : 30 + width] = 20
    signal[31, 30] = 21
    beam = pixel_beam(radio_header((60, 60), pixel=1 / 3600, beam=(3.2 / 3600, 3.2 / 3600, 0)))
    assert beam.shape(0.5).sum() == 9  # Of which the six pixels are more than half, and three are not.
    with nullcontext() if stays else pytest.warns(SkerryWarning, match="as wide as the beam"):
        mask = np.asarray(flood_mask(signal, OPTIONS, signal=signal, beam=beam).mask)
    assert_array_equal(mask, (signal > 0) & stays)


def test_seeds_that_are_narrower_than_the_beam_are_told_to_make_no_island():
    signal = np.full((60, 60), -0.1, np.float32)
    signal[30, 30] = 20
    with pytest.warns(SkerryWarning, match="no seed is above the floor in an area of it as wide as the beam"):
        assert not flood_mask(signal, OPTIONS, signal=signal, pixels_per_beam=BEAM_AREA).mask.any()


@pytest.mark.parametrize(("bmaj", "bmin", "bpa"), [(1.9, 1.9, 0), (2.5, 2.5, 0), (7.9, 7.9, 0), (12.3, 4.75, 60)])
def test_an_island_as_wide_as_the_beam_stays_whole_where_it_is(bmaj, bmin, bpa):
    beam = pixel_beam(radio_header((40, 50), pixel=1 / 3600, beam=(bmaj / 3600, bmin / 3600, bpa)))
    shape = beam.shape(0.5)
    signal = np.full((40, 50), -0.1, np.float32)
    signal[11 : 11 + shape.shape[0], 23 : 23 + shape.shape[1]][shape] = 1000
    options = OPTIONS.model_copy(update={"flood_fill_smooth_beams": 0.01, "flood_fill_positive_flood_clip": 100})
    floor = np.asarray(smoothed_floor(signal, options, beam.area, beam).floor)
    assert_array_equal(floor, signal > 0)
    assert floor.any()


def test_without_the_area_of_the_beam_there_is_no_smoothed_floor():
    with pytest.raises(SkerryError, match="area of the beam"):
        smoothed_floor(np.zeros((4, 4), np.float32), OPTIONS, None)


def test_the_signal_is_left_alone(rng):
    signal = grain(rng, (40, 40))
    copy = signal.copy()
    smoothed_floor(signal, OPTIONS, BEAM_AREA)
    assert_array_equal(signal, copy)


@pytest.mark.parametrize("is_drawn", [False, True])
@pytest.mark.parametrize("peak", [7.0, 300.0])
def test_seeds_are_compared_with_their_level_in_the_pass_of_the_floor(rng, band_rows, is_drawn, peak):
    image = grain(rng, (150, 130))
    image[rng.random(image.shape) < 2e-3] += peak
    image[80:, 60:62] = np.nan
    signal = Surveyed(signal_image(image, *noise_maps(image, box_size=30))) if is_drawn else image
    if is_drawn:
        signal.survey()
    level = mac_level(image, OPTIONS, BEAM_AREA)
    apart = smoothed_floor(signal, OPTIONS, BEAM_AREA)
    together = smoothed_floor(signal, OPTIONS, BEAM_AREA, None, level)
    wanted = np.asarray(level.exceeded(OPTIONS.flood_fill_mac_seed_factor, among=apart.reached))
    assert wanted.any()
    assert_array_equal(np.asarray(together.reached), wanted)
    for one, other in zip(apart[:3], together[:3], strict=True):
        assert (one is None and other is None) or (one.bits == other.bits).all()


def test_seeds_that_are_given_stand_above_the_minimum_too(rng):
    signal = grain(rng, (90, 110))
    signal[40:60, 20:70] += 9
    seeds = rng.random(signal.shape) < 0.05
    expected = seeds & (signal > OPTIONS.flood_fill_mac_seed_factor * mac_level(signal, OPTIONS, BEAM_AREA).plane()[:])
    found = marks_by_statistic(signal, signal, OPTIONS, seeds, BEAM_AREA)
    assert expected.any()
    assert (seeds & ~expected).any()
    assert_array_equal(found.seeds, expected)


def test_a_floor_takes_the_smoothing_whose_noise_is_known(rng):
    signal = grain(rng, (150, 130))
    smoothing = floor_smoothing(signal, OPTIONS, BEAM_AREA)
    smoothing.sample.take(slice(0, 150), 3 * signal)
    thrice = smoothed_floor(signal, OPTIONS, BEAM_AREA, smoothing=smoothing)
    assert smoothing.noise == pytest.approx(3 * floor_smoothing(signal, OPTIONS, BEAM_AREA).noise, rel=1e-5)
    assert thrice.narrow.count() < smoothed_floor(signal, OPTIONS, BEAM_AREA).narrow.count()
