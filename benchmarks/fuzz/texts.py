"""Text files with something wrong: region files, YAML of fields and presets, tables of positions, logs of imagers."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from benchmarks.fuzz.cards import bad_fits

__all__ = ["bad_crtf", "bad_field", "bad_log", "bad_preset", "bad_reg", "bad_table"]

NUMBERS = (
    *("0", "1", "10", "-1", "12.5", "60", "-45", "60.001", "-44.999", "1e5", "1e400", "-1e300", "1e-300", "nan", "inf"),
    *(
        "99999999999999999999",
        "1_0",
        "0x1f",
        "",
        "x",
        "1.2.3",
        "4:00:00",
        "-45:00:00",
        "4h00m00s",
        "-45d0m0s",
        "-45.00.00",
    ),
    *("24:00:60", "90.0001", "361", "-0", "+5", ".5", "5.", "5e", "--5", "1,5", "٣", "²"),
)
LENGTHS = (
    "10",
    '10"',
    "1'",
    "0.01d",
    "1e-3r",
    "5p",
    "5i",
    "3pix",
    "10arcsec",
    "0",
    '0"',
    "-1",
    'nan"',
    '1e300"',
    "1e-300d",
    "",
)
SHAPES = (
    "circle",
    "annulus",
    "ellipse",
    "box",
    "polygon",
    "point",
    "line",
    "text",
    "panda",
    "CIRCLE",
    "circl",
    "vector",
)
FRAMES = (
    "icrs",
    "fk5",
    "fk4",
    "j2000",
    "galactic",
    "ecliptic",
    "image",
    "physical",
    "wcs",
    "wcsa",
    "linear",
    "tile 1",
    "amplifier",
)
CRTF_SHAPES = ("circle", "annulus", "ellipse", "poly", "box", "centerbox", "rotbox", "line", "symbol", "text", "circl")
COORDS = ("J2000", "ICRS", "B1950", "B1950_VLA", "GALACTIC", "SUPERGAL", "ECLIPTIC", "wcs", "AZEL", "x" * 50, "")
UNITS = ("deg", "arcsec", "arcmin", "rad", "pix", '"', "'", "", "km", "Deg")
LETTERS = "abc012 ()[]{},;:#&|*\"'+-=.\t\\%`!?é\x07\x00\u2028\ud7ff"


def _text(rng: Random, most: int = 12) -> str:
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(0, most)))


def bad_reg(rng: Random) -> bytes:
    """A region file of DS9, or nearly one."""
    lines = ["# Region file format: DS9 version 4.1"] if rng.random() < 0.5 else []
    for _ in range(rng.choice((0, 1, 1, 2, 4, 9))):
        lines.append(_reg_line(rng))
    return _encoded(rng, lines)


def _reg_line(rng: Random) -> str:
    kind = rng.randrange(12)
    if kind < 7:
        numbers = [rng.choice(NUMBERS[:8] if rng.random() < 0.6 else NUMBERS) for _ in range(2)]
        sizes = [rng.choice(LENGTHS) for _ in range(rng.randint(0, 5))]
        words = numbers + sizes if rng.random() < 0.8 else [rng.choice(NUMBERS) for _ in range(rng.randint(0, 9))]
        between = rng.choice((",", ", ", " "))
        opened, closed = rng.choice(
            (("(", ")"), ("(", ")"), ("(", ")"), (" ", ""), ("(", ""), ("((", ")"), ("[[", "]]"))
        )
        tail = rng.choice(
            ("", "", " # color=red", " # text={a}", " ||", " && circle(1,1,1)", " # tag={", ";circle(5,5,2)")
        )
        return rng.choice(("", "", "-", "+", "!")) + rng.choice(SHAPES) + opened + between.join(words) + closed + tail
    if kind < 9:
        return rng.choice(FRAMES)
    if kind == 9:
        return f"global color=green {_text(rng)}"
    if kind == 10:
        return f"{rng.choice(FRAMES)};{_reg_line(rng)}" if rng.random() < 0.8 else "composite(1,2,3)||"
    return _text(rng, 30)


def bad_crtf(rng: Random) -> bytes:
    """A region file of CASA, or nearly one."""
    lines = ["#CRTFv0"] if rng.random() < 0.8 else []
    for _ in range(rng.choice((0, 1, 1, 2, 4, 9))):
        lines.append(_crtf_line(rng))
    return _encoded(rng, lines)


def _crtf_line(rng: Random) -> str:
    if rng.random() < 0.1:
        return rng.choice(("global ", "")) + _text(rng, 30)

    def number() -> str:
        return rng.choice(NUMBERS) + rng.choice(UNITS) if rng.random() < 0.8 else rng.choice(NUMBERS)

    pairs = [f"[{number()},{number()}]" for _ in range(rng.randint(0, 4))]
    single = [number() for _ in range(rng.choice((0, 0, 1, 2)))]
    options = [
        f"coord={rng.choice(COORDS)}",
        f"range=[{number()}chan,{number()}chan]",
        f"corr=[{_text(rng, 3)}]",
        "label='x",
    ]
    tail = "".join(f", {option}" for option in options if rng.random() < 0.3)
    closed = rng.choice(("]", "]", "]", "", "]]"))
    return (
        f"{rng.choice(('', '', '-', '+', 'ann '))}{rng.choice(CRTF_SHAPES)}[{', '.join(pairs + single)}{closed}{tail}"
    )


def _encoded(rng: Random, lines: list[str]) -> bytes:
    content = rng.choice(("\n", "\n", "\r\n", "\r")).join([*lines, ""]).encode("utf-8", "replace")
    if rng.random() < 0.05:
        at = rng.randint(0, len(content))
        content = content[:at] + bytes([rng.randrange(256)]) + content[at:]
    return rng.choice((b"",) * 9 + (b"\xef\xbb\xbf",)) + content


SCALARS = (
    *("1", "0", "-1", "2.5", "1e3", "1e400", "-.inf", ".nan", "99999999999999999999", "0o17", "010", "0x1F", "1_000"),
    *(
        "true",
        "no",
        "~",
        "null",
        "''",
        '""',
        "x",
        "a b",
        "2020-01-01",
        "2020-13-45",
        "1:30",
        "!!binary aGk=",
        "!!float x",
    ),
    *(
        "!!python/name:os.system",
        "!!set {a}",
        "&a 1",
        "*a",
        "<<",
        "=",
        "[]",
        "{}",
        "[1, 2]",
        "{a: 1}",
        "[[[]]]",
        "{1: 2}",
    ),
    *(
        "'{beam}'",
        "'{round}'",
        "'{nothing}'",
        "'{'",
        "'$x'",
        "'a\\0b'",
        '"\\x07"',
        "? a",
        "- 1",
        "|",
        ">-",
        "%x",
        "@",
        "`",
    ),
    *(
        "all",
        "none",
        "mosaic",
        "beam",
        "both",
        "late-round",
        "compact",
        "wsclean",
        "'00-03'",
        "'3-1'",
        "0-5",
        "[00, 01]",
    ),
    *(
        "5 arcsec",
        "1 deg",
        "{bmaj: 8 arcsec, bmin: 7 arcsec, bpa: 20 deg}",
        "{primary_beam_fwhm: 1 deg}",
        "é",
        "'\u2028'",
    ),
)
RIGHT_FIELD: Mapping[str, str] = {
    "field": "demo",
    "beams": "'00-01'",
    "rounds": "2",
    "images": "'b{beam}.r{round}.fits'",
    "mosaic": "'m{round}.fits'",
}


def _scalar(rng: Random, depth: int = 2) -> str:
    kind = rng.randrange(10)
    if kind == 0 and depth:
        return "[" + ", ".join(_scalar(rng, depth - 1) for _ in range(rng.randint(0, 3))) + "]"
    if kind == 1 and depth:
        inner = (f"{_scalar(rng, 0)}: {_scalar(rng, depth - 1)}" for _ in range(rng.randint(0, 3)))
        return "{" + ", ".join(inner) + "}"
    return _text(rng) if kind == 2 else rng.choice(SCALARS)


def _keys(kind: str) -> list[str]:
    from skerry.config.options import MaskingOptions
    from skerry.field.imager import Calibration, Imager
    from skerry.field.keys import FieldConfig

    models: dict[str, list[Any]] = {
        "field": [FieldConfig],
        "options": [MaskingOptions],
        "imager": [Imager, Calibration],
    }
    return [key for model in models[kind] for key in model.model_fields]


def _yaml(rng: Random, entries: list[tuple[str, str]]) -> bytes:
    lines = [f"{key}: {value}" for key, value in entries]
    if rng.random() < 0.1:
        lines.insert(rng.randint(0, len(lines)), _text(rng, 20))
    if rng.random() < 0.05:
        lines = [f"{' ' * rng.randint(0, 3)}{line}" for line in lines]
    return _encoded(rng, lines)


def _inner(rng: Random, kind: str) -> str:
    keys = _keys(kind)
    return "{" + ", ".join(f"{rng.choice(keys)}: {_scalar(rng)}" for _ in range(rng.randint(0, 4))) + "}"


def bad_field(rng: Random) -> bytes:
    """A field's YAML file with a few keys that are wrong."""
    entries = {key: value for key, value in RIGHT_FIELD.items() if rng.random() < 0.95}
    for _ in range(rng.choice((0, 1, 1, 2, 3, 5))):
        key = rng.choice(_keys("field"))
        value = _scalar(rng)
        if key == "masking" and rng.random() < 0.8:
            value = _inner(rng, "options")
        elif key == "masking_rounds" and rng.random() < 0.8:
            value = f"{{{_scalar(rng, 0)}: {_inner(rng, 'options')}}}"
        elif key in ("imager", "calibrate") and rng.random() < 0.8:
            value = _inner(rng, "imager")
        entries[key if rng.random() < 0.95 else _scalar(rng, 1)] = value
    listed = list(entries.items())
    if rng.random() < 0.05 and listed:
        listed.append(rng.choice(listed))
    return _yaml(rng, listed)


