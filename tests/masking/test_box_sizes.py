"""Boxes in pixels that follow from the beam."""

from __future__ import annotations

import math

import pytest

from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.masking.box_sizes import mac_box, noise_box

IN_BEAMS = MaskingOptions(
    flood_fill_use_mac_box_beams=11, noise_box_beams=10, flood_fill_use_mac_box_size=60, noise_box_size=40
)


def area(major: float, minor: float | None = None) -> float:
    """Area in pixels of a Gaussian beam, by its axes (FWHM) in pixels."""
    return math.pi / (4 * math.log(2)) * major * (minor or major)


@pytest.mark.parametrize(
    ("beam", "mac", "noise"),
    [
        (area(2.5), 27, 25),
        (area(3.2), 35, 32),
        (area(3.45), 37, 34),  # 37.95 and 34.5 pixels
        (area(11), 121, 110),
        (area(6, 2), 39, 35),  # as a round beam of 3.46
        (area(0.3), 17, 15),  # as a beam of 1.5
    ],
)
def test_boxes_follow_from_the_geometric_mean_of_the_beam(beam: float, mac: int, noise: int) -> None:
    assert (mac_box(IN_BEAMS, beam), noise_box(IN_BEAMS, beam)) == (mac, noise)


def test_boxes_in_pixels_are_what_is_given_with_any_beam() -> None:
    options = MaskingOptions(flood_fill_use_mac_box_size=60, noise_box_size=40)
    for beam in (None, 4.0, 400.0):
        assert (mac_box(options, beam), noise_box(options, beam)) == (60, 40)


def test_the_least_boxes_are_those_that_can_be_asked_for_in_pixels() -> None:
    tiny = MaskingOptions(flood_fill_use_mac_box_beams=0.1, noise_box_beams=0.1)
    assert (mac_box(tiny, area(3)), noise_box(tiny, area(3))) == (1, 4)


def test_without_a_beam_the_noise_has_its_box_in_pixels_and_the_minimum_has_none() -> None:
    assert noise_box(IN_BEAMS, None) == 40
    with pytest.raises(SkerryError, match="`flood_fill_use_mac_box_beams`: needs the area of the beam"):
        mac_box(IN_BEAMS, None)
