"""North turns over the sky, and with it a beam in pixels."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from conftest import radio_header

from skerry.errors import SkerryError
from skerry.sky.beam import RestoringBeam, beam_of_covariance, pixel_beam
from skerry.sky.celestial import celestial_axes, pixel_to_sky
from skerry.sky.pixel_frame import pixel_matrix

SIZE = 200
_DEG = units.deg


def with_axes(header):
    header["NAXIS"], header["NAXIS1"], header["NAXIS2"] = 2, SIZE, SIZE
    return header


def north_in_pixels(header, x, y):
    """Angle of north in the pixels at a place, from y to -x, degrees; by a position just north of it."""
    wcs = celestial_axes(header)
    lon, lat = pixel_to_sky(wcs, np.array(float(x)), np.array(float(y)))
    to_x, to_y = wcs.wcs_world2pix([[float(lon), float(lat) + 1e-5]], 0)[0]
    return np.degrees(np.arctan2(-(to_x - x), to_y - y))


@pytest.mark.parametrize("dec", [-45.0, 20.0, 80.0, -85.0])
@pytest.mark.parametrize("offset", [(-3000, 0), (4000, 2000), (2500, -2500)])
def test_a_beam_is_turned_by_the_north_of_the_image_it_is_used_in(dec, offset):
    header = with_axes(radio_header((SIZE, SIZE), dec=dec, beam=(30 / 3600, 15 / 3600, 40.0)))
    header["CRPIX1"], header["CRPIX2"] = SIZE / 2 + 1 + offset[0], SIZE / 2 + 1 + offset[1]
    middle = (SIZE - 1) / 2
    turn = north_in_pixels(header, middle, middle)
    # In pixels of right ascension to the left a beam's angle counts from y to -x, and so does that of north.
    in_pixels = beam_of_covariance(np.diag([-1, 1]) @ pixel_beam(header).covariance @ np.diag([-1, 1]))
    difference = (in_pixels.bpa - 40.0 - turn + 90) % 180 - 90
    assert abs(turn) > 1
    assert difference == pytest.approx(0, abs=2.5)  # A SIN image far from its reference is foreshortened, too.
    assert in_pixels.bmaj == pytest.approx(5, rel=0.02)


def test_a_beam_turned_to_north_at_the_centre_is_that_of_the_sky():
    """Both ends of the major axis, put through the coordinates, lie where the covariance has them."""
    header = with_axes(radio_header((SIZE, SIZE), dec=80.0, beam=(36 / 3600, 18 / 3600, 25.0)))
    header["CRPIX1"] = 3000.0
    wcs, middle = celestial_axes(header), (SIZE - 1) / 2
    lon, lat = pixel_to_sky(wcs, np.array(middle), np.array(middle))
    end = SkyCoord(float(lon), float(lat), unit="deg").directional_offset_by(25.0 * _DEG, 18 / 3600 * _DEG)
    x, y = wcs.wcs_world2pix([[end.ra.deg, end.dec.deg]], 0)[0]
    offset = np.array([x, y]) - middle
    distance = offset @ np.linalg.inv(pixel_beam(header).covariance) @ offset
    assert distance == pytest.approx(2 * np.log(2), rel=1e-4)


@pytest.mark.parametrize(("share", "turned"), [(0.09, False), (0.11, True), (0.9, True)])
def test_an_image_is_centred_on_its_reference_within_a_tenth_of_its_size(share, turned):
    header = with_axes(radio_header((SIZE, SIZE), dec=85.0))
    header["CRPIX1"] = (SIZE + 1) / 2 + share * SIZE
    shifted = pixel_matrix(header) - np.diag([header["CDELT1"], header["CDELT2"]])
    assert (np.abs(shifted).max() > 1e-6) == turned


def test_an_image_that_is_centred_on_its_reference_has_the_matrix_of_its_cards():
    for dec in (-45.0, 89.99, 90.0, -90.0):
        header = with_axes(radio_header((SIZE, SIZE), dec=dec))
        for off in (0, 15):
            header["CRPIX1"] = SIZE / 2 + 1 + off
            np.testing.assert_array_equal(pixel_matrix(header), celestial_axes(header).pixel_scale_matrix)


def test_near_its_reference_the_matrix_is_that_of_the_cards_but_for_what_north_turns():
    header = with_axes(radio_header((SIZE, SIZE), dec=0.0))
    header["CRPIX1"] = -100.0
    np.testing.assert_allclose(pixel_matrix(header), np.diag([header["CDELT1"], header["CDELT2"]]), atol=1e-7)


def test_lonpole_turns_north():
    header = with_axes(radio_header((SIZE, SIZE)))
    header["LONPOLE"] = 150.0
    matrix = pixel_matrix(header)
    assert np.linalg.det(matrix) == pytest.approx(np.prod([header["CDELT1"], header["CDELT2"]]), rel=1e-6)
    turn = north_in_pixels(header, header["CRPIX1"] - 1, header["CRPIX2"] - 1)
    assert abs(turn) == pytest.approx(30, abs=0.01)
    north = np.linalg.solve(matrix, [0, 1])
    assert np.degrees(np.arctan2(-north[0], north[1])) == pytest.approx(turn, abs=0.01)


def test_a_centre_off_the_sky_leaves_the_matrix_of_the_reference():
    header = with_axes(radio_header((SIZE, SIZE), pixel=1.0))
    header["CRPIX1"] = 1000.0
    np.testing.assert_array_equal(pixel_matrix(header), np.diag([-1.0, 1.0]))


def test_a_header_without_axes_is_taken_at_its_reference():
    header = radio_header((SIZE, SIZE))
    header["CRPIX1"] = 3000.0
    np.testing.assert_array_equal(pixel_matrix(header), celestial_axes(header).pixel_scale_matrix)


@pytest.mark.parametrize("bpa", [-89.0, -30.0, 0.0, 45.0, 89.0])
def test_a_covariance_gives_its_beam_back(bpa):
    beam = RestoringBeam(0.01, 0.005, bpa)
    header = radio_header((SIZE, SIZE), pixel=1 / 3600)
    on_sky = pixel_matrix(header) @ pixel_beam(header, beam).covariance @ pixel_matrix(header).T
    assert beam_of_covariance(on_sky) == pytest.approx(beam)


@pytest.mark.parametrize("bmaj", [8.0, 0.5])
def test_a_beam_wider_than_the_image_is_refused_with_its_unit(bmaj):
    header = with_axes(radio_header((SIZE, SIZE), beam=(bmaj, bmaj, 0.0)))
    with pytest.raises(
        SkerryError,
        match=rf"x\.fits: a BMAJ of {bmaj:g} degrees has.*wider than the image, which has 200.*in degrees.*arcsec",
    ):
        pixel_beam(header, name="x.fits")


def test_a_beam_in_arcsec_is_no_beam_of_any_image():
    header = radio_header((SIZE, SIZE), beam=(8.0, 8.0, 0.0))
    header["NAXIS1"] = header["NAXIS2"] = 20000
    with pytest.raises(SkerryError, match=r"wider than any beam.*8 arcsec would be 0\.00222222"):
        pixel_beam(header)


def test_a_minor_axis_longer_by_rounding_is_a_round_beam():
    assert RestoringBeam(8 / 3600, 8 / 3600 * (1 + 2e-8), 0.0).checked() == (8 / 3600 * (1 + 2e-8),) * 2 + (0.0,)
