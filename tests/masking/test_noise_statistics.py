"""What noise alone does: how deep the minimum of a box is, and how many islands a clip lets through."""

from __future__ import annotations

import math

import numpy as np
import pytest
from known_images import noise as correlated_noise
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry import MaskingOptions, SkerryError, SkerryWarning
from skerry.filters.islands import label_islands
from skerry.masking import noise_statistics
from skerry.masking.false_islands import expected_noise_islands, with_raised_seed_clip
from skerry.masking.flood import flood_mask
from skerry.masking.minimum_clip import minimum_absolute_clip
from skerry.masking.noise import noise_maps
from skerry.masking.noise_statistics import box_minimum_depth, noise_islands
from skerry.masking.smoothed_floor import smoothed_floor
from skerry.sky.beam import beam_fwhm

FWHM = 3.2
BEAM_AREA = math.pi / (4 * math.log(2)) * FWHM**2


def grain(rng, size=1024, fwhm=FWHM):
    """Noise of 1 sigma that is correlated as the beam is."""
    return correlated_noise(rng, (size, size), fwhm)


def peaks_of_islands(image, seeds):
    """Highest value in `seeds` of every island of noise above 2."""
    labels, count = label_islands(image > 2)
    return ndimage.maximum(seeds, labels, np.arange(1, count + 1))


def test_a_round_beam_has_the_area_of_its_gaussian():
    assert beam_fwhm(BEAM_AREA) == pytest.approx(FWHM)


@pytest.mark.parametrize("fwhm", [2.5, 4.0, 7.0])
@pytest.mark.parametrize("box", [35, 75])
def test_the_minimum_of_a_box_of_noise_is_as_deep_as_expected(rng, fwhm, box):
    depth = -ndimage.minimum_filter(grain(rng, fwhm=fwhm), box, mode="wrap")
    assert box_minimum_depth(box, fwhm) == pytest.approx(np.median(depth), rel=0.025)


def test_the_minimum_of_75_pixels_is_3_and_a_half_sigma_deep_for_a_beam_of_3_pixels():
    assert box_minimum_depth(75, 3.2) == pytest.approx(3.45, abs=0.02)


@pytest.mark.parametrize("clip", [3.4, 3.8])
def test_noise_makes_as_many_islands_as_expected(rng, clip):
    images = [grain(rng) for _ in range(4)]
    found = sum((peaks_of_islands(noise, noise) >= clip).sum() for noise in images)
    expected = noise_islands(4 * 1024**2, FWHM, snr_clip=clip)
    assert expected > 100
    assert found == pytest.approx(expected, abs=4 * math.sqrt(expected))


def test_noise_that_is_measured_makes_more_islands_as_expected(rng):
    box, clip, found = 32, 4.0, 0
    for _ in range(4):
        noise = grain(rng)
        rms, bkg = map(np.asarray, noise_maps(noise, box_size=box, filter_size=3))
        found += (peaks_of_islands(noise, (noise - bkg) / rms) >= clip).sum()
    known = noise_islands(4 * 1024**2, FWHM, snr_clip=clip)
    expected = noise_islands(4 * 1024**2, FWHM, snr_clip=clip, noise_box=box, noise_filter=3)
    assert expected > 1.3 * known
    assert known < found == pytest.approx(expected, rel=0.2)


def test_the_depth_of_the_minimum_scatters_and_so_does_its_clip(rng):
    factor, box, found = 1.2, 45, 0
    for _ in range(4):
        noise = grain(rng)
        level = -ndimage.minimum_filter(noise, box, mode="wrap")
        found += (peaks_of_islands(noise, noise / level) >= factor).sum()
    expected = noise_islands(4 * 1024**2, FWHM, mac_factor=factor, mac_box=box)
    at_the_median = noise_islands(4 * 1024**2, FWHM, snr_clip=factor * box_minimum_depth(box, FWHM))
    assert expected > 1.5 * at_the_median
    assert found == pytest.approx(expected, rel=0.2)


