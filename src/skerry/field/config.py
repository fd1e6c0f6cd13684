"""Reading the YAML file of a field: how its masks are made, and from what.

Everything a run needs is checked here, before any job starts, and all that is wrong is said at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from skerry.config.options import MaskingOptions
from skerry.config.yaml_text import describe_problems, read_yaml
from skerry.errors import SkerryError
from skerry.field.coaddition import CoAddition
from skerry.field.given_beam import GivenBeam
from skerry.field.imager import Calibration, Imager
from skerry.field.keys import FieldConfig
from skerry.field.patterns import from_here

__all__ = ["FIELD_FILE", "field_from_config", "file_of_config", "load_field", "parse_field"]

FIELD_FILE = "field_file"
"""Key of a configuration that only names the YAML file of a field: of one that is run with others."""

_MODELS: dict[tuple[str, ...], type[BaseModel]] = {
    (): FieldConfig,
    ("masking",): MaskingOptions,
    ("mosaic",): CoAddition,
    ("beam",): GivenBeam,
    ("imager",): Imager,
    ("calibrate",): Calibration,
}


def load_field(path: str | Path, *more: str | Path) -> FieldConfig:
    """Read and check the YAML file of a field.

    Relative paths in it are relative to its directory, but `output` to the current one.

    Parameters
    ----------
    path : path
        The file.
    *more : path
        Files that change keys of it, as the further ones of Snakemake's ``--configfile`` do.

    Returns
    -------
    FieldConfig
        The field.

    Raises
    ------
    SkerryError
        If it cannot be read or is wrong; names every key that is.
    """
    path = Path(path)
    keys = dict(read_yaml(path))
    for other in more:
        _update(keys, read_yaml(Path(other)))
    return parse_field(keys, path.parent, ", ".join(map(str, (path, *more))))


def _update(keys: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Change keys, and those of mappings within them, as Snakemake does."""
    for key, value in changes.items():
        known = keys.get(key)
        if isinstance(known, dict) and isinstance(value, Mapping):
            _update(known, value)
        else:
            keys[key] = value


def field_from_config(config: Mapping[str, Any], files: Sequence[str | Path]) -> FieldConfig:
    """Check the configuration that Snakemake merged from files.

    Snakemake's reader lets pass what ours calls an error, so the files are read again.

    Parameters
    ----------
    config : mapping
        What Snakemake has read, or only `FIELD_FILE` with the name of a YAML file.
    files : sequence of path
        Where it has read it; relative paths are relative to the first of them, or to the current directory.

    Returns
    -------
    FieldConfig
        The field.

    Raises
    ------
    SkerryError
        As of `parse_field`.
    """
    if FIELD_FILE in config:
        return load_field(config[FIELD_FILE])
    for path in files:
        read_yaml(Path(path))
    if not files:
        return parse_field(config, Path())
    return parse_field(config, Path(files[0]).parent, ", ".join(map(from_here, map(str, files))))


def file_of_config(config: Mapping[str, Any], files: Sequence[str | Path]) -> Path | None:
    """YAML file of the field that Snakemake's configuration is of.

    Parameters
    ----------
    config : mapping
        What Snakemake has read.
    files : sequence of path
        Where it has read it; the first is the field's, and those after it change keys of it.

    Returns
    -------
    Path or None
        None if the configuration comes from no file.
    """
    if FIELD_FILE in config:
        return Path(config[FIELD_FILE])
    return Path(files[0]) if files else None


def parse_field(mapping: Mapping[str, Any], base: Path, name: str = "field configuration") -> FieldConfig:
    """Check a field's configuration.

    Parameters
    ----------
    mapping : mapping
        As in the YAML file.
    base : Path
        Directory that relative paths are relative to.
    name : str
        How an error calls the configuration.

    Returns
    -------
    FieldConfig
        The field.

    Raises
    ------
    SkerryError
        Says everything that is wrong, a line each, and names the keys.
    """
    try:
        return FieldConfig.model_validate(dict(mapping), context={"base": base})
    except ValidationError as error:
        problems = describe_problems(error, "", _MODELS)
    if len(problems) == 1:
        raise SkerryError(f"{name}: {problems[0]}")
    raise SkerryError("\n  ".join([f"{name}: {len(problems)} errors", *problems]))
