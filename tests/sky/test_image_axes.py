"""Axes of frequency and polarisation, added to a plane, put in another order and taken away."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from skerry.sky.image_axes import frequency_of, with_axes


def header_of(**cards: object) -> fits.Header:
    plane = {
        "CTYPE1": "RA---SIN",
        "CTYPE2": "DEC--SIN",
        "CRVAL1": 10.0,
        "CRVAL2": -30.0,
        "CRPIX1": 5.0,
        "CRPIX2": 3.0,
        "CDELT1": -0.01,
        "CDELT2": 0.01,
    }
    return fits.Header({**plane, **{key.replace("__", "-"): value for key, value in cards.items()}})


def axis(n: int, kind: str, value: object, step: float = 1.0, **more: object) -> dict[str, object]:
    return {
        f"CTYPE{n}": kind,
        f"CRVAL{n}": value,
        f"CRPIX{n}": 1.0,
        f"CDELT{n}": step,
        **{f"{key}{n}": card for key, card in more.items()},
    }


def said_of(header: fits.Header, n: int) -> tuple[object, ...]:
    return tuple(header.get(f"{key}{n}") for key in ("CTYPE", "CRVAL", "CRPIX", "CDELT", "CUNIT"))


FREQUENCY = ("FREQ", 1.4e9, 1.0, 2e6, "Hz")
STOKES_V = ("STOKES", 4.0, 1.0, 1.0, None)


@pytest.mark.parametrize(
    ("header", "frequency"),
    [
        (header_of(RESTFRQ=1.3e9), 1.3e9),
        (header_of(FREQ=1.2e9, RESTFRQ="odd"), 1.2e9),
        (header_of(**axis(3, "FREQ-LSR", 1.4e9), RESTFRQ=1.42e9), 1.4e9),
        (header_of(**axis(3, "FREQ", "unknown"), RESTFRQ=1.42e9), 1.42e9),
        (header_of(**axis(4, "VRAD", 3e3), RESTFRQ=1.42e9), 1.42e9),
        (header_of(), None),
    ],
)
def test_where_a_frequency_stands(header: fits.Header, frequency: float | None) -> None:
    assert frequency_of(header) == frequency
    four = with_axes(header, 4)
    assert said_of(four, 3)[:3] == ("FREQ", frequency or 0.0, 1.0)
    assert (four.comments["CRVAL3"] == "not known") is (frequency is None)


def test_axes_are_added_put_in_order_and_taken_away() -> None:
    full = header_of(**axis(3, "STOKES", 4.0), **axis(4, "FREQ", 1.4e9, 2e6, CUNIT="Hz"), WCSAXES=4, PC4_4=1.0)
    first = with_axes(full, 4)
    assert (said_of(first, 3), said_of(first, 4)) == (FREQUENCY, STOKES_V)
    other = with_axes(first, 4, ("STOKES", "FREQ"))
    assert (said_of(other, 3), said_of(other, 4)) == (STOKES_V, FREQUENCY)
    flat = with_axes(full, 2)
    assert flat["WCSAXES"] == 2
    assert not [keyword for keyword in flat if "3" in keyword or "4" in keyword]
    assert said_of(full, 3) == STOKES_V


@pytest.mark.parametrize("order", [("FREQ", "STOKES"), ("STOKES", "FREQ")])
@pytest.mark.parametrize("matrix", [False, True])
def test_positions_stay_and_the_new_axes_say_what_they_should(order: tuple[str, str], matrix: bool) -> None:
    header = header_of(RESTFRQ=1.3e9)
    if matrix:
        del header["CDELT1"], header["CDELT2"]
        header.update({"CD1_1": -0.01, "CD1_2": 0.002, "CD2_1": 0.001, "CD2_2": 0.01})
    four = WCS(with_axes(header, 4, order))
    assert four.naxis == 4
    world = four.wcs_pix2world([[7.0, 11.0, 0.0, 0.0]], 0)[0]
    expected = WCS(header).wcs_pix2world([[7.0, 11.0]], 0)[0]
    np.testing.assert_allclose(world[:2], expected, rtol=0, atol=1e-12)
    assert dict(zip(order, world[2:], strict=True)) == {"FREQ": 1.3e9, "STOKES": 1.0}


def test_a_polarisation_that_is_none_is_stokes_i() -> None:
    assert said_of(with_axes(header_of(**axis(3, "STOKES", 0.0)), 4), 4) == ("STOKES", 1.0, 1.0, 1.0, None)


def test_an_axis_without_a_reference_pixel_has_its_value_before_the_first_one() -> None:
    """By the standard a CRPIX that is not given is 0, and the only pixel is 1."""
    header = header_of(**axis(3, "FREQ", 1.4e9, 2e6))
    del header["CRPIX3"]
    assert frequency_of(header) == 1.402e9 == WCS(header).wcs_pix2world([[1, 1, 1]], 1)[0, 2]
    assert said_of(with_axes(header, 4), 3)[:4] == ("FREQ", 1.4e9, 0.0, 2e6)


def test_of_a_card_that_is_there_twice_nothing_is_left() -> None:
    header = header_of(**axis(3, "FREQ", 1.4e9))
    header.append(("CRVAL3", 1.3e9))
    assert "CRVAL3" not in with_axes(header, 2)
