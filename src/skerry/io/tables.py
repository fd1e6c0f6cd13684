"""Tables in files that other programs read: FITS, ECSV or CSV, by the ending of the name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from skerry.errors import SkerryError
from skerry.io.outputs import check_outputs
from skerry.io.whole_files import whole_files

__all__ = ["TableColumn", "check_table", "write_table"]

_FORMATS = {".fits": "fits", ".ecsv": "ascii.ecsv", ".csv": "ascii.csv"}


class TableColumn(NamedTuple):
    """A column of a table."""

    values: Sequence[Any]
    """Numbers or strings, None for what is not known."""
    unit: str = ""


def check_table(path: Path, others: Iterable[Path], *, overwrite: bool) -> None:
    """Check, before any work, that a table can be written.

    Parameters
    ----------
    path : Path
        Its name.
    others : iterable of Path
        Other files of the command.
    overwrite : bool
        Whether it may be replaced.

    Raises
    ------
    SkerryError
        If the ending of its name is that of no table, or as of `skerry.io.outputs.check_outputs`.
    """
    if path.suffix.lower() not in _FORMATS:
        raise SkerryError(f"{path}: is no name of a table; end it in {', '.join(_FORMATS)}")
    check_outputs([path], others, overwrite)


def write_table(path: Path, columns: Mapping[str, TableColumn]) -> None:
    """Write a table, whole or not at all.

    Parameters
    ----------
    path : Path
        As `check_table` wants it; what is there is replaced.
    columns : mapping of str to TableColumn
        All of one length. Numbers that are not known are NaN, -1 among whole numbers, and strings empty.

    Raises
    ------
    SkerryError
        If it cannot be written.
    """
    from astropy.table import Column, Table

    table = Table()
    for name, column in columns.items():
        unknown = _unknown(column.values)
        values = [unknown if value is None else value for value in column.values]
        table[name] = Column(values, unit=column.unit or None)
    with whole_files(path) as (partial,):
        table.write(partial, format=_FORMATS[path.suffix.lower()])


def _unknown(values: Sequence[Any]) -> Any:
    known = [value for value in values if value is not None]
    if any(isinstance(value, str) for value in known):
        return ""
    return -1 if known and all(isinstance(value, int) for value in known) else float("nan")