def bad_preset(rng: Random) -> bytes:
    """A preset's YAML file with a few options that are wrong."""
    keys = _keys("options")
    entries = [(rng.choice(keys), _scalar(rng)) for _ in range(rng.randint(0, 4))]
    if rng.random() < 0.3:
        entries = [("summary", _scalar(rng)), ("masking", _inner(rng, "options")), *entries[:1]]
    if rng.random() < 0.1:
        entries.append((_scalar(rng, 1), _scalar(rng)))
    return _yaml(rng, entries)


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
        return kind, _encoded(rng, _votable(rng, names, rows))
    between = {"tsv": "\t", "txt": " "}.get(kind, ",")
    lines = [between.join(row) for row in [names, *rows]]
    if kind == "ecsv":
        units = ("", ", unit: deg", ", unit: rad", ", unit: furlong", ", unit: [", ", unit: hourangle")
        columns = [f"# - {{name: {name}, datatype: {rng.choice(DATATYPES)}{rng.choice(units)}}}" for name in names]
        top = ["# %ECSV 1.0", "# ---", f"# delimiter: '{rng.choice(',,,;')}'", "# datatype:", *columns]
        top += [f"# meta: {_scalar(rng)}"] if rng.random() < 0.3 else []
        lines = [line for line in top if rng.random() < 0.97] + lines
    return kind, _encoded(rng, lines)


