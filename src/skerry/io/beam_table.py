"""The table BEAMS, in which CASA keeps the restoring beams of the planes of a cube in place of BMAJ."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skerry.io.cube_axes import CubePlane
from skerry.io.fits_pixels import reading
from skerry.sky.common_beam import same_beam
from skerry.sky.restoring_beam import RestoringBeam, UnknownBeamError

__all__ = ["BeamTable", "beam_of_table", "beam_table", "beams_as_table"]

_BLOCK = 2880
_PER_DEGREE = {"ARCSEC": 3600.0, "ARCMIN": 60.0, "DEG": 1.0, "RAD": np.pi / 180}


class BeamTable(NamedTuple):
    """The beams of a file that has a table of them."""

    rows: NDArray[np.float64]
    """Of the beams that are there: BMAJ, BMIN and BPA in degrees, CHAN and POL from 0."""
    path: Path
    """The file, for messages."""

    def beam_of(self, channel: float | None, polarisation: float | None) -> RestoringBeam | None:
        """Beam of a plane.

        Parameters
        ----------
        channel, polarisation : float, optional
            Number of the plane from 0; None where it is not known.

        Returns
        -------
        RestoringBeam, or None
            None if there is no beam at all. Rows of beams that agree are one beam; of others it is that of the plane.

        Raises
        ------
        UnknownBeamError
            If nothing tells which row is that of the plane.
        """
        rows = self.rows
        for column, plane in ((3, channel), (4, polarisation)):
            if not _agree(rows) and (rows[:, column] == plane).any():
                rows = rows[rows[:, column] == plane]
        if not _agree(rows):
            told = f"has {len(rows)} beams that differ, and nothing tells which is that of the plane"
            raise UnknownBeamError(f"{self.path}: its table BEAMS {told}")
        return _first(rows)

    def beam_at(self, channel: int, polarisation: int) -> RestoringBeam | None:
        """Beam of a plane of the cube that the table is of; None if it has no row. A column of zeros serves all."""
        rows = self.rows
        for column, plane in ((3, channel), (4, polarisation)):
            if rows[:, column].any():
                rows = rows[rows[:, column] == plane]
        return _first(rows)

    @property
    def first(self) -> RestoringBeam | None:
        """Beam of the first row; None if there is none."""
        return _first(self.rows)


def beam_of_table(hdus: fits.HDUList, header: fits.Header, path: Path) -> RestoringBeam | None:
    """Beam of the plane of an image, from the table BEAMS of its file.

    Parameters
    ----------
    hdus : HDUList
        The file.
    header : Header
        Of the image, of a single plane.
    path : path
        The name of the file, for messages.

    Returns
    -------
    RestoringBeam, or None
        None if there is no such table, or no beam in it. Rows of beams that agree are one beam. Of others it is the row
        of the plane: a plane that was cut out of a cube still has the reference pixel of the cube, 1, less its number.

    Raises
    ------
    UnknownBeamError
        If nothing tells which row is that of the plane.
    """
    table = beam_table(hdus, path)
    return None if table is None else table.beam_of(_channel(header), _polarisation(header))


def beam_table(hdus: fits.HDUList, path: Path) -> BeamTable | None:
    """Read the table BEAMS of an open file, if there is one."""
    table = _table(hdus)
    if table is None:
        return None
    with reading(path):
        rows = _rows(table)
    meant = [RestoringBeam(*row[:3]).can_be_meant for row in rows]
    return BeamTable(rows[np.isfinite(rows).all(axis=1) & np.array(meant, bool)], path)


def beams_as_table(beams: Sequence[tuple[float | None, ...]], planes: Sequence[CubePlane]) -> bytes:
    """Table BEAMS as CASA writes it.

    Parameters
    ----------
    beams : sequence of tuple
        BMAJ, BMIN and BPA of each plane in degrees, None where there is none.
    planes : sequence of CubePlane
        Which those are.

    Returns
    -------
    bytes
        The HDU, in whole blocks; a plane without a beam has a row of zeros.
    """
    known = np.array([[0.0 if value is None else value for value in beam] for beam in beams])
    known[:, :2] *= _PER_DEGREE["ARCSEC"]
    columns = [
        fits.Column(name, "1E", unit, array=known[:, n])
        for n, (name, unit) in enumerate((("BMAJ", "arcsec"), ("BMIN", "arcsec"), ("BPA", "deg")))
    ]
    for n, name in enumerate(("CHAN", "POL")):
        columns.append(fits.Column(name, "1J", array=np.array([plane[n] for plane in planes])))
    table = fits.BinTableHDU.from_columns(columns, name="BEAMS")
    table.header["NCHAN"], table.header["NPOL"] = (1 + max(plane[n] for plane in planes) for n in (0, 1))
    file = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(file)
    return file.getvalue()[_BLOCK:]


def _table(hdus: fits.HDUList) -> Any:
    """The table, if there is one; what cannot be read behind the image has never mattered."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tables = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU) and hdu.name == "BEAMS"]
            return next((table for table in tables if {"BMAJ", "BMIN"} <= set(table.columns.names)), None)
        except MemoryError:
            raise
        except Exception:  # of astropy's, which may be any
            return None


def _rows(table: Any) -> NDArray[np.float64]:
    """Columns BMAJ, BMIN, BPA in degrees, CHAN and POL; what is not there is 0."""
    data, columns = table.data, table.columns
    rows = np.zeros((len(data), 5))
    for number, name in enumerate(("BMAJ", "BMIN", "BPA", "CHAN", "POL")):
        if name in columns.names:
            rows[:, number] = data[name]
            unit = str(columns[name].unit or "").strip().upper().rstrip("S")
            if number < 3:
                rows[:, number] /= _PER_DEGREE.get(unit, 1.0 if name == "BPA" else 3600.0)
    return rows


def _first(rows: NDArray[np.float64]) -> RestoringBeam | None:
    return RestoringBeam(*(float(value) for value in rows[0, :3])) if len(rows) else None


def _agree(rows: NDArray[np.float64]) -> bool:
    beams = [RestoringBeam(*row[:3]) for row in rows]
    return all(same_beam(beams[0], beam) for beam in beams)


def _channel(header: fits.Header) -> float | None:
    """Number from 0 of the channel that was cut out of a cube; None if the header does not tell."""
    axis = _axis(header, ("FREQ", "VELO", "VRAD", "VOPT", "FELO", "WAVE"))
    if axis is None or header.get(f"CRPIX{axis}", 1.0) == 1:
        return None
    return float(1 - header[f"CRPIX{axis}"])


def _polarisation(header: fits.Header) -> float | None:
    """Number from 0 of the Stokes parameter, of a cube that begins with I; None if the header does not tell."""
    axis = _axis(header, ("STOKES",))
    if axis is None:
        return None
    value, pixel, step = (header.get(f"{keyword}{axis}", 1.0) for keyword in ("CRVAL", "CRPIX", "CDELT"))
    return float(value + (1 - pixel) * step - 1)


def _axis(header: fits.Header, kinds: tuple[str, ...]) -> int | None:
    axes = range(3, header.get("NAXIS", 0) + 1)
    return next((axis for axis in axes if str(header.get(f"CTYPE{axis}", "")).startswith(kinds)), None)
