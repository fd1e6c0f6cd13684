"""The processes of a run get their signals, also beside one that takes none."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator

import psutil
import pytest

from skerry.io.run_locks import RUN_VARIABLE
from skerry.workflow.run_processes import end_processes, interrupt


@pytest.fixture
def one_of_another_user(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[subprocess.Popen[bytes], ...]]:
    """Two processes of a run, of which the first takes no signals from this one."""
    environment = os.environ | {RUN_VARIABLE: "of-the-test"}
    # What a shell runs in the background ignores interrupts, and hands that on to its children.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    both = [subprocess.Popen(["sleep", "300"], env=environment) for _ in range(2)]
    signal.signal(signal.SIGINT, before)
    send = psutil.Process.send_signal

    def refuse(process: psutil.Process, number: int) -> None:
        if process.pid == both[0].pid:
            raise psutil.AccessDenied(process.pid)
        if process.pid != os.getpid():
            send(process, number)

    monkeypatch.setattr(psutil.Process, "send_signal", refuse)
    monkeypatch.setattr(psutil.Process, "terminate", lambda process: refuse(process, signal.SIGTERM))
    monkeypatch.setattr(psutil.Process, "kill", lambda process: refuse(process, signal.SIGKILL))
    monkeypatch.setattr("skerry.workflow.run_processes._SECONDS_TO_END", 0.2)
    yield tuple(both)
    for process in both:
        process.kill()
        process.wait()


def test_an_interrupt_passes_by_a_process_of_another_user(
    one_of_another_user: tuple[subprocess.Popen[bytes], ...],
) -> None:
    interrupt(os.getpid())
    assert one_of_another_user[1].wait(10) == -signal.SIGINT
    assert one_of_another_user[0].poll() is None


def test_the_rest_of_a_run_ends_beside_a_process_of_another_user(
    one_of_another_user: tuple[subprocess.Popen[bytes], ...],
) -> None:
    assert end_processes("of-the-test") == 2
    assert [process.poll() is None for process in one_of_another_user] == [True, False]
