"""When beams are the same one, and the beam that others can be convolved to."""

from __future__ import annotations

import pytest

from skerry.sky.beam import RestoringBeam
from skerry.sky.common_beam import common_beam, same_beam

LONG = RestoringBeam(0.02, 0.01, 30.0)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ((0.0201, 0.01, 30.0), True),
        ((0.0203, 0.01, 30.0), False),
        ((0.02, 0.0102, 30.0), False),
        ((0.02, 0.01, 31.0), True),  # A degree turns a beam of 2 to 1 by half as much as a line.
        ((0.02, 0.01, 28.5), False),
        ((0.02, 0.01, 210.0), True),
    ],
)
def test_beams_are_the_same_within_a_hundredth(other, same):
    assert same_beam(LONG, RestoringBeam(*other)) == same


def test_a_round_beam_has_no_position_angle():
    assert same_beam(RestoringBeam(0.02, 0.02, 0.0), RestoringBeam(0.02, 0.02, 77.0))


def test_the_common_beam_of_crossed_ones_is_round_and_that_of_alike_ones_the_largest():
    crossed = common_beam([RestoringBeam(0.02, 0.01, angle) for angle in (10.0, 100.0)])
    assert (crossed.bmaj, crossed.bmin) == pytest.approx((0.02, 0.02), rel=0.01)
    largest = RestoringBeam(0.03, 0.02, 30.0)
    assert common_beam([LONG, largest, LONG]) == pytest.approx(largest, rel=1e-3)
