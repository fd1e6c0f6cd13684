"""Ranks of pixels join and give back what they are made of, in images of any size; so many runs as there are labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skerry import SkerryError
from skerry.filters import connected_pixels, ranks
from skerry.filters.connected_pixels import Islands
from skerry.filters.island_facts import Measures
from skerry.filters.island_tables import Peaks
from skerry.filters.ranks import Ranks, rank_words


@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 40))
def test_ranks_of_two_numbers_join_as_those_of_one(seed, ny, nx):
    rng = np.random.default_rng(seed)
    # Of few values, so that several pixels of an island are equally high.
    values = rng.choice(np.float32([-2, -0.0, 0, 1, 3, np.nan]), (ny, nx))
    mask = rng.random((ny, nx)) < 0.4

    def tables():
        made = Peaks(np.nan_to_num(values, nan=-7)), Measures(values, both_signs=True)
        Islands(mask, made)
        return [*made[0].values_and_places(), *made[1].extreme(0), *made[1].extreme(1)]

    expected = tables()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ranks, "_MOST_TOGETHER", 0)
        found = tables()
    nothing = np.isnan(expected[2]) | np.isnan(expected[5])
    assert_array_equal(found[0], expected[0])
    assert_array_equal(found[1], expected[1])
    for one, other in zip(found[2:], expected[2:], strict=True):
        assert_array_equal(one[~nothing], other[~nothing])
        assert np.isnan(found[2][np.isnan(expected[2])]).all()


@pytest.mark.parametrize("last", [True, False])
def test_places_beyond_2_32_are_kept(last):
    shape = (100_000, 100_000)
    kept = Ranks(shape, last=last, nothing=-np.inf)
    values, rows, columns = np.float32([2, 3, 3, 1]), np.array([99_999, 7, 99_998, 5]), np.array([4, 99_999, 0, 2])
    found = kept.in_image(kept.in_rows(values, columns), rows)
    for got, given_ in zip(kept.values_and_places(found), (values, rows, columns), strict=True):
        assert_array_equal(got, given_)
    table = np.full(3, kept.fill, kept.dtype)
    kept.join.at(table, np.array([1, 2, 2, 2]), found)
    value, row, column = kept.values_and_places(table)
    assert_array_equal(value, np.float32([-np.inf, 2, 3]))
    assert (row[1], column[1]) == (99_999, 4)
    assert (row[2], column[2]) == ((99_998, 0) if last else (7, 99_999))


def test_words_rise_with_values(rng):
    values = np.sort(np.concatenate([rng.normal(size=99), [-np.inf, np.inf, 0, 1e-45, -1e-45]]).astype(np.float32))
    assert (np.diff(rank_words(values).astype(np.int64)) > 0).all()
    assert rank_words(np.float32([-0.0])) == rank_words(np.float32([0.0]))


def test_more_runs_than_there_are_labels_are_refused(monkeypatch):
    assert np.iinfo(np.int32).max == connected_pixels._MOST_LABELS
    monkeypatch.setattr(connected_pixels, "_MOST_LABELS", 6)
    Islands(np.eye(6, dtype=bool))
    with pytest.raises(
        SkerryError, match=r"^more than 6 runs of pixels are set, too many for islands; raise the clips$"
    ):
        Islands(np.eye(7, dtype=bool))
