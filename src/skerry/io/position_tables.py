"""Positions out of catalogues of any program: whatever table astropy reads that has right ascensions and declinations.

Programs name these columns in many ways, with or without units, as numbers or as text in hours; what is meant is told
by the name, the unit and the kind of the values.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skerry.config.input_files import check_input
from skerry.errors import SkerryError

__all__ = ["Positions", "read_positions"]

_RA = r"_?(ra|alpha|right_?ascension)(_?(j2000|icrs|deg|degrees?|d|mean|peak|rad|hours?|hms|max|cont|centroid|src|1))*"
_DEC = r"_?(dec?l?|delta|declination)(_?(j2000|icrs|deg|degrees?|d|mean|peak|rad|dms|max|cont|centroid|src|1))*"
_LON, _LAT = r"_?(glon|gal_?lon|l)(_?deg)?", r"_?(glat|gal_?lat|b)(_?deg)?"
_SUFFIXES = {
    ".fits": "fits",
    ".fit": "fits",
    ".fts": "fits",
    ".xml": "votable",
    ".vot": "votable",
    ".votable": "votable",
    ".ecsv": "ascii.ecsv",
    ".csv": "ascii.csv",
    ".tsv": "ascii.tab",
}


_UNIT_NAMES = {"deg": "deg", "degree": "deg", "rad": "rad", "radian": "rad", "hr": "hourangle", "hour": "hourangle"}
"""Units as programs spell them, in any case and number, which are none to astropy."""


class Positions(NamedTuple):
    """Positions of a catalogue."""

    ra: NDArray[np.float64]
    dec: NDArray[np.float64]
    """ICRS, degrees; NaN where a row has none."""
    columns: tuple[str, str]
    """Names of the columns that they are from."""


def read_positions(path: Path) -> Positions:
    """Read the positions of a catalogue.

    Parameters
    ----------
    path : Path
        FITS table, VOTable, ECSV, CSV, or text in columns, as `astropy.table` reads it; by its suffix. Columns of
        right ascension and declination, or of galactic longitude and latitude, by their usual names. Without a unit
        numbers are degrees, and text is hours and degrees.

    Returns
    -------
    Positions
        Of all rows.

    Raises
    ------
    SkerryError
        If the file cannot be read as a table, has no such columns, or they hold no positions.
    """
    table = _table(path)
    names = list(table.colnames)
    for of_lon, of_lat, frame in ((_RA, _DEC, "icrs"), (_LON, _LAT, "galactic")):
        lon, lat = _first(names, of_lon), _first(names, of_lat)
        if lon is not None and lat is not None:
            return _positions(path, table, (lon, lat), frame)
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    raise SkerryError(f"{path}: has no columns of right ascension and declination, but {shown}; name them ra and dec")


def _first(names: list[str], pattern: str) -> str | None:
    """The shortest of the names that a pattern describes, the first of several."""
    found = [
        name for name in names if re.fullmatch(pattern, re.sub(r"[\s.()\[\]-]+", "_", name.strip().lower()).strip("_"))
    ]
    return min(found, key=len, default=None)


def _table(path: Path) -> Any:
    from astropy.table import Table

    from skerry.io.header_cards import check_storage
    from skerry.io.unpacked import unpacked

    check_input(path, "a FITS table, VOTable, ECSV or CSV")
    known = _SUFFIXES.get(Path(path.name.removesuffix(".gz")).suffix.lower())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if known == "votable":
                _check_votable(path)
            elif known == "fits":
                with unpacked(path) as file:
                    check_storage(path, file)
            table = Table.read(path, format=known or "ascii")
            if not table.colnames:
                raise ValueError("it is empty")
            # Spreadsheets begin a CSV with a mark, which astropy takes for a letter of the first name.
            first = table.colnames[0]
            if first.startswith("\ufeff"):
                table.rename_column(first, first.removeprefix("\ufeff"))
            return table
    except SkerryError:
        raise
    except Exception as error:  # There are many readers, each with its own.
        reason = " ".join(str(error).split())[:200]
        raise SkerryError(
            f"{path}: cannot be read as a table: {reason}; give a FITS table, VOTable, ECSV or CSV"
        ) from error


def _check_votable(path: Path) -> None:
    """Refuse a VOTable whose rows are elsewhere: astropy would fetch them from whatever address it names."""
    from astropy.utils.xml.iterparser import get_xml_iterator

    with get_xml_iterator(path) as elements:
        for starts, name, attributes, _ in elements:
            if starts and name == "STREAM" and "href" in attributes:
                raise SkerryError(
                    f"{path}: has its rows in another file, {attributes['href'][:100]}; give one that holds them itself"
                )


def _positions(path: Path, table: Any, columns: tuple[str, str], frame: str) -> Positions:
    from astropy.coordinates import SkyCoord

    lon, lat = (_degrees(path, table[name], name, is_longitude=n == 0) for n, name in enumerate(columns))
    with np.errstate(invalid="ignore"):
        beyond = np.abs(lat) > 90
    if beyond.any():
        worst = lat[np.argmax(np.abs(np.nan_to_num(lat)))]
        raise SkerryError(
            f"{path}: its column {columns[1]} has {worst:g} degrees; give its unit, or columns in degrees"
        )
    if frame != "icrs":
        usable = np.isfinite(lon) & np.isfinite(lat)
        there = SkyCoord(lon[usable], lat[usable], unit="deg", frame=frame).icrs
        lon[usable], lat[usable] = there.ra.deg, there.dec.deg
    return Positions(lon, lat, columns)


def _degrees(path: Path, column: Any, name: str, *, is_longitude: bool) -> NDArray[np.float64]:
    """Values of a column in degrees; NaN for what is masked."""
    from astropy import units
    from astropy.coordinates import Angle

    hours = units.hourangle if is_longitude else units.deg
    try:
        if column.ndim != 1:
            raise ValueError("it has several values in a row")
        if column.dtype.kind in "USO":
            masked = np.array([not text.strip() for text in map(str, np.ma.filled(column, ""))], bool)
            texts = [str(text).strip() for text in np.ma.filled(column, "")]
            numbers = all(re.fullmatch(r"[-+]?\d*\.?\d+([eE][-+]?\d+)?", text) for text in texts if text)
            unit = units.deg if numbers else hours
            values = np.full(len(texts), np.nan)
            values[~masked] = Angle([text for text in texts if text], unit=unit).deg
            return values
        values = np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan)
        unit = column.unit
        if unit is None:
            unit = {"rad": units.rad, "hours": hours, "hour": hours}.get(name.lower().rpartition("_")[2], units.deg)
        if isinstance(unit, units.UnrecognizedUnit):
            unit = units.Unit(_UNIT_NAMES.get(unit.name.strip().lower().removesuffix("s"), unit))
        factor = 15.0 if unit in (units.hourangle, units.hour) else float(unit.to(units.deg))
        return np.asarray(values * factor, np.float64)
    except (ValueError, TypeError, units.UnitsError) as error:
        reason = " ".join(str(error).split())[:120]
        raise SkerryError(f"{path}: its column {name} holds no angles: {reason}; give degrees") from error
