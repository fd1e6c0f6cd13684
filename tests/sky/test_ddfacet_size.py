"""The sizes that DDFacet makes of those it is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skerry.sky.ddfacet_size import ddfacet_size


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        *((128, 125), (256, 245), (1024, 1029), (1029, 1029)),
        *((1, 65), (64, 65), (66, 65), (70, 65), (71, 75)),  # 70 lies between 65 and 75
        *((500, 495), (512, 525), (2048, 2025), (4096, 4095), (10000, 10125), (20000, 19845)),
        (999_999, 199_017),
    ],
)
def test_sizes_that_ddfacet_makes(asked: int, made: int) -> None:
    assert ddfacet_size(asked) == made


@given(st.integers(65, 199_000))
def test_a_size_has_a_centre_and_a_fast_transform_and_stays(asked: int) -> None:
    made = rest = ddfacet_size(asked)
    assert ddfacet_size(made) == made
    assert made % 2 == 1
    for factor in (3, 5, 7):
        while rest % factor == 0:
            rest //= factor
    assert rest in (1, 11, 13)
