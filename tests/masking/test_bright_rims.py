"""The rims of bright sources: what near them does not stand above their artefacts is taken off the mask."""

from __future__ import annotations

import numpy as np
import pytest
from known_images import FWHM, RING_CENTRE, RING_DEPTH, ringed
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry import MaskingOptions
from skerry.masking.bright_rims import without_bright_rims

BEAM_AREA = np.pi / (4 * np.log(2)) * FWHM**2
REACH = 12
"""Pixels: 4 beams."""
OPTIONS = MaskingOptions(beam_shape_erode_rims=True)


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
