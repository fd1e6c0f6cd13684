"""A file or a directory is there whole or not at all, whichever way its writing ends."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skerry import SkerryError
from skerry.io.checksums import being_read, held
from skerry.io.outputs import check_outputs
from skerry.io.scratch import kept_on_disk
from skerry.io.temporary_names import is_left_behind, start_of_process, temporary_name
from skerry.io.unpacked import unpacked
from skerry.io.whole_files import place_of_output, together, whole_files
from skerry.uninterrupted import must_wait


def names(directory: Path) -> list[str]:
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*"))


def without_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be on a system or a disk that cannot exchange two names at once."""
    monkeypatch.setattr("skerry.io.taken_names._exchange", lambda *_: False)


def without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be on a disk where a file has one name alone."""
    monkeypatch.setattr(Path, "hardlink_to", mock.Mock(side_effect=OSError(95, "Operation not supported")))


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
        pytest.raises(SkerryError, match=r"a: cannot be written: No space left on device; make room, or choose a"),
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
    replace = Path.replace

    def fail_once(path: Path, target: Path) -> Path:
        if path.name.endswith(".tmp"):
            raise OSError(5, "Input/output error")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", fail_once)
    without_exchange(monkeypatch)
    with pytest.raises(SkerryError, match="Input/output error"), whole_files(tmp_path / "set") as (partial,):
        partial.mkdir()
    assert names(tmp_path) == ["set", "set/old"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("exchanges", [True, False])
def test_of_several_files_none_is_replaced_if_one_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException], links: bool, exchanges: bool
) -> None:
    replace = Path.replace

    def fail_at_last(path: Path, target: Path) -> Path:
        if path.name.startswith(".c."):
            raise error(5, "Input/output error")
        return replace(path, target)

    (tmp_path / "a").write_text("old")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "old").touch()
    monkeypatch.setattr(Path, "replace", fail_at_last)
    if not exchanges:
        without_exchange(monkeypatch)
    if not links:
        without_links(monkeypatch)
    finals = [tmp_path / name for name in ("a", "set", "b", "c")]

    def write_new() -> None:
        with whole_files(*finals) as (a, made, b, c):
            made.mkdir()
            for path in (a, b, c):
                path.write_text("new")

    with pytest.raises((SkerryError, KeyboardInterrupt)):
        write_new()
    assert names(tmp_path) == ["a", "set", "set/old"]
    assert (tmp_path / "a").read_text() == "old"


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("exchanges", [True, False])
def test_a_directory_that_lies_where_a_file_is_to_be_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool, exchanges: bool
) -> None:
    if not exchanges:
        without_exchange(monkeypatch)
    if not links:
        without_links(monkeypatch)

    def write_new() -> None:
        with whole_files(tmp_path / "a", tmp_path / "b") as partials:
            for partial in partials:
                partial.write_text("new")
            (tmp_path / "b").mkdir()
            (tmp_path / "b" / "precious").touch()

    (tmp_path / "a").write_text("old")
    with pytest.raises(SkerryError, match="Is a directory"):
        write_new()
    assert names(tmp_path) == ["a", "b", "b/precious"]
    assert (tmp_path / "a").read_text() == "old"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names are exchanged on Linux")
def test_where_names_are_exchanged_no_file_needs_a_second_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "hardlink_to", mock.Mock(side_effect=AssertionError))
    monkeypatch.setattr(Path, "rename", mock.Mock(side_effect=AssertionError))
    for content in ("old", "new"):
        with whole_files(tmp_path / "a", tmp_path / "b") as partials:
            for partial in partials:
                partial.write_text(content)
    assert names(tmp_path) == ["a", "b"]
    assert [(tmp_path / name).read_text() for name in "ab"] == ["new", "new"]


def test_one_that_cannot_be_put_back_keeps_no_other_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Path.replace

    def fail_at_some(path: Path, target: Path) -> Path:
        if path.name.startswith(".c.") or (target.name == "b" and path.name.endswith(".old")):
            raise OSError(5, "Input/output error")
        return replace(path, target)

    without_exchange(monkeypatch)
    monkeypatch.setattr(Path, "replace", fail_at_some)
    for name in "ab":
        (tmp_path / name).write_text("old")

    def write_new() -> None:
        with whole_files(*(tmp_path / name for name in "abc")) as partials:
            for partial in partials:
                partial.write_text("new")

    with pytest.raises(SkerryError, match="Input/output error"):
        write_new()
    assert {name: (tmp_path / name).read_text() for name in "ab"} == {"a": "old", "b": "new"}


class EndedBySignalError(Exception):
    """What a handler raises."""


def end_by_signal(number: int, _: object) -> None:
    if not must_wait(number):
        raise EndedBySignalError


@contextmanager
def handled(handler: Callable[..., object]) -> Iterator[None]:
    """Have a handler for signals."""
    before = {number: signal.signal(number, handler) for number in NUMBERS}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("at", ["replace", "unlink"])
def test_a_signal_waits_until_all_files_have_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, at: str
) -> None:
    called = getattr(Path, at)

    def signalled(path: Path, *arguments: object, **keywords: object) -> object:
        os.kill(os.getpid(), number)
        done = called(path, *arguments, **keywords)
        os.kill(os.getpid(), number)
        return done

    def write_new() -> None:
        with whole_files(tmp_path / "a", tmp_path / "b") as partials:
            for partial in partials:
                partial.write_text("new")
            monkeypatch.setattr(Path, at, signalled)

    (tmp_path / "a").write_text("old")
    with handled(end_by_signal), pytest.raises(EndedBySignalError):
        write_new()
    assert names(tmp_path) == ["a", "b"]
    assert [(tmp_path / name).read_text() for name in "ab"] == ["new", "new"]


def test_a_signal_at_any_line_leaves_all_files_old_or_all_new(tmp_path: Path) -> None:
    lines = 0

    def write(content: str, at: int) -> None:
        """Write two files, and send a signal at a line of the modules that do so."""
        nonlocal lines
        lines = 0

        def trace(frame: FrameType, event: str, _: object) -> Any:
            nonlocal lines
            if Path(frame.f_code.co_filename).name not in ("whole_files.py", "taken_names.py", "uninterrupted.py"):
                return None
            lines += event == "line"
            if event == "line" and lines == at:
                sys.settrace(None)
                signal.raise_signal(signal.SIGTERM)
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            with whole_files(tmp_path / "a", tmp_path / "b") as partials:
                for partial in partials:
                    partial.write_text(content)
        finally:
            sys.settrace(before)

    write("first", 0)
    assert lines > 50
    with handled(end_by_signal):
        for at in range(1, lines + 1):
            with suppress(EndedBySignalError):
                write(f"at {at}", at)
            assert len({(tmp_path / name).read_text() for name in "ab"}) == 1
            assert not must_wait(signal.SIGTERM)


def test_of_two_writers_of_several_files_one_waits_for_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, inside, overlaps = Path.replace, [], []

    def slowly(path: Path, target: Path) -> Path:
        inside.append(threading.get_ident())
        time.sleep(0.02)
        overlaps.append(len(set(inside)) > 1)
        done = replace(path, target)
        if target.name == "b":
            inside.clear()
        return done

    monkeypatch.setattr(Path, "replace", slowly)

    def write(content: str) -> None:
        with whole_files(tmp_path / "a", tmp_path / "b") as partials:
            for partial in partials:
                partial.write_text(content)

    with ThreadPoolExecutor(4) as pool:
        [*pool.map(write, "0123")]
    assert not any(overlaps)
    assert (tmp_path / "a").read_text() == (tmp_path / "b").read_text()


def test_a_writer_that_is_stopped_does_not_hold_another_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skerry.io.directory_locks._PATIENCE", 0.1)
    holder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    try:
        with whole_files(tmp_path / "a", tmp_path / "b") as partials:
            for partial in partials:
                partial.write_text("new")
    finally:
        os.close(holder)
    assert names(tmp_path) == ["a", "b"]


def test_nothing_is_replaced_if_what_is_being_read_has_changed(tmp_path: Path) -> None:
    image, output = tmp_path / "image", tmp_path / "a"
    image.write_text("image")
    output.write_text("old")

    def write_new() -> None:
        with image.open("rb") as file, being_read(image, file), whole_files(output) as (partial,):
            partial.write_text("new")
            image.write_text("another")

    with pytest.raises(SkerryError, match=r"/image: was changed while it was read; run the command again"):
        write_new()
    assert output.read_text() == "old"
    assert names(tmp_path) == ["a", "image"]


REPLACE = """
import os, signal
from pathlib import Path
from skerry.io import taken_names, whole_files
taken_names.remove = lambda path: os.kill(os.getpid(), signal.SIGKILL)
with whole_files.whole_files(Path("set")) as (made,):
    made.mkdir()
    (made / "new").touch()
