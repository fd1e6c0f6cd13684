"""What the pixels of an image are measured in, by its BUNIT in any spelling that programs give it.

Jy/beam is written JY/BEAM by AIPS and WSClean, Jy beam-1 by the FITS standard, beam-1 Jy by astropy, Jy/bm by hand.
What counts is whether two images are in one unit, and by which factor they are not. Parsing it by astropy takes 60 ms
of a start, and fails on half of these, so it is asked only for what is per beam in a unit that is not a jansky.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["PixelUnit", "Quantity", "pixel_unit", "unit_of"]

Quantity = Literal["flux per beam", "sigma", "none", "other"]

_SIGMA = ("sigma", "sigmas", "nsigma", "s/n", "snr", "signal/noise", "signal-to-noise", "signal to noise")
_NONE = ("", "1", "none", "unitless", "dimensionless", "undefined", "unknown", "n/a")
_BEAM = ("beam", "beams", "bm")
_JANSKY = r"(.*?)(?:jy|jansky|janskys|janskies)$"
_SHORT_PREFIXES = {
    "": 1.0,
    "m": 1e-3,
    "u": 1e-6,
    "\u00b5": 1e-6,
    "\u03bc": 1e-6,
    "n": 1e-9,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
}
_LONG_PREFIXES = {"milli": 1e-3, "micro": 1e-6, "nano": 1e-9, "kilo": 1e3, "mega": 1e6, "giga": 1e9}
_PREFIXES = _SHORT_PREFIXES | _LONG_PREFIXES
_FACTOR = r"(?P<over>/?)\s*(?P<name>[^\W\d_]+)\s*(?:\*\*|\^)?\s*(?P<power>[+-]?\d+)?"
_SCALE = r"(?:10\s*(?:\*\*|\^)\s*(?P<power>[+-]?\d+)|(?P<number>\d+\.?\d*(?:e[+-]?\d+)?))\s*"


class PixelUnit(NamedTuple):
    """Unit of the pixels of an image."""

    text: str
    """As in the header; an empty string where there is none."""
    kind: Quantity
    """Flux per beam is what a restored image has, sigma what a signal image has; none may be either."""
    in_jy_per_beam: float | None
    """The unit over Jy/beam, for instance 0.001; None if it is not per beam, or its letters do not tell."""

    def __str__(self) -> str:
        return self.text or "no unit"

    def factor_to(self, other: PixelUnit) -> float | None:
        """Give the factor from pixels of this unit to the other: 1 where one is not told, None where there is none."""
        if "none" in (self.kind, other.kind) or self.text == other.text:
            return 1.0
        if self.in_jy_per_beam is None or other.in_jy_per_beam is None:
            same = self.kind == other.kind == "sigma" or _plain(self.text) == _plain(other.text)
            return 1.0 if same else None
        return self.in_jy_per_beam / other.in_jy_per_beam


def unit_of(header: Mapping[str, Any]) -> PixelUnit:
    """Unit of the pixels of an image, by BUNIT of its header."""
    text = header.get("BUNIT", "")
    return pixel_unit(text.strip() if isinstance(text, str) else "")


@lru_cache
def pixel_unit(text: str) -> PixelUnit:
    """Read a unit as programs write it.

    Parameters
    ----------
    text : str
        As in BUNIT.

    Returns
    -------
    PixelUnit
        What is neither per beam nor sigma is "other": K, Jy/pixel, counts.

    Examples
    --------
    >>> pixel_unit("JY/BEAM").in_jy_per_beam, pixel_unit("beam-1 mJy").in_jy_per_beam
    (1.0, 0.001)
    >>> pixel_unit("K").kind, pixel_unit("").kind
    ('other', 'none')
    """
    plain = _plain(text)
    if plain in _NONE:
        return PixelUnit(text, "none", None)
    if plain in _SIGMA:
        return PixelUnit(text, "sigma", None)
    if plain == "jy/beam":
        # The usual one, for which nothing need be compiled.
        return PixelUnit(text, "flux per beam", 1.0)
    # A prefix that is no ASCII, as a micro, is read as question marks: it is per beam, by which factor nobody knows.
    lost = text.startswith("?")
    scale, factors = _scale_and_factors(text.lstrip("?"))
    beams = [name for name, power in factors if name.lower() in _BEAM and power == -1]
    others = [(name, power) for name, power in factors if name.lower() not in _BEAM]
    if not beams or len(beams) + len(others) != len(factors):
        return PixelUnit(text, "other", None)
    if len(beams) == len(others) == 1 and others[0][1] == 1:
        prefix = re.match(_JANSKY, others[0][0], flags=re.IGNORECASE)
        if prefix is not None and _is_prefix(prefix[1]):
            known = _prefix_value(prefix[1], others[0][0])
            return PixelUnit(text, "flux per beam", None if known is None or lost else scale * known)
    if lost:
        return PixelUnit(text, "flux per beam", None)
    return _by_astropy(text, [("beam", -1), *others], scale)


def _plain(text: str) -> str:
    return " ".join(text.split()).lower()


def _scale_and_factors(text: str) -> tuple[float, list[tuple[str, int]]]:
    """Take a unit apart: the number before it, and the powers of its factors; none of what cannot be read."""
    bare = re.sub(r"[()\[\]{}'\"]", " ", text).strip()
    bare = re.sub(r"\bper\b", "/", bare, flags=re.IGNORECASE)
    scale, found = 1.0, re.match(_SCALE, bare, flags=re.IGNORECASE)
    if found is not None:
        scale = 10.0 ** int(found["power"]) if found["power"] else float(found["number"])
        bare = bare[found.end() :]
    try:
        return scale, list(_factors(bare))
    except ValueError:
        return scale, []


def _factors(text: str) -> Iterator[tuple[str, int]]:
    position = 0
    while position < len(text):
        if text[position] in " .*·":
            position += 1
            continue
        found = re.compile(_FACTOR).match(text, position)
        if found is None:
            raise ValueError(text)
        power = int(found["power"] or 1)
        # Of Jy/beam-1 nobody means that it is a jansky times a beam.
        yield found["name"], -abs(power) if found["over"] else power
        position = found.end()


def _is_prefix(letters: str) -> bool:
    return letters in _PREFIXES or letters.lower() in _PREFIXES


def _prefix_value(letters: str, word: str) -> float | None:
    """Value of a prefix; None for MJY, which may be a millijansky in capitals."""
    if letters == "M" and word.isupper():
        return None
    return _PREFIXES[letters] if letters in _PREFIXES else _PREFIXES[letters.lower()]


def _by_astropy(text: str, factors: list[tuple[str, int]], scale: float) -> PixelUnit:
    """Read what is per beam, but in no jansky: W/m2/Hz/beam, K/beam."""
    from astropy import units

    try:
        value = units.Unit(" ".join(f"{name}{power}" for name, power in factors)).to(units.Unit("Jy/beam"))
    except (ValueError, TypeError):
        return PixelUnit(text, "other", None)
    return PixelUnit(text, "flux per beam", scale * float(value))
