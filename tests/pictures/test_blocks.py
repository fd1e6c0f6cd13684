"""An image at the size of a picture: each block of pixels by what stands out in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skerry.pictures.blocks import (
    Window,
    bits_of_blocks,
    block_size,
    extremes_of_blocks,
    notable_of_blocks,
    windowed_plane,
)


def plain_blocks(image, step, join, nothing):
    """Each block by itself."""
    return np.array(
        [
            [join(image[y : y + step, x : x + step], nothing) for x in range(0, image.shape[1], step)]
            for y in range(0, image.shape[0], step)
        ]
    )


@pytest.mark.usefixtures("band_rows")
def test_extremes_are_those_of_each_block_whatever_the_bands(rng):
    image = rng.normal(size=(37, 50)).astype(np.float32)
    image[rng.random(image.shape) < 0.3] = np.nan
    image[5:10, 5:10] = np.nan
    image[20, 20], image[21, 30] = np.inf, -np.inf
    finite = np.where(np.isfinite(image), image, np.nan)
    lowest, highest = extremes_of_blocks(image, 5)
    expected = [
        plain_blocks(finite, 5, lambda block, _, f=f: f(block) if np.isfinite(block).any() else np.nan, None)
        for f in (np.nanmin, np.nanmax)
    ]
    np.testing.assert_array_equal(lowest, expected[0])
    np.testing.assert_array_equal(highest, expected[1])
    assert np.isnan(highest[1, 1])


@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))), st.integers(1, 5))
def test_bits_are_those_of_any_pixel_of_a_block(mask, step):
    expected = plain_blocks(mask, step, lambda block, _: np.bitwise_or.reduce(block, axis=None), None)
    np.testing.assert_array_equal(bits_of_blocks(mask, step), expected)


def test_a_faint_pixel_is_seen_at_any_size():
    image = np.zeros((100, 100), np.float32)
    image[33, 77] = 5
    assert notable_of_blocks(image, 25, 0, 1)[1, 3] == 5


def test_a_deep_hole_is_seen_too_but_not_beside_a_brighter_source():
    image = np.zeros((4, 8), np.float32)
    image[1, 1], image[1, 5], image[2, 6] = -6, -6, 7
    np.testing.assert_array_equal(notable_of_blocks(image, 4, 0, 1), [[-6, 7]])
    image[1, 1] = -4
    assert notable_of_blocks(image, 4, 0, 1)[0, 0] == 0


@pytest.mark.parametrize(("shape", "most", "step"), [((64, 64), 1000, 1), ((1001, 5), 1000, 2), ((5, 10000), 1000, 10)])
def test_blocks_are_as_small_as_the_longer_side_allows(shape, most, step):
    assert block_size(shape, most) == step


def test_a_window_gives_its_rows_and_columns():
    image = np.arange(60).reshape(6, 10)
    part = windowed_plane(image, Window(1, 5, 2, 9))
    assert part.shape == (4, 7)
    np.testing.assert_array_equal(part[1:3], image[2:4, 2:9])


def test_a_window_is_cut_at_the_edges_of_the_image():
    assert Window(-3, 9, 4, 20).within((6, 10)) == Window(0, 6, 4, 10)
    assert Window(7, 9, 0, 5).within((6, 10)).shape == (0, 5)
