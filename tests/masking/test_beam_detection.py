"""A beam sees what stands out of its own noise, and nothing of what only other beams see."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry import MaskingOptions
from skerry.masking.beam_detection import detected_by_beam
from skerry.masking.noise import noise_maps
from skerry.planes.computed import Computed

FWHM = 3.2
BEAM_AREA = np.pi / (4 * np.log(2)) * FWHM**2
SIGMA = 1e-3
OPTIONS = MaskingOptions(extract_beam_smoothed_clip=2)


def grain(rng, shape=(200, 200)):
    """Noise of 1 mJy/beam that is correlated as the beam is."""
    noise = ndimage.gaussian_filter(rng.normal(size=shape), FWHM / 2.3548)
    return (SIGMA * noise / noise.std()).astype(np.float32)


def source(row, column, peak, shape=(200, 200), fwhm=FWHM):
    y, x = np.indices(shape)
    return (peak * np.exp(-((x - column) ** 2 + (y - row) ** 2) * 4 * np.log(2) / fwhm**2)).astype(np.float32)


@pytest.fixture(scope="module")
def crowded():
    """An image of sources, and what is seen in it when it is worked through in one piece."""
    image = grain(np.random.default_rng(3), (120, 150)) + source(60, 80, 20 * SIGMA, (120, 150), fwhm=9)
    image[:20], image[70, 70] = np.nan, np.inf
    return image, seen(image, OPTIONS, BEAM_AREA)


def plain_sight(image, clip):
    """The same by SciPy alone, in double precision; also how far each pixel is above the clip, sigma."""
    rms, bkg = map(np.asarray, noise_maps(image))
    valid = np.isfinite(image)
    signal = np.where(valid, (image - bkg) / rms, 0).astype(float)
    smooth, weight = (
        ndimage.gaussian_filter(part, FWHM / 2.3548, mode="constant", truncate=5)
        for part in (signal, valid.astype(float))
    )
    smooth /= np.where(valid, weight, 1)
    smooth /= np.median(-smooth[valid & (smooth < 0)]) / 0.6745
    return valid & (smooth > clip), smooth - clip


def seen(image, options, area):
    """All of the plane."""
    return np.asarray(detected_by_beam(image, options, area))


def test_a_source_that_the_beam_sees_is_seen_in_full(rng):
    found = seen(grain(rng) + source(60, 80, 10 * SIGMA), OPTIONS, BEAM_AREA)
    assert found[source(60, 80, 1) > 0.5].all()


def test_sources_below_the_noise_of_the_beam_are_not_seen(rng):
    rows, columns = np.mgrid[10:200:20, 10:200:20].reshape(2, -1)
    image = grain(rng) + sum(source(*where, 0.3 * SIGMA) for where in zip(rows, columns, strict=True))
    assert seen(image, OPTIONS, BEAM_AREA)[rows, columns].mean() < 0.1


def test_diffuse_emission_is_seen_that_is_no_brighter_than_the_noise_of_a_pixel(rng):
    image = grain(rng) + source(100, 100, 2 * SIGMA, fwhm=30)
    inside = source(100, 100, 1, fwhm=30) > 0.8
    assert seen(image, OPTIONS, BEAM_AREA)[inside].mean() > 1.2 * (image[inside] > 2 * SIGMA).mean()


def test_what_is_seen_is_that_of_a_plain_statement(rng):
    image = grain(rng, (120, 150)) + source(60, 80, 20 * SIGMA, (120, 150), fwhm=9)
    image[:20], image[70, 70], image[71, 70] = np.nan, np.inf, -np.inf
    expected, excess = plain_sight(image, 2)
    found = seen(image, OPTIONS, BEAM_AREA)
    # Where single and double precision fall on different sides of the clip.
    near = np.abs(excess) < 1e-4
    assert expected.any()
    assert_array_equal(found[~near], expected[~near])


def test_what_is_seen_is_the_same_in_bands_of_any_height(crowded, band_rows):
    image, expected = crowded
    plane = Computed(image.shape, np.float32, lambda start, stop: image[start:stop])
    assert_array_equal(seen(plane, OPTIONS, BEAM_AREA), expected)


def test_the_noise_is_that_of_the_boxes_that_are_asked_for(rng):
    image = grain(rng)
    image[:, 50:] *= 20
    image += source(100, 25, 12 * SIGMA)
    local, of_all = (seen(image, OPTIONS.model_copy(update={"noise_box_size": size}), BEAM_AREA) for size in (20, 200))
    assert local[100, 25]
    assert not of_all[100, 25]


def test_the_median_filter_across_the_boxes_is_the_one_that_is_asked_for(rng):
    image = grain(rng)
    image[80:100, 80:100] *= 20
    plain, filtered = (
        seen(image, OPTIONS.model_copy(update={"noise_box_size": 20, "noise_filter_size": n}), BEAM_AREA)
        for n in (1, 3)
    )
    assert plain[80:100, 80:100].sum() < 0.5 * filtered[80:100, 80:100].sum()


def test_a_higher_clip_sees_less(rng):
    image = grain(rng) + source(60, 80, 10 * SIGMA)
    areas = [seen(image, MaskingOptions(extract_beam_smoothed_clip=clip), BEAM_AREA).sum() for clip in (0, 2, 5)]
    assert areas[0] > 10 * areas[1] > 10 * areas[2] > 0


def test_without_a_clip_every_valid_pixel_counts_as_seen(rng):
    image = grain(rng)
    image[3, 4], image[5, 6] = np.nan, -np.inf
    assert_array_equal(seen(image, MaskingOptions(), BEAM_AREA), np.isfinite(image))


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, 1.0])
def test_nothing_is_seen_in_an_image_without_valid_pixels_or_without_noise(value):
    assert not seen(np.full((40, 50), value, np.float32), OPTIONS, BEAM_AREA).any()


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 12), st.integers(1, 12)),
        elements=st.sampled_from([-2.0, 0.0, 0.5, 3.0, 9.0, np.nan, np.inf]),
    )
)
def test_invalid_pixels_are_never_seen_and_the_image_stays_as_it_is(image):
    before = image.copy()
    found = seen(image, OPTIONS, BEAM_AREA)
    assert not found[~np.isfinite(image)].any()
    assert_array_equal(image, before)
