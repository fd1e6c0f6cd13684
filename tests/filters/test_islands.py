"""Islands: sets of pixels that touch, whatever the bands in which they are found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry.filters.brightest_pixel import Surveyed, highest_and_valid
from skerry.filters.connected_pixels import Islands, islands_of_each
from skerry.filters.flood_marks import KeptMarks, flood_marks, floor_and_seeds, snr_flood_marks
from skerry.filters.island_tables import Extents, Peaks, Sizes, Sums
from skerry.filters.islands import (
    count_islands,
    fill_holes,
    island_peaks,
    label_islands,
    large_islands,
    seeded_islands,
    significant_islands,
)
from skerry.kernels.islands import FLOOR, SEED
from skerry.planes.bits import BitMask
from skerry.planes.computed import Computed

CORNERS = np.ones((3, 3), bool)
SHAPES = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24) | st.sampled_from([(3, 200), (1, 65), (90, 1)])
MASKS = SHAPES.flatmap(lambda shape: arrays(bool, shape))
in_bands = pytest.mark.usefixtures("band_rows")
# The height of the bands is the same for every example.
for_each_height = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def spiral(size=41):
    """One island, a pixel wide, that comes back to every row."""
    mask = np.zeros((size, size), bool)
    for ring in range(0, size // 2, 2):
        first, last = ring, size - 1 - ring
        mask[first, max(0, ring - 2) : last + 1] = mask[first : last + 1, last] = True
        mask[last, first : last + 1] = mask[first + 2 : last + 1, first] = True
    return mask


def chains(size=40):
    """Diagonals that touch at corners only, and a comb of which all teeth meet in the last row."""
    mask = np.eye(size, dtype=bool)
    comb = np.zeros((size, size), bool)
    comb[:, ::3] = comb[-1] = True
    return np.hstack([mask, np.zeros((size, 1), bool), mask[::-1], np.zeros((size, 1), bool), comb])


PATTERNS = {
    "spiral": spiral(),
    "unset spiral": ~spiral(),
    "chains": chains(),
    "checkerboard": np.indices((33, 70)).sum(axis=0) % 2 == 0,
    "empty": np.zeros((20, 30), bool),
    "full": np.ones((20, 30), bool),
    "a row": np.arange(100)[np.newaxis] % 3 > 0,
    "a column": np.arange(100)[:, np.newaxis] % 3 > 0,
}
patterns = pytest.mark.parametrize("mask", PATTERNS.values(), ids=PATTERNS.keys())


def by_label(labels, count, values):
    """Sum over each island, by label; 0 for what is none."""
    sums = np.bincount(labels.ravel(), weights=np.where(labels, values, 0).ravel(), minlength=count + 1)
    sums[0] = 0
    return sums


@in_bands
@for_each_height
@given(MASKS)
def test_islands_are_numbered_as_scipy_numbers_them(mask):
    expected, count = ndimage.label(mask, CORNERS)
    labels, found = label_islands(mask)
    assert found == count
    assert_array_equal(labels, expected)
    assert labels.dtype == np.int32


@in_bands
@patterns
def test_an_island_is_one_however_it_winds(mask):
    expected, count = ndimage.label(mask, CORNERS)
    assert count_islands(mask) == (count, np.count_nonzero(mask))
    assert_array_equal(label_islands(mask)[0], expected)


@in_bands
def test_a_spiral_is_one_island():
    assert count_islands(spiral()).islands == 1


@in_bands
def test_labels_of_some_rows_are_those_of_the_image(rng):
    mask = rng.random((50, 60)) < 0.4
    islands = Islands(mask)
    assert_array_equal(islands.labels(slice(7, 31)), ndimage.label(mask, CORNERS)[0][7:31])
    assert islands.labels(slice(9, 9)).shape == (0, 60)


@in_bands
def test_runs_of_some_rows_are_the_pixels_of_their_islands(rng):
    mask = rng.random((50, 60)) < 0.4
    islands, labels = Islands(mask), np.zeros(mask.shape, int)
    for row, start, end, number in zip(*islands.runs(slice(7, 31)), strict=True):
        labels[row, start:end] = number
    assert_array_equal(labels[7:31], ndimage.label(mask, CORNERS)[0][7:31])
    assert not labels[:7].any()
    assert not labels[31:].any()
    assert [column.size for column in islands.runs(slice(9, 9))] == [0] * 4


@in_bands
def test_islands_of_several_masks_of_an_image_are_those_of_each(rng):
    image = rng.normal(size=(50, 61)).astype(np.float32)
    above, below = Sizes(), Sizes()
    found = islands_of_each(image, [lambda band: band > 0.5, lambda band: band < -0.3], [[above], [below]])
    for islands, sizes, mask in zip(found, (above, below), (image > 0.5, image < -0.3), strict=True):
        labels, count = ndimage.label(mask, CORNERS)
        assert islands.count == count
        assert_array_equal(islands.labels(slice(None)), labels)
        assert_array_equal(sizes.by_label[0][1:], np.bincount(labels.ravel())[1:])


@in_bands
@pytest.mark.parametrize("kept", [False, True])
def test_a_mask_of_which_islands_are_chosen_is_left_alone(rng, kept):
    mask = rng.random((50, 61)) < 0.3
    given_mask = BitMask.of(mask) if kept else mask.copy()
    assert 0 < large_islands(given_mask, 5).count() < np.count_nonzero(mask)
    assert_array_equal(given_mask, mask)


@in_bands
def test_islands_may_be_chosen_again_and_again(rng):
    mask = rng.random((50, 61)) < 0.3
    labels, count = ndimage.label(mask, CORNERS)
    islands = Islands(mask)
    for _ in range(2):
        keep = rng.random(count + 1) < 0.5
        keep[0] = False
        assert_array_equal(islands.select(keep), keep[labels])


@in_bands
@for_each_height
@given(MASKS, st.integers(0, 2**32 - 1))
def test_seeds_grow_through_the_floor_to_its_end(floor, seed):
    seeds = np.random.default_rng(seed).random(floor.shape) < 0.1
    expected = ndimage.binary_propagation(seeds & floor, CORNERS, floor)
    assert_array_equal(seeded_islands(flood_marks(floor, seeds)), expected)


@in_bands
@patterns
def test_one_seed_takes_the_whole_of_its_island(mask):
    seeds = np.zeros_like(mask)
    seeds[np.unravel_index(np.argmax(mask), mask.shape)] = True
    assert_array_equal(
        seeded_islands(flood_marks(mask, seeds)), ndimage.binary_propagation(seeds & mask, CORNERS, mask)
    )


def test_a_seed_off_the_floor_starts_nothing():
    floor = np.array([[True, False, True]])
    assert not seeded_islands(flood_marks(floor, ~floor)).any()
    assert_array_equal(flood_marks(floor, ~floor)[:], [[FLOOR, 0, FLOOR]])


@in_bands
@patterns
def test_holes_are_what_no_path_leads_out_of(mask):
    assert_array_equal(fill_holes(mask), ndimage.binary_fill_holes(mask))


@in_bands
@for_each_height
@given(MASKS)
def test_holes_are_those_of_scipy(mask):
    filled = fill_holes(mask)
    assert_array_equal(filled, ndimage.binary_fill_holes(mask))
    # Bits beyond the last column are unset, as everywhere.
    assert filled.count() == np.asarray(filled).sum()


@in_bands
@for_each_height
@given(MASKS, st.integers(1, 9))
def test_large_islands_have_at_least_so_many_pixels(mask, size):
    labels, count = ndimage.label(mask, CORNERS)
    assert_array_equal(large_islands(mask, size), (by_label(labels, count, 1) >= size)[labels] & mask)


@in_bands
@for_each_height
@given(MASKS, st.integers(0, 2**32 - 1))
def test_significant_islands_have_their_size_and_their_sum(mask, seed):
    values = np.random.default_rng(seed).integers(-3, 9, mask.shape).astype(np.float32)
    labels, count = ndimage.label(mask, CORNERS)
    pixels, sums = by_label(labels, count, 1), by_label(labels, count, values)
    expected = ((pixels >= 3) & (sums >= 2.1 * np.sqrt(pixels)))[labels] & mask
    assert_array_equal(significant_islands(mask, values, 3, 2.1), expected)


def test_sums_do_not_depend_on_the_bands(rng, monkeypatch):
    """Sums of numbers of very different size are another number in another order."""
    mask = rng.random((60, 50)) < 0.42
    values = (rng.normal(size=mask.shape) * 10.0 ** rng.integers(-8, 30, mask.shape)).astype(np.float32)
    labels, count = ndimage.label(mask, CORNERS)
    found = []
    for rows in (1, 2, 7, 60):
        monkeypatch.setattr("skerry.planes.bands._band_rows", lambda *_, rows=rows: (rows, 2))
        sums = _sums(mask, values)
        np.testing.assert_allclose(sums, by_label(labels, count, values), rtol=1e-12, atol=1e20)
        found.append(sums.tobytes())
    assert len(set(found)) == 1


def _sums(mask, values):
    table = Sums(values)
    Islands(mask, [table])
    return table.by_label[0]


@in_bands
def test_boxes_and_sizes_come_with_the_islands(rng):
    mask = rng.random((45, 67)) < 0.35
    labels, count = ndimage.label(mask, CORNERS)
    boxes, sizes = Extents(), Sizes()
    Islands(mask, [boxes, sizes])
    expected = [(y.start, x.start, 1 - y.stop, 1 - x.stop) for y, x in ndimage.find_objects(labels)]
    assert_array_equal(np.transpose(boxes.by_label)[1:], expected)
    assert_array_equal(sizes.by_label[0][1:], np.bincount(labels.ravel())[1:])
    assert len(sizes.by_label[0]) == count + 1


@in_bands
@for_each_height
@given(MASKS, st.integers(0, 2**32 - 1))
def test_the_peak_of_an_island_is_the_last_of_its_highest_pixels(mask, seed):
    values = np.random.default_rng(seed).integers(-2, 3, mask.shape).astype(np.float32)
    labels, count = ndimage.label(mask, CORNERS)
    peak, place = island_peaks(mask, values)
    assert peak.shape == (count,)
    assert peak.dtype == np.float32
    for island in range(count):
        inside = labels == island + 1
        assert peak[island] == values[inside].max()
        assert_array_equal(place[island], np.argwhere(inside & (values == peak[island]))[-1])


def test_a_peak_may_be_negative_or_huge():
    values = np.array([[-3, -2, 0, 1e38, 0, -1e-42]], np.float32)
    peak, place = island_peaks(values != 0, values)
    assert_array_equal(peak, np.array([-2, 1e38, -1e-42], np.float32))
    assert_array_equal(place, [[0, 1], [0, 3], [0, 5]])


def test_nothing_has_no_peak():
    table = Peaks(np.full((2, 2), 7, np.float32))
    Islands(np.zeros((2, 2), bool), [table])
    peak, place = table.values_and_places()
    assert_array_equal(peak, [-np.inf])
    assert_array_equal(place, [[0, 0]])


@in_bands
def test_marks_are_the_valid_pixels_above_the_clips():
    inf = np.inf
    signal = np.array([[1.5, 1.6, 4.5, 4.4, np.nan], [inf, -inf, -5, 9, 0]], np.float32)
    marks = snr_flood_marks(signal, 4.5, 1.5)
    assert marks.dtype == np.uint8
    assert_array_equal(marks, [[0, FLOOR, FLOOR | SEED, FLOOR, 0], [0, 0, 0, FLOOR | SEED, 0]])
    assert_array_equal(seeded_islands(marks), [[0, 1, 1, 1, 0], [0, 0, 0, 1, 0]])
    floor, seeds = floor_and_seeds(marks)
    assert_array_equal(floor, [[0, 1, 1, 1, 0], [0, 0, 0, 1, 0]])
    assert_array_equal(seeds, [[0, 0, 1, 0, 0], [0, 0, 0, 1, 0]])


@in_bands
@pytest.mark.parametrize("kept_floor", [False, True])
@pytest.mark.parametrize("kept_seeds", [False, True])
def test_marks_are_the_floor_and_the_seeds_on_it(kept_floor, kept_seeds):
    floor, seeds = np.array([[False, False, True, True]] * 5), np.array([[False, True, False, True]] * 5)
    marks = flood_marks(BitMask.of(floor) if kept_floor else floor, BitMask.of(seeds) if kept_seeds else seeds)
    assert_array_equal(np.asarray(marks), [[0, 0, FLOOR, FLOOR | SEED]] * 5)
    assert_array_equal(seeded_islands(marks), floor)
    assert isinstance(marks, KeptMarks) == (kept_floor and kept_seeds)


def test_a_clip_is_compared_as_float32():
    clip = 1.1
    signal = np.array([[clip]], np.float32)
    assert_array_equal(snr_flood_marks(signal, clip, clip), [[0]])
    assert_array_equal(snr_flood_marks(signal, clip, 1), [[FLOOR | SEED]])


@in_bands
@pytest.mark.parametrize("shape", [(40, 50), (1, 7), (30, 1)])
def test_the_highest_pixel_is_a_valid_one(rng, shape):
    values = rng.normal(size=shape).astype(np.float32)
    values[rng.random(shape) < 0.2] = np.nan
    values.flat[:2] = np.inf, -np.inf
    valid = np.isfinite(values)
    assert highest_and_valid(values) == (values[valid].max(), valid.sum())


def test_without_a_valid_pixel_none_is_the_highest():
    assert highest_and_valid(np.full((3, 40), np.nan, np.float32)) == (-np.inf, 0)


@in_bands
@pytest.mark.parametrize("keeps_invalid", [False, True])
def test_what_is_seen_of_an_image_are_its_valid_pixels(rng, keeps_invalid):
    image = rng.normal(size=(30, 20)).astype(np.float32)
    image[4, 7], image[25, 3], image[26, 3] = 9, -9, -9
    image[0, 0], image[1, 1], image[2, 2] = np.nan, np.inf, -np.inf
    seen = Surveyed(image, keeps_invalid=keeps_invalid)
    assert seen.survey() == (597, 9, (4, 7), -9)
    assert seen.deepest() == (-9, (25, 3))
    assert_array_equal(seen.invalid(), ~np.isfinite(image))


def test_of_an_image_without_valid_pixels_nothing_is_seen():
    seen = Surveyed(np.full((3, 4), np.nan, np.float32))
    assert seen.survey() == (0, -np.inf, None, np.inf)
    assert seen.deepest() == (np.inf, None)


def test_a_mask_of_any_plane_will_do(rng):
    mask = rng.random((30, 40)) < 0.4
    count = ndimage.label(mask, CORNERS)[1]
    lazy = Computed(mask.shape, bool, lambda a, b: mask[a:b])
    for plane in (
        BitMask.of(mask),
        lazy,
        np.asfortranarray(mask),
        4 * mask.astype(np.uint8),
        512 * mask.astype(np.int16),
    ):
        assert count_islands(plane) == (count, mask.sum())
