"""Numbers, letters, lines and logs of imagers with something wrong; what all text files share."""

from __future__ import annotations

from random import Random

__all__ = ["NUMBERS", "bad_log", "encoded", "random_text"]

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
LETTERS = "abc012 ()[]{},;:#&|*\"'+-=.\t\\%`!?é\x07\x00\u2028\ud7ff"


def random_text(rng: Random, most: int = 12) -> str:
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(0, most)))


def encoded(rng: Random, lines: list[str]) -> bytes:
    content = rng.choice(("\n", "\n", "\r\n", "\r")).join([*lines, ""]).encode("utf-8", "replace")
    if rng.random() < 0.05:
        at = rng.randint(0, len(content))
        content = content[:at] + bytes([rng.randrange(256)]) + content[at:]
    return rng.choice((b"",) * 9 + (b"\xef\xbb\xbf",)) + content


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
    lines = [rng.choice(LOG_LINES) if rng.random() < 0.7 else random_text(rng, 30) for _ in range(rng.randint(0, 6))]
    return encoded(rng, lines)
