"""Outlines go along the edges of pixels, and close round every island."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from skerry.pictures.drawn_outlines import bounded_outlines, drawn_outlines, with_margin

MASKS = arrays(bool, st.tuples(st.integers(1, 8), st.integers(1, 8)))


def unit_edges(lines):
    """Lines as pieces of one pixel each."""
    pieces = []
    for (x0, y0), (x1, y1) in lines.tolist():
        if y0 == y1:
            pieces += [((x, y0), (x + 1, y0)) for x in range(x0, x1)]
        else:
            assert x0 == x1
            pieces += [((x0, y), (x0, y + 1)) for y in range(y0, y1)]
    return pieces


@given(MASKS)
def test_outlines_are_the_edges_between_set_and_unset_pixels(mask):
    padded = np.pad(mask, 1)
    expected = set()
    for y, x in np.ndindex(mask.shape[0] + 1, mask.shape[1] + 1):
        if padded[y, x + 1] != padded[y + 1, x + 1] and x < mask.shape[1]:
            expected.add(((x, y), (x + 1, y)))
        if padded[y + 1, x] != padded[y + 1, x + 1] and y < mask.shape[0]:
            expected.add(((x, y), (x, y + 1)))
    pieces = unit_edges(drawn_outlines(mask))
    assert set(pieces) == expected
    assert len(pieces) == len(expected)


@given(MASKS)
def test_outlines_are_closed(mask):
    ends = Counter(end for piece in unit_edges(drawn_outlines(mask)) for end in piece)
    assert all(count % 2 == 0 for count in ends.values())


def test_too_many_outlines_become_those_of_a_coarser_mask():
    mask = np.indices((64, 64)).sum(axis=0) % 2 == 0
    lines, step = bounded_outlines(mask, 100)
    assert (len(lines), step) == (4, 2)
    assert lines.max() == 32
    assert bounded_outlines(mask[:4, :4], 100)[1] == 1


def test_no_island_has_no_outline():
    assert drawn_outlines(np.zeros((5, 7), bool)).shape == (0, 2, 2)


@given(MASKS, st.integers(0, 3))
def test_a_margin_is_a_dilation_by_a_square(mask, pixels):
    expected = ndimage.binary_dilation(mask, np.ones((2 * pixels + 1, 2 * pixels + 1)))
    np.testing.assert_array_equal(with_margin(mask, pixels), expected)
