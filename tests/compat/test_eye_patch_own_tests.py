"""eye-patch's own tests pass with skerry behind its names; they are fetched from PyPI, and skipped where it is not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

VERSION = "2.0.1"
OTHERWISE = {
    "test_logging.py::test_logger_is_configured": "its logger: there is no eye_patch.logging",
    "test_logging.py::test_masking_import_configures_logger": "its logger: there is no eye_patch.logging",
    "test_package.py::test_version": "its package metadata",
    "test_mac.py::test_minimum_absolute_clip_threshold": "windows wrap at the edge, where skerry cuts them",
}
"""Tests that do not pass, and why."""
COUNT = 109

SHIM = """
import importlib, pkgutil, sys
import skerry.compat.eye_patch as package
sys.modules["eye_patch"] = package
for found in pkgutil.iter_modules(package.__path__):
    if found.name != "__main__":
        sys.modules[f"eye_patch.{found.name}"] = importlib.import_module(f"{package.__name__}.{found.name}")
"""


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"PyPI cannot be reached: {done.stderr.strip().splitlines()[-1:]}")


@pytest.fixture(scope="module")
def tests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tests of the source distribution, beside a module that puts skerry behind the names of eye-patch."""
    directory = tmp_path_factory.mktemp("eye_patch")
    pip("download", "--no-deps", "--no-binary", "eye-patch", "-d", str(directory), f"eye-patch=={VERSION}")
    pip("install", "--no-deps", "--target", str(directory / "path"), "capn-crunch")
    with tarfile.open(directory / f"eye_patch-{VERSION}.tar.gz") as archive:
        archive.extractall(directory, filter="data")
    # Out of the reach of the package that it is distributed with.
    found = (directory / f"eye_patch-{VERSION}" / "tests").rename(directory / "tests")
    (directory / "path" / "eye_patch.py").write_text(SHIM)
    (directory / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    return found


def test_its_own_tests_pass(tests: Path) -> None:
    # A module that cannot be imported hides its tests: those of the logger are counted by their names.
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", "--tb=line", "-p", "no:cacheprovider", str(tests)]
    command += ["--continue-on-collection-errors", "-c", str(tests.parent / "pytest.ini"), "--rootdir", str(tests)]
    path = os.pathsep.join([str(tests.parent / "path"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=tests, env=os.environ | {"PYTHONPATH": path}
    )
    failed = set(re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE))
    assert failed == {"test_logging.py"} | {name for name in OTHERWISE if "logging" not in name}, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) == COUNT - len(OTHERWISE)
