"""The bar of a subcommand that takes long: on a terminal alone, and never in the way of what is written."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_server import write_image

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a terminal of Linux")

# Work that says how far it is, with lines on both streams.
WORK = """
import sys, time
from skerry.cli import progress
from skerry.planes.progress import advance
progress._PATIENCE, progress._SECONDS_BETWEEN = {patience}, 0.02
with progress.work_watched("signal"):
    for part in range(4):
        time.sleep(0.1)
        advance((100, 100), 20)
    print("first line")
    print("a warning that is told", file=sys.stderr)
    time.sleep(0.1)
    print("begun, ", end="")
print("and ended")
"""


def on_terminal(command: list[str], cwd: Path | None = None) -> tuple[int, str]:
    """Exit status of a command on a terminal, and what that got."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += os.read(ours, 65536)
            except OSError:  # its end, as Linux tells it
                break
    os.close(ours)
    return process.returncode, shown.decode()


def left_on_screen(shown: str) -> list[str]:
    """Lines that are on a screen in the end, by the few things that the bar asks of a terminal."""
    lines, row, column = [""], 0, 0
    for found in re.finditer(r"\x1b\[\??([0-9;]*)([A-Za-z])|(.)", shown, re.DOTALL):
        count, order, character = found.groups()
        if character == "\r":
            column = 0
        elif character == "\n":
            row += 1
            lines += [""] * (row == len(lines))
        elif character:
            lines[row] = f"{lines[row][:column]:<{column}}{character}{lines[row][column + 1 :]}"
            column += 1
        elif order == "A":
            row -= int(count or 1)
        elif order == "K":
            assert count == "2"
            lines[row] = ""
    return [line for line in lines if line]


def test_a_bar_shows_what_is_done_and_goes() -> None:
    status, shown = on_terminal([sys.executable, "-c", WORK.format(patience=0.05)])
    assert status == 0
    assert "signal" in shown
    assert "80%" in shown
    assert "left" in shown
    assert left_on_screen(shown) == ["first line", "a warning that is told", "begun, and ended"]
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h")  # the cursor is there again


def test_work_that_takes_longer_than_usual_has_no_estimate() -> None:
    work = WORK.format(patience=0.05).replace("advance((100, 100), 20)", "advance((100, 100), 200)")
    status, shown = on_terminal([sys.executable, "-c", work])
    assert status == 0
    assert "98%" in shown
    assert "left" not in shown


def test_quick_work_has_no_bar() -> None:
    status, shown = on_terminal([sys.executable, "-c", WORK.format(patience=60)])
    assert (status, shown) == (0, "first line\r\na warning that is told\r\nbegun, and ended\r\n")


def test_a_file_gets_no_bar() -> None:
    made = subprocess.run(
        [sys.executable, "-c", WORK.format(patience=0.05)], capture_output=True, text=True, check=True
    )
    assert (made.stdout, made.stderr) == ("first line\nbegun, and ended\n", "a warning that is told\n")


def test_a_subcommand_tells_of_how_many_pixels_and_how_long(tmp_path: Path) -> None:
    write_image(tmp_path)
    for command in (["noise", "image.fits"], ["mask", "image.fits"]):
        made = subprocess.run(
            [sys.executable, "-m", "skerry", *command, "--noise-box-size", "16"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        last = made.stderr.splitlines()[-1]
        assert last.startswith("skerry: ")
        assert "40 x 40 pixels in " in last
        assert last.endswith(" s")
