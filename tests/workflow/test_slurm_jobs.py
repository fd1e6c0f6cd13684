"""Which jobs of the queue are those of a run, with programs that stand in for SLURM's; tests/slurm has it itself."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

import pytest

from skerry.errors import SkerryError
from skerry.workflow.slurm_jobs import cancel_jobs, check_names, name_of_runs, new_run_name

SQUEUE = """#!/bin/sh
[ "$*" = "--noheader --user={user} --format=%i %j" ] || exit 1
cat {queue}
"""
SCANCEL = """#!/bin/sh
for job; do sed -i "/^$job /d" {queue}; done
"""


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A queue, a line a job, and the programs that list it and take jobs out of it."""
    queue = tmp_path / "queue"
    for name, text in (("squeue", SQUEUE), ("scancel", SCANCEL)):
        program = tmp_path / name
        program.write_text(text.format(queue=queue, user=getpass.getuser()))
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return queue


def test_runs_in_a_directory_have_names_of_their_own_that_begin_alike(tmp_path: Path) -> None:
    names = [new_run_name(tmp_path) for _ in range(2)]
    assert len(set(names)) == 2
    assert all(name.startswith(name_of_runs(tmp_path)) for name in names)
    assert not names[0].startswith(name_of_runs(tmp_path.parent))


def test_a_name_is_one_that_the_plugin_takes(tmp_path: Path) -> None:
    assert len(new_run_name(tmp_path)) <= 50


def test_a_directory_has_one_name_by_all_its_paths(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert name_of_runs(tmp_path / "link") == name_of_runs(tmp_path)


def test_the_jobs_of_a_run_are_cancelled_and_no_others(queue: Path) -> None:
    queue.write_text("1 skerry-ab-1_x\n2 skerry-cd-1_x\n3_4 skerry-ab-2_x\n5 \n6 bash\n")
    assert cancel_jobs("skerry-ab") == 2
    assert queue.read_text() == "2 skerry-cd-1_x\n5 \n6 bash\n"


def test_no_job_is_cancelled_where_there_is_none(queue: Path) -> None:
    queue.write_text("")
    assert cancel_jobs("skerry-ab") == 0


def test_a_job_that_does_not_end_is_an_error_that_names_it(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skerry.workflow.slurm_jobs._SECONDS_TO_END", 0)
    queue.write_text("7 skerry-ab-1_x\n")
    (queue.parent / "scancel").write_text("#!/bin/sh\n")
    with pytest.raises(SkerryError, match="jobs 7 do not end"):
        cancel_jobs("skerry-ab")


def test_a_slurm_that_does_not_answer_is_an_error_that_says_what_may_be_left(queue: Path) -> None:
    (queue.parent / "squeue").write_text("#!/bin/sh\necho slurm_load_jobs error: no contact >&2; exit 1\n")
    with pytest.raises(SkerryError, match=r"squeue failed \(slurm_load_jobs error: no contact\); jobs may be left"):
        cancel_jobs("skerry-ab")


@pytest.mark.parametrize("name", ["it's.fits", 'a "b".fits', "a\\b.fits", "a\nb.fits"])
def test_a_name_that_a_job_would_not_get_as_it_is_is_refused(name: str) -> None:
    with pytest.raises(SkerryError, match="rename"):
        check_names(["fine.fits", name])


def test_names_that_harm_a_shell_are_taken(tmp_path: Path) -> None:
    check_names(["$(touch x); `touch x` & # (a) b.fits"])


def test_a_directory_whose_name_slurm_would_fill_in_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "100%j").mkdir()
    monkeypatch.chdir(tmp_path / "100%j")
    with pytest.raises(SkerryError, match="percent"):
        check_names([])
