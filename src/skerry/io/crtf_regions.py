"""Statements of a region file of CASA (CRTF), in the words of DS9."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from skerry.io.region_statements import LeftOut, Statement, StatementError, shortened

__all__ = ["crtf_statements"]

_FRAMES = {
    "J2000": "fk5",
    "B1950": "fk4",
    "B1950_VLA": "fk4-vla",
    "ICRS": "icrs",
    "GALACTIC": "galactic",
    "SUPERGAL": "supergalactic",
    "ECLIPTIC": "ecliptic",
}
_WITHOUT_AREA = ("line", "vector", "text", "symbol")
_SHAPES = {"circle": "circle", "annulus": "annulus", "ellipse": "ellipse", "poly": "polygon", "box": "corners"}
_SHAPES.update(centerbox="box", rotbox="box")
_LINE = re.compile(r"([-+]?)\s*(ann\s)?\s*([a-z]+)\s*(\[.*)", re.IGNORECASE | re.DOTALL)
_OPTION = re.compile(r"""(\w+)\s*=\s*(\[[^\]]*\]|'[^']*'|"[^"]*"|[^,\s]+)""")
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
_LENGTH = re.compile(rf"({_NUMBER})\s*(deg|arcmin|arcsec|rad|pix|\"|')", re.IGNORECASE)
_UNITS = {"deg": "d", "arcmin": "'", "arcsec": '"', "rad": "r", "'": "'", '"': '"'}
_CHANNELS = re.compile(rf"\[\s*({_NUMBER})chan\s*,\s*({_NUMBER})chan\s*\]", re.IGNORECASE)


def crtf_statements(lines: Sequence[str]) -> Iterator[Statement | LeftOut]:
    """Go through a region file of CASA.

    Parameters
    ----------
    lines : sequence of str
        Of the file.

    Yields
    ------
    Statement or LeftOut
        In their order, which matters: what is included after an excluded region is there again.
    """
    always: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if text.lower().startswith("global"):
            always.update(_options(text[6:]))
            continue
        try:
            yield _statement(number, text, always)
        except StatementError as error:
            yield LeftOut(number, shortened(text), str(error), error.understood)


