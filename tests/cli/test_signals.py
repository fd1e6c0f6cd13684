"""Commands that are interrupted or ended: their exit status, also where an exception gets lost on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_server import write_image

from skerry.cli import app, main
from skerry.cli.signals import end_if_signalled, heed_signals


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Put the handlers of signals back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def signalled(number: int, instead: Exception | None) -> None:
    """Send a signal to this process, with another exception in the place of its own as from what is compiled."""
    try:
        os.kill(os.getpid(), number)
    except (KeyboardInterrupt, SystemExit):
        if instead is None:
            raise
        if not isinstance(instead, StopIteration):
            raise instead from None


LOST = StopIteration()
"""In the place of an exception that is dropped."""


@pytest.mark.parametrize("instead", [None, LOST, RuntimeError("of no use"), OSError("system")])
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_during_the_start_ends_a_command_before_it_works(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
    status: int,
    instead: Exception | None,
) -> None:
    def build() -> Any:
        signalled(number, instead)
        return built()

    built = app.build_command_line
    monkeypatch.setattr(app, "build_command_line", build)
    image = write_image(tmp_path)
    try:
        ended: object = main(["noise", str(image)])
    except SystemExit as leaving:
        ended = leaving.code
    assert ended == status
    assert capsys.readouterr().err == ""
    assert [*tmp_path.iterdir()] == [image]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_python_says_nothing_of_a_signal_whose_exception_got_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    class Dropping:
        def __del__(self) -> None:
            os.kill(os.getpid(), number)

    class Failing:
        def __del__(self) -> None:
            raise ValueError("told")

    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    heed_signals()
    Dropping()
    assert capsys.readouterr().err == ""
    Failing()
    assert "ValueError: told" in capsys.readouterr().err
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        end_if_signalled()


HOLD = """
import os, signal, threading
from skerry.cli import signals
signals._GRACE = 0.5
signals.end_process_in_time()
signals.heed_signals()
held = threading.Lock()
held.acquire()
waits = threading.Thread(target=held.acquire)
waits.start()
os.kill(os.getpid(), signal.{number})
"""


@pytest.mark.parametrize(("number", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_a_process_one_of_whose_threads_does_not(number: str, status: int) -> None:
    command = [sys.executable, "-c", HOLD.format(number=number)]
    assert subprocess.run(command, capture_output=True, timeout=600, check=False).returncode == status


def test_a_signal_of_an_earlier_command_is_forgotten(tmp_path: Path) -> None:
    heed_signals()
    signalled(signal.SIGINT, LOST)
    with pytest.raises(KeyboardInterrupt):
        end_if_signalled()
    assert main(["noise", str(write_image(tmp_path)), "--noise-box-size", "16"]) == 0
