"""What WSClean stops at in the header of a mask: as measured with the program, and no such card comes into a mask."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits

from skerry import make_mask
from skerry.errors import SkerryNote
from skerry.io.mask_cards import axes_in_doubt, is_readable_date

READ = [
    *("2020-05-30T19:59:59.9", "", "2024-05-01", "01/05/24", "01/05/2024", "2024-05-01T10:00", "2024-05-01T10:00:00Z"),
    *("2024-05-01T10:00:00.123456789", "2024-05-01 10:00:00", "2024-05-01T25:00:00", "2024-13-01", "2024-5-1", "2024"),
    *(" 2024-05-01", "20240501", "2024-05-01T10:00:00+01:00", "1-May-2024", "2024May01", "2024.05.01", "2024-121"),
    *("2024-05-01T10h00m00s", "today", "-", "0", "58000.5", "2024-05-01T10:00:", "2024-05-01-10:00:00"),
]
STOPPED_AT = [
    *("UNKNOWN", "N/A", "2024/05/01", "1/5/24", "2024-05-01T10", "2024-05-01t10:00:00", "May 1 2024", "2024-05-01T"),
    *("2024-05-01UTC", "2024-05-01T10:00:00 UTC", "2024-05-01T100000", "2024-05-01T10:00:00/2024-05-01T12:00:00"),
    *("???", "nan", "None", "10:00:00", "MJD58000.5", "2024-xx-01", "2024-05-01 (start)", "01/05", "2024-05-01T10:xx"),
    *("20240501T100000", "2024-05-01T10:00:00,5", "2024_05_01"),
]


@pytest.mark.parametrize("date", [*READ, 58000.5, None])
def test_dates_that_wsclean_reads(date: Any) -> None:
    assert is_readable_date(date)


@pytest.mark.parametrize("date", [*STOPPED_AT, True])
def test_dates_at_which_wsclean_stops(date: Any) -> None:
    assert not is_readable_date(date)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"CRVAL3": "1.4e9"}, []),
        ({"CRVAL3": "1.4D9"}, []),
        ({"CRVAL3": "1.4e9 Hz"}, []),
        ({"CRVAL4": "1"}, []),
        ({"CDELT4": "x"}, []),
        ({"CRPIX3": "x"}, []),
        ({"CRVAL3": "unknown"}, [(3, "CRVAL3 = 'unknown' is no number")]),
        ({"CRVAL3": "1,4e9"}, [(3, "CRVAL3 = '1,4e9' is no number")]),
        ({"CDELT3": "x"}, [(3, "CDELT3 = 'x' is no number")]),
        ({"CRVAL4": "I"}, [(4, "CRVAL4 = 'I' is no number")]),
        ({"CRVAL4": 7.0}, [(4, "CRVAL4 = 7.0 is no STOKES parameter")]),
    ],
)
def test_axes_of_which_wsclean_wants_to_know_more(changes: dict[str, Any], found: list[tuple[int, str]]) -> None:
    header = fits.Header([("NAXIS", 4), *radio_header((1, 1, 9, 9)).items()])
    header.update(changes)
    assert [(axis, what) for axis, what, _ in axes_in_doubt(header)] == found


def image_with(directory: Path, **changes: Any) -> Path:
    data = np.random.default_rng(1).normal(size=(1, 1, 64, 64)).astype(np.float32)
    data[0, 0, 30:36, 30:36] += 50
    header = radio_header(data.shape)
    for keyword, value in changes.items():
        header[keyword.replace("_", "-")] = value
    return write_fits(directory / "i.fits", data, header)


@pytest.mark.parametrize(
    ("changes", "noted", "lost"),
    [
        ({"DATE_OBS": "UNKNOWN"}, r"DATE-OBS = 'UNKNOWN', which is no date", {"DATE-OBS"}),
        ({"CRVAL3": "unknown"}, r"axis 3, which has CTYPE3 = 'FREQ' but no CRVAL3", {"CTYPE3", "CRVAL3", "CDELT3"}),
        ({"CRVAL4": 0.0}, r"axis 4, whose CRVAL4 = 0\.0 is no STOKES parameter", {"CTYPE4", "CRVAL4"}),
    ],
)
def test_a_mask_has_nothing_that_an_imager_stops_at(
    tmp_path: Path, changes: dict[str, Any], noted: str, lost: set[str]
) -> None:
    image = image_with(tmp_path, **changes)
    with pytest.warns(SkerryNote, match=rf"i\.fits: left out of the mask, for WSClean would stop at it: {noted}"):
        made = make_mask(image).mask
    before, after = fits.getheader(image), fits.getheader(made)
    assert fits.getdata(made).any()
    assert lost <= set(before)
    assert not lost & set(after)
    assert not list(axes_in_doubt(after))


@pytest.mark.parametrize("value", ["unknown", 1e40])
def test_what_is_no_place_on_an_axis_is_told_with_its_value(tmp_path: Path, value: Any) -> None:
    image = image_with(tmp_path, CRVAL3=value)
    told = rf"i\.fits: a card that cannot be read is left out of what is made: CRVAL3 = {re.escape(repr(value))}$"
    with pytest.warns(SkerryNote, match=told):
        make_mask(image)


def test_a_date_that_can_be_read_comes_into_the_mask_as_it_is(tmp_path: Path) -> None:
    image = image_with(tmp_path, DATE_OBS="2024-05-01T10:00:00.1", CRVAL3=1.4e9)
    header = fits.getheader(make_mask(image).mask)
    assert header["DATE-OBS"] == "2024-05-01T10:00:00.1"
    assert header["CRVAL3"] == 1.4e9
