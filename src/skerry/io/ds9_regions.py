"""Statements of a region file of DS9."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from skerry.io.region_statements import LeftOut, Statement, StatementError, shortened

__all__ = ["ds9_statements"]

_FRAMES = {
    **{name: name for name in ("image", "physical", "icrs", "fk5", "fk4", "galactic", "ecliptic", "wcs")},
    "j2000": "fk5",
    "b1950": "fk4",
    "wcs0": "wcs",
}
_OTHER_FRAMES = (
    "linear",
    "amplifier",
    "detector",
    "tile",
    *(f"wcs{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"),
)
_WITHOUT_AREA = ("point", "line", "vector", "text", "ruler", "compass", "projection", "segment", "composite")
_UNKNOWN = ("pie", "panda", "epanda", "bpanda", "cpanda")
_QUOTED = r"""(\w+)\s*=\s*(\{[^}]*\}?|"[^"]*"|'[^']*')"""
"""What stands in braces or quotes may hold anything."""
_SHAPE = re.compile(r"#?\s*([-+!]?)\s*([a-z]\w*)\s*(.*)", re.DOTALL)
_PROPERTY = re.compile(r"\b(include|source|background)\b(?:\s*=\s*([01]))?")
_ANGLES = ("ellipse", "box")


def ds9_statements(lines: Sequence[str]) -> Iterator[Statement | LeftOut]:
    """Go through a region file of DS9.

    Parameters
    ----------
    lines : sequence of str
        Of the file.

    Yields
    ------
    Statement or LeftOut
        Those that are excluded after all others: as DS9 has it, nothing that comes later brings their pixels back.
    """
    frame: str | None = None
    always: dict[str, bool] = {}
    excluded = []
    for number, line in enumerate(lines, 1):
        for text, plain in _split(line):
            words = plain.lower().split("#", 1)[0].split()
            if words[:1] == ["global"]:
                always.update(_properties(plain))
            elif len(words) == 1 and words[0] in (*_FRAMES, *_OTHER_FRAMES):
                frame = words[0]
            else:
                try:
                    made = _statement(number, text, plain, frame, always)
                except StatementError as error:
                    yield LeftOut(number, shortened(text), str(error), error.understood)
                    continue
                if made is None:
                    continue
                if made.include:
                    yield made
                else:
                    excluded.append(made)
    yield from excluded


def _split(line: str) -> Iterator[tuple[str, str]]:
    """Statements of a line, each as it stands there and without what is in braces and quotes behind its numbers."""
    start = line.find("=")
    if start < 0 and ";" not in line:
        if line.strip():
            yield line.strip(), line.strip()
        return
    hidden = re.sub(_QUOTED, lambda found: f"{found[1]}=" + "_" * (len(found[0]) - len(found[1]) - 1), line)
    begun = 0
    for end in (*(n for n, letter in enumerate(hidden) if letter == ";"), len(hidden)):
        if line[begun:end].strip():
            yield line[begun:end].strip(), hidden[begun:end].strip()
        begun = end + 1


def _statement(number: int, text: str, plain: str, frame: str | None, always: dict[str, bool]) -> Statement | None:
    """Make a statement of a text, or None if it is a comment."""
    found = _SHAPE.match(plain.lower())
    if found is None:
        if plain.startswith("#"):
            return None
        raise StatementError("is no region")
    sign, shape, rest = found.groups()
    if plain.startswith("#"):
        if shape in _WITHOUT_AREA and rest.startswith("("):
            raise StatementError(f"a {shape} has no area", understood=True)
        return None
    if shape in _WITHOUT_AREA:
        raise StatementError(f"a {shape} has no area", understood=True)
    if shape in _UNKNOWN:
        raise StatementError(f"{shape} is a shape that skerry does not know; draw it as a polygon")
    shape = {"rotbox": "box", "rectangle": "box"}.get(shape, shape)
    if shape not in ("circle", "annulus", "ellipse", "box", "polygon"):
        raise StatementError(f"{shape[:20]} is neither a shape nor a frame")
    if frame in _OTHER_FRAMES:
        raise StatementError(f"{frame} is a frame that skerry does not know; save the regions in fk5 or icrs")
    properties = {"include": True, **always, **({"include": False} if sign in ("-", "!") else {}), **_properties(rest)}
    if properties.get("background"):
        raise StatementError("is a region of the background", understood=True)
    values = _values(rest)
    places, sizes, angle = _parts(shape, values)
    own = _FRAMES[frame or "physical"]
    in_pixels = {value[-1] for value in places} <= {"p", "i"}
    if in_pixels:
        own = "physical" if places[0][-1] == "p" else "image"
        places = tuple(value[:-1] for value in places)
    return Statement(number, shortened(text), shape, own, places, sizes, angle, properties["include"], by_image=True)


def _properties(text: str) -> dict[str, bool]:
    """Include and background, as far as they are said."""
    found = {}
    for name, value in _PROPERTY.findall(text.lower().split("#", 1)[-1]):
        if name == "include" and value:
            found["include"] = value == "1"
        elif name == "background":
            found["background"] = value != "0"
        elif name == "source":
            found["background"] = value == "0"
    return found


def _values(rest: str) -> list[str]:
    """Numbers of a shape, in brackets or not."""
    inner = rest.split("#", 1)[0].strip().removesuffix("||").strip()
    if inner.startswith("("):
        if ")" not in inner:
            raise StatementError("has no closing bracket")
        inner, behind = inner[1:].split(")", 1)
        if behind.strip(" |&"):
            raise StatementError(f"{behind.strip()[:20]} behind the bracket is not understood")
    values = re.findall(r"[^\s,]+", inner) or [""]
    rings = re.fullmatch(r"n=(\d+)", values[-1])
    if rings is not None and len(values) == 5 and int(rings[1]) > 0:
        return values[:-1]
    return values


def _parts(shape: str, values: list[str]) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Places, sizes and angle of a shape; of several rings the innermost and the outermost edge."""
    many = len(values)
    if shape == "polygon":
        if many < 6 or many % 2:
            raise StatementError(f"a polygon needs three or more pairs of coordinates, and has {many} numbers")
        return tuple(values), (), "0"
    places, sizes, angle = tuple(values[:2]), values[2:], "0"
    if shape in _ANGLES and len(sizes) % 2:
        *sizes, angle = sizes
    least, most = {"circle": (1, 1), "annulus": (2, many), "ellipse": (2, many), "box": (2, many)}[shape]
    if not least <= len(sizes) <= most:
        raise StatementError(f"a {shape} cannot have {many} numbers")
    if shape == "annulus":
        sizes = [sizes[0], sizes[-1]]
    elif len(sizes) > 4:
        sizes = [*sizes[:2], *sizes[-2:]]
    return places, tuple(sizes), angle
