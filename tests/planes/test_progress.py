"""How far work has come, counted in passes over an image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skerry.planes.bands import for_each_band
from skerry.planes.limits import use_limits
from skerry.planes.progress import Progress, advance, expect, in_words, name_subject, watched


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.floats(0.5, 20))
def test_the_share_is_that_of_the_rows_of_all_passes(rows: list[int], passes: float) -> None:
    progress = Progress(passes)
    for n in rows:
        progress.advance((100, 7), n)
    assert progress.share == pytest.approx(min(0.98, sum(rows) / (100 * passes)))
    assert progress.shape == (100, 7)


def test_more_work_makes_the_share_smaller() -> None:
    with watched(Progress(2)) as progress:
        assert progress.share == 0
        advance((10, 10), 10)
        assert progress.share == 0.5
        expect(passes=3)
        assert progress.share == 0.2
        expect(images=4)
        assert progress.share == 0.05
        advance((10, 10), 10, weight=0.125)
        assert progress.share == pytest.approx(1.125 / 20)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_pass_in_bands_is_one_pass_however_many_threads_work_on_it(threads: int) -> None:
    image, mask = np.zeros((700, 1000), np.float32), np.zeros((700, 1000), bool)
    with use_limits(threads=threads), watched(Progress(10)) as progress:
        for_each_band(image.__getitem__, image)
        assert progress.share == pytest.approx(0.1)
        for_each_band(mask.__getitem__, mask)
        assert progress.share == pytest.approx(0.1125)


def test_smaller_images_are_parts_of_a_pass() -> None:
    progress = Progress(1)
    progress.advance((10, 10), 5)
    progress.advance((5, 5), 5)
    assert progress.shape == (10, 10)
    assert progress.share == pytest.approx(0.75)


def test_the_image_that_the_work_is_of_may_be_smaller_than_others() -> None:
    with watched(Progress(1)) as progress:
        assert progress.subject is None
        name_subject((5, 5))
        advance((10, 10), 5)
    assert progress.subject == (5, 5)
    assert progress.share == pytest.approx(0.5)


def test_nobody_has_to_watch() -> None:
    name_subject((5, 5))
    with watched(Progress(1)) as progress:
        pass
    advance((10, 10), 10)
    expect(passes=1)
    assert progress.share == 0


def test_times_are_told_in_what_suits_them() -> None:
    seconds = (0.2, 89, 91, 3000, 5401, 90000)
    assert [*map(in_words, seconds)] == ["0 s", "89 s", "2 min", "50 min", "1.5 h", "25.0 h"]
