"""Writing the report of a field, whole or not at all, and what of it other reports show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from skerry.io.outputs import check_outputs
from skerry.io.whole_files import whole_files
from skerry.report.field_facts import gather_field
from skerry.report.page import page_of

if TYPE_CHECKING:
    from skerry.field.keys import FieldConfig

__all__ = ["write_report"]


def write_report(field: FieldConfig, yaml: Path, output: Path | None = None, *, overwrite: bool = False) -> Path:
    """Write the report of a field.

    Parameters
    ----------
    field : FieldConfig
        The field, of which any files may be missing.
    yaml : Path
        Its file.
    output : Path, optional
        Default: report.html in the directory of its results.
    overwrite : bool
        Whether the output may be replaced.

    Returns
    -------
    Path
        The output.

    Raises
    ------
    SkerryError
        If it cannot be written.
    """
    path = Path(field.files.directory, "report.html") if output is None else Path(output)
    check_outputs([path], [yaml], overwrite, make_parents=output is None)
    page = page_of(gather_field(field, str(yaml)))
    with whole_files(path) as (partial,):
        partial.write_text(page, encoding="utf-8")
    return path
