"""Faults, injected into every subcommand: the old output or the whole new one, and a true word about it.

Here is a share that takes seconds; `python -m benchmarks.faults` tries thousands.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.faults.commands import COMMANDS, NOT_HERE
from benchmarks.faults.faults import KINDS
from benchmarks.faults.runner import in_rotation
from skerry.cli.app import GROUPS

needs_interposer = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not any(map(shutil.which, ("cc", "gcc", "clang"))),
    reason="faults are injected on Linux, by what a C compiler makes",
)


def injected(results: Path, *words: str) -> list[dict[str, Any]]:
    """Results of faults."""
    command = [sys.executable, "-m", "benchmarks.faults", "--results", str(results), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in results.read_text().splitlines()]


def test_every_subcommand_is_described() -> None:
    there = {command.name for group in GROUPS for command in group.commands}
    assert {command.subcommand for command in COMMANDS} == there - NOT_HERE.keys()
    assert len({command.name for command in COMMANDS}) == len(COMMANDS)


@pytest.mark.parametrize("seed", range(5))
def test_a_rotation_has_every_subcommand_and_every_kind_of_fault(seed: int) -> None:
    trials = [*in_rotation(seed)]
    assert {command for _, command, _ in trials} == {*COMMANDS}
    assert {kind for _, _, kind in trials} == {*KINDS}
    assert all(kind.is_for(command) for _, command, kind in trials)
    assert len(trials) < 2 * len(KINDS)


@needs_interposer
def test_after_a_fault_of_any_kind_outputs_are_whole_and_a_rerun_makes_them(tmp_path: Path) -> None:
    results = injected(tmp_path / "results", "--rotation", "--seed", "3")
    assert len(results) >= len(COMMANDS)
    assert [result for result in results if result["problems"]] == []


@needs_interposer
def test_two_outputs_are_whole_whichever_call_is_the_last_before_a_process_ends(tmp_path: Path) -> None:
    kinds = ["--kind", "SIGKILL at a change", "--kind", "SIGTERM at a change"]
    results = injected(tmp_path / "results", "--command", "erode", *kinds, "--every-call")
    assert len(results) > 30  # of each output a name, its contents, a flush and the new name, several calls each
    assert [result for result in results if result["problems"]] == []


@needs_interposer
def test_two_outputs_are_whole_on_a_disk_where_names_cannot_be_exchanged_nor_files_have_two(tmp_path: Path) -> None:
    """A process that is killed there may leave an output under another name, which the rerun gives back."""
    words = ["--command", "erode", "--every-call", "--refuse", "links", "--refuse", "exchanges"]
    results = injected(tmp_path / "results", *words, "--kind", "SIGKILL at a change", "--kind", "error of a write")
    assert len(results) > 30  # of each output a name, its contents, a flush and the new name, several calls each
    assert [result for result in results if result["problems"]] == []
