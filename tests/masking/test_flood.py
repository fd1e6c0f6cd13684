"""Islands grown from seeds, and large islands of low significance."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal
from plain_islands import plain_flood, plain_low_snr

from skerry import (
    MaskingOptions,
    SkerryError,
    SkerryWarning,
    minimum_absolute_clip,
)
from skerry.errors import SkerryNote
from skerry.masking.diffuse_islands import large_faint_islands
from skerry.masking.flood import flood_mask

PIXELS = st.floats(-2, 7, width=32) | st.sampled_from([np.nan, np.inf])
SIGNALS = arrays(np.float32, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14), elements=PIXELS)


def flooded(image, options, pixels_per_beam=None):
    return np.asarray(flood_mask(image, options, pixels_per_beam=pixels_per_beam).mask)


def faint(signal, size, left_out=None):
    return np.asarray(large_faint_islands(signal, 1.75, size, left_out))


@given(SIGNALS, st.floats(0, 2, width=32), st.floats(2, 5, width=32))
def test_islands_are_the_propagation_of_seeds_through_the_floor(signal, flood_clip, seed_clip):
    options = MaskingOptions(
        flood_fill_positive_seed_clip=seed_clip, flood_fill_positive_flood_clip=flood_clip, flood_fill_allow_empty=True
    )
    valid = np.isfinite(signal)
    expected = plain_flood(valid & (signal >= np.float32(seed_clip)), valid & (signal > np.float32(flood_clip)))
    with nullcontext() if expected.any() else pytest.warns(SkerryWarning):
        assert_array_equal(flooded(signal, options), expected)


@given(SIGNALS, st.integers(1, 9), st.sampled_from([0.3, 1.0, 1.4]))
def test_with_the_minimum_absolute_clip_seeds_and_floor_are_its_factors(image, box, flood_factor):
    options = MaskingOptions(
        flood_fill_use_mac=True,
        flood_fill_use_mac_box_size=box,
        flood_fill_positive_seed_clip=1.5,
        flood_fill_positive_flood_clip=flood_factor,
    )
    seeds = minimum_absolute_clip(image, 1.5, box)
    expected = plain_flood(seeds, minimum_absolute_clip(image, flood_factor, box))
    with nullcontext() if expected.any() else pytest.warns(SkerryWarning, match="mask is empty"):
        assert_array_equal(flooded(image, options), expected)


@given(SIGNALS, SIGNALS, st.integers(1, 9), st.sampled_from([0.3, 1.0]), st.booleans())
def test_with_both_statistics_seeds_and_floor_have_to_pass_both(image, signal, box, factor, seeded):
    rows, columns = (min(lengths) for lengths in zip(image.shape, signal.shape, strict=True))
    image, signal = image[:rows, :columns].copy(), signal[:rows, :columns].copy()
    options = MaskingOptions(
        flood_fill_statistic="both",
        flood_fill_use_mac_box_size=box,
        flood_fill_positive_seed_clip=3,
        flood_fill_positive_flood_clip=1,
        flood_fill_mac_seed_factor=1.2,
        flood_fill_mac_flood_factor=factor,
    )
    high = (signal >= 3) & np.isfinite(signal)
    seeds = high & minimum_absolute_clip(image, 1.2, box)
    floor = (signal > 1) & np.isfinite(signal) & minimum_absolute_clip(image, factor, box)
    expected = plain_flood(seeds, floor)
    says = "no seed is above the floor" if seeds.any() or seeded else "3 sigma and 1.2 times the min"
    with nullcontext() if expected.any() or (seeded and not seeds.any()) else pytest.warns(SkerryWarning, match=says):
        islands = flood_mask(image, options, signal=signal, seeds=high if seeded else None)
    assert_array_equal(islands.mask, expected)
    assert islands.seed_clip == (None if seeded else 3)


def test_an_island_6000_pixels_long_is_one_island():
    signal = np.zeros((40, 6000), np.float32)
    columns = np.arange(6000)
    signal[20 + np.rint(15 * np.sin(columns / 9)).astype(int), columns] = 2
    for x in np.flatnonzero(np.abs(np.diff(np.argmax(signal, axis=0))) > 1):
        rows = np.argmax(signal[:, x : x + 2], axis=0)
        signal[min(rows) : max(rows) + 1, x] = 2
    signal[np.argmax(signal[:, 0]), 0] = 9
    mask = flooded(signal, MaskingOptions())
    assert_array_equal(mask, signal > 0)


def test_islands_touch_at_corners():
    signal = np.array([[9, 0, 0], [0, 2, 0], [0, 0, 2]], np.float32)
    assert_array_equal(flooded(signal, MaskingOptions()), np.eye(3, dtype=bool))


def test_nothing_wraps_round_the_edge():
    signal = np.zeros((5, 5), np.float32)
    signal[2, 0], signal[2, 4], signal[0, 0], signal[4, 0] = 9, 2, 2, 2
    mask = flooded(signal, MaskingOptions())
    assert_array_equal(np.argwhere(mask), [[2, 0]])


def test_an_invalid_pixel_parts_islands():
    signal = np.array([[9, 2, np.nan, 2, 2]], np.float32)
    assert_array_equal(flooded(signal, MaskingOptions()), [[True, True, False, False, False]])


def test_a_seed_below_the_floor_makes_no_island():
    signal = np.array([[1.0, 1.2, 0.1]], np.float32)
    lowered, below = (pytest.warns(SkerryWarning, match=text) for text in ("lowered", "no seed is above the floor"))
    with lowered, below:
        assert not flooded(signal, MaskingOptions()).any()


@given(SIGNALS, st.sampled_from([1, 4, 9]))
def test_low_significance_islands_are_closed_then_measured(signal, size):
    assert_array_equal(
        faint(signal, size),
        plain_low_snr(signal, 1.75, size),
    )


def test_an_island_of_the_least_size_is_kept_and_a_smaller_one_is_not():
    signal = np.zeros((30, 30), np.float32)
    signal[3:7, 3:8] = 2
    signal[15:19, 15:20] = 2
    signal[15, 15] = 0
    mask = faint(signal, 20)
    assert mask[3:7, 3:8].all()
    assert mask.sum() == 20


def test_closing_bridges_gaps_of_noise():
    signal = np.zeros((20, 40), np.float32)
    signal[5:15, 5:18] = signal[5:15, 21:35] = 2
    assert faint(signal, 200).sum() >= 270


def test_closing_does_not_mask_an_invalid_pixel():
    signal = np.full((20, 20), 2, np.float32)
    signal[10, 10] = np.nan
    mask = faint(signal, 100)
    assert mask.sum() == 399
    assert not mask[10, 10]


def test_an_island_at_the_edge_of_the_image_loses_nothing():
    signal = np.zeros((20, 20), np.float32)
    signal[:, :5] = 2
    assert_array_equal(faint(signal, 100), signal > 0)


def test_a_region_may_be_left_out():
    signal = np.full((20, 20), 2, np.float32)
    region = np.zeros((20, 20), bool)
    region[:10] = True
    assert_array_equal(faint(signal, 100, region), ~region)


def test_diffuse_emission_without_a_bright_pixel_is_taken_if_asked():
    signal = np.zeros((60, 60), np.float32)
    signal[5:8, 5:8] = 10
    signal[20:50, 20:50] = 2
    options = {"flood_fill": True, "grow_low_snr_island_size": 500}
    assert flooded(signal, MaskingOptions(**options)).sum() == 9
    mask = flooded(signal, MaskingOptions(**options, grow_low_snr_island=True))
    assert mask.sum() == 909


def test_the_least_size_may_be_given_in_beams():
    signal = np.zeros((60, 60), np.float32)
    signal[5:8, 5:8] = 10
    signal[20:40, 20:40] = 2
    options = {"grow_low_snr_island": True, "grow_low_snr_island_clip": 1.75}
    masks = [flooded(signal, MaskingOptions(**options, grow_low_snr_island_beams=beams), 16.0) for beams in (25, 25.1)]
    assert [mask.sum() for mask in masks] == [409, 9]
    with pytest.raises(SkerryError, match="area of the beam"):
        flooded(signal, MaskingOptions(**options, grow_low_snr_island_beams=25))


def test_the_negative_image_is_flooded_alike_and_counted():
    signal = np.full((60, 60), -0.1, np.float32)
    signal[10:13, 10:13] = 9
    signal[30:33, 30:33], signal[40, 40], signal[40, 42] = -7, -6, -4
    with pytest.warns(SkerryNote, match="1 islands; by the same clips the negative image has 2"):
        islands = flood_mask(signal, MaskingOptions(flood_fill_count_negative=True))
    assert islands.negative == 2
    assert flood_mask(signal, MaskingOptions()).negative is None


@pytest.mark.parametrize("statistic", ["mac", "both"])
def test_emission_does_not_hide_what_is_negative_beside_it(statistic):
    """The minimum of the negative image is the brightest pixel of the image, but not that of its islands."""
    image = np.full((60, 60), 0.01, np.float32)
    image[::7, ::5], image[1::7, ::5] = 1, -1
    image[20:24, 20:24], image[30, 30] = 90, -7
    options = MaskingOptions(flood_fill_statistic=statistic, flood_fill_use_mac_box_size=31)
    with pytest.warns(SkerryNote, match="negative image has 1"):
        flood_mask(image, options.model_copy(update={"flood_fill_count_negative": True}))


def test_inputs_are_left_alone(rng):
    signal = rng.normal(0, 2, size=(40, 40)).astype(np.float32)
    seeds = signal > 4
    copies = signal.copy(), seeds.copy()
    flood_mask(signal, MaskingOptions(grow_low_snr_island=True, grow_low_snr_island_size=5), seeds=seeds)
    assert_array_equal(signal, copies[0])
    assert_array_equal(seeds, copies[1])
