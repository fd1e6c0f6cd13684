"""Limits of the system, and an environment that makes no sense, for commands in processes of their own."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from test_server import write_image

from skerry.cli.streams import forget_impossible_widths

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


@pytest.mark.parametrize("size", ["", "0", "00", "-1", "x", "²", "10000", "99999999999", "9" * 5000])
@pytest.mark.parametrize("name", ["COLUMNS", "LINES", "TERMINAL_WIDTH"])
def test_a_terminal_does_not_have_any_size(name: str, size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, size)
    forget_impossible_widths()
    assert name not in os.environ
    monkeypatch.setenv(name, "132")
    forget_impossible_widths()
    assert os.environ[name] == "132"


@pytest.mark.parametrize("environment", [{"COLUMNS": "0"}, {"COLUMNS": "9" * 11}, {"TERMINAL_WIDTH": "x"}], ids=str)
def test_a_help_is_shown_whatever_the_environment_has(environment: dict[str, str], tmp_path: Path) -> None:
    found = ended(tmp_path, "info", "--help", **environment)
    assert (found.returncode, found.stderr) == (0, "")
    assert "Usage: skerry info" in found.stdout


def test_what_a_library_logs_of_places_that_it_cannot_use_is_not_told(tmp_path: Path) -> None:
    image = write_image(tmp_path)
    nowhere = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR"), "/dev/null")
    found = ended(tmp_path, "plot", image.name, "-o", "x.png", **nowhere)
    assert found.returncode == 0
    assert re.fullmatch(r"skerry: picture: 40 x 40 pixels in [0-9.]+ s\n", found.stderr)


def test_a_place_where_snakemake_cannot_write_is_named_in_a_line(tmp_path: Path) -> None:
    write_image(tmp_path)
    (tmp_path / "field.yaml").write_text(FIELD)
    (tmp_path / ".snakemake").write_text("no directory")
    found = ended(tmp_path, "run", "field.yaml", "-n")
    assert found.returncode == 1
    assert re.fullmatch(r"skerry: error: .*\.snakemake: cannot be used by Snakemake: .*; make .*\n", found.stderr)


@pytest.mark.parametrize(
    ("limit", "words", "told"),
    [
        (
            (resource.RLIMIT_FSIZE, 1000),
            ["noise", "image.fits"],
            "image.rms.fits, image.bkg.fits: cannot be written: File too large; raise the limit of the size of files",
        ),
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
