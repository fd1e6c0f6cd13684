"""Artefacts of bright sources are left out: what is no brighter than the negative pixels as far away are deep."""

from __future__ import annotations

import numpy as np
import pytest
from known_images import CENTRE, DEPTH, FWHM, PEAK, RADIUS, SIZE, add, at, noise, spoked
from numpy.testing import assert_allclose, assert_array_equal

from skerry import MaskingOptions
from skerry.errors import SkerryError
from skerry.filters.islands import label_islands
from skerry.masking.artefact_depth import artefact_level, stands_above
from skerry.masking.flood import flood_mask
from skerry.masking.mirror_images import _likely_sources, without_mirrored
from skerry.masking.notable_pixels import BrightSources, NotablePixels

BEAM_AREA = np.pi / (4 * np.log(2)) * FWHM**2
OPTIONS = MaskingOptions(flood_fill=True, flood_fill_positive_seed_clip=5, suppress_artefacts=True)


def islands(signal, **options):
    return np.asarray(flood_mask(signal, OPTIONS.model_copy(update=options), pixels_per_beam=BEAM_AREA).mask)


def test_a_positive_streak_as_far_away_as_the_artefacts_is_not_masked():
    signal = spoked()
    add(signal, at(30), 1.5 * DEPTH)
    assert islands(signal, suppress_artefacts=False)[at(30)]
    assert not islands(signal)[at(30)]


def test_nothing_negative_need_be_beside_a_streak():
    signal = spoked(spokes=range(90, 360, 45))
    add(signal, at(45), 1.5 * DEPTH)
    assert not islands(signal)[at(45)]


def test_the_bright_source_stays():
    mask = islands(spoked())
    assert mask.sum() == islands(spoked(), suppress_artefacts=False).sum()
    assert mask[CENTRE, CENTRE]


def test_a_source_that_stands_above_the_artefacts_stays():
    signal = spoked()
    add(signal, at(30), 2.2 * DEPTH)
    assert islands(signal)[at(30)]


def test_a_source_elsewhere_stays():
    signal = spoked()
    near, far = at(30, RADIUS - 6 * FWHM), at(30, RADIUS + 6 * FWHM)
    add(signal, near, 1.5 * DEPTH)
    add(signal, far, 1.5 * DEPTH)
    assert islands(signal)[near]
    assert islands(signal)[far]


def test_rings_may_be_taken_for_wider():
    signal = spoked()
    far = at(30, RADIUS + 6 * FWHM)
    add(signal, far, 1.5 * DEPTH)
    assert not islands(signal, suppress_artefacts_ring_beams=7)[far]


def test_the_negative_pixels_of_another_source_are_not_the_artefacts_of_this_one():
    signal = spoked(spokes=(0, 45, 90, 135))
    add(signal, at(30), 1.5 * DEPTH)
    assert islands(signal)[at(30)]


def test_the_lobe_of_a_double_source_is_not_its_artefact():
    signal = spoked(depth=0.09 * PEAK)
    add(signal, at(30), 0.12 * PEAK)
    assert islands(signal)[at(30)]
    assert not islands(signal, suppress_artefacts_peak_fraction=0.15)[at(30)]


def test_what_noise_may_be_is_no_artefact():
    signal = spoked(depth=4.0)
    signal[signal < -3.5] = -3.99
    add(signal, at(30), 6.0)
    assert islands(signal)[at(30)]
    assert not islands(signal, suppress_artefacts_negative_clip=3.9)[at(30)]


def test_artefacts_end_at_the_reach():
    signal = spoked()
    add(signal, at(30), 1.5 * DEPTH)
    assert islands(signal, suppress_artefacts_reach_beams=9)[at(30)]


@pytest.mark.parametrize(("peak", "found"), [(39, False), (41, True)])
def test_only_a_source_whose_fraction_reaches_the_negative_clip_has_artefacts(peak, found):
    signal = np.minimum(spoked(), np.float32(peak))
    assert np.asarray(artefact_level(signal, OPTIONS, BEAM_AREA)).any() == found


def test_an_island_does_not_grow_along_faint_artefacts():
    signal = spoked()
    source, streak = at(30), at(22, RADIUS)
    add(signal, source, 3 * DEPTH)
    signal[at(26)] = signal[streak] = 0.3 * DEPTH
    for angle in range(20, 30):
        signal[at(angle)] = max(signal[at(angle)], 0.3 * DEPTH)
    assert islands(signal, suppress_artefacts_flood_factor=0)[streak]
    assert not islands(signal)[streak]
    assert islands(signal)[source]


def test_rings_are_no_diffuse_emission_either():
    signal = spoked()
    y, x = np.ogrid[:SIZE, :SIZE]
    distance = np.hypot(y - CENTRE, x - CENTRE)
    signal[(np.abs(distance - RADIUS) < 4) & (signal > -1)] = 3
    low = {"grow_low_snr_island": True, "grow_low_snr_island_size": 200}
    assert islands(signal, **low, suppress_artefacts=False)[at(30)]
    assert not islands(signal, **low)[at(30)]


