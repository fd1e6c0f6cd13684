"""What configurations need of text: YAML, and errors in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from skerry.config.input_files import check_input
from skerry.config.options import describe_range
from skerry.config.validation import in_plain_words
from skerry.config.yaml_advice import file_problem, quotes_wanted, yaml_problem
from skerry.config.yaml_loader import load_plain_yaml
from skerry.errors import SkerryError

__all__ = ["describe_problems", "option_table", "read_yaml", "yaml_content"]

_MOST_BYTES = 500_000
_MOST_LETTERS = 200
_MOST_PROBLEMS = 20
"""That are told; of what follows the number."""


def read_yaml(path: Path, holds: str = "field") -> dict[str, Any]:
    """Read the mapping in a YAML file.

    Parameters
    ----------
    path : Path
        The file.
    holds : str
        What it is a file of, for the error.

    Returns
    -------
    dict of str to object
        Its keys and their values.

    Raises
    ------
    SkerryError
        As of `yaml_content`; also if it holds something else than keys.
    """
    content = yaml_content(path, holds)
    if not isinstance(content, dict):
        raise SkerryError(f"{path}: holds no keys; write the {holds} as 'key: value' lines")
    return {str(key): value for key, value in content.items()}


def yaml_content(path: Path, holds: str) -> Any:
    """Read whatever is in a YAML file.

    Parameters
    ----------
    path : Path
        The file.
    holds : str
        What it is a file of, for the error.

    Returns
    -------
    object
        Mostly a mapping; None of an empty file.

    Raises
    ------
    SkerryError
        If there is no such file, or it is no YAML (names the line) or more than the plain part of it, as
        `skerry.config.yaml_loader` has it: a key is given twice, a number has leading zeros.
    """
    check_input(path, "a YAML file", takes_directories=True)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise SkerryError(f"{path}: is larger than any file of a {holds}; give its YAML file")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SkerryError(f"{path}: {file_problem(path, error)}") from error
    if text.startswith("SIMPLE  ="):
        raise SkerryError(f"{path}: {file_problem(path, ValueError())}")
    try:
        return load_plain_yaml(text)
    except yaml.MarkedYAMLError as error:
        raise SkerryError(f"{path}, {yaml_problem(text, error)}") from error
    except yaml.YAMLError as error:
        raise SkerryError(f"{path}: is not YAML: {' '.join(str(error).split())}") from error


def describe_problems(
    error: ValidationError, prefix: str, models: Mapping[tuple[str, ...], type[BaseModel]]
) -> list[str]:
    """Say in words what pydantic found, a line for each problem.

    Parameters
    ----------
    error : ValidationError
        Of a configuration.
    prefix : str
        Key under which the configuration stands; may be empty.
    models : mapping of tuple of str to model
        Which keys there are, by the key under which they stand.

    Returns
    -------
    list of str
        For instance ``masking.flood_fil: unknown key; did you mean flood_fill?``.
    """
    problems: list[str] = []
    everything = error.errors()
    for found in everything[:_MOST_PROBLEMS]:
        location = tuple(str(part) for part in found["loc"])
        key = ".".join(([prefix] if prefix else []) + list(location))
        cause = (found.get("ctx") or {}).get("error")
        if isinstance(cause, ValidationError):
            problems += describe_problems(cause, key, {(): models[location]})
        elif found["type"] == "extra_forbidden":
            known = models[location[:-1]].model_fields if location[:-1] in models else {}
            close = get_close_matches(location[-1], known, n=1)
            problems.append(f"{key}: unknown key" + (f"; did you mean {close[0]}?" if close else ""))
        elif found["type"] == "missing":
            problems.append(f"{key}: is missing")
        elif isinstance(cause, ValueError):
            problems += [_join(key, str(part)) for part in cause.args]
        elif found["type"] == "string_type" and (advice := quotes_wanted(found["input"])):
            problems.append(f"{key}: {advice}")
        else:
            problems.append(f"{key}: {in_plain_words(found['msg'])}, got {_begin_of(found['input'])}")
    more = len(everything) - _MOST_PROBLEMS
    return [*problems, f"and {more} more"] if more > 0 else problems


def _begin_of(value: Any) -> str:
    """A value as Python writes it, as far as it can be looked through."""
    text = repr(value)
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}..."


def _join(key: str, problem: str) -> str:
    """Join a key and a problem; a problem that begins with a key below it continues the name."""
    below = re.match(r"[\w.]+: ", problem)
    return ".".join(filter(None, [key, problem])) if below else ": ".join(filter(None, [key, problem]))


def option_table(model: type[BaseModel]) -> str:
    """Table in Markdown of the keys of a model: name, default, range, meaning.

    Parameters
    ----------
    model : type of BaseModel
        Its fields have descriptions.

    Returns
    -------
    str
        A line for each field, below two of heading.
    """
    lines = ["| key | default | range | meaning |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        if field.is_required():
            default = "(required)"
        elif field.default_factory is not None:
            default = "{}"
        else:
            default = "none" if field.default in (None, ()) else str(field.default)
        shown = default.lower() if default in ("True", "False") else default
        lines.append(f"| `{name}` | {shown} | {describe_range(field)} | {field.description} |")
    return "\n".join(lines) + "\n"