def _statement(number: int, text: str, always: dict[str, str]) -> Statement:
    found = _LINE.match(text)
    if found is None:
        raise StatementError("is no region")
    sign, annotation, name, rest = found.groups()
    name = name.lower()
    if annotation or name in _WITHOUT_AREA:
        raise StatementError("is an annotation" if annotation else f"a {name} has no area", understood=True)
    if name not in _SHAPES:
        raise StatementError(f"{name[:20]} is no shape of CASA's")
    inner, behind = _bracketed(rest)
    options = {**always, **_options(behind)}
    pairs = [pair.split(",") for pair in re.findall(r"\[([^\[\]]*)\]", inner)]
    single = [word.strip() for word in re.sub(r"\[[^\[\]]*\]", "", inner).split(",") if word.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise StatementError("has brackets without two values each")
    frame = _frame(pairs, options, name)
    places, sizes, angle = _parts(name, pairs, single)
    written = tuple(_coordinate(value, frame, is_latitude=n % 2 == 1) for n, value in enumerate(places))
    drawn = _SHAPES[name]
    lengths = tuple(_length(value) for value in sizes)
    if drawn == "ellipse":
        # The angle is that of the major axis from north, of which DS9 has it from west.
        lengths = lengths[1], lengths[0]
    channels = _channels(options)
    return Statement(
        number,
        shortened(text),
        drawn,
        frame,
        written,
        lengths,
        angle,
        include=sign != "-",
        channels=channels,
        for_all=_for_all(options, channels),
    )


def _bracketed(text: str) -> tuple[str, str]:
    """What stands in the brackets that a text begins with, and what behind them."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if depth == 0:
            return text[1:place], text[place + 1 :]
    raise StatementError("has no closing bracket")


def _options(text: str) -> dict[str, str]:
    """Options behind a shape, without their quotes."""
    return {name.lower(): value.strip("'\"") for name, value in _OPTION.findall(text)}


def _frame(pairs: list[list[str]], options: dict[str, str], name: str) -> str:
    """Frame of the places: pixels by their unit, otherwise that of `coord`, or the image's own."""
    places = pairs if name in ("poly", "box") else pairs[:1]
    in_pixels = {value.strip().lower().endswith("pix") for pair in places for value in pair}
    if len(in_pixels) != 1:
        raise StatementError("has coordinates in pixels beside others, or none")
    if in_pixels.pop():
        return "image"
    coord = options.get("coord", "wcs")
    frame = "wcs" if coord == "wcs" else _FRAMES.get(coord.upper())
    if frame is None:
        raise StatementError(f"coord={coord[:20]} is a frame that skerry does not know; save it in J2000 or ICRS")
    return frame


def _parts(name: str, pairs: list[list[str]], single: list[str]) -> tuple[list[str], list[str], str]:
    """Places, sizes and angle of a shape."""
    flat = [value for pair in pairs for value in pair]
    if name == "poly" and len(pairs) >= 3 and not single:
        return flat, [], "0"
    if name == "box" and len(pairs) == 2 and not single:
        return flat, [], "0"
    if name == "circle" and len(pairs) == 1 and len(single) == 1:
        return flat, single, "0"
    if name in ("annulus", "centerbox") and len(pairs) == 2 and not single:
        return flat[:2], flat[2:], "0"
    if name in ("ellipse", "rotbox") and len(pairs) == 2 and len(single) == 1:
        angle = _length(single[0])
        if angle[-1] in "'\"p":
            raise StatementError(f"{single[0][:20]} is no angle; write it in deg or rad")
        return flat[:2], flat[2:], angle
    raise StatementError(f"a {name} cannot have these numbers")


def _length(text: str) -> str:
    """Length as DS9 writes it; pixels with an i."""
    found = _LENGTH.fullmatch(text.strip())
    if found is None:
        raise StatementError(f"{text.strip()[:20]} is no length; write it with deg, arcmin, arcsec, rad or pix")
    return found[1] + _UNITS.get(found[2].lower(), "i")


def _coordinate(text: str, frame: str, *, is_latitude: bool) -> str:
    """Coordinate as DS9 writes it."""
    value = text.strip().lower()
    if frame == "image":
        found = _LENGTH.fullmatch(value)
        if found is None:
            raise StatementError(f"{value[:20]} is no pixel")
        return repr(float(found[1]) + 1)
    angle = _LENGTH.fullmatch(value)
    if angle is not None and angle[2] in ("deg", "rad"):
        return angle[1] + _UNITS[angle[2]]
    # Degrees, minutes and seconds may stand between full stops.
    dotted = re.fullmatch(r"([-+]?\d+)\.(\d+)\.(\d+(?:\.\d*)?)", value)
    if dotted is not None:
        return "{}d{}m{}s".format(*dotted.groups())
    parts = re.fullmatch(r"([-+]?\d+)([:hd])(\d+)[:m](\d+(?:\.\d*)?)s?", value)
    if parts is not None and parts[2] != "d" and is_latitude:
        raise StatementError(f"{value[:20]} is hours to CASA; write a declination as -45d00m00s or -45.00.00")
    if parts is not None:
        return f"{parts[1]}{parts[2].replace(':', 'h')}{parts[3]}m{parts[4]}s"
    raise StatementError(
        f"{value[:20]} is no coordinate; write it with deg, rad or pix, or as 12h30m00s and -45d00m00s"
    )


def _channels(options: dict[str, str]) -> tuple[float, float] | None:
    """Channels that a region is for, as far as they are counted."""
    found = _CHANNELS.fullmatch(options.get("range", ""))
    return None if found is None else (float(found[1]), float(found[2]))


def _for_all(options: dict[str, str], channels: tuple[float, float] | None) -> str:
    """What a line says of planes or polarizations that is not kept to."""
    told = [] if channels is not None or "range" not in options else [f"range={options['range']}"]
    if "I" not in re.findall(r"\w+", options.get("corr", "I").upper()):
        told.append(f"corr={options['corr']}")
    return shortened(" and ".join(told))
