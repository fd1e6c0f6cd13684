"""The minimum absolute clip: boxes, their minima, and plateaus of emission wider than a box."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from skerry import MaskingOptions, SkerryError, minimum_absolute_clip, skew_mask
from skerry.filters.flood_marks import flood_marks
from skerry.masking.flood import flood_mask
from skerry.masking.minimum_clip import mac_level, minimum_absolute_level
from skerry.planes.computed import collect

PIXELS = st.floats(-4, 8, width=32) | st.sampled_from([np.nan, np.inf, -np.inf])
IMAGES = arrays(np.float32, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12), elements=PIXELS)
BOXES = st.integers(1, 40)


def plain_minimum(image, box):
    """Minimum of each box as SciPy states it."""
    filled = np.where(np.isfinite(image), image, np.inf)
    return ndimage.minimum_filter(filled, size=box, mode="constant", cval=np.inf)


def plain_positive_fraction(image, box):
    """Share of positive pixels in each box, counted pixel by pixel."""
    before, after = box // 2, box - box // 2 - 1
    fraction = np.zeros(image.shape)
    for y, x in np.ndindex(image.shape):
        part = image[max(0, y - before) : y + after + 1, max(0, x - before) : x + after + 1]
        valid = part[np.isfinite(part)]
        fraction[y, x] = (valid > 0).mean() if valid.size else 0
    return fraction


def plain_adaptive_level(image, box, depth, step, delta):
    level = plain_minimum(image, box)
    for _ in range(depth):
        skewed = plain_positive_fraction(image, box) > 0.5 + delta
        if not skewed.any():
            break
        box = max(box + 1, int(box * step))
        level = np.where(skewed, plain_minimum(image, box), level)
    return np.abs(level)


@given(IMAGES, BOXES)
def test_the_level_is_the_minimum_filter_of_scipy(image, box):
    assert_array_equal(np.asarray(minimum_absolute_level(image, box).plane()), np.abs(plain_minimum(image, box)))


@given(IMAGES, BOXES, st.floats(0, 3))
def test_the_clip_is_a_factor_of_the_level(image, box, factor):
    factor = np.float32(factor)
    with np.errstate(invalid="ignore"):
        expected = (image > factor * np.abs(plain_minimum(image, box)).astype(np.float32)) & np.isfinite(image)
    assert_array_equal(minimum_absolute_clip(image, factor, box), expected)


@given(IMAGES, BOXES, st.sampled_from([0.05, 0.2, 0.45]))
def test_skew_is_the_share_of_positive_pixels_among_the_valid_ones(image, box, delta):
    fraction = plain_positive_fraction(image, box)
    clear_of_the_threshold = np.abs(fraction - 0.5 - delta) > 1e-9
    skewed = skew_mask(image, delta, box)
    assert_array_equal(skewed[clear_of_the_threshold], (fraction > 0.5 + delta)[clear_of_the_threshold])


@given(IMAGES, st.integers(1, 6), st.integers(0, 4), st.sampled_from([2.0, 3.0, 4.0]))
@example(np.array([[1, np.nan, np.nan]], np.float32), 1, 3, 3.0)
@example(np.array([[0, 1, -1, 1], [1, 1, 1, np.nan]], np.float32), 2, 3, 3.0)
def test_the_adaptive_box_grows_where_pixels_are_skewed(image, box, depth, step):
    expected = plain_adaptive_level(image, box, depth, step, 0.21)
    level = minimum_absolute_level(
        image, box, adaptive_max_depth=depth, adaptive_box_step=step, adaptive_skew_delta=0.21
    )
    assert_array_equal(collect(level.plane()), expected)


def test_an_even_box_reaches_one_pixel_further_back():
    image = np.zeros((1, 9), np.float32)
    image[0, 4] = -1
    assert_array_equal(np.flatnonzero(collect(minimum_absolute_level(image, 4).plane())), [3, 4, 5, 6])


@pytest.mark.usefixtures("band_rows")
@pytest.mark.parametrize("shape", [(37, 41), (1, 30), (30, 1)])
@pytest.mark.parametrize("box", [1, 4, 7, 100])
def test_no_level_depends_on_bands(shape, box, rng):
    image = rng.normal(0.6, 1, size=shape).astype(np.float32)
    image[rng.random(shape) < 0.1] = np.nan
    level = minimum_absolute_level(image, box, adaptive_max_depth=3, adaptive_box_step=1.5, adaptive_skew_delta=0.21)
    assert_array_equal(collect(level.plane()), plain_adaptive_level(image, box, 3, 1.5, 0.21))


@pytest.mark.usefixtures("band_rows")
def test_no_skew_depends_on_bands(rng):
    image = rng.normal(size=(50, 70)).astype(np.float32)
    image[:, :30] = np.nan
    image[20:30, 50] = np.inf
    assert_array_equal(skew_mask(image, 0.02, 20), plain_positive_fraction(image, 20) > 0.52)


@pytest.mark.usefixtures("band_rows")
def test_seeds_and_floor_from_one_level_are_those_of_the_clips(rng):
    image = rng.normal(size=(40, 33)).astype(np.float32)
    image[5:9, 5:9] = np.nan
    image[20, 3] = np.inf
    image[10:20, 10:20] += 5
    level = minimum_absolute_level(image, 9)
    by_clip = flood_marks(level.exceeded(0.7), level.exceeded(1.3))
    assert set(np.unique(by_clip)) == {0, 1, 3}
    assert_array_equal(collect(level.flood_marks(1.3, 0.7)), collect(by_clip))
    plain = np.abs(plain_minimum(image, 9))
    assert_array_equal(level.exceeded(0.7), np.isfinite(image) & (image > np.float32(0.7) * plain))


def test_a_seed_is_on_the_floor_though_its_clip_be_the_lower_one(rng):
    image = rng.normal(size=(40, 33)).astype(np.float32)
    assert set(np.unique(minimum_absolute_level(image, 9).flood_marks(0.2, 0.7))) == {0, 3}


@pytest.mark.usefixtures("band_rows")
def test_the_depth_of_noise_is_the_same_in_all_bands(rng):
    image = rng.normal(size=(60, 50)).astype(np.float32)
    image[20:50, 10:40] += 50
    image[:10, :20] = np.nan
    level = collect(mac_level(image, plateaus(7), None).plane())
    assert_array_equal(level, plain_raised_level(image, 7))
    assert (level[30:40, 20:30] < np.abs(plain_minimum(image, 7))[30:40, 20:30]).all()


def plain_raised_level(image, box):
    """Depth of the minimum, or three quarters of the median depth of 9 x 9 boxes around if that is more."""
    minimum = plain_minimum(image, box)
    depth = np.where(np.isposinf(minimum), np.inf, -minimum).astype(np.float32)
    sample = depth[box // 2 :: box, box // 2 :: box]
    sample = np.where(np.isfinite(sample) & (sample > 0), sample, np.nan)
    least = np.full(image.shape, np.nan, np.float32)
    for y, x in np.ndindex(image.shape):
        row, column = min(y // box, sample.shape[0] - 1), min(x // box, sample.shape[1] - 1)
        around = sample[max(0, row - 4) : row + 5, max(0, column - 4) : column + 5]
        least[y, x] = np.nanmedian(sample if np.isnan(around).all() else around)
    return np.maximum(depth, np.float32(0.75) * least)


def flat_patch():
    image = np.full((400, 400), -1.2, np.float32)
    image[150:250, 150:250] = 1.0
    return image


def test_a_flat_patch_no_brighter_than_the_negatives_are_deep_is_not_masked():
    mask = minimum_absolute_clip(flat_patch(), 1.1, 50, adaptive_max_depth=1, adaptive_box_step=4)
    assert not mask.any()


def test_one_bright_pixel_in_the_patch_is_masked_alone():
    image = flat_patch()
    image[200, 200] = 2000
    mask = minimum_absolute_clip(image, 1.1, 50, adaptive_max_depth=1, adaptive_box_step=4)
    assert_array_equal(np.argwhere(mask), [[200, 200]])


def test_a_plateau_wider_than_the_box_has_a_hole_that_the_adaptive_box_mends():
    image = np.full((200, 200), -1.0, np.float32)
    image[50:150, 50:150] = 50.0
    assert not minimum_absolute_clip(image, 1.2, 21)[100, 100]
    assert minimum_absolute_clip(image, 1.2, 21, adaptive_max_depth=4)[50:150, 50:150].all()


def test_without_options_a_pixel_exceeds_twice_the_minimum_of_100_pixels():
    image = np.zeros((1, 300), np.float32)
    image[0, 50], image[0, [0, 99, 100, 149]] = -1, 2.1
    # A box of 100 pixels reaches 50 to the left of its pixel and 49 to the right.
    assert_array_equal(np.flatnonzero(minimum_absolute_clip(image)), [0, 99, 100, 149])
    image[0, [0, 99, 100, 149]] = 1.9
    assert_array_equal(np.flatnonzero(minimum_absolute_clip(image)), [0, 149])


def test_the_image_is_left_alone(rng):
    image = rng.normal(size=(30, 30)).astype(np.float32)
    image[3, 3] = np.nan
    copy = image.copy()
    minimum_absolute_clip(image, 1.0, 7, adaptive_max_depth=2)
    assert_array_equal(image, copy)


@pytest.mark.parametrize(
    "wrong", [{"box_size": 0}, {"adaptive_box_step": 1.0}, {"adaptive_max_depth": 1, "adaptive_skew_delta": 0.5}]
)
def test_impossible_boxes_are_refused(wrong):
    with pytest.raises(SkerryError):
        minimum_absolute_clip(np.zeros((5, 5), np.float32), **wrong)


def plateaus(box=21, **options):
    return MaskingOptions(
        flood_fill_statistic="mac",
        flood_fill_mac_plateaus=True,
        flood_fill_use_mac_box_size=box,
        flood_fill_positive_seed_clip=1.5,
        flood_fill_positive_flood_clip=1.2,
        **options,
    )


def test_a_plateau_wider_than_the_box_has_no_hole_if_asked(rng):
    image = rng.normal(size=(300, 300)).astype(np.float32)
    image[50:150, 50:150] += 50
    plain = plateaus().model_copy(update={"flood_fill_mac_plateaus": False})
    masks = [np.asarray(flood_mask(image, options, pixels_per_beam=9.0).mask) for options in (plain, plateaus())]
    assert not masks[0][70:130, 70:130].all()
    assert masks[1][50:150, 50:150].all()


def test_faint_emission_beside_bright_is_kept_that_the_adaptive_box_loses(rng):
    image = rng.normal(size=(300, 300)).astype(np.float32)
    image[50:150, 50:150] += 50
    image[50:150, 150:200] += 8
    image[30, 130:220] = -12
    adaptive = plateaus(flood_fill_use_mac_adaptive_max_depth=3).model_copy(update={"flood_fill_mac_plateaus": False})
    covered = [
        np.asarray(flood_mask(image, options, pixels_per_beam=9.0).mask)[60:140, 150:190].mean()
        for options in (adaptive, plateaus())
    ]
    assert covered[0] < 0.5
    assert covered[1] > 0.95


def test_noise_that_is_deep_enough_keeps_its_minimum(rng):
    image = rng.normal(size=(200, 250)).astype(np.float32)
    level = collect(minimum_absolute_level(image, 35).plane())
    raised = collect(mac_level(image, plateaus(35), None).plane())
    assert (raised == level).mean() > 0.99
    assert_allclose(raised, level, rtol=0.5)


def test_the_depth_of_noise_is_taken_from_near_by(rng):
    """Noise of 1 to the left and of 10 to the right, and a plateau in both: it stands on its own noise."""
    image = rng.normal(size=(200, 2000)).astype(np.float32)
    image[:, 1000:] *= 10
    image[50:100, 300:350] = image[50:100, 1700:1750] = 500
    level = collect(mac_level(image, plateaus(15), None).plane())
    assert level[75, 325] == pytest.approx(
        0.75 * np.median(collect(minimum_absolute_level(image[:, :200], 15).plane())), rel=0.1
    )
    assert level[75, 1725] == pytest.approx(10 * level[75, 325], rel=0.1)


@given(IMAGES, BOXES)
def test_a_level_that_is_raised_is_never_below_the_depth_of_the_minimum(image, box):
    level = collect(mac_level(image, plateaus(box), None).plane())
    minimum = plain_minimum(image, box)
    assert (level >= np.where(np.isposinf(minimum), np.inf, np.maximum(-minimum, 0)).astype(np.float32)).all()


def test_where_no_pixel_is_negative_nothing_speaks_against_emission():
    image = np.full((60, 60), 2, np.float32)
    image[30, 30] = np.nan
    assert_array_equal(collect(mac_level(image, plateaus(9), None).plane()), np.zeros((60, 60)))


@pytest.mark.usefixtures("band_rows")
@pytest.mark.parametrize("among", [0.002, 0.3], ids=["a few", "many"])
@pytest.mark.parametrize("options", [{}, {"adaptive_max_depth": 2}], ids=["a box", "adaptive"])
def test_pixels_of_a_few_are_above_their_level_as_of_all(rng, among, options):
    image = rng.normal(size=(130, 140)).astype(np.float32)
    image[rng.random(image.shape) < 0.05] = np.nan
    image[60:90, 60:90] += 5
    looked_at = rng.random(image.shape) < among
    looked_at[70, 70] = True
    level = minimum_absolute_level(image, 9, **options)
    found = collect(level.exceeded(0.7, among=looked_at))
    assert_array_equal(found, collect(level.exceeded(0.7)) & looked_at)
    assert found.any()


@pytest.mark.parametrize("among", [0.002, 0.3], ids=["a few", "many"])
def test_pixels_of_a_few_are_above_a_level_that_is_raised(rng, among):
    image = rng.normal(size=(130, 140)).astype(np.float32)
    image[40:90, 40:90] += 9
    looked_at = rng.random(image.shape) < among
    looked_at[70, 60:70] = True
    level = mac_level(image, plateaus(9), None)
    found = collect(level.exceeded(2, among=looked_at))
    assert_array_equal(found, collect(level.exceeded(2)) & looked_at)
    assert found[70, 60:70].all()
