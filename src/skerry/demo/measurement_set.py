"""Reading and writing CASA measurement sets: the only module that does either.

A set appears once it is whole. python-casacore is imported where it is used, for only the demo needs it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skerry.demo.measurement_set_tables import array_column, opened, write_tables
from skerry.demo.visibilities import Observation
from skerry.errors import SkerryError
from skerry.io.outputs import check_outputs
from skerry.io.whole_files import whole_files

__all__ = ["Rows", "casacore_tables", "copy_corrected", "read_for_calibration", "write_measurement_set"]


@dataclass(frozen=True)
class Rows:
    """What calibration needs of a measurement set: the rows of baselines and times, in the order of the file.

    Attributes
    ----------
    data, model : ndarray of complex64, shape (rows, channels * correlations)
        DATA and MODEL_DATA, Jy.
    weights : ndarray of float, shape (rows, channels * correlations)
        0 where flagged.
    first, second : ndarray of int, shape (rows,)
        Antennas of the baseline.
    times : ndarray of float, shape (rows,)
        s.
    """

    data: NDArray[np.complex64]
    model: NDArray[np.complex64]
    weights: NDArray[np.float64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    times: NDArray[np.float64]


def casacore_tables() -> Any:
    """Module `casacore.tables`.

    Returns
    -------
    module
        Which has no types.

    Raises
    ------
    SkerryError
        If python-casacore is not installed.
    """
    try:
        from casacore import tables
    except ImportError as error:
        raise SkerryError(
            "measurement sets need python-casacore, which is not installed; pip install 'skerry[casacore]'"
        ) from error
    return tables


def write_measurement_set(
    path: str | Path,
    observation: Observation,
    visibilities: NDArray[np.complexfloating[Any, Any]],
    *,
    noise: float,
    field: str,
    overwrite: bool = False,
) -> None:
    """Write visibilities of two linear polarisations as a measurement set of version 2 (CASA memo 229).

    Parameters
    ----------
    path : path
        The directory to make.
    observation : Observation
        When, where and with what it was observed.
    visibilities : ndarray of complex, shape (times, baselines, channels, 2)
        XX and YY, Jy.
    noise : float
        Of the real and of the imaginary part of a visibility, Jy; gives the weights.
    field : str
        Its name.
    overwrite : bool
        Whether a directory of this name may be replaced.

    Raises
    ------
    SkerryError
        If python-casacore is absent, the directory exists and `overwrite` is false, or it cannot be written.
    """
    tables = casacore_tables()
    path = Path(path)
    with _new_set(path, overwrite) as partial:
        write_tables(tables, partial, observation, visibilities, noise, field)


def read_for_calibration(path: str | Path) -> Rows:
    """Read a measurement set that an imager has written its model into.

    Parameters
    ----------
    path : path
        The set.

    Returns
    -------
    Rows
        Flagged samples have no weight.

    Raises
    ------
    SkerryError
        If python-casacore is absent, the set cannot be read, or it has no MODEL_DATA.
    """
    tables = casacore_tables()
    path = Path(path)
    with _open(tables, path) as table:
        missing = {"DATA", "MODEL_DATA", "FLAG", "WEIGHT"} - set(table.colnames())
        if missing:
            raise SkerryError(
                f"{path}: has no column {', '.join(sorted(missing))}; image it with a program that keeps its model "
                "there (WSClean without -no-update-model-required)"
            )
        data = table.getcol("DATA")
        flags = table.getcol("FLAG") | table.getcol("FLAG_ROW")[:, None, None]
        weights = np.where(flags, 0.0, table.getcol("WEIGHT")[:, None, :])
        rows = len(data)
        return Rows(
            data.reshape(rows, -1),
            table.getcol("MODEL_DATA").reshape(rows, -1),
            weights.reshape(rows, -1),
            table.getcol("ANTENNA1").astype(np.int64),
            table.getcol("ANTENNA2").astype(np.int64),
            table.getcol("TIME"),
        )


def copy_corrected(path: str | Path, copy: str | Path, corrected: NDArray[np.complexfloating[Any, Any]]) -> None:
    """Copy a measurement set, and write CORRECTED_DATA in the copy.

    Parameters
    ----------
    path, copy : path
        The set, which is not changed, and the new one.
    corrected : ndarray of complex, shape (rows, channels * correlations)
        In the order of `read_for_calibration`.

    Raises
    ------
    SkerryError
        If python-casacore is absent, `copy` exists, or one cannot be read or the other not be written.
    """
    tables = casacore_tables()
    path, copy = Path(path), Path(copy)
    if copy.exists():
        raise SkerryError(f"{copy}: exists; remove it, or choose another name for the calibrated copy")
    with _new_set(copy) as partial:
        shutil.copytree(path, partial)
        with _open(tables, partial, readonly=False) as table:
            cell = table.getcell("DATA", 0).shape
            if "CORRECTED_DATA" not in table.colnames():
                table.addcols(tables.maketabdesc([array_column(tables, "CORRECTED_DATA", cell, "complex")]))
            table.putcol("CORRECTED_DATA", corrected.reshape(-1, *cell).astype(np.complex64))


@contextmanager
def _open(tables: Any, path: Path, readonly: bool = True) -> Iterator[Any]:
    """Open a table and close it."""
    if not (path / "table.dat").is_file():
        raise SkerryError(f"{path}: is no measurement set; give the directory of one")
    try:
        with opened(tables, _absolute(path), readonly) as table:
            yield table
    except RuntimeError as error:
        raise SkerryError(f"{path}: cannot be used as a measurement set: {_one_line(error)}") from error


@contextmanager
def _new_set(path: Path, overwrite: bool = False) -> Iterator[Path]:
    """Make a set for the duration of a block, under the absolute name that is given; it takes its own at the end."""
    final = _absolute(path)
    check_outputs([], overwrite=overwrite, directories=[path], make_parents=True)
    if final.exists() and not (final / "table.dat").is_file():
        raise SkerryError(f"{path}: is no measurement set and is not replaced by one; choose another name")
    try:
        with whole_files(path) as (partial,):
            yield partial
    except RuntimeError as error:
        raise SkerryError(f"{path}: cannot be written: {_one_line(error)}") from error


def _absolute(path: Path) -> Path:
    """Absolute name, for casacore expands a leading ~; it also expands variables, which the name is checked for."""
    absolute = Path(os.path.realpath(path))
    if "$" in str(absolute):
        raise SkerryError(f"{absolute}: casacore takes a $ for the start of a variable; choose a name without it")
    return absolute


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
