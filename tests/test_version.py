"""The version: written in one place, from where the build has it."""

from __future__ import annotations

import tomllib
from importlib.metadata import version

from conftest import REPOSITORY

import skerry


def test_what_is_installed_has_the_version_of_the_package():
    assert version("skerry") == skerry.__version__


def test_the_version_is_not_written_a_second_time():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert "version" not in project
    assert "version" in project["dynamic"]
