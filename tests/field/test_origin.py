"""The results of a field belong to the YAML file that they were made from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from skerry.errors import SkerryError
from skerry.field.config import parse_field
from skerry.field.keys import FieldConfig
from skerry.field.origin import NOTE, RECORDS_MARK, check_origin, check_records, note_origin


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
    lines = Path("results", "F", NOTE).read_text().splitlines()
    assert lines[:3] == ["../../a.yaml", "run in ../..", "as results/F"]


@pytest.fixture
def made() -> Path:
    """Results, and the directory in which they were made."""
    note_origin(field_in(), Path("a.yaml"))
    Path("results", "F", "round1").mkdir()
    Path("results", "F", "round1", "beam00.mask.fits").touch()
    return Path.cwd()


def test_results_are_run_on_where_the_records_of_them_are(made: Path) -> None:
    check_records(field_in(), made / "a.yaml")
    note_origin(field_in(), made / "a.yaml")
    check_records(field_in(), made / "a.yaml")


def test_results_that_are_run_on_from_elsewhere_are_told_where(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (made / "deeper").mkdir()
    monkeypatch.chdir(made / "deeper")
    field = field_in(str(made / "results"))
    with pytest.raises(
        SkerryError, match=rf"were made by a run in {made}, .*; run it in {made}, make all of them again by"
    ):
        check_records(field, made / "a.yaml")
    note_origin(field, made / "a.yaml", records=False)
    with pytest.raises(SkerryError, match="were made by a run in"):
        check_records(field, made / "a.yaml")
    note_origin(field, made / "a.yaml")
    check_records(field, made / "a.yaml")


def test_results_whose_records_are_gone_are_not_taken_for_up_to_date(made: Path) -> None:
    RECORDS_MARK.unlink()
    with pytest.raises(SkerryError, match=r"^a\.yaml: the results in results/F were made by a run whose records"):
        check_records(field_in(), Path("a.yaml"))


def test_results_have_their_name_in_the_records(made: Path) -> None:
    with pytest.raises(SkerryError, match=r"were made as results/F, .*; name the output so that they are results/F, "):
        check_records(field_in(str(made / "results")), Path("a.yaml"))


def test_results_and_records_may_be_moved_together(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made.rename(made.with_name("there")))
    check_records(field_in(), Path("a.yaml"))


def test_of_what_was_not_noted_nothing_is_refused(made: Path) -> None:
    (made / "results" / "F" / NOTE).write_text("../../a.yaml\n")
    check_records(field_in(), Path("a.yaml"))
    check_origin(field_in(), Path("a.yaml"))
    (made / "results" / "F" / NOTE).unlink()
    check_records(field_in(), Path("a.yaml"))


def test_without_results_no_records_are_asked_for(made: Path) -> None:
    RECORDS_MARK.unlink()
    (made / "results" / "F" / "round1" / "beam00.mask.fits").unlink()
    check_records(field_in(), Path("a.yaml"))


def test_for_a_pipe_in_the_place_of_a_mark_or_a_note_nobody_waits(made: Path) -> None:
    RECORDS_MARK.unlink()
    os.mkfifo(RECORDS_MARK)
    with pytest.raises(SkerryError, match="were made by a run whose records"):
        check_records(field_in(), Path("a.yaml"))
    note = made / "results" / "F" / NOTE
    note.unlink()
    os.mkfifo(note)
    check_records(field_in(), Path("a.yaml"))
    check_origin(field_in(), Path("b.yaml"))
