"""Beams of images on the grid of a mosaic: north at an image is not north at the mosaic's middle."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import radio_header

from skerry.sky.beam import RestoringBeam
from skerry.sky.grid import celestial_wcs
from skerry.sky.turned_beam import turned_beam

BEAM = RestoringBeam(22 / 3600, 17.5 / 3600, 60.0)
SHAPE = (640, 2000)


def turned(target_shape=SHAPE, **target):
    """The beam of an image at a right ascension of 60 degrees, as it lies on another grid."""
    header = radio_header(SHAPE)
    wcs = celestial_wcs("target", radio_header(target_shape, **target))
    return turned_beam(BEAM, header, celestial_wcs("image", header), SHAPE, wcs, target_shape, "image")


@pytest.mark.parametrize("target", [{}, {"pixel": 2.0 / 3600}, {"target_shape": (300, 400)}])
def test_on_a_grid_with_the_same_middle_a_beam_is_what_it_is(target):
    assert turned(**target) == pytest.approx(BEAM, rel=1e-4)


@pytest.mark.parametrize("ra", [55, 58, 62, 65])
def test_beside_the_middle_of_a_grid_a_beam_is_turned_as_north_is(ra):
    grid = celestial_wcs("target", radio_header((3000, 3000), ra=ra))
    middle = celestial_wcs("image", radio_header(SHAPE)).wcs_pix2world([[(SHAPE[1] - 1) / 2, (SHAPE[0] - 1) / 2]], 0)
    here, north = grid.wcs_world2pix(np.concatenate([middle, middle + np.array([[0, 0.001]])]), 0)
    # Position angles count from north to east, which is from +y to -x.
    turn = np.rad2deg(np.arctan2(-(north - here)[0], (north - here)[1]))
    found = turned((3000, 3000), ra=ra)
    assert abs(turn) > 1
    # The grid is not quite as wide there as in its middle.
    assert found.bpa == pytest.approx(BEAM.bpa + turn, abs=0.5)
    assert found[:2] == pytest.approx(BEAM[:2], rel=0.01)


def test_a_grid_that_does_not_reach_the_image_leaves_its_beam():
    assert turned(ra=240, dec=45) == BEAM
