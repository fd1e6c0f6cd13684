"""Subcommands that are run by copies of one process: what they do, tell and return is what they do by themselves."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from ast import literal_eval
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from conftest import radio_header, write_fits
from workflow_runs import wait_for

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forking is safe on Linux")

SKERRY = str(Path(sys.executable).with_name("skerry"))
START = (
    "import os, sys; from skerry.cli.server import start_server; start_server(); start_server(); "
    "print(repr(os.environ['SKERRY_SERVER']), flush=True); sys.stdin.read()"
)


@pytest.fixture
def starter() -> Iterator[subprocess.Popen[str]]:
    """A process that has started a server, and lives until its input ends."""
    with subprocess.Popen([sys.executable, "-c", START], stdin=-1, stdout=-1, text=True) as process:
        yield process


@pytest.fixture
def served(starter: subprocess.Popen[str]) -> dict[str, str]:
    """An environment in which subcommands are run by the server."""
    assert starter.stdout is not None
    return os.environ | {"SKERRY_SERVER": literal_eval(starter.stdout.readline())}


def skerry(*words: str, within: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SKERRY, *words], cwd=within, env=env, capture_output=True, text=True, check=False)


def but_for_seconds(done: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    """What a command returned and told, without how long it took."""
    return done.returncode, done.stdout, re.sub(r"in [0-9.]+ s\n", "in SECONDS\n", done.stderr)


def write_image(directory: Path, size: int = 40) -> Path:
    image = np.random.default_rng(1).normal(0, 1e-3, (size, size)).astype(np.float32)
    image[10:14, 15:20] += 0.1
    directory.mkdir(exist_ok=True)
    return write_fits(directory / "image.fits", image, radio_header((size, size)))


@pytest.mark.parametrize(
    "words",
    [
        ["mask", "image.fits", "--noise-box-size", "16"],
        ["mask", "image.fits", "--seed-clip", "none"],
        ["mask", "absent.fits"],
        ["noise", "image.fits", "--noise-box-size", "16"],
        ["check", "image.fits", "--image", "image.fits"],
        ["--version"],
        ["flood"],
    ],
    ids=" ".join,
)
def test_a_subcommand_does_and_tells_the_same(tmp_path: Path, served: dict[str, str], words: list[str]) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    write_image(here)
    write_image(there)
    itself = skerry(*words, within=here, env=dict(os.environ))
    asked = skerry(*words, within=there, env=served)
    assert but_for_seconds(asked) == but_for_seconds(itself)
    assert {path.name: path.read_bytes() for path in here.iterdir()} == {
        path.name: path.read_bytes() for path in there.iterdir()
    }


@pytest.fixture
def shadowed(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment in which only a server does the work: it has imported what nothing else finds."""
    write_image(tmp_path)
    (tmp_path / "modules").mkdir()
    within = os.environ | {"PYTHONPATH": str(tmp_path / "modules")}
    with subprocess.Popen([sys.executable, "-c", START], stdin=-1, stdout=-1, text=True, env=within) as process:
        assert process.stdout is not None
        within["SKERRY_SERVER"] = literal_eval(process.stdout.readline())
        assert skerry("--version", within=tmp_path, env=within).returncode == 0
        (tmp_path / "modules" / "numpy.py").write_text("raise SystemExit('imported')")
        yield within


def test_it_is_done_by_the_server_in_the_environment_of_who_asks(tmp_path: Path, shadowed: dict[str, str]) -> None:
    asked = skerry("mask", "image.fits", within=tmp_path, env=shadowed)
    assert asked.returncode == 0, asked.stderr
    del shadowed["SKERRY_SERVER"]
    assert "imported" in skerry("mask", "image.fits", within=tmp_path, env=shadowed).stderr


def in_shell(command: str, within: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command.replace("skerry", SKERRY)],
        cwd=within,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    [
        "skerry mask image.fits <&-",
        "skerry mask image.fits >&-",
        "skerry mask image.fits 2>&-",
        "skerry mask absent.fits <&- >&- 2>&-",
        "skerry mask image.fits --quiet >/dev/full",
        "skerry mask /dev/stdin -o mask.fits <image.fits",
        "mkdir here; cd here; rmdir ../here; skerry mask $OLDPWD/image.fits --quiet",
        "umask 077; skerry mask image.fits -o mask.fits; stat -c %a mask.fits",
        "ulimit -f 1; skerry mask image.fits",
        "PYTHONIOENCODING=utf-16 skerry --version 2>/dev/null | od -c",
    ],
)
def test_nothing_is_left_out_that_the_process_of_who_asks_has(
    tmp_path: Path, served: dict[str, str], command: str
) -> None:
    """Streams that are closed, full, or hold an image; no directory; the mask of new files, limits, an encoding."""
    here, there = tmp_path / "here", tmp_path / "there"
    write_image(here, 80)
    write_image(there, 80)
    itself = in_shell(command, here, dict(os.environ))
    asked = in_shell(command, there, served)
    asked.stdout = asked.stdout.replace("/there/", "/here/")
    assert but_for_seconds(asked) == but_for_seconds(itself)
    assert {path.name: path.read_bytes() for path in here.iterdir()} == {
        path.name: path.read_bytes() for path in there.iterdir()
    }


