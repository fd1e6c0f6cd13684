"""Masks made scale by scale from the smoothed image."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import radio_header
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from known_images import emission
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from skerry import (
    MaskingOptions,
    beam_erosion,
    image_at_scale,
    minimum_absolute_clip,
)
from skerry.filters.grey_opening import grey_opening
from skerry.filters.islands import fill_holes
from skerry.masking.scale_masks import mask_by_scales
from skerry.sky.beam import pixel_beam

IMAGES = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12),
    elements=st.floats(-4, 8, width=32) | st.sampled_from([np.nan, np.inf]),
)


@given(IMAGES, st.integers(1, 7))
def test_an_opening_is_never_above_the_image(image, box):
    valid = np.isfinite(image)
    opened = np.asarray(grey_opening(image, box))
    assert np.all(opened[valid] <= image[valid])
    assert np.isnan(opened[~valid]).all()


@given(IMAGES, st.integers(1, 7))
def test_to_open_twice_is_to_open_once(image, box):
    once = np.asarray(grey_opening(image, box))
    assert_array_equal(grey_opening(once, box), once)


@pytest.mark.parametrize("box", [1, 2, 3, 4, 7, 8])
def test_an_opening_is_that_of_scipy_away_from_the_edge(box, rng):
    image = rng.normal(size=(60, 60)).astype(np.float32)
    inside = (slice(10, -10), slice(10, -10))
    opened = np.asarray(grey_opening(image, box))
    assert_array_equal(opened[inside], ndimage.grey_opening(image, size=(box, box))[inside])


@pytest.mark.parametrize("box", [4, 5])
def test_an_opening_keeps_what_a_box_fits_in_where_it_is(box):
    image = np.zeros((40, 40), np.float32)
    image[10:14, 20:25] = 3
    image[30, 30] = 9
    opened = np.asarray(grey_opening(image, box))
    assert opened[30, 30] == 0
    assert_array_equal(opened, np.where(image == 3, image, 0) if box == 4 else 0)


def test_smoothing_has_the_fwhm_of_the_scale():
    image = np.zeros((201, 201), np.float32)
    image[100, 100] = 1
    scale = 9 * 2 / 0.44153  # Half the peak 9 pixels away.
    smooth = np.asarray(image_at_scale(image, scale))
    assert_allclose(smooth[100, 109] / smooth[100, 100], 0.5, rtol=1e-3)
    assert_allclose(smooth[109, 100] / smooth[100, 100], 0.5, rtol=1e-3)
    assert_allclose(smooth.sum(), 1, rtol=1e-4)


def test_smoothing_a_constant_changes_nothing_even_beside_invalid_pixels_and_edges():
    image = np.full((60, 60), 3, np.float32)
    image[20:30, 40:] = np.nan
    image[5, 5] = np.inf
    smooth = np.asarray(image_at_scale(image, 30))
    assert_allclose(smooth[np.isfinite(image)], 3, rtol=1e-5)
    assert_array_equal(np.isnan(smooth), ~np.isfinite(image))


def test_smoothing_agrees_with_a_plain_convolution(rng):
    image = rng.normal(size=(80, 90)).astype(np.float32)
    image[rng.random(image.shape) < 0.1] = np.nan
    sigma = 3 / 16 * 16
    y, x = np.mgrid[-40:41, -40:41]
    kernel = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    weight = ndimage.convolve(np.isfinite(image).astype(float), kernel, mode="constant")
    total = ndimage.convolve(np.nan_to_num(image).astype(float), kernel, mode="constant")
    valid = np.isfinite(image)
    assert_allclose(np.asarray(image_at_scale(image, 16))[valid], (total / weight)[valid], atol=1e-5)


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)))
def test_holes_are_those_of_scipy(mask):
    assert_array_equal(fill_holes(mask), ndimage.binary_fill_holes(mask))


HEADER = radio_header((160, 160))
BEAM = pixel_beam(HEADER)
OPTIONS = MaskingOptions(
    convolve_first=True,
    beam_shape_erode_scales=(0, 8, 16),
    flood_fill_positive_seed_clip=1.5,
    flood_fill_positive_flood_clip=1.2,
    flood_fill_use_mac_box_size=60,
)


def test_large_scales_hold_the_diffuse_source_and_not_the_point_source(rng):
    bits = np.asarray(mask_by_scales(emission(rng), BEAM, OPTIONS))
    assert bits[40, 30] == 1
    assert bits[100, 100] & 4
    assert not np.any(bits[:80, :70] & 6)


def test_each_scale_is_smoothed_clipped_filled_grown_and_eroded(rng):
    image = emission(rng)
    expected = np.zeros(image.shape, int)
    for n, scale in enumerate((0, 8, 16)):
        smooth = image if scale == 0 else np.asarray(image_at_scale(grey_opening(image, scale), scale))
        floor = ndimage.binary_fill_holes(minimum_absolute_clip(smooth, 1.2, 60 + scale))
        seeds = minimum_absolute_clip(smooth, 1.5, 60 + scale)
        islands = ndimage.binary_propagation(seeds & floor, np.ones((3, 3)), mask=floor)
        expected |= (np.asarray(beam_erosion(islands, BEAM, scales=[scale])) << n).astype(int)
    assert_array_equal(mask_by_scales(image, BEAM, OPTIONS), expected)


def blotched(rng, shape=(170, 150)):
    """Emission in noise, with invalid pixels alone, in a patch and along an edge."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    image = ndimage.gaussian_filter(rng.normal(size=shape), 1.5) * 5
    image += 6 * (np.hypot(x - 70, y - 80) < 35) + 50 * np.exp(-((x - 30) ** 2 + (y - 140) ** 2) / 8)
    image[rng.random(shape) < 0.01] = np.nan
    image[20:30, 100:110], image[-4:] = np.inf, np.nan
    return image.astype(np.float32)


