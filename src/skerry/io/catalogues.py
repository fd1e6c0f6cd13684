"""Catalogues of islands: ECSV by astropy, and JSON.

A catalogue is columns with units and descriptions, and what is said of them all.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Column", "as_plain", "json_rows", "write_ecsv", "write_json"]


@dataclass(frozen=True)
class Column:
    """A column of a catalogue."""

    name: str
    values: NDArray[Any]
    """NaN for what is not known."""
    unit: str | None
    """As astropy reads it; None for what has none."""
    description: str


def write_ecsv(path: Path, columns: Sequence[Column], said: Mapping[str, Any]) -> None:
    """Write a catalogue as ECSV, which astropy, TOPCAT and spreadsheets read.

    Parameters
    ----------
    path : Path
        The file, which does not exist yet.
    columns : sequence of Column
        All of one length.
    said : mapping of str to object
        Kept as its `meta`; of what JSON has.
    """
    from astropy.table import Column as TableColumn
    from astropy.table import Table

    made = [
        TableColumn(column.values, name=column.name, unit=column.unit, description=column.description)
        for column in columns
    ]
    table = Table(made, meta=as_plain(said))
    table.write(path, format="ascii.ecsv", delimiter=",")


def write_json(path: Path, found: Mapping[str, Any]) -> None:
    """Write what was found as one JSON object; what is not finite becomes null."""
    path.write_text(json.dumps(as_plain(found), indent=1, allow_nan=False) + "\n")


def json_rows(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Rows of a catalogue, as JSON has them: what is not finite is None."""
    lists = [as_plain(column.values.tolist()) for column in columns]
    names = [column.name for column in columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True)]


def as_plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Mapping):
        return {str(name): as_plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
