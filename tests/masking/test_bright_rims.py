"""The rims of bright sources: what near them does not stand above their artefacts is taken off the mask."""

from __future__ import annotations

import numpy as np
import pytest
from known_images import FWHM, RING_CENTRE, RING_DEPTH, add, noise, ringed
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry import MaskingOptions
from skerry.masking.bright_rims import without_bright_rims
from skerry.planes.computed import Computed

BEAM_AREA = np.pi / (4 * np.log(2)) * FWHM**2
REACH = 12
"""Pixels: 4 beams."""
OPTIONS = MaskingOptions(beam_shape_erode_rims=True)
SMOOTHED = {"beam_shape_erode_rims_smooth_beams": 3}


def pixels(**values):
    """An empty image but for a bright pixel in its middle and a deep one beside it; and pixels to the right of it."""
    signal = np.zeros((81, 81), np.float32)
    signal[RING_CENTRE, RING_CENTRE] = 100
    signal[RING_CENTRE - 5, RING_CENTRE] = -RING_DEPTH
    for offset, value in values.items():
        signal[RING_CENTRE, RING_CENTRE + int(offset.removeprefix("at"))] = value
    return signal


def trimmed(signal, mask=None, **options):
    """Mask, by default of the positive pixels, without its rims."""
    mask = signal > 0 if mask is None else mask
    return np.asarray(without_bright_rims(mask, signal, OPTIONS.model_copy(update=options), BEAM_AREA))


def test_a_bright_source_with_a_ring_of_artefacts_loses_its_rim_and_keeps_its_core():
    signal = ringed()
    mask = signal > 3
    kept = trimmed(signal, mask)
    y, x = np.ogrid[:81, :81]
    distance = np.hypot(y - RING_CENTRE, x - RING_CENTRE)
    assert mask[distance > 4.5].any()
    assert not kept[distance > 4.5].any()
    assert kept[distance < 2].all()


def test_nothing_is_added():
    signal = ringed()
    mask = signal > 300
    assert not trimmed(signal, mask)[~mask].any()


@pytest.mark.parametrize(("offset", "stays"), [(REACH, False), (REACH + 1, True)])
def test_a_faint_source_stays_where_no_bright_one_is_within_reach(offset, stays):
    signal = pixels(**{f"at{offset}": 5.0})
    assert trimmed(signal)[RING_CENTRE, RING_CENTRE + offset] == stays


@pytest.mark.parametrize(("value", "stays"), [(1.29 * RING_DEPTH, False), (1.31 * RING_DEPTH, True)])
def test_near_a_bright_source_stays_what_exceeds_the_factor_of_the_depth(value, stays):
    assert trimmed(pixels(at3=value))[RING_CENTRE, RING_CENTRE + 3] == stays


@pytest.mark.parametrize(("offset", "stays"), [(REACH, False), (REACH + 1, True)])
def test_artefacts_beyond_the_reach_are_not_those_of_the_bright_source(offset, stays):
    signal = pixels(at3=5.0)
    signal[RING_CENTRE - 5, RING_CENTRE] = 0
    signal[RING_CENTRE + offset, RING_CENTRE] = -RING_DEPTH
    assert trimmed(signal)[RING_CENTRE, RING_CENTRE + 3] == stays


@pytest.mark.parametrize(("peak", "stays"), [(20.0, True), (20.1, False)])
def test_only_what_exceeds_the_clip_is_a_bright_source(peak, stays):
    signal = pixels(at3=5.0)
    signal[RING_CENTRE, RING_CENTRE] = peak
    assert trimmed(signal)[RING_CENTRE, RING_CENTRE + 3] == stays


def test_without_smoothing_no_more_rows_are_read_than_boxes_reach():
    asked = set()

    def rows(start, stop):
        asked.update(range(start, stop))
        return np.zeros((stop - start, 16), np.float32)

    signal, mask = Computed((2000, 16), np.float32, rows), np.zeros((2000, 16), bool)
    mask[1030] = True
    without_bright_rims(mask, signal, OPTIONS, BEAM_AREA)
    # A chunk of rows; a bright pixel as far away as the box reaches, and a deep one as far from it.
    assert asked == set(range(1024 - 2 * REACH, 1024 + 128 + 2 * REACH))


def test_without_a_bright_source_nothing_changes(rng):
    signal = rng.normal(size=(90, 70)).astype(np.float32)
    mask = signal > -1
    assert_array_equal(trimmed(signal, mask), mask)


def test_a_bright_source_without_negative_pixels_has_no_rim():
    signal = np.maximum(pixels(at3=5.0), 1)
    mask = np.ones(signal.shape, bool)
    assert_array_equal(trimmed(signal, mask), mask)


