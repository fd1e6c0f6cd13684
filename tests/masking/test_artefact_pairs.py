"""An island beside a deeper negative one, near a bright source, is half of an artefact pair and left out."""

from __future__ import annotations

import numpy as np
import pytest
from known_images import CENTRE, FWHM, PEAK, SIZE, add, at, noise
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry import MaskingOptions
from skerry.filters.connected_pixels import Islands
from skerry.masking.artefact_pairs import depth_beside
from skerry.masking.flood import flood_mask
from skerry.masking.notable_pixels import NotablePixels

BEAM_AREA = np.pi / (4 * np.log(2)) * FWHM**2
OPTIONS = MaskingOptions(flood_fill=True, flood_fill_positive_seed_clip=5, suppress_artefacts=True)


def pair(*, height=7.0, depth=9.0, beams_apart=2.0, peak=PEAK):
    """A bright source, and at 10 beams from it a positive island beside a single negative one."""
    signal = np.zeros((SIZE, SIZE), np.float32)
    add(signal, (CENTRE, CENTRE), peak)
    add(signal, at(30), height)
    row, column = at(30)
    add(signal, (row, column + beams_apart * FWHM), -depth)
    return signal


def is_masked(signal, **options):
    found = flood_mask(signal, OPTIONS.model_copy(update=options), pixels_per_beam=BEAM_AREA)
    return np.asarray(found.mask)[at(30)]


def test_the_positive_half_is_dropped_and_the_bright_source_stays():
    signal = pair()
    assert is_masked(signal, suppress_artefacts=False)
    assert not is_masked(signal)
    assert np.asarray(flood_mask(signal, OPTIONS, pixels_per_beam=BEAM_AREA).mask)[CENTRE, CENTRE]


@pytest.mark.parametrize(
    "changes",
    [
        {"height": 9.5},
        {"beams_apart": 5},
        {"depth": 3.9, "height": 6},
        {"peak": 39},
        {"peak": 60},
    ],
    ids=["brighter than it is deep", "not beside it", "noise may be as deep", "no bright source", "a double source"],
)
def test_what_is_no_pair_stays(changes):
    assert is_masked(pair(**changes))


def test_a_source_beside_a_negative_bowl_stays():
    signal = pair(depth=0)
    y, x = np.ogrid[:SIZE, :SIZE]
    row, column = at(30)
    # Wider than the largest half of a pair: 5 beams across.
    signal[np.hypot(y - row, x - column - 4.5 * FWHM) < 2.5 * FWHM] = -9
    assert is_masked(signal)


def test_an_extended_source_beside_a_negative_island_stays():
    signal = pair(height=0)
    y, x = np.ogrid[:SIZE, :SIZE]
    row, column = at(30)
    signal[np.hypot(y - row, x - column + 2.5 * FWHM) < 2.8 * FWHM] = 7
    assert is_masked(signal)


def test_a_deeper_pixel_that_is_invalid_is_no_half():
    signal = pair(depth=0)
    row, column = at(30)
    signal[row, column + 4] = -np.inf
    signal[row + 1, column + 4] = np.nan
    assert is_masked(signal)


@pytest.mark.usefixtures("band_rows")
def test_the_depth_beside_an_island_is_that_of_a_plain_statement(rng):
    signal = 2 * noise(rng, (110, 90), FWHM)
    signal[:, 80:] = np.nan
    mask = signal > 3
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    negative, number = ndimage.label(signal < -3, np.ones((3, 3)))
    considered = np.arange(count + 1) % 3 > 0
    expected = np.zeros(count + 1, np.float32)
    for n in range(1, number + 1):
        there = negative == n
        if there.sum() > 6 * BEAM_AREA:
            continue
        near = ndimage.distance_transform_edt(~there) <= 2 * FWHM
        for island in set(labels[near & mask]):
            expected[island] = max(expected[island], -signal[there].min())
    found = depth_beside(NotablePixels(signal, 30, 3), Islands(mask), considered, BEAM_AREA)
    assert np.count_nonzero(found) > 5
    assert_array_equal(found, np.where(considered, expected, 0))


def test_a_pixel_at_the_clip_is_neither_bright_nor_deep():
    signal = np.array([[-4.5, -4.6, 0, 30, 0, 30.5]], np.float32)
    notable = NotablePixels(signal, 30, 4.5)
    assert_array_equal(notable.bright.place, [[0, 5]])
    assert notable.compact_deep(9)[0].tolist() == [[0, 1]]