"""


KILLED = """
import os, signal, sys
from pathlib import Path
from skerry.io import taken_names, whole_files
taken_names._exchange = lambda *_: False
def refuse(*_):
    raise OSError(95, "Operation not supported")
Path.hardlink_to = refuse
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with whole_files.whole_files(Path("a"), Path("b")) as partials:
    for partial in partials:
        partial.write_text("new")
"""


def test_a_file_that_a_killed_process_had_put_aside_is_given_back(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text("old")
    assert subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, check=False).returncode == -9
    assert len(names(tmp_path)) == 4
    assert "a" not in names(tmp_path)
    with whole_files(tmp_path / "other") as (other,):
        other.touch()
    assert names(tmp_path) == ["a", "b", "other"]
    assert [(tmp_path / name).read_text() for name in "ab"] == ["old", "old"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names are exchanged on Linux")
def test_a_directory_is_there_whenever_a_process_that_replaces_it_is_killed(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "old").touch()
    assert subprocess.run([sys.executable, "-c", REPLACE], cwd=tmp_path, check=False).returncode == -9
    assert names(tmp_path / "set") == ["new"]
    with whole_files(tmp_path / "other") as (other,):
        other.touch()
    assert names(tmp_path) == ["other", "set", "set/new"]


LEAVE = """
import os, signal
from pathlib import Path
from skerry.io.unpacked import unpacked
from skerry.io.whole_files import place_of_output, together, whole_files
from skerry.uninterrupted import must_wait
with whole_files(Path("a"), Path("set")) as (a, made):
    a.write_text("half")
    made.mkdir()
    (made / "half").touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_has_left_goes_when_a_file_is_written_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    assert subprocess.run([sys.executable, "-c", LEAVE], cwd=tmp_path, check=False).returncode == -9
    assert len(names(tmp_path)) == 4
    with whole_files(tmp_path / "other") as (other,):
        other.write_text("new")
    assert names(tmp_path) == ["a", "other"]
    assert (tmp_path / "a").read_text() == "old"


