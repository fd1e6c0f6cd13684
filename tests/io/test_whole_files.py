"""A file or a directory is there whole or not at all, whichever way its writing ends."""

from __future__ import annotations

import errno
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from skerry import SkerryError
from skerry.io.outputs import check_outputs
from skerry.io.scratch import kept_on_disk
from skerry.io.whole_files import whole_files


def names(directory: Path) -> list[str]:
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*"))


def test_several_files_appear_at_the_end_of_the_block(tmp_path: Path) -> None:
    with whole_files(tmp_path / "a", tmp_path / "new" / "b") as (a, b):
        a.write_text("A")
        b.write_text("B")
        assert not (tmp_path / "a").exists()
    assert names(tmp_path) == ["a", "new", "new/b"]
    assert (tmp_path / "new" / "b").read_text() == "B"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_the_old_file(tmp_path: Path, error: type[BaseException]) -> None:
    def write_half() -> None:
        with whole_files(tmp_path / "a", tmp_path / "b") as (a, _):
            a.write_text("half")
            raise error

    (tmp_path / "a").write_text("precious")
    with pytest.raises(error):
        write_half()
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_text() == "precious"


def test_a_file_that_was_not_written_lets_none_appear(tmp_path: Path) -> None:
    with (
        pytest.raises(SkerryError, match=r"a, .*b: cannot be written"),
        whole_files(tmp_path / "a", tmp_path / "b") as (a, _),
    ):
        a.write_text("A")
    assert names(tmp_path) == []


def test_an_error_of_the_disk_is_one_line_that_names_the_files(tmp_path: Path) -> None:
    with (
        pytest.raises(SkerryError, match=r"a: cannot be written: No space left on device$"),
        whole_files(tmp_path / "a"),
    ):
        raise OSError(28, "No space left on device")


def test_a_directory_replaces_the_whole_old_one(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "old").touch()
    with whole_files(tmp_path / "set") as (partial,):
        partial.mkdir()
        (partial / "new").touch()
    assert names(tmp_path) == ["set", "set/new"]


def test_a_directory_that_cannot_be_renamed_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "old").touch()
    rename = Path.rename

    def fail_once(path: Path, target: Path) -> Path:
        if path.name.endswith(".tmp"):
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_once)
    with pytest.raises(SkerryError, match="Input/output error"), whole_files(tmp_path / "set") as (partial,):
        partial.mkdir()
    assert names(tmp_path) == ["set", "set/old"]


def test_the_directories_of_outputs_are_made_only_if_nothing_is_in_the_way(tmp_path: Path) -> None:
    outputs = [tmp_path / "new" / "a", tmp_path / "b"]
    (tmp_path / "b").touch()
    with pytest.raises(SkerryError, match=r"b: exists; give `overwrite` to replace it, or choose another directory$"):
        check_outputs(outputs, make_parents=True, instead="directory")
    assert names(tmp_path) == ["b"]
    check_outputs(outputs, overwrite=True, make_parents=True)
    assert names(tmp_path) == ["b", "new"]


def test_an_output_that_is_a_directory_is_in_the_way_of_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    check_outputs([], overwrite=True, directories=[tmp_path / "set"])
    with pytest.raises(SkerryError, match="set: exists"):
        check_outputs([], directories=[tmp_path / "set"])


def test_a_directory_that_cannot_be_written_to_is_named_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != tmp_path.resolve())  # noqa: ARG005
    with pytest.raises(SkerryError, match=rf"a: its directory {tmp_path} cannot be written to; choose another name"):
        check_outputs([tmp_path / "a"])


def test_what_keeps_a_temporary_file_from_a_directory_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plane = np.zeros((2000, 1000), np.float32)
    with pytest.raises(SkerryError, match=r"none: cannot be written to: No such file.*; name the output in another"):
        kept_on_disk(plane, tmp_path / "none").__enter__()
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr("skerry.io.scratch.write_at", mock.Mock(side_effect=full))
    with pytest.raises(SkerryError, match=r"cannot hold a temporary file of 0\.008 GB: No space left on device; make"):
        kept_on_disk(plane, tmp_path).__enter__()
