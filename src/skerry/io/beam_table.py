"""The table BEAMS, in which CASA keeps the restoring beams of the planes of a cube in place of BMAJ."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.io import fits

from skerry.io.fits_pixels import reading
from skerry.sky.common_beam import same_beam
from skerry.sky.restoring_beam import RestoringBeam, UnknownBeamError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["beam_of_table"]

_PER_DEGREE = {"ARCSEC": 3600.0, "ARCMIN": 60.0, "DEG": 1.0, "RAD": np.pi / 180}


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
    table = _table(hdus)
    if table is None:
        return None
    with reading(path):
        rows = _rows(table)
    rows = rows[np.isfinite(rows).all(axis=1) & (rows[:, :2] > 0).all(axis=1)]
    for column, plane in ((3, _channel(header)), (4, _polarisation(header))):
        if not _agree(rows) and (rows[:, column] == plane).any():
            rows = rows[rows[:, column] == plane]
    if not _agree(rows):
        raise UnknownBeamError(
            f"{path}: its table BEAMS has {len(rows)} beams that differ, and nothing tells which is that of the plane"
        )
    return RestoringBeam(*(float(value) for value in rows[0, :3])) if len(rows) else None


def _table(hdus: fits.HDUList) -> Any:
    """The table, if there is one; what cannot be read behind the image has never mattered."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tables = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU) and hdu.name == "BEAMS"]
        except (OSError, ValueError, TypeError, KeyError, EOFError, fits.VerifyError):
            return None
    return next((table for table in tables if {"BMAJ", "BMIN"} <= set(table.columns.names)), None)


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
