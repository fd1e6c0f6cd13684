"""Command lines of any subcommand, with any of its flags and values right and wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from benchmarks.fuzz.cards import bad_fits
from benchmarks.fuzz.region_texts import bad_reg
from benchmarks.fuzz.table_texts import bad_table
from benchmarks.fuzz.words import LIMITS, Case
from benchmarks.fuzz.yaml_texts import bad_field, bad_preset

__all__ = ["SLOW", "any_line"]

VALUES: Mapping[str, tuple[str, ...]] = {
    "NUMBER": (
        "1",
        "2.5",
        "0.5",
        "0",
        "-1",
        "5",
        "20",
        "nan",
        "inf",
        "1e300",
        "1e-300",
        "-0.0",
        "1e400",
        "9" * 20,
        "x",
        "",
        "1e",
        "٣",
    ),
    "INTEGER": (
        "1",
        "2",
        "3",
        "8",
        "35",
        "0",
        "-1",
        "1000",
        "2147483648",
        "9" * 20,
        "9" * 5000,
        "1.5",
        "nan",
        "0x3",
        "",
        "1_0",
    ),
    "ANGLE": (
        "8asec",
        "1deg",
        "30",
        "5arcsec",
        "0.1arcmin",
        "0",
        "-1deg",
        "1e300deg",
        "nan",
        "1e-300",
        "deg",
        "",
        "1 rad",
        "4h",
    ),
    "FITS": (
        "ok.fits",
        "mask.fits",
        "rms.fits",
        "signal.fits",
        "cube.fits",
        "bits.fits",
        "bad.fits",
        "none.fits",
        "ok.reg",
        "",
        ".",
    ),
    "FILE": (
        "ok.reg",
        "ok.crtf",
        "bad.reg",
        "ok.ecsv",
        "bad.csv",
        "bad.yaml",
        "out.ecsv",
        "out.csv",
        "out.fits",
        "x",
        "",
        ".",
    ),
    "NAME|FILE": (
        "late-round",
        "compact",
        "auto",
        "none",
        "early-round",
        "diffuse",
        "bad.yaml",
        "mine.yaml",
        "ok.fits",
        "lat",
        "",
        ".",
    ),
    "SIZE": ("200MB", "1GB", "1", "0", "-1GB", "1e3GB", "9" * 400 + "GB", "x", "", "nan", "300 MiB", "24"),
    "S,S,...": ("0", "0,2", "0,8,16", "2,2", "-1,0", "0,1000000000", "0,x", ",", "", "nan", "0,1.5", "9" * 25),
    "N,N,...": ("2", "2,4", "1e300", "0", "-1", "nan", "2,,4", "", "x", "1e-300"),
    "N-M,...": ("0", "1", "0-1", "1-", "0-99999999", "3-1", "-", ",", "", "x", "9" * 30, "0,0"),
    "I|Q|U|V|...": ("I", "V", "XX", "", "i", "0"),
    "2|4": ("2", "4", "3", "-4", "x", ""),
    "ISLANDS": ("1", "1-2", "2-1", "0", "60.0,-45.0", "4:00:00,-45:00:00", "1-99999999", "x", "", "nan,nan", "1,,2"),
    "RMS|FITS": ("1e-4", "rms.fits", "bad.fits", "0", "-1", "nan", "1e300", "1e-300", ""),
    "PNG|PDF": ("out.png", "out.pdf", "out.fits", "out", ""),
    "RA,DEC,SIZE": ("60,-45,10arcsec", "60,-45,0", "x", "", "60,-45,1e300deg", "4h,-45d,1deg", "nan,0,1deg"),
    "casa|ddfacet|wsclean": ("casa", "ddfacet", "wsclean", "aips", ""),
    "NAME": ("wsclean", "casa", "ddfacet", "aips", "slurm", "demo", ""),
    "VERSION": ("3.4", "6.5.0.1", "0", "x", "9" * 40, "3.", ""),
    "COMMAND": (
        "wsclean -fits-mask mask.fits x.ms",
        "tclean(vis='x')",
        "'",
        "$(x)",
        "",
        "DDF.py --Mask-External=mask.fits",
    ),
    "IMAGE": ("ok.fits", "cube.fits", "bad.fits", "double.fits", "none.im", "packed.fits", "first.fits", "x", ""),
    "SIGNAL": ("signal.fits", "signal.fits", "bad.fits", "ok.fits", "mask.fits", "none.fits", ""),
    "MASK": ("mask.fits", "mask.fits", "bits.fits", "bad.fits", "cube.mask.fits", "ok.fits", "none.fits", ""),
    "BEAM_IMAGE": ("ok.fits", "ok.fits", "bad.fits", "cube.fits", "mask.fits", ""),
    "MOSAIC_MASK": ("mask.fits", "mask.fits", "bits.fits", "bad.fits", "ok.fits", ""),
    "SCALE_MASK": ("bits.fits", "bits.fits", "bad.fits", "mask.fits", ""),
    "REGIONS": ("ok.reg", "ok.crtf", "bad.reg", "bad.reg", "ok.fits", "none.reg", ""),
    "FIELD.yaml": ("bad.yaml", "field.yaml", "ok.fits", "none.yaml", ""),
    "DIRECTORY": ("there", "ok.fits", "", "a b"),
    "HTML": ("out.html", "out", ""),
}
_NEW = (
    "out.fits",
    "out.fits",
    "out.fits",
    "ok.fits",
    "none/out.fits",
    "out",
    "",
    "x" * 300 + ".fits",
    "a`rms`.fits",
    "é.fits",
    "a\nb.fits",
)
_ALL = tuple(value for values in VALUES.values() for value in values)
_OUTPUTS = ("output", "rms_output", "bkg_output", "scale_output", "signal_output", "weight_output", "noise_grid")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a subcommand, as a user gives it."""

    name: str
    flags: tuple[str, ...]
    """None of an argument."""
    kind: str | None
    """As the help has it; None of a flag without a value."""
    count: int


