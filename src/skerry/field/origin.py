"""Which YAML file the results of a field were made from, and where Snakemake has noted how.

The results of a field lie in a directory of its name, and two files, copies of each other say, can have the same name
of a field and the same output. Which one is at home there is noted in the directory, relative to it, for all of them
may be moved together.

Snakemake notes the options and inputs of what it makes in the directory where it runs, by the name that the file has
there. Of a file that is there without such a record it asks no more than whether its inputs are newer: results that are
run on from elsewhere, or after the records were deleted, would count as up to date whatever had changed. So a mark goes
with the records, and the results tell which one goes with theirs.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from skerry.errors import SkerryError
from skerry.io.whole_files import telling_os_errors, whole_files

if TYPE_CHECKING:
    from skerry.field.keys import FieldConfig

__all__ = ["NOTE", "RECORDS_MARK", "check_origin", "check_records", "note_origin"]

NOTE = "made-from.txt"
"""Name of the note, in the directory of the results."""
RECORDS_MARK = Path(".snakemake", "skerry-mark")
"""What tells the records of one place from those of another."""
_WITH_RECORDS = "{}\nrun in {}\nas {}\nwith the records of mark {}\n"
_NOTED = re.compile(r"(.*?)(?:\nrun in (.*)\nas (.*)\nwith the records of mark (\w+))?\n*", re.DOTALL)


class _Note(NamedTuple):
    """What is noted of results; of records nothing where they were not noted."""

    yaml: str
    place: str = ""
    """Directory of the run, as seen from the results."""
    name: str = ""
    """Name of the directory of the results in the records."""
    mark: str = ""


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
    note = _read(directory)
    if note is None:
        return
    other = Path(os.path.normpath(directory.resolve() / note.yaml))
    if other.is_file() and not (yaml.exists() and other.samefile(yaml)):
        names = [_as_seen_from_here(path) for path in (yaml, other)]
        raise SkerryError(
            f"{names[0]}: its results would go to {directory}, where those of {names[1]} are; "
            "give it another field or output"
        )


def check_records(field: FieldConfig, yaml: Path) -> None:
    """Check that Snakemake's records of the results of a field are in this directory, if there are results.

    Parameters
    ----------
    field : FieldConfig
        The field.
    yaml : Path
        Its file.

    Raises
    ------
    SkerryError
        If they are in another directory, are gone, or name the results otherwise.
    """
    directory = Path(field.files.directory)
    note = _read(directory)
    if note is None or not note.mark or not any(directory.glob("round*/*.fits")):
        return
    if _mark_in(Path()) != note.mark:
        place = Path(os.path.normpath(directory.resolve() / note.place))
        there = _mark_in(place) == note.mark
        why = f"by a run in {place}" if there else "by a run whose records, its '.snakemake', are not here"
        instead = f"run it in {place}, " if there else ""
    elif note.name != str(directory):
        why, instead = f"as {note.name}", f"name the output so that they are {note.name}, "
    else:
        return
    raise SkerryError(
        f"{_as_seen_from_here(yaml)}: the results in {directory} were made {why}, so that nothing here tells whether "
        f"they are up to date; {instead}make all of them again by 'skerry run FIELD.yaml --forceall', or take "
        "them as they are by 'skerry run FIELD.yaml --forceall --touch'"
    )


def note_origin(field: FieldConfig, yaml: Path, *, records: bool = True) -> None:
    """Note which YAML file the results of a field are made from.

    Parameters
    ----------
    field : FieldConfig
        The field.
    yaml : Path
        Its file.
    records : bool
        Whether Snakemake's records of them are those in this directory; else what is noted of that stays.
    """
    directory = Path(field.files.directory)
    origin = os.path.relpath(yaml.resolve(), directory.resolve())
    noted = _read(directory)
    note = _Note(origin, *(noted[1:] if noted is not None else ()))
    if records:
        note = _Note(origin, os.path.relpath(Path.cwd(), directory.resolve()), str(directory), _mark_here())
    text = _WITH_RECORDS.format(*note) if note.mark else f"{note.yaml}\n"
    path = directory / NOTE
    if path.is_file() and path.read_bytes() == text.encode(errors="surrogateescape"):
        return
    with whole_files(path) as (partial,):
        partial.write_text(text, encoding="utf-8", errors="surrogateescape")


def _read(directory: Path) -> _Note | None:
    """What is noted in a directory of results; None if there is nothing that can be read."""
    found = _NOTED.fullmatch(_text_of(directory / NOTE))
    return _Note(*found.groups(default="")) if found and found[1] else None


def _mark_in(directory: Path) -> str:
    """Mark of the records in a directory; empty if there is none."""
    return _text_of(directory / RECORDS_MARK).strip()


def _text_of(path: Path) -> str:
    """Text of a small file; empty if there is none, and not that of a pipe, for which one would wait."""
    with suppress(OSError, ValueError):
        if path.is_file():
            return path.read_text(encoding="utf-8", errors="surrogateescape")
    return ""


def _mark_here() -> str:
    """Mark of the records in this directory, which get one if they have none."""
    mark = _mark_in(Path())
    if not mark:
        mark = secrets.token_hex(8)
        with telling_os_errors(f"{RECORDS_MARK}: cannot be written"), whole_files(RECORDS_MARK) as (partial,):
            partial.write_text(f"{mark}\n", encoding="ascii")
    return mark


def _as_seen_from_here(path: Path) -> str:
    for here in (Path.cwd(), Path.cwd().resolve()):
        if path.is_relative_to(here):
            return str(path.relative_to(here))
    return str(path)
