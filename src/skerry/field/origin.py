"""Which YAML file the results of a field were made from, so that another of the same name does not overwrite them.

The results of a field lie in a directory of its name, and two files, copies of each other say, can have the same name
of a field and the same output. Which one is at home there is noted in the directory, relative to it, for all of them
may be moved together.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from skerry.errors import SkerryError
from skerry.io.whole_files import whole_files

if TYPE_CHECKING:
    from skerry.field.keys import FieldConfig

__all__ = ["NOTE", "check_origin", "note_origin"]

NOTE = "made-from.txt"
"""Name of the note, in the directory of the results."""


def check_origin(field: FieldConfig, yaml: Path) -> None:
    """Check that the results of a field were not made from another YAML file.

    Parameters
    ----------
    field : FieldConfig
        The field.
    yaml : Path
        Its file.

    Raises
    ------
    SkerryError
        If they were, and that file is still there: one that was renamed is none.
    """
    directory = Path(field.files.directory)
    try:
        noted = (directory / NOTE).read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError):
        return
    other = Path(os.path.normpath(directory.resolve() / noted))
    if other.is_file() and not (yaml.exists() and other.samefile(yaml)):
        names = [_as_seen_from_here(path) for path in (yaml, other)]
        raise SkerryError(
            f"{names[0]}: its results would go to {directory}, where those of {names[1]} are; "
            "give it another field or output"
        )


def note_origin(field: FieldConfig, yaml: Path) -> None:
    """Note which YAML file the results of a field are made from; parameters as of `check_origin`."""
    directory = Path(field.files.directory)
    text = os.path.relpath(yaml.resolve(), directory.resolve()) + "\n"
    note = directory / NOTE
    if note.is_file() and note.read_bytes() == text.encode():
        return
    with whole_files(note) as (partial,):
        partial.write_text(text, encoding="utf-8")


def _as_seen_from_here(path: Path) -> str:
    for here in (Path.cwd(), Path.cwd().resolve()):
        if path.is_relative_to(here):
            return str(path.relative_to(here))
    return str(path)
