"""The table of islands: numbers, places and sums as SciPy states them, whatever the bands."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from skerry.masking.island_table import measure_islands

CORNERS = np.ones((3, 3), bool)
SHAPES = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24) | st.sampled_from([(3, 200), (1, 65), (90, 1)])
MASKS = SHAPES.flatmap(lambda shape: arrays(bool, shape))
in_bands = pytest.mark.usefixtures("band_rows")
for_each_height = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def noise_with_holes(shape, seed, holes=0.1):
    """Noise of which some pixels are invalid, and some have the same value."""
    random = np.random.default_rng(seed)
    image = np.round(random.normal(size=shape), 1).astype(np.float32)
    image[random.random(shape) < holes / 2] = np.nan
    image[random.random(shape) < holes / 2] = np.inf
    return image


def columns_of(table):
    """All arrays of a table, and its sums, by name."""
    return {f.name: getattr(table, f.name) for f in dataclasses.fields(table) if f.name != "islands"}


@in_bands
@for_each_height
@given(MASKS, st.integers(0, 2**32 - 1))
def test_islands_are_measured_as_scipy_measures_them(mask, seed):
    image = noise_with_holes(mask.shape, seed)
    labels, count = ndimage.label(mask, CORNERS)
    numbers = np.arange(1, count + 1)
    valid = np.isfinite(image)
    known = np.where(valid, image, 0).astype(np.float64)
    table = measure_islands(mask, image)
    assert len(table) == count
    assert_array_equal(table.size, ndimage.sum_labels(mask, labels, numbers))
    boxes = [(y.start, y.stop - 1, x.start, x.stop - 1) for y, x in ndimage.find_objects(labels)]
    assert list(zip(table.top, table.bottom, table.left, table.right, strict=True)) == boxes
    assert_allclose(table.total, ndimage.sum_labels(known, labels, numbers), atol=1e-9)
    for n in numbers:
        here = labels == n
        assert table.at_invalid[n - 1] == (~valid & ndimage.binary_dilation(here, CORNERS)).any()
        peak = table.peak[n - 1], table.peak_y[n - 1], table.peak_x[n - 1]
        if not (here & valid).any():
            assert np.isnan(peak[0])
            assert peak[1:] == (-1, -1)
            continue
        place = ndimage.maximum_position(np.where(here & valid, image, -np.inf))
        assert peak == (image[place], *place)
        with np.errstate(invalid="ignore", divide="ignore"):
            centre = ndimage.center_of_mass(known, labels, n)
        low, high = np.argwhere(here).min(axis=0), np.argwhere(here).max(axis=0)
        if not (np.isfinite(centre).all() and (centre >= low).all() and (centre <= high).all()):
            centre = ndimage.center_of_mass(here)
        if abs(known[here].sum()) > 1e-3:  # Of a sum of rounding errors nothing is known.
            assert_allclose((table.y[n - 1], table.x[n - 1]), centre, atol=1e-6)
    flux = table.flux
    assert flux.image.valid == valid.sum()
    for sign, of_image, inside in ((1, flux.image.positive, flux.positive), (-1, flux.image.negative, flux.negative)):
        part = np.where(sign * known > 0, known, 0)
        assert_allclose(of_image, part.sum(), atol=1e-9)
        assert_allclose(inside, part[mask].sum(), atol=1e-9)


@for_each_height
@given(MASKS, st.integers(0, 2**32 - 1))
def test_bands_change_no_bit(mask, seed):
    image = noise_with_holes(mask.shape, seed)
    scale_bits = np.where(mask, np.random.default_rng(seed).integers(1, 600, mask.shape), 0).astype(np.int16)
    found = []
    for rows in (1, 3, 1000):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("skerry.planes.bands._band_rows", lambda *_, rows=rows: (rows, 2))
            patched.setattr("skerry.planes.computed.PIXELS_PER_STRIP", 7 * rows)
            table = measure_islands(
                scale_bits, image, signal=image, scales=True, negative_clip=1, negative_reach=2, both_signs=True
            )
            found.append(columns_of(table))
    flux = found[0]["flux"]
    for other in found[1:]:
        assert other.pop("flux") == flux
        for name, column in other.items():
            assert_array_equal(column, found[0][name])


@in_bands
@for_each_height
@given(MASKS, st.integers(0, 2**32 - 1))
def test_signal_bits_and_what_lies_beside_are_those_of_any_pixel(mask, seed):
    signal = noise_with_holes(mask.shape, seed)
    bits = np.where(mask, np.random.default_rng(seed).integers(1, 600, mask.shape), 0).astype(np.int16)
    labels, count = ndimage.label(mask, CORNERS)
    table = measure_islands(bits, signal=signal, scales=True, negative_clip=2, negative_reach=3)
    near = ndimage.binary_dilation(signal <= -2, np.ones((7, 7)))
    for n in range(1, count + 1):
        here = labels == n
        values = signal[here & np.isfinite(signal)]
        assert_array_equal(table.snr[n - 1], values.max() if values.size else np.nan)
        assert table.bits[n - 1] == np.bitwise_or.reduce(bits[here])
        assert table.beside_negative[n - 1] == near[here].any()


def test_of_both_signs_the_peak_is_the_pixel_farthest_from_zero():
    image = np.array([[1, -3, 0, 0, 5, -2]], np.float32)
    mask = np.array([[1, 1, 0, 0, 1, 1]], bool)
    table = measure_islands(mask, image, signal=image, both_signs=True)
    assert_array_equal(table.peak, [-3, 5])
    assert_array_equal(table.peak_x, [1, 4])
    assert_array_equal(table.snr, [3, 5])
    assert_array_equal(measure_islands(mask, image).peak, [1, 5])


def test_without_an_image_there_are_sizes_and_places_only():
    mask = np.zeros((6, 8), np.uint8)
    mask[0, 1:4], mask[3:5, 6] = 1, 1
    table = measure_islands(mask)
    assert_array_equal(table.size, [3, 2])
    assert_array_equal(np.stack([table.x, table.y]), [[2, 6], [0, 3.5]])
    assert_array_equal(table.at_border, [True, False])
    others = set(columns_of(table)) - {"size", "top", "left", "bottom", "right", "x", "y", "at_border"}
    assert [name for name in others if getattr(table, name) is not None] == []


def test_a_mask_in_which_nothing_is_set_has_no_islands():
    image = np.ones((4, 5), np.float32)
    table = measure_islands(np.zeros((4, 5), bool), image, signal=image, negative_clip=3)
    assert len(table) == 0
    assert table.flux.positive_share == 0
    assert table.flux.negative_share is None
    assert table.peak.shape == (0,)


def test_islands_are_those_of_a_catalogue_by_photutils(rng):
    segmentation = pytest.importorskip("photutils.segmentation", reason="photutils is not installed")
    image = (ndimage.gaussian_filter(rng.normal(size=(120, 140)), 2) * 10).astype(np.float32)
    mask = image > 1
    labels, count = ndimage.label(mask, CORNERS)
    theirs = segmentation.SourceCatalog(image.astype(np.float64), segmentation.SegmentationImage(labels))
    table = measure_islands(mask, image)
    assert len(table) == count > 20
    assert_array_equal(table.size, theirs.area.value)
    assert_allclose(table.total, theirs.segment_flux)
    assert_allclose(np.stack([table.x, table.y], axis=1), theirs.centroid)
    assert_allclose(table.peak, theirs.max_value)
    assert_array_equal(image[table.peak_y, table.peak_x], theirs.max_value)
