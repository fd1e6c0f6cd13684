"""What configurations need of text: YAML, and errors in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from skerry.config.options import describe_range
from skerry.config.yaml_advice import file_problem, quotes_wanted, yaml_problem
from skerry.errors import SkerryError

__all__ = ["describe_problems", "option_table", "read_yaml"]


class _Loader(yaml.SafeLoader):
    """YAML, but what silently changes meaning is an error."""


def _construct_mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if key.value in seen:
            raise yaml.MarkedYAMLError(problem=f"{key.value} is given twice", problem_mark=key.start_mark)
        seen.add(key.value)
    return loader.construct_mapping(node, deep=True)


def _construct_int(loader: _Loader, node: yaml.ScalarNode) -> int:
    number = loader.construct_yaml_int(node)
    if re.fullmatch(r"[-+]?0\d+", node.value):
        problem = f'YAML reads {node.value} as the number {number}; put it in quotes: "{node.value}"'
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
    return int(number)


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)
_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)


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
        If there is no such file, it is no YAML (names the line), a key is given twice, or a number has leading zeros.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SkerryError(f"{path}: there is no such file; check the name") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SkerryError(f"{path}: {file_problem(path, error)}") from error
    if text.startswith("SIMPLE  ="):
        raise SkerryError(f"{path}: {file_problem(path, ValueError())}")
    try:
        # A SafeLoader, of which bandit sees the name alone.
        content = yaml.load(text, Loader=_Loader)  # nosec B506
    except yaml.MarkedYAMLError as error:
        raise SkerryError(f"{path}, {yaml_problem(text, error)}") from error
    except yaml.YAMLError as error:
        raise SkerryError(f"{path}: is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise SkerryError(f"{path}: holds no keys; write the {holds} as 'key: value' lines")
    return {str(key): value for key, value in content.items()}


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
    for found in error.errors():
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
            wanted = found["msg"].replace("Input should be", "must be").replace("Value error, ", "")
            problems.append(f"{key}: {wanted}, got {found['input']!r}")
    return problems


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