def test_what_others_are_writing_or_may_be_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tell = "from skerry.io.temporary_names import temporary_name as name; print(name('a', 'tmp'))"
    of_dead = subprocess.run([sys.executable, "-c", tell], capture_output=True, text=True, check=True).stdout.strip()
    assert is_left_behind(of_dead) == "a"
    with whole_files(tmp_path / "a") as (mine,), whole_files(tmp_path / "a") as (other,):
        assert is_left_behind(mine.name) is None
        mine.write_text("mine")
        other.write_text("other")
    assert names(tmp_path) == ["a"]
    with monkeypatch.context() as hidden:
        hidden.setattr("skerry.io.temporary_names.start_of_process", lambda _: 0)
        assert is_left_behind(of_dead) is None  # of a process that may be at work
    monkeypatch.setattr("skerry.io.temporary_names.place_of_processes", lambda: 1)
    assert is_left_behind(of_dead) is None  # of another machine
    for name in ("a", ".a.tmp", ".a.0badcafe.tmp", of_dead.replace(".tmp", ".txt")):
        assert is_left_behind(name) is None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only /proc tells when a process started")
def test_a_process_is_known_by_when_it_started() -> None:
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    with subprocess.Popen(["sleep", "60"]) as other:
        started = start_of_process(other.pid)
        other.kill()
        assert started is not None
        assert started / os.sysconf("SC_CLK_TCK") == pytest.approx(before, abs=5)
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert start_of_process(other.pid) is None  # Though the system still knows of it.
    assert start_of_process(other.pid) is None


