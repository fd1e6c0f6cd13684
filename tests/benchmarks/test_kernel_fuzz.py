"""The benchmark that calls the faces with arguments made from bytes calls each of them, and sees what goes wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import _skerry_kernels as compiled
from benchmarks.kernels.fuzz import FACES, programs, public_functions
from benchmarks.kernels.spoiled import Target


def test_each_face_is_called_as_often(tmp_path: Path) -> None:
    names = sorted(public_functions())
    command = [sys.executable, "-m", "benchmarks.kernels.fuzz", str(tmp_path), "--calls", str(10 * len(names))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout
    rows = [line.split(" | ") for line in done.stdout.splitlines()[2:-1]]
    assert [row[0].removeprefix("| ") for row in rows] == names
    assert min(int(row[1]) for row in rows) >= 10
    assert done.stdout.endswith("with a finding: none\n")


def test_most_arguments_are_near_right_ones() -> None:
    """Faces refuse some of them, and take some: neither is there all that is tried."""
    for name in ("link_runs", "sample_cells", "smooth_rows"):
        target = Target(name, FACES[name], getattr(compiled, name))
        for program, _ in zip(programs(7), range(60), strict=False):
            target.run(program)
        assert min(target.counts["returned"], target.counts["refused"]) > 0.05 * target.calls, name


def test_a_wrong_result_and_another_exception_are_found() -> None:
    def wrong(*arguments: object) -> None:
        compiled.above_level(*arguments)
        arguments[-1][...] ^= True

    with pytest.raises(AssertionError):
        Target("above_level", FACES["above_level"], wrong).run(b"\1\3\7\0")

    def broken(image: np.ndarray, *rest: object) -> None:
        if not image.flags.c_contiguous:
            raise SystemError("not asked for")
        compiled.above_level(image, *rest)

    target = Target("above_level", FACES["above_level"], broken)
    with pytest.raises(SystemError):
        _run_all(target)


def _run_all(target: Target) -> None:
    for program in programs(1):
        target.run(program)
