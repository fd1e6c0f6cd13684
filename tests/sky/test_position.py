"""Positions as a user types them, and their pixels."""

from __future__ import annotations

import math

import pytest
from astropy.coordinates import SkyCoord
from conftest import radio_header
from hypothesis import given
from hypothesis import strategies as st

from skerry.errors import SkerryError
from skerry.sky.grid import celestial_wcs
from skerry.sky.position import SkyPosition, parse_position, pixel_of, place_of

SHAPE = (40, 50)
SPELLINGS = [
    "60.5,-45.25",
    " 60.5 , -45.25 ",
    "60.5deg,-45.25deg",
    "60.5d,-4525e-2",
    "-299.5,-45.25",
    "04:02:00,-45:15:00",
    "4:2,-45:15",
    "04 02 00.0,-45 15 00",
    "4h2m0s,-45d15m0s",
    "4h 2m,-45d 15m",
    "60.5,-45d15m",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_position_in_all_its_spellings(text: str) -> None:
    assert parse_position(text) == pytest.approx((60.5, -45.25), abs=1e-12)


def test_a_letter_is_enough() -> None:
    assert parse_position("4h,-45d") == (60.0, -45.0)


def test_a_declination_just_south_of_the_equator_is_south() -> None:
    assert parse_position("0h0m0.5s,-00:00:36") == pytest.approx((0.5 / 240, -0.01))


@pytest.mark.parametrize(
    "text",
    ["", "60.5", "60.5,-45,3", "60.5,-90.1", "361,0.5", "4:60:00,0", "4:00:60,0", "4h,x", "nan,0", "1e999,0", "4:,5"],
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(SkerryError, match="is not a position; give for instance"):
        parse_position(text)


@given(ra=st.floats(0, 359.999), dec=st.floats(-89.9, 89.9))
def test_what_astropy_writes_is_read(ra: float, dec: float) -> None:
    place = SkyCoord(ra, dec, unit="deg")
    for style in ({"sep": ":"}, {"sep": "hms"}, {"sep": " "}):
        right = place.ra.to_string("hourangle", precision=8, **style)
        up = place.dec.to_string("deg", precision=8, sep=style["sep"].replace("h", "d"))
        found = parse_position(f"{right},{up}")
        assert SkyCoord(*found, unit="deg").separation(place).arcsec < 1e-5


@pytest.mark.parametrize(("axes", "system"), [("RA--,DEC-", "FK5"), ("RA--,DEC-", "FK4"), ("GLON,GLAT", "")])
def test_the_pixel_is_that_of_the_position_in_any_frame(axes: str, system: str) -> None:
    header = radio_header(SHAPE, ra=120.0, dec=-30.0)
    header["CTYPE1"], header["CTYPE2"] = (f"{axis}-SIN" for axis in axes.split(","))
    if system:
        header["RADESYS"] = system
    wcs = celestial_wcs("x.fits", header)
    there = wcs.pixel_to_world(17, 31).icrs
    position = SkyPosition(float(there.ra.deg), float(there.dec.deg))
    assert place_of(position, wcs, SHAPE) == pytest.approx((17, 31), abs=1e-4)
    assert pixel_of(position, wcs, SHAPE) == (31, 17)


def test_outside_is_no_pixel() -> None:
    wcs = celestial_wcs("x.fits", radio_header(SHAPE))
    for x, y, inside in ((-0.4, 0, True), (-0.6, 0, False), (49.4, 39.4, True), (49.6, 5, False), (5, 39.6, False)):
        there = wcs.pixel_to_world(x, y).icrs
        found = pixel_of(SkyPosition(float(there.ra.deg), float(there.dec.deg)), wcs, SHAPE)
        assert (found is not None) == inside
    assert math.isnan(place_of(SkyPosition(240.0, 45.0), wcs, SHAPE)[0])
    assert pixel_of(SkyPosition(240.0, 45.0), wcs, SHAPE) is None
