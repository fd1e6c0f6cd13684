"""Functions of arrays take them as people have them: with axes of length 1, big-endian, of double precision."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import radio_header
from numpy.testing import assert_array_equal

import skerry
from skerry.planes.arrays import flag_plane, image_plane, one_plane

OPTIONS = skerry.MaskingOptions(grow_low_snr_island=True, grow_low_snr_island_size=50)
BEAM = skerry.pixel_beam(radio_header((64, 64)))

FUNCTIONS = {
    "noise_maps": lambda image: np.stack([np.asarray(plane) for plane in skerry.noise_maps(image)]),
    "signal_image": lambda image: skerry.signal_image(image, 0 * image + 2, 0 * image + 1),
    "flood_mask": lambda image: skerry.flood_mask(image, OPTIONS).mask,
    "flood_mask, signal and seeds": lambda image: (
        skerry.flood_mask(image, OPTIONS, signal=image, seeds=image > 5, pixels_per_beam=BEAM.area).mask
    ),
    "minimum_absolute_clip": lambda image: skerry.minimum_absolute_clip(image, 1.2, 20),
    "skew_mask": lambda image: skerry.skew_mask(image, 0.2, 9),
    "large_faint_islands": lambda image: skerry.large_faint_islands(image, 1.5, 30, image > 9),
    "snr_mask": lambda image: skerry.snr_mask(image, 3),
    "seed_mask": lambda image: skerry.seed_mask(image, 3).mask,
    "image_at_scale": lambda image: skerry.image_at_scale(image, 8),
    "beam_erosion": lambda image: skerry.beam_erosion(image > 1, BEAM, scales=[0, 4]),
    "binary_erosion": lambda image: skerry.binary_erosion(image > 1, np.ones((2, 2))),
}


@pytest.fixture
def image(rng) -> np.ndarray:
    pixels = rng.normal(size=(64, 64)).astype(np.float32)
    pixels[20:40, 20:45] += 12
    pixels[5, 5] = np.nan
    return pixels


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    "given",
    [
        lambda pixels: pixels[None].astype(">f4"),
        lambda pixels: pixels[None, None].astype(np.float64),
        lambda pixels: pixels[None, None, :, ::-1].copy()[..., ::-1],
    ],
    ids=["3-D, big-endian", "4-D, double", "4-D, backwards"],
)
def test_a_result_is_that_of_two_axes_in_single_precision(image, name, given):
    function, before = FUNCTIONS[name], given(image)
    expected = np.asarray(function(image))
    assert expected.any()
    own = before.copy()
    assert_array_equal(np.asarray(function(own)), expected)
    assert_array_equal(own, before)


@pytest.mark.parametrize("shape", [(), (5,), (2, 5, 5), (1, 2, 5, 5), (2, 1, 5, 5)])
@pytest.mark.parametrize("function", [one_plane, image_plane, flag_plane])
def test_several_planes_are_refused(shape, function):
    with pytest.raises(skerry.SkerryError, match="no image of a single plane; give one of its planes"):
        function(np.zeros(shape))


def test_lists_are_arrays():
    assert_array_equal(skerry.minimum_absolute_clip([[1.0, -2.0, 5.0]], 2, 5), [[False, False, True]])


def test_nan_is_not_set_in_a_mask():
    assert_array_equal(flag_plane(np.array([[0, 1, np.nan, 2]])), [[False, True, False, True]])
    assert flag_plane(np.zeros((1, 3, 3), np.uint8)).dtype == bool
