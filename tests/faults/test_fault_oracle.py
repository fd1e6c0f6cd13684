"""What is said of files and messages after a fault: each thing that may be wrong is found, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.faults.oracle import files_in, judge_files, judge_told

OLD, NEW = {"a": b"old", "b": b"older"}, {"a": b"new", "b": b"newer"}
TEMPORARY = ".a.00000001-1-1-00000001.tmp"
OLDER = ".a.00000001-1-1-00000001.old"


def judged(after: dict[str, bytes], status: int = 0, before: dict[str, bytes] = OLD, **how: Any) -> list[str]:
    return judge_files(before, after, [NEW], **{"status": status, "leaves": False} | how)


def test_old_outputs_or_new_ones_are_right() -> None:
    assert judged(NEW) == []
    assert judged(OLD, 2) == []
    assert judged(OLD, 143) == []
    assert judged(NEW, 143) == []
    assert judged({}, 2, before={}) == []
    assert judged({"a": b"new", "b": b"older"}, -9) == []


@pytest.mark.parametrize(
    ("after", "status", "how", "problems"),
    [
        ({"a": b"ne", "b": b"newer"}, -9, {}, ["torn"]),
        ({"b": b"newer"}, -9, {}, ["lost"]),
        ({"b": b"newer"}, -9, {"may_vanish": True}, []),
        ({"b": b"newer", OLDER: b"old"}, -9, {"moves": True, "leaves": True}, []),
        ({"b": b"newer", OLDER: b"ol"}, -9, {"moves": True, "leaves": True}, ["lost"]),
        ({"b": b"newer", OLDER: b"old"}, -9, {"leaves": True}, ["lost"]),
        ({"a": b"new", "b": b"older"}, 143, {}, ["split"]),
        ({"a": b"new", "b": b"older"}, 2, {}, ["split", "status"]),
        ({"a": b"new", "b": b"older"}, 2, {"broken": True}, []),
        (OLD | {TEMPORARY: b"half"}, 2, {}, ["left"]),
        (OLD | {TEMPORARY: b"half"}, -9, {"leaves": True}, []),
        (OLD | {"core": b""}, -9, {"leaves": True}, ["left"]),
        (OLD, 0, {}, ["status"]),
        (NEW, 2, {}, ["status"]),
    ],
)
def test_what_is_wrong_with_files_is_found(after: Any, status: int, how: Any, problems: list[str]) -> None:
    assert judged(after, status, **how) == problems


def test_of_two_writers_each_output_is_of_one() -> None:
    other = {"a": b"other", "b": b"others"}
    mixed = {"a": b"new", "b": b"others"}
    how: dict[str, Any] = {"status": 0, "leaves": False}
    assert judge_files(OLD, mixed, [NEW, other], **how, mixes=True) == []
    assert judge_files(OLD, mixed, [NEW, other], **how) == ["split", "status"]
    assert judge_files(OLD, other, [NEW, other], **how) == []


@pytest.mark.parametrize(
    ("status", "told", "right"),
    [
        (0, "", True),
        (0, "skerry: warning: a: odd\n", True),
        (0, "skerry: error: a: odd\n", False),
        (2, "skerry: error: a: odd\n", True),
        (2, "skerry: note: b\nskerry: error: a: odd\n", True),
        (2, "skerry: error: it is odd\n", False),
        (2, "skerry: error: a: odd\nskerry: error: a: odd\n", False),
        (2, "skerry: error: a: odd\nskerry: note: b\n", False),
        (2, "", False),
        (143, "", True),
        (143, "Traceback (most recent call last):\n", False),
        (143, "skerry: error: a: odd\n", False),
    ],
)
def test_what_is_told_is_one_line_of_an_error_that_names_a_file_or_nothing(status: int, told: str, right: bool) -> None:
    assert judge_told(status, told, {0, 2, 143}, ["a:"]) == ([] if right else ["message"])
    assert judge_told(status, told, {7}, ["a:"])[0] == "status"


def test_a_directory_may_be_one_output(tmp_path) -> None:
    (tmp_path / "out" / "set").mkdir(parents=True)
    assert files_in(tmp_path, ["out/set"]) == {"out/set": ()}
    (tmp_path / "out" / "set" / "x").write_bytes(b"1")
    (tmp_path / "out" / "settle").write_bytes(b"2")
    assert files_in(tmp_path, ["out/set"]) == {"out/set": (("/x", b"1"),), "out/settle": b"2"}
