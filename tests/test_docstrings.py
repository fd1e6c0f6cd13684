"""Docstrings of the package: their examples run, and say what they print."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import skerry

MODULES = [
    module.name for module in pkgutil.walk_packages(skerry.__path__, "skerry.") if module.name != "skerry.__main__"
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    failed, _ = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert not failed
