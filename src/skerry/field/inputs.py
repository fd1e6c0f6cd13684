"""The files that the user of a field has to provide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from skerry.config.input_files import is_there
from skerry.errors import SkerryError
from skerry.field.hand_edits import EDITS

if TYPE_CHECKING:
    from skerry.field.keys import FieldConfig

__all__ = ["check_inputs", "file_stamp", "given_files"]

_NAMES_IN_AN_ERROR = 3
_DEMOS = {"demo": "", "demo-ms": " --measurement-sets"}


def given_files(field: FieldConfig) -> list[str]:
    """Every file, or measurement set, that the user has to provide.

    Parameters
    ----------
    field : FieldConfig
        The field.

    Returns
    -------
    list of str
        Each once: measurement sets, and what each round reads.
    """
    files = dict.fromkeys(_given_sets(field))
    files.update(dict.fromkeys(filter(None, [field.files.beam_path()])))
    if field.calibrate is not None and 0 not in field.plan.imaged_rounds:
        files.update(dict.fromkeys(field.files.image_path(0, beam) for beam in field.each_beam))
    for k in field.plan.masked_rounds:
        files.update(dict.fromkeys((*_given_for_masks(field, k), *_given_edits(field, k))))
    return list(files)


def check_inputs(field: FieldConfig, name: str | Path = "", *, headers: bool = True) -> None:
    """Check that every file that the user has to provide is there, and what the headers of the images say.

    Parameters
    ----------
    field : FieldConfig
        The field.
    name : str or Path
        The field's YAML file, for messages, if it is known.
    headers : bool
        Whether headers are looked at, too.

    Raises
    ------
    SkerryError
        Names the first of those that are not there, and counts them; or as of `check_headers`.
    """
    given = given_files(field)
    sets = set(_given_sets(field))
    missing = [name for name in given if not (is_there(name) and (name in sets or Path(name).is_file()))]
    if not missing:
        if headers:
            from skerry.field.image_headers import check_headers

            check_headers(field)
        return
    shown = ", ".join(missing[:_NAMES_IN_AN_ERROR]) + (", ..." if len(missing) > _NAMES_IN_AN_ERROR else "")
    parents = (path for name in missing for path in Path(name).parents)
    demo = next((path for path in parents if path.name in _DEMOS), None)
    todo = "check measurement_sets, images, mosaic, rms and bkg"
    edits = {path for k in field.plan.masked_rounds for path in _given_edits(field, k)}
    if edits.issuperset(missing):
        todo = f"check {', '.join(EDITS)}"
    elif of_rounds := _todo_for_rounds(field, set(missing)):
        todo = of_rounds
    elif demo is not None:
        todo = f"make the demo field with 'skerry simulate {demo}{_DEMOS[demo.name]}'"
    files = "input file" if len(given) == 1 else "input files"
    absent = "is absent" if len(missing) == 1 else "are absent"
    where = f"{name}: " if str(name) else ""
    raise SkerryError(f"{where}{len(missing)} of {len(given)} {files} {absent}: {shown}; {todo}")


def file_stamp(path: str) -> str:
    """What tells whether a given file is the one that it was.

    That it is no newer than what was made of it does not: copies, archives and renamed files keep their times, and
    another may take its place while a job reads it.

    Parameters
    ----------
    path : str
        The file.

    Returns
    -------
    str
        Time and size, in words that mean nothing else; empty if there is nothing. The time is in whole seconds, of
        which archives and all file systems keep as much.
    """
    try:
        status = Path(path).stat()
    except OSError:
        return ""
    return f"{status.st_mtime_ns // 10**9}:{status.st_size}"


def _todo_for_rounds(field: FieldConfig, missing: set[str]) -> str | None:
    """What to do where all is there for the first rounds, and not for the others."""
    wanting = [k for k in field.plan.masked_rounds if missing.intersection(_given_for_masks(field, k))]
    complete = [k for k in field.plan.masked_rounds if k not in wanting]
    if not wanting or not complete or wanting[0] < complete[-1]:
        return None
    k = wanting[0]
    return f"the masks for round {k} need the images of round {k - 1}: give those, or rounds: {k - 1}"


def _given_sets(field: FieldConfig) -> list[str]:
    return [] if field.imager is None else [field.files.measurement_set(0, beam) for beam in field.beams]


def _given_for_masks(field: FieldConfig, k: int) -> Iterator[str]:
    """What the masks for round `k` are made from, as far as it is given."""
    if k - 1 not in field.plan.imaged_rounds:
        yield from (field.files.image_path(k - 1, beam) for beam in field.each_beam)
    for target in field.plan.mosaics:
        mosaic = field.files.mosaic_path(k - 1, target)
        yield from [mosaic] if mosaic else field.files.weight_paths(k - 1, target)
    if field.plan.includes(k, "signal"):
        for target in field.plan.targets_of(k):
            maps = (field.files.noise_path(k - 1, target, kind) for kind in field.plan.given_noise)
            yield from (path for path in maps if path is not None)


def _given_edits(field: FieldConfig, k: int) -> Iterator[str]:
    """What the masks for round `k` are changed by."""
    for beam in field.each_beam:
        yield from field.files.edit_paths(k, beam).values()
