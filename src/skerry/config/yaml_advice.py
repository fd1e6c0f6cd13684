"""What to do about a file that is no YAML: the reader's own words name a token, and not what its author meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

__all__ = ["file_problem", "quotes_wanted", "yaml_problem"]

_BRACES = re.compile(r"(?:^|[:,\[{-])\s*\{[^{}]*\}(?!\s*(?:$|[,#\]}]))|\{[^}]*\{")
_FIRST_SIGN = re.compile(r"(?:^|[:,\[{-])\s+(['\"]?)([@`%*&!|>])")
_FITS = b"SIMPLE  ="


def yaml_problem(text: str, error: yaml.MarkedYAMLError) -> str:
    """Say in a sentence what is wrong with a file, and what to do.

    Parameters
    ----------
    text : str
        What is in the file.
    error : MarkedYAMLError
        What the reader has to say of it.

    Returns
    -------
    str
        For instance "line 2: has a tab; put spaces in its place".
    """
    problem = error.problem or "cannot be read"
    if error.problem_mark is None:
        return problem
    number, lines = error.problem_mark.line, text.splitlines()
    line = lines[number] if number < len(lines) else ""
    if "end of stream" in problem and error.context_mark is not None:
        return f"line {error.context_mark.line + 1}: a quote begins here and does not end; put one at its end"
    return f"line {number + 1}: {_meant(line, problem)}"


def _meant(line: str, problem: str) -> str:
    """What a line that cannot be read was meant to be."""
    if "\t" in line:
        return "has a tab, which YAML does not take; put spaces in its place"
    if "; " in problem:
        return problem
    if "found another document" in problem:
        return "a second document begins here, and a file has one; remove it, or put it into a file of its own"
    if _BRACES.search(line):
        return f'{problem}; YAML takes braces for its own: put the value in quotes, as "{{field}}.beam{{beam}}.fits"'
    sign = _FIRST_SIGN.search(line)
    if sign is not None and not sign[1]:
        return f"{problem}; a value that begins with {sign[2]} has to stand in quotes"
    if "mapping values are not allowed" in problem:
        return (
            f"{problem}; begin keys of a level in the same column, and put a value that has a colon and a space in it "
            "in quotes"
        )
    return problem


def quotes_wanted(value: Any) -> str | None:
    """What to do about a value that YAML took for a mapping because of its braces, if it did.

    Parameters
    ----------
    value : object
        As YAML has read it.

    Returns
    -------
    str or None
        A sentence; None if the value is meant as it is.
    """
    if not isinstance(value, Mapping) or not value or any(inside is not None for inside in value.values()):
        return None
    meant = "{" + ", ".join(map(str, value)) + "}"
    return f'YAML takes the braces of {meant} for its own; put the value in quotes: "{meant}"'


def file_problem(path: Path, error: Exception) -> str:
    """Say why a file cannot be read as text, and what to give in its place.

    Parameters
    ----------
    path : Path
        The file.
    error : Exception
        What came of reading it.

    Returns
    -------
    str
        For instance "is a directory; give the file in it, demo/field.yaml".
    """
    if path.is_dir():
        inside = sorted([*path.glob("*.yaml"), *path.glob("*.yml")])
        return f"is a directory; give {'the file in it, ' + str(inside[0]) if inside else 'a YAML file'}"
    if isinstance(error, OSError):
        return f"cannot be read ({error.strerror})"
    with path.open("rb") as file:
        begin = file.read(len(_FITS))
    if begin == _FITS:
        return "is a FITS file; give a field's YAML file, or make the mask of one image with 'skerry mask'"
    return "is no text; give a field's YAML file"