def test_of_two_bright_sources_the_one_with_the_deeper_artefacts_counts():
    signal = pixels(at10=1.5 * RING_DEPTH, at20=100)
    assert trimmed(signal)[RING_CENTRE, RING_CENTRE + 10]
    signal[RING_CENTRE, RING_CENTRE + 30] = -2 * RING_DEPTH
    assert not trimmed(signal)[RING_CENTRE, RING_CENTRE + 10]


def test_the_clip_the_factor_and_the_reach_are_options():
    signal = pixels(at3=5.0)
    place = (RING_CENTRE, RING_CENTRE + 3)
    assert not trimmed(signal)[place]
    assert trimmed(signal, beam_shape_erode_rims_clip=101)[place]
    assert trimmed(signal, beam_shape_erode_rims_factor=0.4)[place]
    assert trimmed(signal, beam_shape_erode_rims_beams=1)[place]


@pytest.mark.parametrize("invalid", [np.nan, np.inf, -np.inf])
def test_invalid_pixels_are_neither_bright_nor_deep(invalid):
    signal = pixels(at3=5.0)
    signal[RING_CENTRE - 5, RING_CENTRE] = invalid
    assert trimmed(signal)[RING_CENTRE, RING_CENTRE + 3]
    signal = pixels(at3=5.0)
    signal[RING_CENTRE, RING_CENTRE] = invalid
    assert trimmed(signal)[RING_CENTRE, RING_CENTRE + 3]


@pytest.mark.parametrize("invalid", [np.nan, np.inf])
def test_invalid_pixels_that_are_masked_go_near_a_bright_source_alone(invalid):
    signal = pixels(at3=invalid, at30=invalid)
    kept = trimmed(signal, np.ones(signal.shape, bool))
    assert not kept[RING_CENTRE, RING_CENTRE + 3]
    assert kept[RING_CENTRE, RING_CENTRE + 30]


def test_the_mask_and_the_signal_are_left_alone():
    signal = pixels(at3=5.0)
    mask = (signal > 0).astype(np.uint8)
    trimmed(signal, mask)
    assert_array_equal(mask, signal > 0)
    assert_array_equal(signal, pixels(at3=5.0))


@pytest.mark.usefixtures("band_rows")
@pytest.mark.parametrize("towards", [1, -1])
def test_artefacts_count_wherever_the_image_is_cut(towards):
    for first in range(4 * REACH):
        signal = np.zeros((150, 5), np.float32)
        signal[30 + first : 30 + first + 2 * REACH + 1 : REACH, 2] = (5, 100, -RING_DEPTH)[::towards]
        assert trimmed(signal).sum() == 1


@pytest.mark.usefixtures("band_rows")
def test_it_is_what_a_plain_statement_says_however_the_image_is_cut(rng):
    signal = rng.normal(0, 3, (170, 90)).astype(np.float32)
    signal[rng.random(signal.shape) < 0.01] = np.nan
    signal[rng.integers(0, 170, 4), rng.integers(0, 90, 4)] = 60
    mask = rng.random(signal.shape) < 0.5
    box = 2 * REACH + 1
    filled = np.where(np.isnan(signal), np.inf, signal)
    depth = -ndimage.minimum_filter(filled, box, mode="constant", cval=np.inf)
    level = ndimage.maximum_filter(np.where(signal > 20, depth, 0), box, mode="constant")
    kept = mask & ((level == 0) | (signal > np.float32(1.3) * level))
    assert 0.1 < (level > 0).mean() < 0.9
    assert_array_equal(trimmed(signal, mask), kept)


def plain_level(values, bright):
    """Depth of the artefacts of bright pixels, at each pixel within reach of them."""
    box = 2 * REACH + 1
    depth = np.maximum(-ndimage.minimum_filter(values, box, mode="constant", cval=np.inf), 0)
    return ndimage.maximum_filter(np.where(bright, depth, 0), box, mode="constant")


def plain_smoothed(signal, mask, sigma, factor):
    """Pixels that stay, but for those so near what decides that rounding may; and how sure each of them is."""
    valid = np.isfinite(signal)
    bright = valid & (signal > 20)
    level = plain_level(np.where(valid, signal, np.inf), bright)
    counts = valid & ~((level > 0) & (np.where(valid, signal, 0) > level))
    means = {"sigma": sigma, "mode": "constant", "radius": round(3 * sigma)}
    weight = ndimage.gaussian_filter(counts.astype(float), **means)
    total = ndimage.gaussian_filter(np.where(counts, signal, 0).astype(float), **means)
    smooth = np.where(weight > 0.2, total / np.maximum(weight, 0.2), 0)
    above = smooth - factor * plain_level(smooth, bright)
    near = (level > 0) & ~(signal > np.float32(1.3) * level)
    sure = ~near | ((np.abs(above) > 1e-4) & (ndimage.minimum_filter(np.abs(weight - 0.2), 25) > 1e-5))
    return mask & (~near | (valid & (above > 0))), sure


