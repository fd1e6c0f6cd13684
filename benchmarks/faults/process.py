"""Running a subcommand so that faults can be injected: as a fork of this process, or as one of its own.

A fork has all that is imported already, and takes a tenth of the time of a start; faults during the start need one.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import pkgutil
import runpy
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.interposer import Calls, Strike, counted, watch

__all__ = ["Ended", "Running", "import_all"]

PATIENCE = 60.0
"""Seconds that a command on small images may take on a busy machine before it counts as hanging."""
_ROOMS = ("skerry.steps", "skerry.report", "skerry.demo", "skerry.field", "skerry.pictures", "skerry.masking")
_LATE = (
    "encodings.utf_8_sig",
    *("skerry.cli.app", "skerry.cli.progress", "skerry.workflow.summary", "skerry.workflow.profiles", "scipy.ndimage"),
    *("matplotlib.backends.backend_agg", "matplotlib.style", "PIL.PngImagePlugin", "PIL.JpegImagePlugin"),
    *("pydantic.type_adapter", "encodings.unicode_escape", "regions", "rich.console", "rich.table", "jinja2"),
    *("casacore.images", "casacore.tables"),
)
"""What commands import only where they need it."""
_BAND = 16, 2
"""Rows of a band and threads of a fork, so that a small image has several of both."""


def import_all() -> None:
    """Import what subcommands need, in the order in which they do."""
    from skerry.cli.start_up import import_fits, import_numpy, import_wcs

    import_numpy()
    import_fits()
    import_wcs()
    for name in _ROOMS:
        room = importlib.import_module(name)
        for module in pkgutil.iter_modules(room.__path__):
            importlib.import_module(f"{name}.{module.name}")
    for name in _LATE:
        with suppress(ImportError):
            importlib.import_module(name)


@dataclass
class Ended:
    """How a command ended.

    Attributes
    ----------
    status : int
        Exit status; of a signal that killed it the negative number.
    out, err : str
        What it told.
    seconds : float
        How long it took.
    calls : dict
        How many calls it made, if it was a fork that was not killed.
    hung : bool
        Whether it had to be killed for want of an end.
    """

    status: int
    out: str
    err: str
    seconds: float
    calls: dict[Calls, int] = field(default_factory=dict)
    hung: bool = False


class Running:
    """A command that runs.

    Parameters
    ----------
    words : sequence of str
        Of its command line.
    directory : Path
        Where; its files are watched.
    strike : Strike, optional
        A fault at one of its calls.
    prepare : callable, optional
        Called in the process before the command begins, as for limits.
    streams : mapping of int to int
        Descriptors in place of standard streams, -1 for a closed one.
    fresh : bool
        Whether it is a process of its own, else a fork.
    module : str
        What runs it.
    """

    def __init__(
        self,
        words: Sequence[str],
        directory: Path,
        *,
        strike: Strike | None = None,
        prepare: Callable[[], object] | None = None,
        streams: Mapping[int, int] | None = None,
        fresh: bool = False,
        module: str = "skerry",
    ) -> None:
        self._directory, self._strike, self._prepare = directory, strike, prepare
        self._told = [os.memfd_create(name) for name in ("out", "err", "calls")]
        self._streams = {1: self._told[0], 2: self._told[1]} | dict(streams or {})
        self._began = time.perf_counter()
        self.pid = self._start(words, module) if fresh else self._fork(words, module)

    def _start(self, words: Sequence[str], module: str) -> int:
        environment = dict(os.environ)
        if self._strike is not None:
            environment |= self._strike.environment(self._directory)

        def prepare() -> None:
            self._redirect()
            if self._prepare is not None:
                self._prepare()

        process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            cwd=self._directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            preexec_fn=prepare,
            pass_fds=[],
        )
        process.returncode = 0  # it is waited for here
        return process.pid

    def _fork(self, words: Sequence[str], module: str) -> int:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                status = self._work(words, module)
            finally:
                # Whatever came of it: what this process has begun is not the fork's to end.
                os._exit(status & 0xFF)
        return pid

    def _redirect(self) -> None:
        for number, descriptor in self._streams.items():
            if descriptor < 0:
                os.close(number)
            else:
                os.dup2(descriptor, number)

    def _work(self, words: Sequence[str], module: str) -> int:
        """Be the fork."""
        status = 1
        try:
            os.chdir(self._directory)
            self._redirect()
            import skerry.planes.bands
            from skerry.cli.signals import end_process_in_time

            skerry.planes.bands._band_rows = lambda *_: _BAND
            # What hangs tells where.
            faulthandler.dump_traceback_later(PATIENCE - 5, file=self._told[1])
            end_process_in_time()
            if self._prepare is not None:
                self._prepare()
            watch(self._directory, self._strike)
            status = _call(module, words)
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
        except KeyboardInterrupt:
            status = 130
        except BaseException:
            traceback.print_exc()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        with suppress(OSError, ValueError):
            os.write(self._told[2], json.dumps({int(kind): n for kind, n in counted().items()}).encode())
        return status

    def wait(self, *, stopped: Callable[[], object] | None = None, after: tuple[float, int] | None = None) -> Ended:
        """Wait for its end.

        Parameters
        ----------
        stopped : callable, optional
            Called when it has stopped; it then goes on.
        after : (float, int), optional
            A signal for it, and after how many seconds.
        """
        hung = False
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
            passed = time.perf_counter() - self._began
            if pid and os.WIFSTOPPED(status):
                if stopped is not None:
                    stopped()
                os.kill(self.pid, signal.SIGCONT)
            elif pid:
                break
            elif after is not None and passed > after[0]:
                os.kill(self.pid, after[1])
                after = None
            elif passed > PATIENCE and not hung:
                hung = True
                os.kill(self.pid, signal.SIGKILL)
            else:
                time.sleep(0.0005)
        out, err, calls = (_content(descriptor) for descriptor in self._told)
        numbers = {Calls(int(kind)): n for kind, n in json.loads(calls or "{}").items()}
        return Ended(os.waitstatus_to_exitcode(status), out, err, time.perf_counter() - self._began, numbers, hung)


def _call(module: str, words: Sequence[str]) -> int:
    tempfile.tempdir = None
    if module == "skerry":
        from skerry.cli import main
        from skerry.cli.streams import standard_streams

        with standard_streams():
            return main(words)
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__")
    return 0


def _content(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    content = b""
    while part := os.read(descriptor, 1 << 20):
        content += part
    os.close(descriptor)
    return content.decode(errors="replace")
