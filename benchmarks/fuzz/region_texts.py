"""Region files of DS9 and CASA with something wrong."""

from __future__ import annotations

from random import Random

from benchmarks.fuzz.texts import NUMBERS, encoded, random_text

__all__ = ["bad_crtf", "bad_reg"]

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


def bad_reg(rng: Random) -> bytes:
    """A region file of DS9, or nearly one."""
    lines = ["# Region file format: DS9 version 4.1"] if rng.random() < 0.5 else []
    for _ in range(rng.choice((0, 1, 1, 2, 4, 9))):
        lines.append(_reg_line(rng))
    return encoded(rng, lines)


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
        return f"global color=green {random_text(rng)}"
    if kind == 10:
        return f"{rng.choice(FRAMES)};{_reg_line(rng)}" if rng.random() < 0.8 else "composite(1,2,3)||"
    return random_text(rng, 30)


def bad_crtf(rng: Random) -> bytes:
    """A region file of CASA, or nearly one."""
    lines = ["#CRTFv0"] if rng.random() < 0.8 else []
    for _ in range(rng.choice((0, 1, 1, 2, 4, 9))):
        lines.append(_crtf_line(rng))
    return encoded(rng, lines)


def _crtf_line(rng: Random) -> str:
    if rng.random() < 0.1:
        return rng.choice(("global ", "")) + random_text(rng, 30)

    def number() -> str:
        return rng.choice(NUMBERS) + rng.choice(UNITS) if rng.random() < 0.8 else rng.choice(NUMBERS)

    pairs = [f"[{number()},{number()}]" for _ in range(rng.randint(0, 4))]
    single = [number() for _ in range(rng.choice((0, 0, 1, 2)))]
    options = [
        f"coord={rng.choice(COORDS)}",
        f"range=[{number()}chan,{number()}chan]",
        f"corr=[{random_text(rng, 3)}]",
        "label='x",
    ]
    tail = "".join(f", {option}" for option in options if rng.random() < 0.3)
    closed = rng.choice(("]", "]", "]", "", "]]"))
    return (
        f"{rng.choice(('', '', '-', '+', 'ann '))}{rng.choice(CRTF_SHAPES)}[{', '.join(pairs + single)}{closed}{tail}"
    )
