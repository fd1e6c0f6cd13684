"""The results of a field belong to the YAML file that they were made from."""

from __future__ import annotations

from pathlib import Path

import pytest

from skerry.errors import SkerryError
from skerry.field.config import parse_field
from skerry.field.keys import FieldConfig
from skerry.field.origin import NOTE, check_origin, note_origin


@pytest.fixture(autouse=True)
def _in_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    Path("a.yaml").touch()
    Path("b.yaml").touch()


def field_in(output: str = "results") -> FieldConfig:
    keys = {"field": "F", "beams": "00", "rounds": 1, "source": "beam", "images": "image.fits", "output": output}
    return parse_field(keys, Path())


def test_results_that_were_made_from_another_file_are_not_overwritten() -> None:
    note_origin(field_in(), Path("a.yaml"))
    check_origin(field_in(), Path("a.yaml"))
    said = r"^b\.yaml: its results would go to results/F, where those of a\.yaml are; give it another field or output$"
    with pytest.raises(SkerryError, match=said):
        check_origin(field_in(), Path("b.yaml"))


def test_where_nothing_was_made_nothing_is_refused() -> None:
    check_origin(field_in(), Path("b.yaml"))


def test_a_file_that_was_renamed_is_at_home_and_noted_anew() -> None:
    note_origin(field_in(), Path("a.yaml"))
    renamed = Path("a.yaml").rename("c.yaml")
    check_origin(field_in(), renamed)
    note_origin(field_in(), renamed)
    with pytest.raises(SkerryError, match=r"where those of c\.yaml are"):
        check_origin(field_in(), Path("b.yaml"))


def test_a_directory_that_is_moved_with_its_results_stays_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_origin(field_in(), Path("a.yaml"))
    (tmp_path / "here").rename(tmp_path / "there")
    monkeypatch.chdir(tmp_path / "there")
    check_origin(field_in(), Path("a.yaml"))
    with pytest.raises(SkerryError, match=r"where those of a\.yaml are"):
        check_origin(field_in(), Path("b.yaml"))


def test_a_link_to_a_file_is_that_file(tmp_path: Path) -> None:
    note_origin(field_in(str(tmp_path / "elsewhere")), Path("a.yaml"))
    (tmp_path / "link.yaml").symlink_to("here/a.yaml")
    check_origin(field_in(str(tmp_path / "elsewhere")), tmp_path / "link.yaml")


def test_the_note_is_a_name_relative_to_the_results() -> None:
    note_origin(field_in(), Path("a.yaml"))
    assert Path("results", "F", NOTE).read_text() == "../../a.yaml\n"