@cache
def parameters() -> dict[str, list[Parameter]]:
    """Parameters of each subcommand."""
    from skerry.cli.app import GROUPS, build_command_line

    line = build_command_line()
    made = {}
    for name in (command.name for group in GROUPS for command in group.commands):
        line.resolve_command(Any, [name])
        made[name] = [_parameter(one) for one in line.called.params]
    return made


def _parameter(one: Any) -> Parameter:
    if one.param_type_name == "argument":
        return Parameter(one.name, (), (one.metavar or one.name.upper()).split()[0].rstrip("."), max(1, one.nargs))
    kind = None if one.is_flag else one.metavar or "NAME"
    return Parameter(one.name, (*one.opts, *one.secondary_opts), kind, one.nargs)


def _value(rng: Random, parameter: Parameter) -> str:
    kind = parameter.kind or ""
    if parameter.name in _OUTPUTS and rng.random() < 0.9:
        return rng.choice(_NEW)
    known = VALUES.get(kind)
    if known is None:
        known = tuple(kind.split("|")) if "|" in kind else VALUES["FITS"]
    if rng.random() < 0.9:
        # What is right comes first.
        return rng.choice(known[:4]) if rng.random() < 0.6 else rng.choice(known)
    return rng.choice(_ALL)


SLOW = ("run", "simulate", "report", "plot")
"""Subcommands that take seconds, or start others."""


def any_line(rng: Random, *, slow: bool = False) -> Case:
    """A command line of any subcommand, with arguments, flags and values of any kind."""
    known = [name for name in parameters() if slow or name not in SLOW]
    command = rng.choice(known)
    groups = []
    for parameter in parameters()[command]:
        if not parameter.flags and rng.random() < 0.97:
            groups.append([_value(rng, parameter) for _ in range(parameter.count)])
        elif parameter.name == "output" and rng.random() < 0.8:
            groups.append(["-o", _value(rng, parameter)])
    options = [parameter for parameter in parameters()[command] if parameter.flags]
    for _ in range(rng.choice((0, 1, 1, 2, 3, 5)) if options else 0):
        parameter = rng.choice(options)
        values = [] if parameter.kind is None else [_value(rng, parameter) for _ in range(parameter.count)]
        flag = rng.choice(parameter.flags)
        if values and flag.startswith("--") and rng.random() < 0.1:
            groups.append([f"{flag}={values[0]}", *values[1:]])
        else:
            groups.append([flag, *values])
    if rng.random() < 0.1:
        groups.append(
            [rng.choice(("--", "-", "--no-such", "-x", "--help", "-qv", "--preset", "", "extra", "--=", "-o"))]
        )
    if rng.random() < 0.2:
        rng.shuffle(groups)
    words = [command, *(word for group in groups for word in group)]
    if any(parameter.name == "memory" for parameter in options) and "--help" not in words and "--" not in words:
        words += [word for pair in (LIMITS[:2], LIMITS[2:]) if pair[0] not in words for word in pair]
    return Case(words, _files(rng, words))


def _files(rng: Random, words: list[str]) -> dict[str, bytes]:
    makers: dict[str, Callable[[Random], bytes]] = {
        "bad.fits": bad_fits,
        "bad.reg": bad_reg,
        "bad.yaml": bad_preset if words[0] not in ("run", "summary", "report") else bad_field,
        "bad.csv": lambda drawn: bad_table(drawn)[1],
    }
    return {name: make(rng) for name, make in makers.items() if any(name in word for word in words)}
