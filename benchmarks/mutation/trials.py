"""Tests of a module, run on mutants of it in processes that fork with all libraries imported but skerry."""

from __future__ import annotations

import ast
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import CodeType, ModuleType

import _hypothesis_pytestplugin  # noqa: F401 (before anything forks)
import coverage
import hypothesis
import pytest

from benchmarks.mutation.mutants import Mutant
from benchmarks.timing import CHECKOUT

__all__ = ["Baseline", "measure", "module_path", "try_mutant"]

PRELOADED = (
    "numpy scipy.ndimage scipy.signal scipy.fft scipy.interpolate scipy.stats astropy.io.fits astropy.wcs "
    "astropy.units astropy.coordinates astropy.stats pydantic yaml rich regions radio_beam matplotlib.figure "
    "_skerry_kernels"
)
PYTEST = [
    *["-x", "-q", "--hypothesis-profile=mutation"],
    *["-p", "_hypothesis_pytestplugin", "-W", "ignore::pytest.PytestAssertRewriteWarning"],  # it is imported already
    *["-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "no:threadexception"],
]
ADDRESS_SPACE = 6_000_000_000
"""Bytes; a mutant that asks for more is one that tests notice."""
PATIENCE = 30.0, 15.0
"""Seconds after which a mutant hangs: so many, and so many times what its tests take."""


def module_path(module: str) -> Path:
    """Where the module `module` (`room.name`) is stored."""
    return CHECKOUT / "src/skerry" / (module.replace(".", "/") + ".py")


class Baseline:
    """Which tests of a module pass, how long they take, and which run which of its lines.

    Parameters
    ----------
    path : Path
        The module.
    seconds : dict of str to float
        What each test takes.
    tests : dict of int to list of str
        Those which run each line; of lines that run at import, "".
    """

    def __init__(self, path: Path, seconds: dict[str, float], tests: dict[int, list[str]]) -> None:
        self.seconds = seconds
        self._tests = tests
        self._statements = [
            (node.lineno, _end_of_head(node))
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.stmt)
        ]

    def tests_of(self, line: int, limit: float) -> list[str]:
        """Tests that run the statement on `line`, the quickest first, until `limit` seconds are full; one at least."""
        ranges = [(last - first, first, last) for first, last in self._statements if first <= line <= last]
        _, first, last = min(ranges, default=(0, line, line))
        running = {test for number in range(first, last + 1) for test in self._tests.get(number, ())}
        if "" in running:
            running = set(self.seconds)
        found, total = [], 0.0
        for test in sorted(running & set(self.seconds), key=self.seconds.__getitem__):
            total += self.seconds[test]
            if found and total > limit:
                break
            found.append(test)
        return found


def _end_of_head(node: ast.stmt) -> int:
    """Last line of a statement, of a compound one of what stands before its body."""
    body = getattr(node, "body", None)
    return max(node.lineno, body[0].lineno - 1) if body else node.end_lineno or node.lineno


class _Mutated(importlib.abc.MetaPathFinder, importlib.machinery.SourceFileLoader):
    """Imports one module from a source of its own."""

    def __init__(self, name: str, path: Path, source: str) -> None:
        super().__init__(name, str(path))
        self._source = source

    def find_spec(self, fullname: str, path: object, target: ModuleType | None = None) -> object:  # noqa: ARG002
        return (
            importlib.util.spec_from_file_location(fullname, self.path, loader=self) if fullname == self.name else None
        )

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002
        return compile(self._source, self.path, "exec", dont_inherit=True)


class _Chosen:
    """Runs some tests only, in their order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._place = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self._place), key=lambda item: self._place[item.nodeid]
        )


class _Timed:
    """Notes how long tests take that pass, and tells `coverage` which one runs."""

    def __init__(self, coverage_of: coverage.Coverage) -> None:
        self._coverage = coverage_of
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._coverage.switch_context(item.nodeid)
        result = yield
        self._coverage.switch_context("")
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.seconds[report.nodeid] = report.duration


def preload(examples: int) -> None:
    """Import what tests need of other libraries, before anything forks; so many random `examples` for each test."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # what forks has one thread
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # plugins of all that is installed take a second
    sys.dont_write_bytecode = False  # tests are compiled once
    for name in PRELOADED.split():
        importlib.import_module(name)
    # Which example fails first is of no interest here, and the smallest even less.
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    hypothesis.settings.register_profile(
        "mutation", max_examples=examples, deadline=None, derandomize=True, phases=phases
    )
    gc.freeze()


def _pytest(files: Sequence[str], *plugins: object) -> int:
    return int(pytest.main([*PYTEST, *files], plugins=list(plugins)))


def _silent() -> None:
    """Be a process of its own, that can be ended with all that it starts, and says nothing."""
    os.setpgid(0, 0)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _forked(work: Callable[[], object], patience: float) -> object:
    """What `work` returns in a process that forks for it; None if it dies, TimeoutError if it takes longer."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            _silent()
            with os.fdopen(writing, "w") as answer:
                json.dump(work(), answer)
        finally:
            os._exit(0)
    os.close(writing)
    text, end = b"", time.monotonic() + patience
    try:
        while select.select([reading], [], [], max(0.0, end - time.monotonic()))[0]:
            if not (part := os.read(reading, 1 << 16)):
                return json.loads(text) if text else None
            text += part
        raise TimeoutError
    finally:
        os.close(reading)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)


def measure(module: str, files: Sequence[str], patience: float = 900.0) -> Baseline:
    """Run the tests of `files` on `module` as it is."""
    path = module_path(module)

    def work() -> object:
        measured = coverage.Coverage(data_file=None, include=[str(path)], config_file=False)
        timed = _Timed(measured)
        measured.start()
        status = _pytest(files, timed)
        measured.stop()
        return status, timed.seconds, measured.get_data().contexts_by_lineno(str(path))

    found = _forked(work, patience)
    if not isinstance(found, list) or found[0] != 0:
        raise SystemExit(f"tests of {module} fail without any mutant: {' '.join(files)}")
    return Baseline(path, found[1], {int(line): tests for line, tests in found[2].items()})


def try_mutant(module: str, mutant: Mutant, baseline: Baseline, limit: float) -> str:
    """Whether the tests of a module notice a mutant: "killed", "hung", "survived", or "not run" where none runs it."""
    tests = baseline.tests_of(mutant.line, limit)
    if not tests:
        return "not run"

    def work() -> object:
        sys.meta_path.insert(0, _Mutated(f"skerry.{module}", module_path(module), mutant.source))
        return _pytest(sorted({test.partition("::")[0] for test in tests}), _Chosen(tests))

    least, times = PATIENCE
    try:
        status = _forked(work, least + times * sum(baseline.seconds[test] for test in tests))
    except TimeoutError:
        return "hung"
    return "survived" if status == 0 else "killed"