def _votable(rng: Random, names: list[str], rows: list[list[str]]) -> list[str]:
    kinds = ("double", "char", "int", "floatComplex", "x")
    fields = [f'<FIELD name="{name}" datatype="{rng.choice(kinds)}" arraysize="*"/>' for name in names]
    cells = ["<TR>" + "".join(f"<TD>{cell}</TD>" for cell in row) + "</TR>" for row in rows]
    lines = ['<?xml version="1.0"?>', '<VOTABLE version="1.3">', "<RESOURCE>", "<TABLE>", *fields]
    lines += ["<DATA><TABLEDATA>", *cells, "</TABLEDATA></DATA>", "</TABLE></RESOURCE></VOTABLE>"]
    return [line for line in lines if rng.random() < 0.97]


LOG_LINES = (
    "WSClean version 3.4 (2023-10-11)",
    "Major iteration threshold reached global threshold of 1e-3 Jy: final major iteration.",
    "Cleaned 12 components, iteration 1000, peak 1.5 mJy",
    "Initial peak: 1e999 Jy",
    "Reading mask 'x.fits'...",
    "Executing tclean( vis='x.ms', usemask='user', mask='m.im' )",
    "== DDFacet 0.8 ==",
)


def bad_log(rng: Random) -> bytes:
    """The log of an imager, or nearly one."""
    lines = [rng.choice(LOG_LINES) if rng.random() < 0.7 else _text(rng, 30) for _ in range(rng.randint(0, 6))]
    return _encoded(rng, lines)