def test_bands_decide_no_pixel_of_a_scale_mask(rng, band_rows, monkeypatch):
    image = blotched(rng)
    found = np.asarray(mask_by_scales(image, BEAM, OPTIONS))
    monkeypatch.undo()
    expected = np.asarray(mask_by_scales(image, BEAM, OPTIONS))
    assert set(np.unique(expected)) > {0, 1, 7}
    assert_array_equal(found, expected)


def test_bands_decide_no_pixel_with_the_adaptive_box(rng, band_rows, monkeypatch):
    image = blotched(rng)
    options = OPTIONS.model_copy(update={"flood_fill_use_mac_adaptive_max_depth": 2, "flood_fill_use_mac_box_size": 20})
    found = np.asarray(mask_by_scales(image, BEAM, options))
    monkeypatch.undo()
    assert_array_equal(found, np.asarray(mask_by_scales(image, BEAM, options)))


@pytest.mark.parametrize("box", [1, 2, 5, 8, 40, 400])
@pytest.mark.parametrize("shape", [(60, 50), (1, 50), (50, 1)])
def test_bands_decide_no_pixel_of_an_opening(rng, band_rows, box, shape):
    image = rng.normal(size=shape).astype(np.float32)
    image[rng.random(shape) < 0.1] = np.nan
    assert_array_equal(np.asarray(grey_opening(image, box)), grey_opening(image, box)[:])


def test_rows_of_a_scale_mask_may_be_asked_for_in_any_order(rng):
    bits = mask_by_scales(emission(rng), BEAM, OPTIONS)
    whole = np.asarray(bits)
    for start, stop in ((100, 160), (63, 65), (64, 128), (0, 1), (80, 80)):
        assert_array_equal(bits[start:stop], whole[start:stop])


def test_at_scale_0_the_floor_is_at_least_0_8():
    image = emission(np.random.default_rng(7))
    low, at_bound = (
        np.asarray(
            mask_by_scales(
                image,
                BEAM,
                OPTIONS.model_copy(update={"flood_fill_positive_flood_clip": c, "beam_shape_erode_scales": (0,)}),
            )
        )
        for c in (0.4, 0.8)
    )
    assert at_bound.any()
    assert_array_equal(low, at_bound)


def test_an_invalid_pixel_in_a_hole_stays_unmasked():
    image = np.full((60, 60), -1, np.float32)
    image[10:50, 10:50] = 30
    image[29:32, 29:32] = np.nan
    options = OPTIONS.model_copy(update={"beam_shape_erode_scales": (0,)})
    bits = np.asarray(mask_by_scales(image, BEAM, options))
    assert bits.any()
    assert not bits[29:32, 29:32].any()


def test_the_image_is_left_alone(rng):
    image = emission(rng)
    image[3, 3] = np.nan
    copy = image.copy()
    mask_by_scales(image, BEAM, OPTIONS)
    assert_array_equal(image, copy)


def test_the_shape_of_scale_0_is_the_beam(rng):
    image = emission(rng)
    bits = mask_by_scales(image, BEAM, OPTIONS.model_copy(update={"beam_shape_erode_scales": (0,)}))
    floor = ndimage.binary_fill_holes(minimum_absolute_clip(image, 1.2, 60))
    seeds = minimum_absolute_clip(image, 1.5, 60)
    islands = ndimage.binary_propagation(seeds & floor, np.ones((3, 3)), mask=floor)
    assert_array_equal(bits, beam_erosion(islands, BEAM))
