"""Writing the report of a field, whole or not at all."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from skerry.errors import SkerryError
from skerry.io.outputs import check_outputs
from skerry.io.whole_files import whole_files
from skerry.report.field_facts import FieldFacts, gather_field
from skerry.report.page import page_of

if TYPE_CHECKING:
    from skerry.field.keys import FieldConfig

__all__ = ["write_report"]

_OF_REPORT = re.compile(r"round\d+\..+\.png|\.snakemake_timestamp")
"""What a directory of pictures holds; Snakemake keeps a file of its own in those that it made."""


def write_report(
    field: FieldConfig, yaml: Path, output: Path | None = None, *, pictures: Path | None = None, overwrite: bool = False
) -> list[Path]:
    """Write the report of a field.

    Parameters
    ----------
    field : FieldConfig
        The field, of which any files may be missing.
    yaml : Path
        Its file.
    output : Path, optional
        Default: report.html in the directory of its results.
    pictures : Path, optional
        Directory for the pictures, as round1.beam00.png, which are then not in the page.
    overwrite : bool
        Whether the outputs may be replaced; of a directory all that is in it, which must be pictures of a report.

    Returns
    -------
    list of Path
        The page, and the directory of the pictures if there is one.

    Raises
    ------
    SkerryError
        If they cannot be written, the directory holds other files, or no browser takes the page's name for one.
    """
    yaml = Path(yaml)
    path = Path(field.files.directory, "report.html") if output is None else Path(output)
    directories = [] if pictures is None else [Path(pictures)]
    if path.suffix.lower() not in (".html", ".htm"):
        raise SkerryError(f"{path}: is no HTML file by its name; name it {path.stem}.html")
    check_outputs([path], [yaml], overwrite, directories=directories, make_parents=output is None)
    for directory in directories:
        _check_directory(directory, path)
    facts = gather_field(field, yaml.name)
    page = page_of(facts, has_pictures=pictures is None)
    with whole_files(path, *directories) as (partial, *others):
        partial.write_text(page, encoding="utf-8")
        for directory in others:
            _write_pictures(facts, directory)
    return [path, *directories]


def _check_directory(directory: Path, page: Path) -> None:
    """Check that nothing gets lost with a directory that pictures replace."""
    if directory.exists() and not directory.is_dir():
        raise SkerryError(f"{directory}: is a file where a directory is to be written; choose another name for it")
    if Path(os.path.realpath(page)).is_relative_to(os.path.realpath(directory)):
        raise SkerryError(f"{page}: would lie in {directory}, which is replaced as a whole; choose another name for it")
    for path in sorted(directory.iterdir()) if directory.exists() else ():
        if not _OF_REPORT.fullmatch(path.name):
            raise SkerryError(
                f"{directory}: holds {path.name}, which is no picture of a report, and is not replaced; choose another "
                "name for it"
            )


def _write_pictures(field: FieldFacts, directory: Path) -> None:
    directory.mkdir()
    for of_round in field.rounds:
        for target in of_round.targets:
            if target.picture is not None:
                Path(directory, f"round{of_round.round}.{target.key}.png").write_bytes(target.picture)
