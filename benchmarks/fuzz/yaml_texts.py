"""YAML of fields and presets with something wrong."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from benchmarks.fuzz.texts import encoded, random_text

__all__ = ["RIGHT_FIELD", "bad_field", "bad_preset", "random_scalar"]

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


def random_scalar(rng: Random, depth: int = 2) -> str:
    kind = rng.randrange(10)
    if kind == 0 and depth:
        return "[" + ", ".join(random_scalar(rng, depth - 1) for _ in range(rng.randint(0, 3))) + "]"
    if kind == 1 and depth:
        inner = (f"{random_scalar(rng, 0)}: {random_scalar(rng, depth - 1)}" for _ in range(rng.randint(0, 3)))
        return "{" + ", ".join(inner) + "}"
    return random_text(rng) if kind == 2 else rng.choice(SCALARS)


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
        lines.insert(rng.randint(0, len(lines)), random_text(rng, 20))
    if rng.random() < 0.05:
        lines = [f"{' ' * rng.randint(0, 3)}{line}" for line in lines]
    return encoded(rng, lines)


def _inner(rng: Random, kind: str) -> str:
    keys = _keys(kind)
    return "{" + ", ".join(f"{rng.choice(keys)}: {random_scalar(rng)}" for _ in range(rng.randint(0, 4))) + "}"


def bad_field(rng: Random) -> bytes:
    """A field's YAML file with a few keys that are wrong."""
    entries = {key: value for key, value in RIGHT_FIELD.items() if rng.random() < 0.95}
    for _ in range(rng.choice((0, 1, 1, 2, 3, 5))):
        key = rng.choice(_keys("field"))
        value = random_scalar(rng)
        if key == "masking" and rng.random() < 0.8:
            value = _inner(rng, "options")
        elif key == "masking_rounds" and rng.random() < 0.8:
            value = f"{{{random_scalar(rng, 0)}: {_inner(rng, 'options')}}}"
        elif key in ("imager", "calibrate") and rng.random() < 0.8:
            value = _inner(rng, "imager")
        entries[key if rng.random() < 0.95 else random_scalar(rng, 1)] = value
    listed = list(entries.items())
    if rng.random() < 0.05 and listed:
        listed.append(rng.choice(listed))
    return _yaml(rng, listed)


def bad_preset(rng: Random) -> bytes:
    """A preset's YAML file with a few options that are wrong."""
    keys = _keys("options")
    entries = [(rng.choice(keys), random_scalar(rng)) for _ in range(rng.randint(0, 4))]
    if rng.random() < 0.3:
        entries = [("summary", random_scalar(rng)), ("masking", _inner(rng, "options")), *entries[:1]]
    if rng.random() < 0.1:
        entries.append((random_scalar(rng, 1), random_scalar(rng)))
    return _yaml(rng, entries)
