"""How far a grid lies from another, in pixels, and how its pixels differ from those that are asked for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from conftest import radio_header

from skerry import SkerryError
from skerry.sky.grid_difference import (
    centres_apart,
    grid_shift,
    pixel_difference,
    pixels_and_reference,
    reference_difference,
)

SHAPE = (48, 64)
PIXEL = 6 / 3600


def header(**changes):
    changed = radio_header(SHAPE)
    for keyword, value in changes.items():
        changed[keyword] = value
    return changed


def test_a_grid_does_not_differ_from_itself():
    assert grid_shift(header(), header(), SHAPE, SHAPE) is None


@pytest.mark.parametrize("changes", [{"CRPIX1": 36.0}, {"CRVAL2": -45 + 3 * PIXEL}])
def test_a_shift_is_in_pixels_and_the_same_everywhere(changes):
    shift = grid_shift(header(**changes), header(), SHAPE, SHAPE)
    assert shift.largest == pytest.approx(3, abs=0.01)
    assert shift.alike


def test_turned_pixels_are_not_shifted_alike():
    assert not grid_shift(header(CROTA2=5.0), header(), SHAPE, SHAPE).alike


def test_another_part_of_the_sky_is_infinitely_far():
    assert grid_shift(header(CRVAL1=200.0), header(), SHAPE, SHAPE).largest == math.inf


def test_a_header_without_a_grid_is_named():
    with pytest.raises(SkerryError, match=r"^b\.fits: has no usable celestial WCS"):
        grid_shift(header(), header(CTYPE1="", CTYPE2=""), SHAPE, SHAPE, ("a.fits", "b.fits"))


@pytest.mark.parametrize("changes", [{}, {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"}])
def test_pixels_and_reference_are_those_of_the_header(changes):
    matrix, reference = pixels_and_reference(header(**changes), SHAPE)
    np.testing.assert_allclose(matrix, [[-PIXEL, 0], [0, PIXEL]])
    assert tuple(reference) == (33, 25)


def test_square_pixels_of_the_scale_do_not_differ():
    assert pixel_difference(np.diag([-PIXEL, PIXEL]), PIXEL, (64, 48)) is None


def test_pixels_of_another_size_are_told_from_turned_ones():
    wide = pixel_difference(np.diag([-2 * PIXEL, PIXEL]), PIXEL, (64, 48))
    assert wide == (2 * PIXEL, PIXEL, False)
    assert pixel_difference(np.diag([PIXEL, PIXEL]), PIXEL, (64, 48)).turned


def test_what_is_small_in_a_pixel_adds_up_to_the_corners():
    matrix = np.diag([-PIXEL, PIXEL]) * 1.002
    assert pixel_difference(matrix, PIXEL, (64, 48)) is None
    assert pixel_difference(matrix, PIXEL, (400, 400)) is not None


def test_the_reference_is_in_the_middle():
    assert reference_difference((33.0, 25.0), (64, 48)) is None
    assert reference_difference((36.0, 25.0), (64, 48)) == (33, 25)


def test_centres_of_grids_are_as_far_apart_as_on_the_sky():
    of_48 = header(CRPIX1=32.5, CRPIX2=24.5)
    of_10 = header(CRPIX1=5.5, CRPIX2=5.5, CDELT1=-4 * PIXEL, CDELT2=4 * PIXEL)
    assert centres_apart(of_48, of_10, SHAPE, (10, 10)) == pytest.approx(0, abs=1e-9)
    of_10["CRVAL2"] += 0.5
    assert centres_apart(of_48, of_10, SHAPE, (10, 10)) == pytest.approx(0.5)
    assert math.isnan(centres_apart(of_48, header(CRPIX1=1e6), SHAPE, SHAPE))
