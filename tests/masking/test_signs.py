"""Sources of both signs: each sign as a plain flood finds it, and nothing that differs where the image is negated."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal
from plain_islands import plain_flood, plain_low_snr
from scipy import ndimage

from skerry import MaskingOptions, SkerryWarning, noise_maps, seed_mask, snr_mask
from skerry.masking.beam_detection import detected_by_beam
from skerry.masking.false_islands import expected_noise_islands, with_raised_seed_clip
from skerry.masking.flood import flood_mask
from skerry.masking.smoothed_signal import smoothed_signal
from skerry.sky.beam import AREA_PER_FWHM2

PIXELS = st.floats(-7, 7, width=32) | st.sampled_from([np.nan, np.inf, -np.inf])
SIGNALS = arrays(np.float32, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14), elements=PIXELS)
FWHM = 3.2
AREA = AREA_PER_FWHM2 * FWHM**2
BOTH_STATISTICS = {
    "flood_fill_statistic": "both",
    "flood_fill_positive_seed_clip": 5,
    "flood_fill_positive_flood_clip": 2.25,
    "flood_fill_smooth_beams": 1,
    "flood_fill_smooth_seed_factor": 2.5,
    "flood_fill_false_islands": 0.3,
    "suppress_artefacts": True,
}
LOW_SNR = {"grow_low_snr_island": True, "grow_low_snr_island_size": 6}


def options(**given):
    return MaskingOptions(flood_fill=True, both_signs=True, **given)


def flooded(signal, chosen, seeds=None):
    with np.errstate(invalid="ignore"):
        return np.asarray(flood_mask(signal, chosen, seeds=seeds, pixels_per_beam=AREA).mask)


def grain(rng, shape=(300, 300)):
    """Noise of 1 sigma that is correlated as the beam is."""
    noise = ndimage.gaussian_filter(rng.normal(size=shape), FWHM / 2.3548)
    return (noise / noise.std()).astype(np.float32)


def with_source(signal, y, x, peak, fwhm=FWHM):
    rows, columns = np.indices(signal.shape)
    source = peak * np.exp(-4 * np.log(2) * ((rows - y) ** 2 + (columns - x) ** 2) / fwhm**2)
    return signal + source.astype(np.float32)


@given(SIGNALS, st.floats(0, 2, width=32), st.floats(2, 5, width=32), st.booleans())
def test_islands_are_those_of_the_signal_and_those_of_its_negative(signal, floor, seed, given_seeds):
    chosen = options(
        flood_fill_positive_seed_clip=seed, flood_fill_positive_flood_clip=floor, flood_fill_allow_empty=True
    )
    valid = np.isfinite(signal)
    seeds = valid & (np.abs(signal) >= np.float32(seed))
    expected = np.zeros(signal.shape, bool)
    for side in (signal, -signal):
        expected |= plain_flood(seeds, valid & (side > np.float32(floor)))
    quiet = expected.any() or (given_seeds and not seeds.any())
    with nullcontext() if quiet else pytest.warns(SkerryWarning):
        assert_array_equal(flooded(signal, chosen, seeds if given_seeds else None), expected)


@given(SIGNALS, st.sampled_from([{}, BOTH_STATISTICS, LOW_SNR, BOTH_STATISTICS | LOW_SNR]))
@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
def test_the_negative_of_a_signal_has_the_same_mask(signal, given_options):
    chosen = options(**given_options)
    assert_array_equal(flooded(-signal, chosen), flooded(signal, chosen))


@pytest.mark.parametrize("given_options", [{}, BOTH_STATISTICS])
def test_the_mask_has_the_sources_of_both_signs_and_its_negative_too(rng, band_rows, given_options):
    signal = with_source(with_source(grain(rng), 80, 90, 12), 200, 210, -12)
    signal[:7] = np.nan
    chosen = options(**given_options)
    mask = flooded(signal, chosen)
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    assert count == 2
    assert 0 < labels[80, 90] < labels[200, 210]
    assert_array_equal(flooded(-signal, chosen), mask)


def test_no_island_grows_from_one_sign_into_the_other():
    signal = np.array([[0, 9, 3, -3, -3, 0, -9, 3, 0]], np.float32)
    chosen = options(flood_fill_positive_seed_clip=5)
    assert_array_equal(flooded(signal, chosen)[0], [0, 1, 1, 0, 0, 0, 1, 0, 0])


def test_the_deepest_pixel_of_a_box_hides_nothing():
    """Beside a negative source of equal strength, which a minimum absolute clip takes for an artefact."""
    signal = with_source(with_source(np.zeros((60, 60), np.float32), 30, 20, 10), 30, 40, -10)
    given_options = {"flood_fill_statistic": "both", "flood_fill_positive_seed_clip": 5}
    assert flooded(signal, options(**given_options))[30, [20, 40]].all()
    with pytest.warns(SkerryWarning, match="the mask is empty"):
        assert not flood_mask(signal, MaskingOptions(flood_fill=True, **given_options), signal=signal).mask.any()


@given(SIGNALS)
def test_low_islands_are_those_of_each_sign(signal):
    chosen = options(flood_fill_positive_seed_clip=90, flood_fill_allow_empty=True, **LOW_SNR)
    expected = plain_low_snr(signal, 1.75, 6) | plain_low_snr(-signal, 1.75, 6)
    with pytest.warns(SkerryWarning):
        assert_array_equal(flooded(signal, chosen), expected)


def test_a_seed_clip_that_nothing_reaches_is_lowered_to_the_highest_of_either_sign():
    signal = np.array([[0, 2, 0, -4, 0, 3.8, 3]], np.float32)
    with pytest.warns(SkerryWarning, match=r"lowered to 3\.6 sigma"):
        islands = flood_mask(signal, options(flood_fill_positive_seed_clip=5))
    assert_array_equal(np.asarray(islands.mask)[0], [0, 0, 0, 1, 0, 1, 1])
    assert islands.seed_clip == pytest.approx(3.6)
    with pytest.warns(SkerryWarning, match=r"lowered to 3\.6 sigma"):
        seeds = seed_mask(signal, 5, both_signs=True)
    assert_array_equal(np.asarray(seeds.mask)[0], [0, 0, 0, 1, 0, 1, 0])


@given(SIGNALS, st.floats(0, 6, width=32), st.booleans())
def test_pixels_are_compared_with_a_clip_by_their_absolute_value(signal, clip, inclusive):
    value = np.abs(signal)
    above = value >= np.float32(clip) if inclusive else value > np.float32(clip)
    found = snr_mask(signal, clip, inclusive=inclusive, both_signs=True)
    assert_array_equal(np.asarray(found), above & np.isfinite(signal))


@pytest.mark.parametrize("given_options", [{"flood_fill_positive_seed_clip": 4.0}, BOTH_STATISTICS])
def test_noise_has_twice_as_many_chances(given_options):
    plain = {"flood_fill_mac_seed_factor": 0, "flood_fill_mac_flood_factor": 0} | given_options
    plain |= {"flood_fill_smooth_seed_factor": 0} if "flood_fill_smooth_seed_factor" in given_options else {}
    one = expected_noise_islands(5, 10**6, MaskingOptions(**plain), AREA)
    both = expected_noise_islands(5, 10**6, options(**given_options), AREA)
    assert both == pytest.approx(2 * one, rel=1e-6)
    assert one > 0.01


def test_the_seed_clip_is_raised_for_both_sides_together():
    image, allowed = np.zeros((900, 900), np.float32), 0.5
    both = with_raised_seed_clip(image, options(flood_fill_false_islands=2 * allowed), AREA)
    one = with_raised_seed_clip(image, MaskingOptions(flood_fill_false_islands=allowed), AREA)
    assert both.flood_fill_positive_seed_clip == pytest.approx(one.flood_fill_positive_seed_clip, rel=1e-6)


def test_as_many_islands_of_noise_are_found_as_are_allowed(rng):
    chosen = options(flood_fill_positive_seed_clip=2, flood_fill_false_islands=20)
    found = [ndimage.label(flooded(grain(rng, (700, 700)), chosen), np.ones((3, 3)))[1] for _ in range(6)]
    # The count takes the noise for measured, in boxes that let a few more through.
    assert 8 < np.mean(found) < 30


def test_negative_sources_lift_neither_the_noise_nor_its_smoothed_sigma(rng):
    noise = grain(rng)
    signal = noise.copy()
    for y in range(20, 300, 40):
        for x in range(20, 300, 40):
            signal = with_source(signal, y, x, -30, 12)
    plain = np.asarray(noise_maps(noise)[0])
    both, one = (np.asarray(noise_maps(signal, both_signs=signs)[0]) for signs in (True, False))
    assert np.median(both / plain) == pytest.approx(1, abs=0.06)
    assert np.median(one / plain) > 1.2
    smooth = [np.asarray(smoothed_signal(signal, FWHM, both_signs=signs)) for signs in (True, False)]
    assert np.abs(smooth[0]).max() > 1.2 * np.abs(smooth[1]).max()


@pytest.mark.parametrize("box_size", [32, 33, 400])
@pytest.mark.parametrize("share", [0.0, 0.6])
def test_the_noise_of_the_negative_image_is_the_same(rng, box_size, share):
    """Bit for bit, also where too few pixels of each box are valid."""
    image = with_source(with_source(grain(rng), 80, 90, 40, 20), 200, 210, -25, 20) + np.float32(0.3)
    image[rng.random(image.shape) < share] = np.nan
    rms, bkg = map(np.asarray, noise_maps(image, box_size=box_size, both_signs=True))
    rms_of_negative, bkg_of_negative = map(np.asarray, noise_maps(-image, box_size=box_size, both_signs=True))
    assert_array_equal(rms_of_negative, rms)
    assert_array_equal(bkg_of_negative, -bkg)
    plain = [np.asarray(plane) for plane in noise_maps(image, box_size=box_size)]
    assert np.nanmedian(rms / plain[0]) == pytest.approx(1, abs=0.01)
    assert np.nanmedian(bkg - plain[1]) == pytest.approx(0, abs=0.02)


def test_a_beam_sees_sources_of_both_signs(rng):
    image = with_source(with_source(grain(rng), 80, 90, 15), 200, 210, -15)
    seen = np.asarray(detected_by_beam(image, options(extract_beam_smoothed_clip=5), AREA))
    assert seen[[80, 200], [90, 210]].all()
    one = np.asarray(detected_by_beam(image, MaskingOptions(extract_beam_smoothed_clip=5), AREA))
    assert_array_equal(one[[80, 200], [90, 210]], [True, False])
