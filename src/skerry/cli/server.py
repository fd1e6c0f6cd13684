"""A process that has imported what steps need, and forks for each step that is to run.

In a workflow of many small jobs most of the time goes into starting Python and importing libraries. A run on one
machine starts this process beside Snakemake; each `skerry ...` of its jobs then only asks for a copy of it, which does
the work with the job's own arguments, directory, environment and standard streams. To Snakemake, jobs are what they
are without it.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from contextlib import suppress
from typing import NoReturn

from skerry.cli import INTERRUPTED, main
from skerry.cli.served import BEGUN, LENGTH_BYTES, address_of, has_streams, is_of_this_user
from skerry.cli.signals import end_process_in_time, heed_signals
from skerry.cli.start_up import ignore_garbage, import_fits, import_wcs
from skerry.cli.streams import standard_streams

__all__ = ["serve", "start_server"]

_STEPS = ("mask", "noise_grid", "mosaic", "extract_beam", "edit", "check", "check_clean", "split_scales")
_FUNCTIONS = ("beam_detection", "noise_weights", "padding")
_IMPORTED = ("skerry.cli.app", *(f"skerry.steps.{n}" for n in _STEPS), *(f"skerry.masking.{n}" for n in _FUNCTIONS))
"""What most jobs need, also what they import only where they do; not SciPy, a quarter more, which nothing needs but the
mosaic of images with invalid pixels."""
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""For libraries that start threads when they are imported, which a fork would not have."""
_NOT_WRITTEN = 120
"""Exit status of Python where the standard output cannot take all that it is to."""
_started: subprocess.Popen[bytes] | None = None


def start_server() -> None:
    """Start the process, once, for the child processes of this one; it ends with this one.

    Nothing is started where forking is not safe, as on macOS, there is no socket, or a standard stream is closed: steps
    then start by themselves.
    """
    global _started
    if _started is not None or not sys.platform.startswith("linux") or not has_streams():
        return
    name = f"skerry-{secrets.token_hex(16)}"
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            # A name that is no file, so that none is left behind.
            listener.bind(f"\0{name}")
            listener.listen(128)
        except OSError:
            return
        # With -P no module comes from the directory in which it runs.
        code = f"from skerry.cli.server import serve; serve({listener.fileno()})"
        _started = subprocess.Popen(
            [sys.executable, "-P", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
            env=os.environ | _ONE_THREAD,
        )
    os.environ["SKERRY_SERVER"] = address_of(name)
    atexit.register(_started.communicate)


def serve(listener: int) -> None:
    """Fork for each request, until standard input ends with the process that started this one.

    Parameters
    ----------
    listener : int
        Descriptor of the socket on which requests come.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, _reap)
    ignore_garbage()
    import_fits()
    import_wcs()
    for module in _IMPORTED:
        importlib.import_module(module)
    gc.freeze()
    with socket.socket(fileno=listener) as requests:
        while True:
            ready, _, _ = select.select([requests, sys.stdin], [], [])
            if sys.stdin in ready:
                break
            connection, _ = requests.accept()
            # Without room for another process who asks does the work.
            with connection, suppress(OSError):
                if is_of_this_user(connection) and os.fork() == 0:
                    requests.close()
                    _answer(connection)
    with suppress(ChildProcessError):
        while os.wait():
            pass


def _reap(*_: object) -> None:
    """Take the end of processes that have answered, whose time then counts as that of the server."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _answer(connection: socket.socket) -> NoReturn:
    """Do what is asked for, and end the process."""
    status = 1
    try:
        status = _run(connection)
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else status
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BaseException:
        traceback.print_exc()
    # Whoever asked may be gone at once, which is not to be answered any more.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        status = status or _NOT_WRITTEN
    with suppress(OSError):
        connection.sendall(bytes([status & 0xFF]))
    os._exit(status)


def _run(connection: socket.socket) -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    end_process_in_time()
    heed_signals()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, streams, _, _ = socket.recv_fds(connection, LENGTH_BYTES, 3)
    with connection.makefile("rb") as sent:
        arguments, directory, environment = json.loads(sent.read(int.from_bytes(length)))
    # What ends with the run; its number is taken by the standard input of who asks.
    run = os.dup(sys.stdin.fileno())
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    connection.sendall(BEGUN)
    threading.Thread(target=_end_with, args=[connection, run], daemon=True).start()
    with standard_streams():
        return main(arguments)


def _end_with(connection: socket.socket, run: int) -> None:
    """End this process in order with who asked for it, with the run, or by the signals that are passed on."""
    with suppress(OSError):
        while run not in _ready(connection.fileno(), run) and (number := connection.recv(1)):
            os.kill(os.getpid(), number[0])
    os.kill(os.getpid(), signal.SIGTERM)


def _ready(*descriptors: int) -> list[int]:
    return select.select(descriptors, [], [])[0]
