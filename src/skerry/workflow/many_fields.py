"""Several fields in one run of the workflow: what their rules are called, and that they do not write the same files."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from skerry.errors import SkerryError
from skerry.field.config import FIELD_FILE, load_field
from skerry.field.keys import FieldConfig

__all__ = ["FIELD_FILE", "load_fields", "module_names"]


def load_fields(paths: Sequence[str | Path]) -> list[FieldConfig]:
    """Read and check the YAML files of fields that are run together.

    Parameters
    ----------
    paths : sequence of path
        As of `load_field`.

    Returns
    -------
    list of FieldConfig
        The fields, in the order of their files.

    Raises
    ------
    SkerryError
        If one of them is wrong, or two write to the same directory.
    """
    fields = [load_field(path) for path in paths]
    writers: dict[str, str | Path] = {}
    for path, field in zip(paths, fields, strict=True):
        # Links lead to the same files.
        directory = os.path.realpath(field.files.directory)
        if directory in writers:
            raise SkerryError(
                f"{writers[directory]} and {path}: both write to {field.files.directory}; give one of them another "
                "field or output"
            )
        writers[directory] = path
    return fields


def module_names(paths: Any) -> dict[str, str]:
    """Names of the Snakemake modules of fields that are run together; rules are called so, and then by their own name.

    Parameters
    ----------
    paths : sequence of str
        YAML files, as Snakemake has them from its command line.

    Returns
    -------
    dict of str to str
        YAML file by name: that of the field as an identifier, and an underscore.

    Raises
    ------
    SkerryError
        If they are no list of files, or as of `load_fields`.
    """
    if not isinstance(paths, list) or not paths or not all(isinstance(path, str) for path in paths):
        raise SkerryError(f'fields: must be a list of YAML files, as \'fields=["A.yaml", "B.yaml"]\', got {paths!r}')
    names: dict[str, str] = {}
    for path, field in zip(paths, load_fields(paths), strict=True):
        word = re.sub(r"\W", "_", field.field)
        name = stem = f"_{word}_" if word[0].isdigit() else f"{word}_"
        number = 1
        while name in names:
            number += 1
            name = f"{stem}{number}_"
        names[name] = path
    return names
