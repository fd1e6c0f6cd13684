"""What a command may do with a bad input: a right result, or one line and status 2.

A command runs in this process, as in the server of jobs (`skerry.cli.server`); its subcommands are built once.
"""

from __future__ import annotations

import contextlib
import functools
import io
import re
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from benchmarks.fuzz.products import wrong_product
from benchmarks.fuzz.words import Case
from benchmarks.fuzz.workplace import Workplace

__all__ = [
    "LONGEST",
    "MEMORY",
    "Hang",
    "Verdict",
    "commands_built_once",
    "judged_call",
    "judged_command",
    "peak_memory",
    "time_limited",
]

LONGEST = 5.0
"""Seconds of processor time: an execution takes some hundredths."""
MEMORY = 300_000_000
"""Bytes: the least that `--memory` may be, and 100 MB."""
_BEGINNING = 200
"""Letters of a long name that a message has at least."""
_NAMED = re.compile(r"(?<!\w)--?[a-z]|\b[A-Z][A-Z_]{2,}\b|[a-z]+_[a-z]+")
"""A flag, an argument or a card, or a key of YAML."""


class Hang(BaseException):
    """An execution that takes too long; nothing but the oracle catches it."""


@dataclass(frozen=True)
class Verdict:
    """What became of an execution."""

    refused: bool
    fault: str | None = None
    """Kind of what is wrong: traceback, hang, output, memory, message, product, status; None for nothing."""
    told: str = ""
    """What is wrong, in a line."""


@contextmanager
def time_limited(seconds: float = LONGEST) -> Iterator[None]:
    """Raise `Hang` in a block that takes more processor time."""

    def stop(_: int, frame: FrameType | None) -> NoReturn:
        where = traceback.extract_stack(frame)[-1]
        raise Hang(f"{Path(where.filename).name}:{where.lineno}")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def commands_built_once(*, run: bool = True) -> Iterator[None]:
    """Build each subcommand only once; without `run` nothing is behind them but the checks of their parameters."""
    from skerry.cli import app

    build, complete = app.build_command_line, app._with_parameters
    made: dict[str, Any] = {}

    def completed(command: Any) -> Any:
        if command.name not in made:
            made[command.name] = complete(command if run else replace(command, function=_idle(command.function)))
        return made[command.name]

    line = build()
    app.build_command_line, app._with_parameters = (lambda: line), completed
    try:
        yield
    finally:
        app.build_command_line, app._with_parameters = build, complete