@pytest.mark.parametrize("change", ["umask 077", "ulimit -f 100000", "nice -n 1", "export PYTHONUTF8=1", "exec <&-"])
def test_a_server_under_other_conditions_is_not_asked(tmp_path: Path, shadowed: dict[str, str], change: str) -> None:
    joined = f"{change} " if change.startswith("nice") else f"{change}; "
    assert "imported" in in_shell(f"{joined}skerry mask image.fits", tmp_path, shadowed).stderr


def test_modules_do_not_come_from_where_a_server_is_started(tmp_path: Path) -> None:
    write_image(tmp_path)
    for name in ("socket", "astropy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported')")
    start = [sys.executable, "-P", "-c", START]
    with subprocess.Popen(start, stdin=-1, stdout=-1, stderr=-1, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        served = os.environ | {"SKERRY_SERVER": literal_eval(process.stdout.readline())}
        asked = skerry("mask", "image.fits", within=tmp_path, env=served)
        assert "imported" not in process.communicate()[1]
    assert asked.returncode == 0, asked.stderr


def test_a_server_that_ends_before_it_begins_leaves_the_work_to_who_asks(
    tmp_path: Path, starter: subprocess.Popen[str], served: dict[str, str]
) -> None:
    write_image(tmp_path)
    server = psutil.Process(starter.pid).children()[0]
    server.suspend()
    with subprocess.Popen([SKERRY, "mask", "image.fits"], cwd=tmp_path, env=served, stderr=-1, text=True) as asking:
        time.sleep(0.5)  # for the request
        server.kill()
        said = asking.communicate(timeout=600)[1]
    assert asking.returncode == 0, said
    assert (tmp_path / "image.mask.fits").exists()


def test_a_server_that_cannot_be_copied_leaves_the_work_to_who_asks_and_stays(tmp_path: Path) -> None:
    write_image(tmp_path)
    (tmp_path / "sitecustomize.py").write_text("import os\ndef fork():\n    raise OSError(12, '')\nos.fork = fork\n")
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", START], stdin=-1, stdout=-1, text=True, env=env) as process:
        assert process.stdout is not None
        env["SKERRY_SERVER"] = literal_eval(process.stdout.readline())
        assert skerry("mask", "image.fits", within=tmp_path, env=env).returncode == 0
        (server,) = psutil.Process(process.pid).children()
        assert server.status() != "zombie"


@pytest.mark.parametrize("address", ["", "\n", "rubbish", f"{sys.prefix}\nskerry-stale"])
def test_what_is_no_address_of_a_server_is_passed_over(tmp_path: Path, address: str) -> None:
    write_image(tmp_path)
    env = os.environ | {"SKERRY_SERVER": address}
    assert skerry("mask", "image.fits", within=tmp_path, env=env).returncode == 0


def test_a_server_ends_with_who_started_it_and_then_subcommands_run_by_themselves(
    tmp_path: Path, starter: subprocess.Popen[str], served: dict[str, str]
) -> None:
    servers = psutil.Process(starter.pid).children()
    assert len(servers) == 1
    starter.kill()
    wait_for(lambda: not any(server.is_running() and server.status() != "zombie" for server in servers))
    write_image(tmp_path)
    assert skerry("mask", "image.fits", within=tmp_path, env=served).returncode == 0


def test_the_server_of_another_python_is_not_asked(tmp_path: Path, shadowed: dict[str, str]) -> None:
    other = shadowed | {"SKERRY_SERVER": shadowed["SKERRY_SERVER"].replace(sys.prefix, "/other/python", 1)}
    assert "imported" in skerry("mask", "image.fits", within=tmp_path, env=other).stderr


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL], ids=lambda number: number.name
)
def test_work_ends_with_who_asked_for_it_and_leaves_nothing_half_done(
    tmp_path: Path, starter: subprocess.Popen[str], served: dict[str, str], number: signal.Signals
) -> None:
    write_image(tmp_path, 5000)  # seconds of work
    server = psutil.Process(starter.pid).children()[0]
    asking = subprocess.Popen([SKERRY, "mask", "image.fits", "--noise-box-size", "64"], cwd=tmp_path, env=served)
    wait_for(lambda: bool(server.children()))
    time.sleep(0.2)  # for the request
    asking.send_signal(number)
    status = asking.wait(timeout=600)
    assert status == (-number if number == signal.SIGKILL else 128 + number)
    wait_for(lambda: not server.children())
    assert [path.name for path in tmp_path.iterdir()] == ["image.fits"]


def test_work_that_is_killed_is_told(tmp_path: Path, starter: subprocess.Popen[str], served: dict[str, str]) -> None:
    server = psutil.Process(starter.pid).children()[0]
    command = [SKERRY, "simulate", "field", "--size", "1024", "--beams", "36"]  # much longer than it takes to kill it
    with subprocess.Popen(command, cwd=tmp_path, env=served, stderr=-1, text=True) as asking:
        wait_for(lambda: bool(server.children()))
        server.children()[0].kill()
        said = asking.communicate(timeout=600)[1]
    assert asking.returncode == 137
    assert said == "skerry: error: the process that did the work was killed, maybe for want of memory\n"
