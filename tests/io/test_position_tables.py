"""Positions are found in tables of many programs, whatever their columns are called and measured in."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import MaskedColumn, QTable, Table
from numpy.testing import assert_allclose

from skerry import SkerryError
from skerry.io.position_tables import read_positions

PLACES = SkyCoord([359.9, 60.25, 185.0], [-45.5, 0.125, 89.0], unit="deg", frame="icrs")
RA, DEC = PLACES.ra.deg, PLACES.dec.deg


def check(path, columns=None):
    found = read_positions(path)
    # Text in columns has what is written of it.
    assert_allclose(found.ra, RA, atol=1e-5)
    assert_allclose(found.dec, DEC, atol=1e-5)
    assert columns is None or found.columns == columns


@pytest.mark.parametrize(
    "names",
    [
        ("ra", "dec"),
        ("RA", "DEC"),
        ("RAJ2000", "DEJ2000"),
        ("_RAJ2000", "_DEJ2000"),
        ("ra_deg", "dec_deg"),
        ("RA_ICRS", "DE_ICRS"),
        ("ALPHA_J2000", "DELTA_J2000"),
        ("Right Ascension", "Declination"),
        ("ra_deg_cont", "dec_deg_cont"),
        ("RA (deg)", "Dec (deg)"),
        ("col_ra", "col_dec"),
    ],
)
def test_columns_are_known_by_their_usual_names(tmp_path, names):
    path = tmp_path / "x.csv"
    others = {"e_RA": [1, 1, 1], "id": ["a", "b", "c"], "peak": [1.0, 2, 3], "Declared": [0, 0, 0]}
    Table({**others, names[0]: RA, names[1]: DEC}).write(path, format="ascii.csv")
    if names[0].startswith("col"):
        with pytest.raises(SkerryError, match="has no columns of right ascension and declination, but e_RA"):
            read_positions(path)
        return
    check(path, names)


@pytest.mark.parametrize(("suffix", "between"), [("csv", ","), ("tsv", "\t"), ("txt", " ")])
def test_a_table_may_begin_with_the_mark_of_a_spreadsheet(tmp_path, suffix, between):
    path = tmp_path / f"x.{suffix}"
    rows = [("ra", "dec"), *((str(ra), str(dec)) for ra, dec in zip(RA, DEC, strict=True))]
    path.write_text("".join(between.join(row) + "\n" for row in rows), encoding="utf-8-sig")
    check(path, ("ra", "dec"))


@pytest.mark.parametrize(
    ("unit", "suffix"),
    [(u.hourangle, ".ecsv"), *((unit, suffix) for unit in (u.deg, u.rad, u.arcmin) for suffix in (".fits", ".vot"))],
)
def test_units_are_those_of_the_columns(tmp_path, unit, suffix):
    path = tmp_path / f"x{suffix}"
    made = QTable({"ra": (RA * u.deg).to(unit), "dec": (DEC * u.deg).to(u.deg if unit == u.hourangle else unit)})
    made.write(path, format="votable" if suffix == ".vot" else None)
    check(path)


@pytest.mark.parametrize(
    ("unit", "size"),
    [("DEG", 1), ("degrees", 1), ("Degree", 1), ("radians", 57.29577951308232), ("hr", 15), ("Hours", 15)],
)
def test_units_are_spelt_in_many_ways(tmp_path, unit, size):
    path = tmp_path / "x.fits"
    columns = [fits.Column("RA", "D", unit, array=RA / size), fits.Column("DEC", "D", "Degrees", array=DEC)]
    fits.BinTableHDU.from_columns(columns).writeto(path)
    check(path)


def test_columns_of_several_values_in_a_row_are_refused(tmp_path):
    path = tmp_path / "x.fits"
    Table({"ra": np.stack([RA, RA], axis=1), "dec": np.stack([DEC, DEC], axis=1)}).write(path)
    with pytest.raises(SkerryError, match="column ra holds no angles: it has several values in a row"):
        read_positions(path)


def test_text_is_in_hours_and_degrees(tmp_path):
    path = tmp_path / "x.csv"
    ra, dec = PLACES.ra.to_string("hour", sep=":", precision=4), PLACES.dec.to_string("deg", sep=":", precision=3)
    Table({"RA": ra, "Dec": dec}).write(path, format="ascii.csv")
    check(path)


def test_galactic_positions_are_turned_to_icrs(tmp_path):
    path = tmp_path / "x.txt"
    Table({"glon": PLACES.galactic.l.deg, "glat": PLACES.galactic.b.deg}).write(path, format="ascii.fixed_width")
    with pytest.raises(SkerryError):
        read_positions(path)
    Table({"glon": PLACES.galactic.l.deg, "glat": PLACES.galactic.b.deg}).write(path, format="ascii", overwrite=True)
    check(path)


def test_a_row_without_a_position_has_none(tmp_path):
    path = tmp_path / "x.fits"
    masked = MaskedColumn(RA, mask=[False, True, False])
    Table({"ra": masked, "dec": DEC}).write(path)
    found = read_positions(path)
    assert list(np.isfinite(found.ra)) == [True, False, True]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ra,dec\n10,95\n", "has 95 degrees"),
        ("ra,dec\nten,five\n", "holds no angles"),
        ("x,y\n1,2\n", "but x, y; name them ra and dec"),
        ("", "cannot be read as a table"),
    ],
)
def test_what_is_no_catalogue_is_refused(tmp_path, text, told):
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(SkerryError, match=told):
        read_positions(path)
    with pytest.raises(SkerryError, match="there is no such file"):
        read_positions(tmp_path / "y.csv")


def test_a_fits_table_beyond_what_fits_has_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "x.fits"
    Table({"ra": [1.0], "dec": [2.0]}).write(path)
    path.write_bytes(path.read_bytes().replace(b"TFIELDS =                    2", b"TFIELDS =                 1000"))
    with pytest.raises(SkerryError, match=r"x\.fits: TFIELDS = 1000 is none that a FITS file can have; mend the card$"):
        read_positions(path)
