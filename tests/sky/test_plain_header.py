"""The matrix of a plain header is the one that the WCS gives, and no WCS is imported for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header
from hypothesis import given, settings
from hypothesis import strategies as st

from skerry.errors import SkerryError
from skerry.sky.celestial import celestial_axes, plane_header
from skerry.sky.pixel_frame import frame_matrix, pixel_matrix
from skerry.sky.plain_header import plain_matrix

SIZES = st.floats(-1, 1).filter(lambda size: abs(size) >= 1e-5)
UNCOMMON = {
    "LONPOLE": st.sampled_from([180.0, 0.0, 150.0]),
    "LATPOLE": st.floats(-90, 90),
    "PC1_1": st.sampled_from([1.0, 1, 0.9]),
    "PC1_2": st.sampled_from([0.0, 0.1]),
    "PC02_02": st.sampled_from([1.0, -1.0]),
    "PC3_3": st.just(0.5),
    "CROTA2": st.sampled_from([0.0, 30.0]),
    "PV2_1": st.sampled_from([0.0, 0.02]),
    "RADESYS": st.just("FK5"),
    "CD1_1": st.just(0.001),
}


@st.composite
def headers(draw):
    """Headers of images, most of them plain."""
    shape = draw(st.integers(1, 20000)), draw(st.integers(1, 20000))
    header = radio_header(shape, ra=draw(st.floats(-360, 720)), dec=draw(st.floats(-90, 90)))
    header["NAXIS"], header["NAXIS1"], header["NAXIS2"] = 2, shape[1], shape[0]
    header["CDELT1"], header["CDELT2"] = draw(SIZES), draw(SIZES)
    for axis in (1, 2):
        header[f"CRPIX{axis}"] += draw(st.floats(-0.15, 0.15)) * shape[2 - axis]
    kind = draw(st.sampled_from(["SIN", "TAN", "ARC", "STG", "ZEA", "NCP", "CAR"]))
    header["CTYPE1"], header["CTYPE2"] = f"RA---{kind}", f"DEC--{kind}"
    header["CUNIT1"] = draw(st.sampled_from(["deg", "", "DEG", "degree"]))
    for keyword in draw(st.lists(st.sampled_from(sorted(UNCOMMON)), max_size=2, unique=True)):
        header[keyword] = draw(UNCOMMON[keyword])
    # As it lies in a file, where numbers have 16 digits.
    return fits.Header.fromstring(header.tostring())


@settings(max_examples=400, deadline=None)
@given(headers())
def test_it_is_the_matrix_of_the_wcs_bit_for_bit(header):
    plain = plain_matrix(plane_header(header))
    if plain is None:
        return
    wcs = celestial_axes(header)
    np.testing.assert_array_equal(plain, frame_matrix(wcs, (0, 0)))
    np.testing.assert_array_equal(pixel_matrix(header), frame_matrix(wcs, (header["NAXIS2"], header["NAXIS1"])))


@pytest.mark.parametrize(
    "cards",
    [
        {},
        {"CUNIT1": "DEG", "CUNIT2": "degrees"},
        {"LONPOLE": 180.0, "LATPOLE": -45.0},
        {"PC1_1": 1.0, "PC2_1": 0.0, "PC01_02": 0.0, "PC3_3": 1.0},
        {"CROTA1": 0.0, "CROTA2": 0.0},
        {"CTYPE1": "ra---sin", "CTYPE2": "dec--sin"},
        {"CTYPE3": "FREQ", "CDELT3": 1e6, "CROTA3": 0.0},
    ],
)
def test_headers_as_imagers_write_them_are_plain(cards):
    header = radio_header((200, 100), pixel=1 / 1024)
    header.update(cards)
    np.testing.assert_array_equal(plain_matrix(plane_header(header)), [[-1 / 1024, 0], [0, 1 / 1024]])


@pytest.mark.parametrize(
    "cards",
    [
        {"CTYPE1": "GLON-SIN", "CTYPE2": "GLAT-SIN"},
        {"CTYPE1": "RA---TAN"},
        {"CTYPE1": "RA---CAR", "CTYPE2": "DEC--CAR"},
        {"CUNIT1": "arcsec"},
        {"LONPOLE": 150.0},
        {"PC1_1": 0.9},
        {"PC001002": 0.1},
        {"CD1_1": -0.001},
        {"CROTA2": 10.0},
        {"PV2_1": 0.01},
        {"A_ORDER": 2},
        {"CPDIS1": "LOOKUP"},
        {"CRVAL2": -90.0},
        {"CDELT1": 0.0},
    ],
)
def test_a_header_that_may_turn_or_bend_its_pixels_is_not(cards):
    header = radio_header((200, 100))
    header.update(cards)
    assert plain_matrix(plane_header(header)) is None


def test_a_keyword_that_is_there_twice_is_left_to_the_wcs():
    header = radio_header((200, 100))
    header.append(("CDELT1", -1.0))
    assert plain_matrix(plane_header(header)) is None


@pytest.mark.parametrize("keyword", ["PC1_3", "CD3_2", "PC003001"])
def test_axes_that_are_mixed_with_others_are_refused_of_a_plain_header_too(keyword):
    header = radio_header((200, 100))
    header[keyword] = 0.1
    with pytest.raises(SkerryError, match=r"x\.fits: has no usable celestial WCS: .* not separate from the others"):
        pixel_matrix(header, "x.fits")


def test_no_wcs_is_imported_for_a_plain_header():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from conftest import radio_header; "
        "from skerry.sky.beam import pixel_beam; "
        "from skerry.sky.pixel_frame import pixel_matrix; before = 'astropy.wcs' in sys.modules; "
        "header = radio_header((200, 100)); pixel_beam(header); plain = 'astropy.wcs' in sys.modules; "
        "header['CRPIX1'] = 3000.0; header['NAXIS1'] = header['NAXIS2'] = 200; pixel_matrix(header); "
        "print(before, plain, 'astropy.wcs' in sys.modules)"
    )
    tests = str(Path(__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", code, tests], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False", "True"]
