"""Locks of runs: who holds them, who counts as dead, and that of many who begin at once one does."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from skerry.errors import SkerryError
from skerry.io.run_locks import (
    LOCK,
    RunHolder,
    free_lock,
    is_held_by,
    read_lock,
    refuse_within_a_run,
    renew_lock,
    take_lock,
)
from skerry.io.whole_files import whole_files

TAKE = """
import sys
from pathlib import Path
from skerry.errors import SkerryError
from skerry.io.run_locks import RunHolder, take_lock
lock, run = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
try:
    take_lock(lock, RunHolder.here(run, "local"), "here")
except SkerryError as error:
    print(error, flush=True)
else:
    print("taken", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / LOCK


def held(lock: Path, holder: RunHolder, seconds_ago: float = 0) -> Path:
    lock.write_text(json.dumps(asdict(holder)))
    os.utime(lock, (time.time() - seconds_ago,) * 2)
    return lock


MINE = RunHolder.here("mine", "local")
ELSEWHERE = replace(RunHolder.here("other", "local"), host="login2", place=MINE.place ^ 1, pid=7)
DEAD = replace(RunHolder.here("other", "local"), start=MINE.start + 1)


def test_a_lock_is_taken_and_given_back_and_nothing_else_is_left(lock: Path) -> None:
    assert take_lock(lock, MINE, "here") is None
    assert read_lock(lock) == MINE
    assert is_held_by(lock, "mine")
    free_lock(lock, MINE)
    assert not any(lock.parent.iterdir())


def test_a_run_at_work_is_named_and_its_lock_stays_as_it_is(lock: Path) -> None:
    take_lock(lock, MINE, "here")
    before = lock.read_bytes(), lock.stat().st_mtime_ns
    for forced in (False, True):
        with pytest.raises(
            SkerryError, match=f"^here: another run is at work there, process {MINE.pid} on {MINE.host};"
        ):
            take_lock(lock, RunHolder.here("other", "local"), "here", forced=forced)
    assert (lock.read_bytes(), lock.stat().st_mtime_ns) == before
    assert [*lock.parent.iterdir()] == [lock]


def test_the_lock_of_a_process_that_is_gone_is_taken_and_told(lock: Path) -> None:
    assert take_lock(held(lock, DEAD), MINE, "here") == DEAD
    assert read_lock(lock) == MINE
    assert [*lock.parent.iterdir()] == [lock]


def test_a_process_that_has_ended_but_was_not_waited_for_is_gone(lock: Path) -> None:
    tell = "from skerry.io.run_locks import *; from dataclasses import asdict; import json; "
    tell += "print(json.dumps(asdict(RunHolder.here('other', 'local'))), flush=True)"
    with subprocess.Popen([sys.executable, "-c", tell], stdout=-1, text=True) as ended:
        assert ended.stdout is not None
        lock.write_text(ended.stdout.read())
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        dead = take_lock(lock, MINE, "here")
    assert dead is not None
    assert dead.pid == ended.pid


def test_a_run_on_another_machine_counts_as_dead_when_it_gives_no_sign(lock: Path) -> None:
    with pytest.raises(SkerryError, match=r"^here: another run is at work there, process 7 on login2, .* 100 s ago; "):
        take_lock(held(lock, ELSEWHERE, 100.2), MINE, "here")
    assert take_lock(lock, MINE, "here", forced=True) == ELSEWHERE
    assert take_lock(held(lock, ELSEWHERE, 301), MINE, "here") == ELSEWHERE


def test_a_run_whose_process_is_hidden_counts_by_the_age_of_its_lock(
    lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # That of another user where /proc is mounted with hidepid: the system says that there is one, and no more.
    monkeypatch.setattr("skerry.io.temporary_names.start_of_process", lambda _: 0)
    theirs = replace(RunHolder.here("other", "local"), start=7)
    with pytest.raises(SkerryError, match=r"which gave a sign 100 s ago; "):
        take_lock(held(lock, theirs, 100.2), MINE, "here")
    assert take_lock(held(lock, theirs, 301), MINE, "here") == theirs


@pytest.mark.parametrize("text", ["", "rubbish", "[]", "{}", '{"pid": 7}'])
def test_a_lock_that_does_not_say_whose_it_is_counts_by_its_age(lock: Path, text: str) -> None:
    lock.write_text(text)
    with pytest.raises(SkerryError, match="another run is at work there, which gave a sign 0 s ago"):
        take_lock(lock, MINE, "here")
    os.utime(lock, (1e9, 1e9))
    assert take_lock(lock, MINE, "here") is None
    assert read_lock(lock) == MINE


def test_a_sign_is_given_unless_another_run_has_the_lock(lock: Path) -> None:
    held(lock, MINE, 200)
    assert renew_lock(lock, MINE)
    assert time.time() - lock.stat().st_mtime < 100
    lock.unlink()
    assert renew_lock(lock, MINE)
    assert read_lock(lock) == MINE
    held(lock, ELSEWHERE)
    assert not renew_lock(lock, MINE)
    free_lock(lock, MINE)
    assert read_lock(lock) == ELSEWHERE


def test_a_lock_is_taken_where_a_file_has_one_name_alone(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert take_lock(lock, MINE, "here") is None
    with pytest.raises(SkerryError, match="another run is at work"):
        take_lock(lock, RunHolder.here("other", "local"), "here")


def test_a_lock_that_is_there_already_by_its_own_doing_is_taken(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link_told_twice(self: Path, target: Path) -> None:
        os.link(target, self)
        raise FileExistsError

    monkeypatch.setattr(Path, "hardlink_to", link_told_twice)
    assert take_lock(lock, MINE, "here") is None
    assert read_lock(lock) == MINE


def test_a_run_that_is_stopped_as_it_begins_does_not_hold_another(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skerry.io.directory_locks._PATIENCE", 0.1)
    holder = os.open(lock.parent, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    try:
        assert take_lock(lock, MINE, "here") is None
    finally:
        os.close(holder)


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(SkerryError, match="cannot be written: No such file or directory"):
        take_lock(tmp_path / "absent" / LOCK, MINE, "here")


def test_of_many_that_take_over_from_a_dead_run_at_once_one_does(lock: Path) -> None:
    held(lock, DEAD)
    runs = [
        subprocess.Popen([sys.executable, "-c", TAKE, str(lock), f"run{n}"], stdin=-1, stdout=-1, text=True)
        for n in range(6)
    ]
    for run in runs:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("\n")
        run.stdin.flush()
    said = [run.stdout.readline().strip() for run in runs if run.stdout is not None]
    holder = read_lock(lock)
    for run in runs:
        run.communicate("\n")
    assert said.count("taken") == 1
    assert holder is not None
    assert holder.run == f"run{said.index('taken')}"
    assert all(f"process {holder.pid} on" in told for told in said if told != "taken")


def test_a_product_is_not_written_by_hand_while_a_run_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mask = tmp_path / "F" / "round1" / "beam00.mask.fits"
    mask.parent.mkdir(parents=True)
    lock = held(tmp_path / "F" / LOCK, MINE)
    with pytest.raises(SkerryError, match=rf"beam00.mask.fits: is made by a run .* process {MINE.pid} on"):
        refuse_within_a_run(mask)
    # A run that begins while a command by hand is at work.
    with pytest.raises(SkerryError, match="is made by a run"), whole_files(mask) as (partial,):
        partial.write_text("by hand")
    assert not any(mask.parent.iterdir())
    refuse_within_a_run(tmp_path / "F" / "report.html")
    monkeypatch.setenv("SKERRY_RUN", "mine")
    refuse_within_a_run(mask)
    monkeypatch.delenv("SKERRY_RUN")
    for other, seconds in ((DEAD, 0), (ELSEWHERE, 301), (replace(MINE, executor="slurm"), 0)):
        held(lock, other, seconds)
        refuse_within_a_run(mask)
    held(lock, ELSEWHERE, 10)
    # The clock of this machine is fast.
    monkeypatch.setattr(time, "time", lambda: lock.stat().st_mtime + 1000)
    with pytest.raises(SkerryError, match="on login2"):
        refuse_within_a_run(mask)
    assert {path.name for path in lock.parent.iterdir()} == {lock.name, "round1"}
