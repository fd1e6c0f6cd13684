"""What is measured of a process with all that it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from benchmarks.process_tree import Together, disk_use, processes, run_together, shared_memory
from benchmarks.timing import CHECKOUT, run

MB = 1_000_000
HOLD = "import sys, time; block = b'x' * 60_000_000; time.sleep(1.5)"
TWO = f"""
import subprocess, sys
held = [subprocess.Popen([sys.executable, "-c", {HOLD!r}]) for _ in range(2)]
sys.exit(sum(one.wait() for one in held))
"""
WRITES = """
from pathlib import Path
import time
here = Path("files")
(here / "gone").write_bytes(bytes(2_000_000))
time.sleep(1.5)
(here / "gone").unlink()
(here / "left").write_bytes(bytes(1_000_000))
"""
BURN = """
import time
while time.process_time() < 1:
    pass
"""
OUTLIVED = """
import subprocess, sys
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1)"], stdout=subprocess.DEVNULL).pid)
"""
LEAVES = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {BURN!r}])
"""


def test_memory_of_processes_that_run_side_by_side_is_their_sum(tmp_path: Path) -> None:
    # Watched by a small process, for the memory of the one that watches is that of its children at their start.
    (tmp_path / "two.py").write_text(TWO)
    code = (
        "import sys; from benchmarks.process_tree import run_together as r; print(*r([sys.executable, 'two.py'], '.'))"
    )
    watching = [sys.executable, "-c", code]
    said = subprocess.run(
        watching, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(CHECKOUT)}, check=True, stdout=subprocess.PIPE
    )
    taken = Together(*map(float, said.stdout.split()))
    assert 0.12 < taken.peak < 0.2
    assert taken.wall > 1.5
    assert taken.disk == 0


def test_orphans_are_taken_by_another_process_afterwards(tmp_path: Path) -> None:
    run_together([sys.executable, "-c", "pass"], tmp_path)
    parent = subprocess.run([sys.executable, "-c", OUTLIVED], stdout=subprocess.PIPE, check=True)
    assert int(parent.stdout) not in processes(os.getpid())


def test_cpu_time_of_a_process_that_outlives_its_parent_counts(tmp_path: Path) -> None:
    assert run_together([sys.executable, "-c", LEAVES], tmp_path).cpu > 1


def test_a_process_is_ended_with_the_one_that_waits_for_it(tmp_path: Path) -> None:
    def interrupt(pid: int) -> AbstractContextManager[None]:
        started.append(pid)
        raise KeyboardInterrupt

    started: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        run(["sleep", "600"], tmp_path, watched=interrupt)
    assert not Path(f"/proc/{started[0]}").exists()


def test_files_count_at_their_most(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    taken = run_together([sys.executable, "-c", WRITES], tmp_path, files=tmp_path / "files")
    assert taken.disk == pytest.approx(0.002, rel=0.05)


def test_variables_are_added_to_those_that_there_are(tmp_path: Path) -> None:
    code = "import os; open('said', 'w').write(os.environ['PLACE'] + os.environ['PATH'])"
    run_together([sys.executable, "-c", code], tmp_path, environment={"PLACE": "here"})
    assert (tmp_path / "said").read_text() == "here" + os.environ["PATH"]


def test_a_process_that_fails_ends_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="so it is"):
        run_together([sys.executable, "-c", "import sys; sys.exit('so it is')"], tmp_path)


def test_children_of_children_are_found_and_ended_ones_hold_nothing() -> None:
    shell = subprocess.Popen(["sh", "-c", "sh -c 'cat; true'; true"], stdin=subprocess.PIPE)
    try:
        while len(found := processes(shell.pid)) < 3:
            assert shell.poll() is None
        inner = [pid for pid, parent in found.items() if parent == shell.pid]
        assert found[shell.pid] == 0
        assert [pid for pid, parent in found.items() if parent in inner] == list(set(found) - {shell.pid, *inner})
        assert all(shared_memory(pid) > 0 for pid in found)
    finally:
        shell.communicate()
    assert processes(shell.pid) == {shell.pid: 0}
    assert shared_memory(shell.pid) == 0


def test_names_of_one_file_count_once(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    first = tmp_path / "below" / "first"
    first.write_bytes(os.urandom(MB))
    (tmp_path / "second").hardlink_to(first)
    (tmp_path / "link").symlink_to(first)
    assert disk_use(tmp_path) == pytest.approx(MB, rel=0.01)
