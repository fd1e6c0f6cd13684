"""Artefacts of bright sources are left out: what is no brighter than the negative pixels as far away are deep."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.testing import assert_allclose, assert_array_equal

from skerry import MaskingOptions
from skerry.errors import SkerryError
from skerry.filters.islands import label_islands
from skerry.io.fits import read_image
from skerry.masking.artefact_depth import artefact_level, stands_above
from skerry.masking.flood import flood_mask
from skerry.masking.mirror_images import without_mirrored
from skerry.steps.flood import make_flood_mask
from skerry.steps.mask import make_mask
from skerry.steps.noise import make_noise_maps
from skerry.steps.signal import make_signal_image
from skerry.steps.snr_mask import make_snr_mask

FWHM = 3.0
BEAM_AREA = np.pi / (4 * np.log(2)) * FWHM**2
SIZE, CENTRE = 161, 80
PEAK, DEPTH, RADIUS = 400.0, 8.0, 30.0
"""Of the bright source and of its artefacts, in sigma; their distance is 10 beams."""
OPTIONS = MaskingOptions(flood_fill=True, flood_fill_positive_seed_clip=5, suppress_artefacts=True)


def at(angle, radius=RADIUS):
    """Row and column of a place in the image, in degrees and pixels from the bright source."""
    turned = np.deg2rad(angle)
    return round(CENTRE + radius * np.sin(turned)), round(CENTRE + radius * np.cos(turned))


def add(signal, place, peak):
    """Add a point source to the image."""
    y, x = np.ogrid[: signal.shape[0], : signal.shape[1]]
    squared = (y - place[0]) ** 2 + (x - place[1]) ** 2
    signal += (peak * np.exp(-4 * np.log(2) * squared / FWHM**2)).astype(np.float32)


def bright_field(*, spokes=range(0, 360, 45), depth=DEPTH):
    """A bright source with a negative spoke at each of some angles, 10 beams away, and no noise."""
    signal = np.zeros((SIZE, SIZE), np.float32)
    add(signal, (CENTRE, CENTRE), PEAK)
    for angle in spokes:
        add(signal, at(angle + 10), -depth)
    return signal


def islands(signal, **options):
    return np.asarray(flood_mask(signal, OPTIONS.model_copy(update=options), pixels_per_beam=BEAM_AREA).mask)


def test_a_positive_streak_as_far_away_as_the_artefacts_is_not_masked():
    signal = bright_field()
    add(signal, at(30), 1.5 * DEPTH)
    assert islands(signal, suppress_artefacts=False)[at(30)]
    assert not islands(signal)[at(30)]


def test_nothing_negative_need_be_beside_a_streak():
    signal = bright_field(spokes=range(90, 360, 45))
    add(signal, at(45), 1.5 * DEPTH)
    assert not islands(signal)[at(45)]


def test_the_bright_source_stays():
    mask = islands(bright_field())
    assert mask.sum() == islands(bright_field(), suppress_artefacts=False).sum()
    assert mask[CENTRE, CENTRE]


def test_a_source_that_stands_above_the_artefacts_stays():
    signal = bright_field()
    add(signal, at(30), 2.2 * DEPTH)
    assert islands(signal)[at(30)]


def test_a_source_elsewhere_stays():
    signal = bright_field()
    near, far = at(30, RADIUS - 6 * FWHM), at(30, RADIUS + 6 * FWHM)
    add(signal, near, 1.5 * DEPTH)
    add(signal, far, 1.5 * DEPTH)
    assert islands(signal)[near]
    assert islands(signal)[far]


def test_rings_may_be_taken_for_wider():
    signal = bright_field()
    far = at(30, RADIUS + 6 * FWHM)
    add(signal, far, 1.5 * DEPTH)
    assert not islands(signal, suppress_artefacts_ring_beams=7)[far]


def test_the_negative_pixels_of_another_source_are_not_the_artefacts_of_this_one():
    signal = bright_field(spokes=(0, 45, 90, 135))
    add(signal, at(30), 1.5 * DEPTH)
    assert islands(signal)[at(30)]


def test_the_lobe_of_a_double_source_is_not_its_artefact():
    signal = bright_field(depth=0.09 * PEAK)
    add(signal, at(30), 0.12 * PEAK)
    assert islands(signal)[at(30)]
    assert not islands(signal, suppress_artefacts_peak_fraction=0.15)[at(30)]


def test_what_noise_may_be_is_no_artefact():
    signal = bright_field(depth=4.0)
    signal[signal < -3.5] = -3.99
    add(signal, at(30), 6.0)
    assert islands(signal)[at(30)]
    assert not islands(signal, suppress_artefacts_negative_clip=3.9)[at(30)]


def test_artefacts_end_at_the_reach():
    signal = bright_field()
    add(signal, at(30), 1.5 * DEPTH)
    assert islands(signal, suppress_artefacts_reach_beams=9)[at(30)]


@pytest.mark.parametrize(("peak", "found"), [(39, False), (41, True)])
def test_only_a_source_whose_fraction_reaches_the_negative_clip_has_artefacts(peak, found):
    signal = np.minimum(bright_field(), np.float32(peak))
    assert np.asarray(artefact_level(signal, OPTIONS, BEAM_AREA)).any() == found


def test_an_island_does_not_grow_along_faint_artefacts():
    signal = bright_field()
    source, streak = at(30), at(22, RADIUS)
    add(signal, source, 3 * DEPTH)
    signal[at(26)] = signal[streak] = 0.3 * DEPTH
    for angle in range(20, 30):
        signal[at(angle)] = max(signal[at(angle)], 0.3 * DEPTH)
    assert islands(signal, suppress_artefacts_flood_factor=0)[streak]
    assert not islands(signal)[streak]
    assert islands(signal)[source]


def test_rings_are_no_diffuse_emission_either():
    signal = bright_field()
    y, x = np.ogrid[:SIZE, :SIZE]
    distance = np.hypot(y - CENTRE, x - CENTRE)
    signal[(np.abs(distance - RADIUS) < 4) & (signal > -1)] = 3
    low = {"grow_low_snr_island": True, "grow_low_snr_island_size": 200}
    assert islands(signal, **low, suppress_artefacts=False)[at(30)]
    assert not islands(signal, **low)[at(30)]


def plain_level(signal, options):
    """The same pixel by pixel, in loops."""
    level = np.zeros(signal.shape)
    valid = np.isfinite(signal)
    peaks = [(CENTRE, CENTRE), (12, 20)]
    for peak in peaks:
        assert signal[peak] > options.suppress_artefacts_negative_clip / options.suppress_artefacts_peak_fraction
    y, x = np.mgrid[: signal.shape[0], : signal.shape[1]]
    for row, column in peaks:
        ring = np.floor(np.hypot(y - row, x - column) / FWHM)
        sector = np.floor(np.rad2deg(np.arctan2(y - row, x - column)) / 45) % 8
        deep = valid & (signal < -options.suppress_artefacts_negative_clip)
        deep &= ring < options.suppress_artefacts_reach_beams
        for n in range(options.suppress_artefacts_reach_beams):
            near = deep & (np.abs(ring - n) <= options.suppress_artefacts_ring_beams)
            depths = sorted(max([0, *-signal[near & (sector == s)]]) for s in range(8))
            cap = options.suppress_artefacts_peak_fraction * signal[row, column]
            depth = min(depths[3], cap / options.suppress_artefacts_seed_factor)
            level[ring == n] = np.maximum(level[ring == n], depth)
    return level


@pytest.mark.usefixtures("band_rows")
def test_the_level_is_that_of_a_plain_statement(rng):
    signal = bright_field()
    add(signal, (12, 20), 150)
    noise = rng.normal(size=signal.shape) * 2.2
    signal += np.where(np.abs(signal) < 10, noise, 0).astype(np.float32)
    signal[:4], signal[60, 70], signal[61, 70], signal[62, 70] = np.nan, -np.inf, np.inf, np.nan
    options = OPTIONS.model_copy(update={"suppress_artefacts_reach_beams": 22, "suppress_artefacts_ring_beams": 2})
    before = signal.copy()
    level = artefact_level(signal, options, BEAM_AREA)
    assert_array_equal(signal, before)
    assert np.unique(level).size > 5
    assert_allclose(level, plain_level(signal, options), rtol=1e-6)


def test_an_image_without_bright_sources_has_no_artefacts(rng):
    level = artefact_level(rng.normal(size=(90, 110)).astype(np.float32), OPTIONS, BEAM_AREA)
    assert level.shape == (90, 110)
    assert not np.asarray(level).any()
    assert np.asarray(stands_above(np.asarray(level) - 1, np.asarray(level), 2)).all()


def streak_field(*, opposite=-3.5, peak=PEAK, centre=CENTRE):
    """A bright source, a broad streak of 6 sigma, and what is opposite; nothing is below the negative clip."""
    signal = np.zeros((SIZE, SIZE), np.float32)
    add(signal, (centre, centre), peak)
    y, x = np.ogrid[:SIZE, :SIZE]
    for (row, column), height in ((at(30), 6.0), ((2 * centre - at(30)[0], 2 * centre - at(30)[1]), opposite)):
        shape = np.exp(-4 * np.log(2) * ((y - row) ** 2 + (x - column) ** 2) / (5 * FWHM) ** 2)
        signal += (height * shape).astype(np.float32)
    return signal


def test_a_broad_streak_whose_mirror_image_is_negative_is_not_masked():
    signal = streak_field()
    assert islands(signal, suppress_artefacts=False)[at(30)]
    assert not islands(signal)[at(30)]
    assert islands(signal)[CENTRE, CENTRE]


@pytest.mark.parametrize("opposite", [0.0, -2.5, 3.5])
def test_an_island_whose_mirror_image_is_hardly_negative_stays(opposite):
    assert islands(streak_field(opposite=opposite))[at(30)]


def test_a_mirror_image_that_may_be_noise_says_nothing():
    signal = bright_field(spokes=())
    add(signal, at(30), 6.0)
    add(signal, at(210), -3.9)
    assert islands(signal)[at(30)]


def test_invalid_pixels_are_no_part_of_a_mirror_image():
    signal = streak_field()
    signal[at(210)], signal[at(215)] = np.nan, np.inf
    assert not islands(signal)[at(30)]


def test_the_mirror_is_the_brightest_source_nearby():
    signal = streak_field()
    add(signal, (140, 20), 100)
    assert not islands(signal)[at(30)]


def test_one_deep_pixel_does_not_make_a_mirror_image():
    signal = streak_field(opposite=0)
    signal[at(210)] = -300
    assert islands(signal)[at(30)]


def test_a_deep_sum_without_a_deep_pixel_does_not_make_a_mirror_image():
    signal = streak_field(opposite=0)
    signal[at(30)] = 30
    y, x = np.ogrid[:SIZE, :SIZE]
    row, column = at(210)
    signal[np.hypot(y - row, x - column) < 20] = -3.9
    assert islands(signal)[at(30)]


def test_the_lobe_of_a_double_source_has_no_mirror_image():
    assert islands(streak_field(peak=55))[at(30)]


def test_a_mirror_image_outside_the_image_says_nothing():
    signal = streak_field(centre=60)
    shifted = np.where(np.arange(SIZE) < 25, np.float32(np.nan), signal)
    assert not islands(signal)[at(30)]
    assert islands(shifted)[at(30)]


def plain_mirror(mask, signal, source):
    """Islands without a negative mirror image, one by one; all are faint, and of one source."""
    labels, count = label_islands(mask)
    kept = mask.copy()
    for n in range(1, count + 1):
        pixels = [(y, x) for y, x in np.argwhere(labels == n)]
        opposite = [(2 * source[0] - y, 2 * source[1] - x) for y, x in pixels]
        seen = [k for k, (y, x) in enumerate(opposite) if 0 <= y < SIZE and 0 <= x < SIZE]
        seen = [k for k in seen if np.isfinite(signal[opposite[k]])]
        direct = np.array([signal[tuple(pixels[k])] for k in seen])
        mirrored = np.array([signal[opposite[k]] for k in seen])
        peak = max(signal[tuple(pixel)] for pixel in pixels)
        if len(seen) < 0.8 * len(pixels) or peak >= 0.1 * signal[source]:
            continue
        negative = mirrored.sum() < -0.5 * direct.sum() and mirrored.min() < -0.5 * peak
        if negative and mirrored.mean() * max(1, len(seen) / BEAM_AREA) ** 0.5 < -4:
            kept[labels == n] = False
    return kept


@pytest.mark.usefixtures("band_rows")
def test_the_islands_with_a_negative_mirror_image_are_those_of_a_plain_statement(rng):
    y, x = np.ogrid[:SIZE, :SIZE]
    signal = np.zeros((SIZE, SIZE), np.float32)
    for n in range(14):
        row, column = at(25 * n, 20 + 7 * n)
        for place, height in (((row, column), 6.0), ((2 * CENTRE - row, 2 * CENTRE - column), -rng.uniform(1, 8))):
            shape = np.exp(-((y - place[0]) ** 2 + (x - place[1]) ** 2) / rng.uniform(4, 30))
            signal += (height * shape).astype(np.float32)
    add(signal, (CENTRE, CENTRE), PEAK)
    signal[:, 150:] = np.nan
    mask = signal > 1.5
    before = mask.copy()
    kept = without_mirrored(mask, signal, OPTIONS, BEAM_AREA)
    assert_array_equal(mask, before)
    assert 3 < label_islands(kept)[1] < label_islands(mask)[1] - 2
    assert_array_equal(kept, plain_mirror(mask, signal, (CENTRE, CENTRE)))


def test_the_area_of_the_beam_must_be_known():
    with pytest.raises(SkerryError, match="`suppress_artefacts`: needs the area of the beam"):
        flood_mask(bright_field(), OPTIONS)


def test_seeds_that_are_given_stay_as_they_are():
    signal = bright_field()
    add(signal, at(30), 1.5 * DEPTH)
    seeds = signal >= 5
    before = seeds.copy()
    mask = np.asarray(flood_mask(signal, OPTIONS, seeds=seeds, pixels_per_beam=BEAM_AREA).mask)
    assert_array_equal(seeds, before)
    assert_array_equal(mask, islands(signal))


@pytest.fixture
def image(tmp_path, rng):
    """An image in Jy/beam with noise of 1 mJy/beam, and a streak among the artefacts of its bright source."""
    signal = bright_field(depth=3 * DEPTH)
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


@pytest.mark.parametrize("statistic", STATISTICS, ids=["snr", "mac", "both", "smoothed"])
def test_every_statistic_leaves_the_streak_out_in_one_step_and_in_several(image, statistic):
    options = MaskingOptions(flood_fill=True, suppress_artefacts=True, **statistic)
    with_artefacts, _ = make_mask(
        image, options.model_copy(update={"suppress_artefacts": False}), output=image.with_name("all.fits")
    )
    mask, _ = make_mask(image, options)
    rms, bkg = make_noise_maps(image)
    signal = make_signal_image(image, rms=rms, bkg=bkg)
    steps = image.with_name("steps.fits")
    if options.uses_mac:
        make_flood_mask(image, signal=signal, output=steps, options=options)
    else:
        make_flood_mask(signal, seeds=make_snr_mask(signal, seeds=True, options=options), output=steps, options=options)
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
        output, _ = make_mask(
            image, options.model_copy(update={"suppress_artefacts": suppress}), output=tmp_path / f"{suppress}.fits"
        )
        masks.append(fits.getdata(output).squeeze() != 0)
    plain, without = masks
    artefacts, sky = truth < 4e-5, truth > 5e-3
    assert (without & artefacts).sum() < 0.35 * (plain & artefacts).sum()
    assert (without & sky).sum() > 0.99 * (plain & sky).sum()
