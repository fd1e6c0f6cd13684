"""Standard streams that are closed, full, or read by nobody: the work is done, and its end told as far as that goes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_server import write_image

COMMAND = f"{sys.executable} -m skerry noise image.fits --noise-box-size 16 --overwrite"


def ended(script: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """What comes of a script of the shell."""
    shell = ["bash", "-c", f"set -o pipefail; {script}"]
    return subprocess.run(shell, cwd=directory, capture_output=True, text=True, check=False, timeout=600)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What the command makes."""
    directory = tmp_path_factory.mktemp("undisturbed")
    write_image(directory)
    assert ended(COMMAND, directory).returncode == 0
    return (directory / "image.rms.fits").read_bytes()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(
    ("streams", "status", "says"),
    [
        ("> /dev/full", 2, "skerry: error: standard output: cannot be written: No space left on device; make room"),
        ("2> /dev/full", 0, ""),
        ("<&- >&- 2>&-", 0, ""),
        (">&-", 0, "skerry: noise: "),
        ("2>&-", 0, ""),
        ("| true", 141, "skerry: noise: "),
    ],
)
def test_a_stream_that_fails_spoils_no_product(
    streams: str, status: int, says: str, tmp_path: Path, undisturbed: bytes
) -> None:
    write_image(tmp_path)
    # A reader that is gone before anything is written.
    found = ended(f"{COMMAND} {streams}" if "|" not in streams else f"( sleep 0.5; {COMMAND} ) {streams}", tmp_path)
    assert found.returncode == status
    assert says in found.stderr
    assert "Traceback" not in found.stderr
    assert found.stderr.count("error") == says.count("error")
    assert (tmp_path / "image.rms.fits").read_bytes() == undisturbed


def test_a_name_that_is_no_text_is_told_as_it_is(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xc3\xa9")
    command = [sys.executable, "-m", "skerry", "profile", "default", name]
    strict = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    for environment in (os.environ, strict):
        found = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, env=dict(environment))
        assert found.stdout.startswith(b"\xff")
        (tmp_path / name / "profile.yaml").unlink()