def _idle(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the same parameters that does nothing."""

    @functools.wraps(function)
    def idle(*_: Any, **__: Any) -> None:
        return None

    return idle


def peak_memory() -> int:
    """Most resident memory that this process has had, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def judged_command(case: Case, place: Workplace, there: bool) -> Verdict:
    """Run a command line, and say what became of it.

    Parameters
    ----------
    case : Case
        The words and the files.
    place : Workplace
        The current directory, as it is found and left.
    there : bool
        Whether a file has the name of the output.
    """
    from skerry.cli import main

    before = place.begin(case.files, there)
    err, out = io.StringIO(), io.StringIO()
    try:
        with time_limited(), contextlib.redirect_stderr(err), contextlib.redirect_stdout(out):
            status = main(case.words)
        verdict = _judged(case, place, status, err.getvalue(), place.changed(before))
    except Hang as hang:
        verdict = Verdict(False, "hang", str(hang))
    except BaseException as error:
        verdict = Verdict(False, "traceback", _place_of(error))
    finally:
        place.end()
    return verdict


def _place_of(error: BaseException) -> str:
    """Error, and the last line of skerry's that it passed."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/skerry/" in frame.filename] or frames
    where = f"{'/'.join(Path(own[-1].filename).parts[-2:])}:{own[-1].lineno}"
    return f"{type(error).__name__} {where} {' '.join(str(error).split())[:120]!r}"


def _judged(case: Case, place: Workplace, status: int, err: str, changed: dict[str, str]) -> Verdict:
    # A list of what is wrong with the YAML of a field goes on in lines that are indented.
    lines = [line for line in err.split("\n") if line]
    errors = [line for line in lines if line.startswith("skerry: error: ")]
    # What a command tells when it is asked to tell more has forms of its own.
    asked = {"-v", "-qv", "--verbose"} & {*case.words}
    odd = next((line for line in lines if not (line.isprintable() if asked else _is_told(line))), None)
    if status not in (0, 2):
        return Verdict(False, "status", str(status))
    if odd is not None:
        return Verdict(status == 2, "message", f"a line of its own: {odd[:120]!r}")
    if status == 2:
        if changed:
            return Verdict(True, "output", f"{changed}, {errors[-1][:100] if errors else ''}")
        return _judged_refusal(case, errors, lines)
    if errors:
        return Verdict(False, "message", f"status 0, but {errors[0][:120]}")
    if "gone" in changed.values():
        return Verdict(False, "output", str(changed))
    if hidden := [name for name in changed if name.startswith(".") and name.endswith((".tmp", ".old"))]:
        return Verdict(False, "output", f"left {hidden}")
    image = None if case.image is None else place.directory / case.image
    for name in changed:
        path = place.directory / name
        if path.is_file() and name.endswith(".fits") and not name.startswith("bad") and name not in _grids(case):
            is_input = image is None or path == image or not image.is_file()
            wrong = wrong_product(path, None if is_input else image)
            if wrong is not None:
                return Verdict(False, "product", wrong)
    return Verdict(False)


def _grids(case: Case) -> list[str]:
    """Files of noise, and tables, which are no images."""
    named = zip(case.words, case.words[1:], strict=False)
    return [after for flag, after in named if flag in ("--noise-grid", "--table", "--match-output", "--output", "-o")
            and (flag in ("--noise-grid", "--table", "--match-output") or case.words[0] == "stats")]  # fmt: skip


def _is_told(line: str) -> bool:
    return line.isprintable() and line.startswith(("  ", "skerry: "))


def _stands_in(told: str, part: str) -> bool:
    """Whether a word, or the beginning of a long one, stands in a message."""
    end = "" if len(part) == _BEGINNING else r"(?!\w)"
    return re.search(rf"(?<!\w){re.escape(part)}{end}", told) is not None


def _judged_refusal(case: Case, errors: list[str], lines: list[str]) -> Verdict:
    if len(errors) != 1 or (lines[-1] != errors[0] and not lines[-1].startswith("  ")):
        return Verdict(True, "message", f"{len(errors)} errors; {' | '.join(lines)[:150]!r}")
    told = errors[0].removeprefix("skerry: error: ")
    if "not enough memory" in told:
        return Verdict(True, "memory", told[:120])
    from skerry.errors import printable

    given = {part for word in case.words[1:] for part in (word, *word.split("=", 1))}
    if "''" in told and "" in given:
        return Verdict(True)
    # As messages have them: an empty name is that of the directory, and of a long one there is the beginning.
    given = {printable(part, kept="")[:_BEGINNING] or "." for part in given}
    if _NAMED.search(told) or any(_stands_in(told, part) for part in given):
        return Verdict(True)
    return Verdict(True, "message", f"names no file and no option: {told[:120]!r}")


def judged_call(call: Callable[[], object], name: str) -> Verdict:
    """Call a reader, and say what became of it: it gives something, or raises a `SkerryError` that names the file.

    Parameters
    ----------
    call : callable
        The reader.
    name : str
        Of the file.
    """
    from skerry.errors import SkerryError

    try:
        with time_limited():
            call()
    except SkerryError as error:
        return Verdict(True) if name in str(error) else Verdict(True, "message", f"names no file: {str(error)[:120]!r}")
    except MemoryError:
        return Verdict(False, "memory", "more than there is")
    except Hang as hang:
        return Verdict(False, "hang", str(hang))
    except BaseException as error:
        return Verdict(False, "traceback", _place_of(error))
    return Verdict(False)


def tell(text: str) -> None:
    """Print a line at once."""
    print(text, file=sys.stderr, flush=True)