@pytest.mark.usefixtures("band_rows")
@pytest.mark.parametrize("beams", [3.0, 0.7])
def test_with_smoothing_it_is_what_a_plain_statement_says_however_the_image_is_cut(rng, beams):
    shape = (330, 190)
    diffuse = ndimage.gaussian_filter(rng.normal(size=shape), 8)
    signal = (2 * noise(rng, shape, FWHM) + 6 * diffuse / diffuse.std()).astype(np.float32)
    signal[rng.random(shape) < 0.01] = np.nan
    signal[200:, :30] = np.nan
    for place in zip(rng.integers(0, 330, 5), rng.integers(0, 190, 5), strict=True):
        add(signal, place, 60)
    mask = rng.random(shape) < 0.8
    options = {"beam_shape_erode_rims_smooth_beams": beams, "beam_shape_erode_rims_smooth_factor": 0.8}
    kept = trimmed(signal, mask, **options)
    expected, sure = plain_smoothed(signal, mask, beams * FWHM / np.sqrt(8 * np.log(2)), 0.8)
    assert sure.mean() > 0.99
    assert_array_equal(kept[sure], expected[sure])
    assert np.count_nonzero(kept & ~trimmed(signal, mask)) > 200
    assert np.count_nonzero(mask & ~kept) > 200


def with_halo(value):
    """A bright source with a ring of artefacts, upon faint emission that is wider than the reach."""
    y, x = np.ogrid[:81, :81]
    return ringed() + np.where(np.hypot(y - RING_CENTRE, x - RING_CENTRE) < 30, np.float32(value), np.float32(0))


def test_extended_emission_beside_a_bright_source_stays_by_the_smoothed_signal():
    signal = with_halo(4)
    place = (RING_CENTRE + 9, RING_CENTRE + 4)
    assert 0 < signal[place] < RING_DEPTH - 4
    assert not trimmed(signal)[place]
    assert trimmed(signal, **SMOOTHED)[place]


def test_artefacts_that_are_as_deep_as_bright_do_not_stand_out_of_the_smoothed_signal(rng):
    signal, places = noise(rng, (81, 81), FWHM), []
    for spoke in range(16):
        turned = 2 * np.pi * spoke / 16
        place = RING_CENTRE + 9 * np.sin(turned), RING_CENTRE + 9 * np.cos(turned)
        add(signal, place, -RING_DEPTH if spoke % 2 else RING_DEPTH)
        places += [] if spoke % 2 else [(round(place[0]), round(place[1]))]
    add(signal, (RING_CENTRE, RING_CENTRE), 400)
    lobes = tuple(np.transpose(places))
    assert (signal > 3)[lobes].all()
    assert not trimmed(signal, signal > 3, **SMOOTHED)[lobes].any()


def test_smoothing_takes_no_pixel_away(rng):
    signal = with_halo(2) + rng.normal(size=(81, 81)).astype(np.float32)
    without, smoothed = trimmed(signal), trimmed(signal, **SMOOTHED)
    assert_array_equal(smoothed | without, smoothed)


def test_what_the_smoothed_signal_has_to_exceed_is_a_factor_of_its_own_depth():
    """A pixel of the emission, where a deep hole beyond the ring is the depth of the smoothed signal, too."""
    signal = with_halo(4)
    signal[RING_CENTRE - 12 : RING_CENTRE - 5, RING_CENTRE - 4 : RING_CENTRE + 4] = -RING_DEPTH
    place = (RING_CENTRE + 9, RING_CENTRE + 4)
    assert trimmed(signal, **SMOOTHED, beam_shape_erode_rims_smooth_factor=0)[place]
    assert not trimmed(signal, **SMOOTHED, beam_shape_erode_rims_smooth_factor=2)[place]


@pytest.mark.parametrize("invalid", [np.nan, np.inf])
def test_invalid_pixels_do_not_stay_by_the_smoothed_signal(invalid):
    signal = with_halo(4)
    place = (RING_CENTRE + 9, RING_CENTRE + 4)
    signal[place] = invalid
    kept = trimmed(signal, np.ones(signal.shape, bool), **SMOOTHED)
    assert not kept[place]
    assert kept[RING_CENTRE + 9, RING_CENTRE + 5]
