"""What the build asks for: a compiler where there is none, and in a sentence what it cannot do without."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import REPOSITORY

pytestmark = pytest.mark.skipif(find_spec("setuptools") is None, reason="setuptools is not installed")


def requirements(*before: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Ask the backend as pip does, after some statements of Python."""
    asked = ["import build_backend", *before, "print(build_backend.get_requires_for_build_wheel())"]
    env = {key: value for key, value in os.environ.items() if key not in ("CC", "SKERRY_ZIG_TARGET")} | environment
    command = [sys.executable, "-c", "\n".join(asked)]
    return subprocess.run(command, cwd=REPOSITORY / "tools", env=env, capture_output=True, text=True)


@pytest.fixture
def headers(tmp_path: Path) -> str:
    """A statement with which Python's headers are found, wherever this one has them."""
    (tmp_path / "Python.h").touch()
    return f"build_backend.sysconfig.get_path = lambda name: {str(tmp_path)!r}"


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_the_compiler_of_the_machine_is_used(headers):
    assert requirements(headers).stdout == "[]\n"


def test_a_compiler_is_fetched_where_there_is_none(headers, tmp_path):
    assert requirements(headers, PATH=str(tmp_path)).stdout == "['ziglang']\n"


def test_a_compiler_that_compiles_nothing_is_none(headers, tmp_path):
    broken = tmp_path / "cc"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    assert requirements(headers, PATH=str(tmp_path)).stdout == "['ziglang']\n"


def test_wheels_for_other_machines_are_compiled_by_zig(headers):
    assert requirements(headers, SKERRY_ZIG_TARGET="aarch64-macos.11.0").stdout == "['ziglang']\n"


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("build_backend.sys.version_info = (3, 10)", "error: skerry needs Python 3.11 or newer"),
        ("build_backend.sysconfig.get_path = lambda name: '/nowhere'", "there is no Python.h in /nowhere: install"),
    ],
)
def test_what_cannot_be_built_is_told_in_a_sentence(statement, told):
    asked = requirements(statement)
    assert asked.returncode == 1
    assert told in asked.stderr
    assert asked.stderr.count("\n") == 1