def test_a_box_of_few_beams_measures_noise_that_is_too_low():
    wide, narrow = (noise_islands(10**6, 5.0, snr_clip=5, noise_box=box, noise_filter=3) for box in (200, 24))
    known = noise_islands(10**6, 5.0, snr_clip=5)
    assert known < wide < 1.2 * known
    assert narrow > 3 * known


@pytest.mark.parametrize("statistic", ["snr", "mac", "both"])
@pytest.mark.parametrize("unit", ["factor", "sigma"])
def test_the_seed_clip_is_raised_until_noise_makes_no_more_islands_than_allowed(statistic, unit):
    noise = np.zeros((2000, 2000), np.float32)
    sigma = box_minimum_depth(75, FWHM) if unit == "sigma" else 1
    options = MaskingOptions(
        flood_fill_statistic=statistic,
        flood_fill_mac_unit=unit,
        flood_fill_mac_seed_factor=1.4 * sigma,
        flood_fill_positive_seed_clip=1.0,
        flood_fill_false_islands=2,
    )
    raised = with_raised_seed_clip(noise, options, BEAM_AREA).flood_fill_positive_seed_clip
    clip = {"snr": {"snr_clip": raised}, "mac": {"mac_factor": raised / sigma}}.get(
        statistic, {"snr_clip": raised, "mac_factor": 1.4}
    )
    boxes = {} if statistic == "mac" else {"noise_box": 32, "noise_filter": 3}
    assert noise_islands(noise.size, FWHM, mac_box=75, **clip, **boxes) == pytest.approx(2, rel=1e-6)


@pytest.mark.parametrize("unit", ["factor", "sigma"])
def test_smoothed_noise_has_as_many_seeds_as_expected(rng, unit):
    wide = math.sqrt(2) * FWHM
    options = MaskingOptions(
        flood_fill_statistic="both",
        flood_fill_mac_unit=unit,
        flood_fill_mac_seed_factor=50,  # None of single pixels.
        flood_fill_smooth_beams=1,
        flood_fill_smooth_seed_factor=box_minimum_depth(45, wide) if unit == "sigma" else 1,
        flood_fill_use_mac_box_size=45,
        flood_fill_positive_seed_clip=3.2,
        noise_box_size=10**5,
    )
    smoothed = [smoothed_floor(grain(rng), options, BEAM_AREA).seeds for _ in range(2)]
    expected = expected_noise_islands(3.2, 2 * 1024**2, options, BEAM_AREA)
    assert expected > 200
    assert sum(label_islands(np.asarray(seeds))[1] for seeds in smoothed) == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize("other", [{"flood_fill_statistic": "snr"}, {"flood_fill_smooth_seed_factor": None}])
def test_only_seeds_of_the_smoothed_signal_are_counted_there(other):
    options = MaskingOptions(flood_fill_statistic="both", flood_fill_smooth_beams=1, flood_fill_smooth_seed_factor=1)
    without = options.model_copy(update={"flood_fill_smooth_beams": None, **other})
    found, plain = (
        expected_noise_islands(4, 10**6, some, BEAM_AREA) for some in (options.model_copy(update=other), without)
    )
    assert found == plain


def test_a_seed_clip_that_is_high_enough_is_not_lowered():
    options = MaskingOptions(flood_fill_false_islands=1, flood_fill_positive_seed_clip=8)
    assert with_raised_seed_clip(np.zeros((100, 100), np.float32), options, 12.0).flood_fill_positive_seed_clip == 8


def test_only_valid_pixels_make_islands_of_noise():
    options = MaskingOptions(flood_fill_false_islands=0.1, flood_fill_positive_seed_clip=2)
    half = np.zeros((400, 400), np.float32)
    half[:200] = np.nan
    clips = [
        with_raised_seed_clip(image, options, BEAM_AREA).flood_fill_positive_seed_clip
        for image in (half, np.zeros((200, 400), np.float32), np.zeros((400, 400), np.float32))
    ]
    assert clips[0] == clips[1] < clips[2]


