"""Outlines hold just the pixels of their islands, holes and islands in holes included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal
from scipy import ndimage

from skerry.filters import outlines
from skerry.filters.outlines import island_outlines
from skerry.masking.island_table import measure_islands

SHAPES = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=20)
MASKS = SHAPES.flatmap(lambda shape: arrays(bool, shape)) | st.tuples(SHAPES, st.integers(0, 2**32 - 1)).map(
    lambda given: np.random.default_rng(given[1]).random(given[0]) < 0.7
)


def outlines_of(mask):
    table = measure_islands(mask)
    return list(island_outlines(table.islands, table.size, table.top, table.bottom))


def inside(outline, shape):
    """Pixels whose centres a polygon holds: a line from each to the right crosses it an odd number of times."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    crossings = np.zeros(shape, int)
    for x0, y0, x1, y1 in zip(outline.x, outline.y, np.roll(outline.x, -1), np.roll(outline.y, -1), strict=True):
        if y0 != y1:
            at = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
            crossings += (y >= min(y0, y1)) & (y < max(y0, y1)) & (x < at)
    return crossings % 2 == 1


@given(MASKS)
def test_an_outline_holds_just_the_pixels_of_its_island(mask):
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    found = outlines_of(mask)
    assert [outline.number for outline in found] == list(range(1, count + 1))
    for outline in found:
        assert_array_equal(inside(outline, mask.shape), labels == outline.number)


@given(MASKS)
def test_corners_lie_where_the_line_turns(mask):
    for outline in outlines_of(mask):
        step = np.stack([np.diff(outline.x, append=outline.x[0]), np.diff(outline.y, append=outline.y[0])], axis=1)
        # A slit ends in a line that it meets, so two steps there go the same way or back.
        is_slit = np.isin((outline.y + 0.5) % 1, [0.25])
        assert (is_slit | ((outline.y + 0.5) % 1 == 0)).all()
        assert ((step == 0).sum(axis=1) == 1).all()
        turns = (step * np.roll(step, 1, axis=0)).sum(axis=1) == 0
        assert (turns | is_slit).all()


@pytest.mark.parametrize("pixels", [1, 7, 10**6])
def test_islands_are_outlined_in_groups_as_all_at_once(monkeypatch, rng, pixels):
    mask = rng.random((40, 50)) < 0.4
    whole = outlines_of(mask)
    monkeypatch.setattr(outlines, "_PIXELS_AT_ONCE", pixels)
    monkeypatch.setattr(outlines, "_ROWS_AT_ONCE", 3)
    for outline, expected in zip(outlines_of(mask), whole, strict=True):
        assert outline.number == expected.number
        assert_array_equal(outline.x, expected.x)
        assert_array_equal(outline.y, expected.y)


def test_an_island_in_the_hole_of_another_has_its_own_outline():
    mask = np.zeros((9, 9), bool)
    mask[0:9, 0:9], mask[1:8, 1:8], mask[3:6, 3:6], mask[4, 4] = True, False, True, False
    ring, island = outlines_of(mask)
    within = mask & (ndimage.label(mask, np.ones((3, 3)))[0] == 2)
    assert_array_equal(inside(island, mask.shape), within)
    assert inside(ring, mask.shape).sum() == 81 - 49
    # Four corners without, four within, and both ends of the slit twice.
    assert ring.x.size == island.x.size == 12


def test_a_pixel_is_a_square():
    mask = np.zeros((3, 4), bool)
    mask[1, 2] = True
    (outline,) = outlines_of(mask)
    assert set(zip(outline.x, outline.y, strict=True)) == {(1.5, 0.5), (2.5, 0.5), (2.5, 1.5), (1.5, 1.5)}


def test_a_mask_in_which_nothing_is_set_has_no_outline():
    assert outlines_of(np.zeros((4, 4), bool)) == []