def test_a_directory_that_a_killed_process_had_put_aside_is_given_back(tmp_path: Path) -> None:
    tell = "from skerry.io.temporary_names import temporary_name as name; print(name('set', 'old'))"
    aside = subprocess.run([sys.executable, "-c", tell], capture_output=True, text=True, check=True).stdout.strip()
    (tmp_path / aside).mkdir()
    (tmp_path / aside / "old").touch()
    with whole_files(tmp_path / "a") as (a,):
        a.touch()
    assert names(tmp_path) == ["a", "set", "set/old"]


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=255))
def test_a_temporary_name_is_no_longer_than_a_name_may_be(name: str) -> None:
    for kind in ("tmp", "old"):
        temporary = temporary_name(name, kind)
        assert len(os.fsencode(temporary)) <= 255
        assert temporary.startswith(".")
        assert temporary != temporary_name(name, kind)


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


def write(path: Path, text: str = "new") -> None:
    with whole_files(path) as (partial,):
        partial.write_text(text)


def test_what_is_written_together_appears_at_the_end_and_can_be_read_before(tmp_path: Path) -> None:
    with together():
        write(tmp_path / "a", "first")
        with together():
            write(tmp_path / "b")
        write(tmp_path / "a", "second")
        assert not (tmp_path / "a").exists()
        assert not (tmp_path / "b").exists()
        with unpacked(tmp_path / "a") as file:
            assert file.read() == b"second"
    assert names(tmp_path) == ["a", "b"]
    assert (tmp_path / "a").read_text() == "second"
    assert place_of_output(tmp_path / "a") is None


@pytest.mark.parametrize("error", [SkerryError, KeyboardInterrupt, SystemExit])
def test_an_error_after_a_file_leaves_none_of_them(tmp_path: Path, error: type[BaseException]) -> None:
    def fail() -> None:
        with together():
            write(tmp_path / "a")
            write(tmp_path / "b")
            raise error

    (tmp_path / "a").write_text("old")
    with pytest.raises(error):
        fail()
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_text() == "old"
    write(tmp_path / "a")
    assert (tmp_path / "a").read_text() == "new"


def test_what_has_taken_its_name_stays(tmp_path: Path) -> None:
    def fail() -> None:
        with together() as outputs:
            write(tmp_path / "a")
            outputs.take_names()
            assert names(tmp_path) == ["a"]
            write(tmp_path / "b")
            raise SystemExit

    with pytest.raises(SystemExit):
        fail()
    assert names(tmp_path) == ["a"]


def test_an_input_that_changes_after_a_file_was_written_leaves_none(tmp_path: Path) -> None:
    def change() -> None:
        with held([tmp_path / "input"]), together():
            write(tmp_path / "a")
            (tmp_path / "input").write_text("other")

    (tmp_path / "input").touch()
    with pytest.raises(SkerryError, match="input: was changed while it was read"):
        change()
    assert names(tmp_path) == ["input"]


def test_another_thread_writes_for_itself(tmp_path: Path) -> None:
    with together():
        thread = threading.Thread(target=write, args=[tmp_path / "a"])
        thread.start()
        thread.join()
        assert names(tmp_path) == ["a"]
