"""The build backend: that of setuptools, which asks for a C compiler from PyPI where this machine has none."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from setuptools.build_meta import (
    build_editable,
    build_sdist,
    build_wheel,
    get_requires_for_build_sdist,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "c_compiler",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
    "require_headers",
]

_PROGRAM = "#include <math.h>\n#include <stdlib.h>\nint main(int n, char **s) { return n + (int)floor(atof(s[0])); }\n"


def get_requires_for_build_wheel(config_settings=None):  # noqa: ARG001
    """What the build needs beyond `requires` of pyproject.toml: `ziglang`, a C compiler, if there is none here."""
    return _compiler_from_pypi()


def get_requires_for_build_editable(config_settings=None):  # noqa: ARG001
    """What `get_requires_for_build_wheel` gives."""
    return _compiler_from_pypi()


def _compiler_from_pypi():
    # pip would fetch half of what skerry depends on before it says so.
    if sys.version_info < (3, 11):  # noqa: UP036
        sys.exit(f"error: skerry needs Python 3.11 or newer, and this is Python {platform.python_version()}")
    require_headers()
    return [] if "SKERRY_ZIG_TARGET" not in os.environ and c_compiler() else ["ziglang"]


def require_headers():
    """End the build if Python's headers are not here."""
    folder = sysconfig.get_path("include")
    if not Path(folder, "Python.h").is_file():
        sys.exit(
            f"error: skerry's kernels are compiled with Python's headers, and there is no Python.h in {folder}: "
            "install them (Debian and Ubuntu: python3-dev; Fedora: python3-devel), or a wheel of skerry"
        )


def c_compiler():
    """Command of a C compiler that works here: what CC says, or Python's own, or any; None if there is none."""
    named = os.environ.get("CC")
    candidates = [named] if named else [sysconfig.get_config_var("CC"), "cc", "gcc", "clang"]
    return next((command for command in candidates if command and _compiles(shlex.split(command))), None)


def _compiles(command):
    """Whether a command compiles a program: there may be a compiler without the headers of C, or a name without one."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "program.c")
        source.write_text(_PROGRAM)
        try:
            made = subprocess.run(
                [*command, str(source), "-o", str(Path(folder, "program")), "-lm"], capture_output=True
            )
        except OSError:
            return False
        return made.returncode == 0
