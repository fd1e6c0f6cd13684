"""Tables of positions with something wrong."""

from __future__ import annotations

from random import Random

from benchmarks.fuzz.cards import bad_fits
from benchmarks.fuzz.texts import NUMBERS, encoded
from benchmarks.fuzz.yaml_texts import random_scalar

__all__ = ["bad_table"]

NAMES = (
    "ra",
    "dec",
    "RA",
    "DEC",
    "RAJ2000",
    "DEJ2000",
    "l",
    "b",
    "ra_hms",
    "dec_dms",
    "ra_rad",
    "x",
    "",
    "é",
    "ra",
    "glon",
    "glat",
)
CELLS = (
    *NUMBERS,
    "04:00:00.1",
    "-45:00:00",
    "4h",
    "60d",
    '"',
    '"a,b"',
    "--",
    "None",
    "TRUE",
    "'",
    "4 00 00",
    "-45 00 00",
)
DATATYPES = ("float64", "string", "int8", "bool", "float128", "complex128", "object", "x", "float64[2]")


def bad_table(rng: Random) -> tuple[str, bytes]:
    """Ending of a name, and a table of positions: ECSV, CSV, columns, VOTable, or FITS."""
    kind = rng.choice(("ecsv", "csv", "csv", "csv", "tsv", "txt", "fits", "vot"))
    if kind == "fits":
        return "fits", bad_fits(rng, rng.choice(("table", "table", "beams", "ok")))
    names = ["ra", "dec"] if rng.random() < 0.6 else [rng.choice(NAMES) for _ in range(rng.randint(0, 4))]
    rows = [[rng.choice(CELLS) for _ in range(len(names))] for _ in range(rng.choice((0, 1, 2, 4)))]
    if rng.random() < 0.2 and rows:
        rows[-1] = rows[-1][:-1] if rng.random() < 0.5 else [*rows[-1], "1"]
    if kind == "vot":
        return kind, encoded(rng, _votable(rng, names, rows))
    between = {"tsv": "\t", "txt": " "}.get(kind, ",")
    lines = [between.join(row) for row in [names, *rows]]
    if kind == "ecsv":
        units = ("", ", unit: deg", ", unit: rad", ", unit: furlong", ", unit: [", ", unit: hourangle")
        columns = [f"# - {{name: {name}, datatype: {rng.choice(DATATYPES)}{rng.choice(units)}}}" for name in names]
        top = ["# %ECSV 1.0", "# ---", f"# delimiter: '{rng.choice(',,,;')}'", "# datatype:", *columns]
        top += [f"# meta: {random_scalar(rng)}"] if rng.random() < 0.3 else []
        lines = [line for line in top if rng.random() < 0.97] + lines
    return kind, encoded(rng, lines)


def _votable(rng: Random, names: list[str], rows: list[list[str]]) -> list[str]:
    kinds = ("double", "char", "int", "floatComplex", "x")
    fields = [f'<FIELD name="{name}" datatype="{rng.choice(kinds)}" arraysize="*"/>' for name in names]
    cells = ["<TR>" + "".join(f"<TD>{cell}</TD>" for cell in row) + "</TR>" for row in rows]
    lines = ['<?xml version="1.0"?>', '<VOTABLE version="1.3">', "<RESOURCE>", "<TABLE>", *fields]
    lines += ["<DATA><TABLEDATA>", *cells, "</TABLEDATA></DATA>", "</TABLE></RESOURCE></VOTABLE>"]
    return [line for line in lines if rng.random() < 0.97]