def test_bands_decide_no_pixel_of_what_stays(band_rows, monkeypatch):
    signal = spoked()
    add(signal, at(30), 1.5 * DEPTH)
    add(signal, at(60), 2.5 * DEPTH)
    found = islands(signal)
    monkeypatch.undo()
    assert_array_equal(found, islands(signal))
    assert found[at(60)]
    assert not found[at(30)]


def plain_level(signal, options):
    """The same pixel by pixel, in loops."""
    level = np.zeros(signal.shape)
    valid = np.isfinite(signal)
    peaks = [(CENTRE, CENTRE), (7, SIZE - 20)]  # the higher one is to the right
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
    signal = spoked()
    add(signal, (7, SIZE - 20), 150)
    noise = rng.normal(size=signal.shape) * 2.2
    signal += np.where(np.abs(signal) < 10, noise, 0).astype(np.float32)
    signal[-4:], signal[60, 70], signal[61, 70], signal[62, 70] = np.nan, -np.inf, np.inf, np.nan
    options = OPTIONS.model_copy(update={"suppress_artefacts_reach_beams": 22, "suppress_artefacts_ring_beams": 2})
    before = signal.copy()
    level = artefact_level(signal, options, BEAM_AREA)
    assert_array_equal(signal, before)
    assert np.unique(level).size > 5
    assert_allclose(level, plain_level(signal, options), rtol=1e-6)


def test_the_first_row_of_the_image_counts():
    """Of five sectors, more than half, one has its only deep pixel in the first row."""
    signal = np.zeros((60, 90), np.float32)
    signal[20, 40] = 900
    turned = np.deg2rad([20, 65, 110, 155])
    for y, x in [(0, 45), *zip(20 + 20 * np.sin(turned), 40 + 20 * np.cos(turned), strict=True)]:
        signal[round(y), round(x)] = -9
    assert artefact_level(signal, OPTIONS, BEAM_AREA)[20:21][0, 60] == 9
    signal[0] = 0
    assert artefact_level(signal, OPTIONS, BEAM_AREA)[20:21][0, 60] == 0


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
    signal = spoked(spokes=())
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
        flood_mask(spoked(), OPTIONS)


def test_seeds_that_are_given_stay_as_they_are():
    signal = spoked()
    add(signal, at(30), 1.5 * DEPTH)
    seeds = signal >= 5
    before = seeds.copy()
    mask = np.asarray(flood_mask(signal, OPTIONS, seeds=seeds, pixels_per_beam=BEAM_AREA).mask)
    assert_array_equal(seeds, before)
    assert_array_equal(mask, islands(signal))


def test_deep_pixels_too_many_to_be_kept_are_looked_for_again(rng, monkeypatch):
    signal = noise(rng, (300, 320), FWHM)
    add(signal, (150, 160), 300)
    add(signal, (150, 190), -12)
    options = OPTIONS.model_copy(update={"suppress_artefacts_negative_clip": 2.5})
    kept = NotablePixels.of(signal, options)
    monkeypatch.setattr("skerry.masking.notable_pixels._KEPT_SHARE", 10**9)
    again = NotablePixels.of(signal, options)
    assert kept.are_kept
    assert not again.are_kept
    for start, stop in ((0, 300), (70, 71), (300, 300)):
        for part, other in zip(kept.deep_rows(start, stop), again.deep_rows(start, stop), strict=True):
            assert_array_equal(part, other)
    rows, columns = np.nonzero(signal < -2.5)
    assert_array_equal(kept.deep_rows(0, 300).columns, columns)
    assert_array_equal(kept.deep_rows(0, 300).values, -signal[rows, columns])
    for part, other in zip(kept.compact_deep(9), again.compact_deep(9), strict=True):
        assert_array_equal(part, other)
        assert 0 < len(part) < columns.size


def test_the_source_of_an_island_is_that_of_a_plain_statement(rng):
    options = OPTIONS.model_copy(update={"suppress_artefacts_reach_beams": 12})
    fraction, reach = options.suppress_artefacts_peak_fraction, 12 * FWHM
    sources = BrightSources(rng.uniform(40, 400, 40).astype(np.float32), rng.integers(0, 800, (40, 2)))
    # The first is that of no island; more islands than are looked at together.
    highest = BrightSources(rng.uniform(1, 20, 301).astype(np.float32), rng.integers(0, 800, (301, 2)))
    found = _likely_sources(sources, highest, FWHM, options)
    assert found[0].tolist() == [-1, -1]
    for place, value, centre in zip(highest.place[1:], highest.value[1:], found[1:], strict=True):
        distance = np.hypot(*(sources.place - place).T)
        may_be = (distance <= reach) & (value < fraction * sources.value)
        likely = np.argmax(np.where(may_be, sources.value / np.maximum(distance, 1), 0))
        assert centre.tolist() == (sources.place[likely].tolist() if may_be.any() else [-1, -1])
    assert 30 < np.count_nonzero(found[:, 0] >= 0) < 270