@pytest.mark.parametrize("statistic", ["snr", "mac", "both"])
def test_an_image_of_noise_has_as_many_islands_as_allowed(rng, statistic):
    options = MaskingOptions(
        flood_fill=True,
        flood_fill_statistic=statistic,
        flood_fill_positive_seed_clip=1,
        flood_fill_mac_seed_factor=1,
        flood_fill_positive_flood_clip=1,
        flood_fill_false_islands=15,
        flood_fill_use_mac_box_size=35,
    )
    noise = grain(rng)
    rms, bkg = map(np.asarray, noise_maps(noise))
    signal = (noise - bkg) / rms
    image = signal if statistic == "snr" else noise
    mask = np.asarray(flood_mask(image, options, signal=signal, pixels_per_beam=BEAM_AREA).mask)
    # Three standard deviations of a Poisson distribution.
    assert 4 <= label_islands(mask)[1] <= 26


def test_where_noise_has_nothing_above_the_raised_clip_the_mask_stays_empty(rng):
    options = MaskingOptions(flood_fill=True, flood_fill_false_islands=1e-4)
    with pytest.warns(SkerryWarning, match="no seeds"):
        assert not flood_mask(grain(rng, 200), options, pixels_per_beam=BEAM_AREA).mask.any()


@pytest.mark.parametrize(
    "wanted", [{"flood_fill_false_islands": 1}, {"flood_fill_statistic": "mac", "flood_fill_mac_unit": "sigma"}]
)
def test_without_the_area_of_the_beam_noise_is_not_known(wanted):
    with pytest.raises(SkerryError, match="area of the beam"):
        flood_mask(np.zeros((9, 9), np.float32), MaskingOptions(**wanted))


def test_a_clip_of_the_minimum_in_sigma_is_a_factor_of_it(rng):
    image = grain(rng, 300)
    image[100:110, 100:110] += 20
    sigma = box_minimum_depth(35, FWHM)
    options = MaskingOptions(
        flood_fill_statistic="mac",
        flood_fill_mac_unit="sigma",
        flood_fill_use_mac_box_size=35,
        flood_fill_positive_seed_clip=5,
        flood_fill_positive_flood_clip=3,
    )
    seeds, floor = (minimum_absolute_clip(image, clip / sigma, 35) for clip in (5, 3))
    expected = ndimage.binary_propagation(seeds & floor, structure=np.ones((3, 3)), mask=floor)
    islands = flood_mask(image, options, pixels_per_beam=BEAM_AREA)
    assert_array_equal(islands.mask, expected)
    assert islands.seed_clip == 5


def test_the_minimum_of_a_smoothed_floor_is_that_of_noise_correlated_by_two_beams(rng):
    signal = grain(rng, 300)
    options = {"flood_fill_statistic": "both", "flood_fill_smooth_beams": 1, "flood_fill_positive_flood_clip": 1}
    sigma = box_minimum_depth(75, math.sqrt(2) * FWHM)
    in_sigma, in_factors = (
        smoothed_floor(
            signal, MaskingOptions(**options, flood_fill_mac_flood_factor=clip, flood_fill_mac_unit=unit), A
        ).floor
        for A, clip, unit in ((BEAM_AREA, 0.5 * sigma, "sigma"), (BEAM_AREA, 0.5, "factor"))
    )
    assert in_sigma.any()
    assert_array_equal(in_sigma, in_factors)


def test_nodes_of_the_quadrature_are_those_of_numpy() -> None:
    nodes, weights = np.polynomial.hermite_e.hermegauss(24)
    np.testing.assert_allclose(noise_statistics._NOISE_NODES, nodes[12:], rtol=1e-13)
    np.testing.assert_allclose(noise_statistics._NOISE_WEIGHTS, weights[12:], rtol=1e-12)
