"""Limits of the system, and an environment that makes no sense, for commands in processes of their own."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from test_server import write_image

LARGEST = 100_000
FIELD = "field: F\nbeams: ['0']\nrounds: 1\nsource: beam\nimages: image.fits\n"


def ended(
    directory: Path, *words: str, limit: tuple[int, int] | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """What comes of a command under a limit."""
    return subprocess.run(
        [sys.executable, "-m", "skerry", *words],
        cwd=directory,
        env=os.environ | environment,
        preexec_fn=None if limit is None else lambda: resource.setrlimit(limit[0], (limit[1], limit[1])),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("size", ["0", "-1", "x", "²", "99999999999", "9" * 5000])
@pytest.mark.parametrize("name", ["COLUMNS", "TERMINAL_WIDTH"])
def test_a_terminal_of_a_size_that_cannot_be_is_as_wide_as_any(name: str, size: str, tmp_path: Path) -> None:
    usual = ended(tmp_path, "stats", "--help")
    found = ended(tmp_path, "stats", "--help", **{name: size})
    assert (found.returncode, found.stdout, found.stderr) == (0, usual.stdout, "")
    assert usual.stdout


@pytest.mark.parametrize(
    ("limit", "words", "told"),
    [
        ((resource.RLIMIT_FSIZE, 0), ["run", "field.yaml", "-n"], "no directory for temporary files can be written to"),
        ((resource.RLIMIT_FSIZE, 1000), ["noise", "image.fits"], "image.rms.fits, image.bkg.fits: cannot be written"),
        ((resource.RLIMIT_NOFILE, 8), ["run", "field.yaml", "-n"], "too many open files; raise the limit"),
    ],
)
def test_what_the_system_refuses_is_told_in_a_line(
    limit: tuple[int, int], words: list[str], told: str, tmp_path: Path
) -> None:
    write_image(tmp_path)
    (tmp_path / "field.yaml").write_text(FIELD)
    found = ended(tmp_path, *words, limit=limit)
    assert found.returncode == 2
    assert found.stderr.startswith(f"skerry: error: {told}")
    assert found.stderr.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["field.yaml", "image.fits"]
