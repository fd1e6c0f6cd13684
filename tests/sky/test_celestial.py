"""The one reader of coordinates: what it mends, what it refuses, and what does not matter to it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from conftest import radio_header

from skerry.errors import SkerryError
from skerry.sky.beam import pixel_beam
from skerry.sky.celestial import celestial_axes, coordinate_mends, pixel_to_sky
from skerry.sky.grid import celestial_wcs
from skerry.sky.grid_difference import grid_shift

SHAPE = (64, 64)


def sky_of(header):
    """Positions of three pixels."""
    return np.array(pixel_to_sky(celestial_axes(header), np.array([0, 31, 60]), np.array([5, 32, 63])))


def in_unit(unit, size):
    """A header whose celestial axes are in a unit of which a degree has `size`."""
    header = radio_header(SHAPE)
    for axis in (1, 2):
        header[f"CUNIT{axis}"] = unit
        for keyword in ("CRVAL", "CDELT"):
            header[f"{keyword}{axis}"] *= size
    return header


@pytest.mark.parametrize(
    ("unit", "size"),
    [
        *((unit, 1) for unit in ("deg", "DEG", "Deg", "degree", "degrees", "DEGREES", "deg.", " deg ", "")),
        *((unit, 60) for unit in ("arcmin", "ARCMIN", "arcminutes")),
        *((unit, 3600) for unit in ("arcsec", "ARCSEC", "arcsecs", "arcsecond", "Arcseconds")),
        *((unit, math.pi / 180) for unit in ("rad", "RAD", "radian", "radians")),
    ],
)
def test_units_of_the_sky_in_any_spelling(unit, size):
    header = in_unit(unit, size)
    np.testing.assert_allclose(sky_of(header), sky_of(radio_header(SHAPE)), rtol=1e-12)
    np.testing.assert_allclose(pixel_beam(header).covariance, pixel_beam(radio_header(SHAPE)).covariance, rtol=1e-9)
    assert grid_shift(header, radio_header(SHAPE), SHAPE, SHAPE) is None


@pytest.mark.parametrize("unit", ["Jy/beam", "m/s", "furlong"])
def test_a_unit_that_is_no_angle_is_refused(unit):
    with pytest.raises(SkerryError, match=r"x\.fits: has no usable celestial WCS.*mend its header"):
        celestial_axes(in_unit(unit, 1), "x.fits")


@pytest.mark.parametrize(
    ("kind", "unit"),
    [
        ("VELO-LSR", "M/S"),
        ("VRAD", "KM/S"),
        ("FREQ", "HZ"),
        ("FREQ", "hz"),
        ("FARADAY", "rad/m^2"),
        ("CHANNEL", "channel"),
        ("", "no unit at all"),
        ("RA---SIN", "furlong"),
        ("VOPT-F2W", "m/s"),
    ],
)
@pytest.mark.parametrize("axis", [3, 4])
def test_an_axis_that_is_not_celestial_never_matters(kind, unit, axis):
    header = radio_header((1, 1, *SHAPE))
    header["NAXIS"] = 4
    header[f"CTYPE{axis}"], header[f"CUNIT{axis}"] = kind, unit
    header[f"CDELT{axis}"] = 0.0
    np.testing.assert_array_equal(sky_of(header), sky_of(radio_header(SHAPE)))
    np.testing.assert_array_equal(pixel_beam(header).covariance, pixel_beam(radio_header(SHAPE)).covariance)


def test_axes_that_turn_into_the_third_are_refused():
    header = radio_header((1, *SHAPE))
    header["PC1_3"] = 0.1
    with pytest.raises(SkerryError, match="not separate"):
        celestial_axes(header)
    header["PC1_3"] = 0.0
    celestial_axes(header)


@pytest.mark.parametrize("missing", [("CDELT1",), ("CDELT2",), ("CDELT1", "CDELT2")])
@pytest.mark.parametrize("unit_matrix", [False, True])
def test_without_the_size_of_a_pixel_a_header_is_refused(missing, unit_matrix):
    header = radio_header(SHAPE)
    for keyword in missing:
        del header[keyword]
    if unit_matrix:
        header["PC1_1"], header["PC2_2"] = -1.0, 1.0
    for read in (celestial_axes, pixel_beam):
        with pytest.raises(SkerryError, match=f"size of its pixels is unknown.*no {' and no '.join(missing)}"):
            read(header)


@pytest.mark.parametrize("keyword", ["CD", "PC"])
def test_a_matrix_may_hold_the_size_of_the_pixels(keyword):
    header = radio_header(SHAPE)
    header[f"{keyword}1_1"], header[f"{keyword}2_2"] = header["CDELT1"], header["CDELT2"]
    del header["CDELT1"], header["CDELT2"]
    np.testing.assert_allclose(sky_of(header), sky_of(radio_header(SHAPE)), rtol=1e-12)


def test_numbers_that_are_none_are_refused_by_name():
    header = radio_header(SHAPE)
    header["CRPIX1"] = "33"
    with pytest.raises(SkerryError, match=r"x\.fits: CRPIX1 cannot be read as a number.*33"):
        celestial_axes(header, "x.fits")


def polar(dec, **cards):
    header = radio_header(SHAPE, ra=0.0, dec=dec)
    header.update(cards)
    return header


@pytest.mark.parametrize("projection", ["SIN", "TAN", "ARC", "ZEA", "STG"])
def test_north_is_up_at_the_north_pole_as_it_is_beside_it(projection):
    """By the standard LONPOLE would be 0 there; for an imager right ascension 0 h is down, as just below the pole."""
    types = {"CTYPE1": f"RA---{projection}", "CTYPE2": f"DEC--{projection}"}
    at, beside = polar(90.0, **types), polar(90 - 1e-6, **types)
    np.testing.assert_allclose(sky_of(at), sky_of(beside), atol=0.1)
    assert coordinate_mends(at) == {"LONPOLE": 180.0}
    # Down from the pole is right ascension 0, and east is to the left: 6 h is at the left.
    lon, lat = pixel_to_sky(celestial_axes(at), np.array([32, 22]), np.array([22, 32]))
    assert lon == pytest.approx([0, 90], abs=1e-6)
    assert lat == pytest.approx([90 - 10 * 6 / 3600] * 2, abs=1e-6)


@pytest.mark.parametrize(("unit", "size"), [("arcmin", 60), ("arcsec", 3600), ("mas", 3.6e6), ("rad", math.pi / 180)])
def test_the_pole_is_known_in_any_unit(unit, size):
    header = polar(90.0, CUNIT1=unit, CUNIT2=unit)
    for keyword in ("CRVAL1", "CRVAL2", "CDELT1", "CDELT2"):
        header[keyword] *= size
    assert coordinate_mends(header) == {"LONPOLE": 180.0}
    header["CRVAL2"] = 89 * size
    assert coordinate_mends(header) == {}


def test_a_longitude_of_the_pole_that_is_given_stays():
    assert coordinate_mends(polar(90.0, LONPOLE=0.0)) == {}
    assert coordinate_mends(polar(90.0, PV1_3=0.0)) == {}
    assert coordinate_mends(polar(-90.0)) == {}
    assert coordinate_mends(polar(89.0)) == {}


def test_the_south_pole_is_read_as_it_is_beside_it():
    np.testing.assert_allclose(sky_of(polar(-90.0)), sky_of(polar(-90 + 1e-6)), atol=0.1)


def test_every_reader_is_the_same():
    header = in_unit("DEGREE", 1)
    np.testing.assert_array_equal(
        celestial_wcs("x.fits", header).pixel_scale_matrix, celestial_axes(header).pixel_scale_matrix
    )


@pytest.mark.parametrize("kind", [int, np.int64, np.float32, np.float64])
def test_numbers_of_numpy_are_numbers(kind):
    header = radio_header(SHAPE)
    header["CRPIX1"] = kind(33)
    np.testing.assert_array_equal(sky_of(header), sky_of(radio_header(SHAPE)))


@pytest.mark.parametrize("kinds", [("ra---sin", "dec--sin"), (" RA---Sin", "Dec--Sin "), ("glon-car", "glat-car")])
def test_types_of_axes_in_small_letters_are_read(kinds):
    header, plain = radio_header((40, 50)), radio_header((40, 50))
    for axis, kind in enumerate(kinds, start=1):
        header[f"CTYPE{axis}"], plain[f"CTYPE{axis}"] = kind, kind.strip().upper()
    np.testing.assert_allclose(sky_of(header), sky_of(plain), rtol=0, atol=1e-12)


def test_pixels_that_all_lie_at_one_place_are_refused():
    header = radio_header((40, 50))
    header["NAXIS1"], header["NAXIS2"] = 50, 40
    header["CTYPE1"], header["CTYPE2"], header["CRPIX1"] = "RA---TPV", "DEC--TPV", 400
    with pytest.raises(
        SkerryError, match=r"x\.fits: has no usable celestial WCS: its pixels do not spread over the sky"
    ):
        pixel_beam(header, name="x.fits")
