"""The command line: thin commands over the steps on files, and the one place where errors become messages.

Nothing heavy is imported before a command runs, for in a workflow of many small jobs the start of the process is most
of its time.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Sequence
from types import FrameType
from typing import Any, NoReturn, TextIO

from skerry.cli.quick_start import keep_freed_memory, start_quickly
from skerry.errors import SkerryError, SkerryNote, SkerryWarning

__all__ = ["main", "run"]

BAD_INPUT = 2
INTERRUPTED = 130


def run() -> NoReturn:
    """Run the command line of the process, and end that."""
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # All files are closed, and to take down the interpreter takes longer than some commands do.
    os._exit(status)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the process.

    Returns
    -------
    int
        Exit status: 0, 2 for a bad input or a wrong use, that of Snakemake for `run`.
    """
    from typer import BadParameter

    from skerry.cli.app import build_app

    start_quickly()
    keep_freed_memory()
    given = sys.argv[1:] if arguments is None else list(arguments)
    app = build_app(next((word for word in given if not word.startswith("-")), None))
    usage_error: type[Exception] = BadParameter.__mro__[1]
    signal.signal(signal.SIGTERM, _stop)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", SkerryWarning)
        warnings.showwarning = _show_warning
        try:
            status = app(args=given, prog_name="skerry", standalone_mode=False)
        except SkerryError as error:
            return _fail(str(error))
        except usage_error as error:
            return _fail(_usage(error))
        except MemoryError:
            return _fail("not enough memory; run on a machine with more, or on a smaller image")
        except KeyboardInterrupt:
            return INTERRUPTED
        except Exception as error:
            if type(error).__name__ == "Abort":
                return INTERRUPTED
            raise
    return status if isinstance(status, int) else 0


def _usage(error: Any) -> str:
    """One line for a wrong use of the command line."""
    command = error.ctx.command_path if getattr(error, "ctx", None) else "skerry"
    return f"{error.format_message().rstrip('.')}; see {command} --help"


def _fail(message: str) -> int:
    print(f"skerry: error: {message}", file=sys.stderr)
    return BAD_INPUT


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,  # noqa: ARG001
    lineno: int,  # noqa: ARG001
    file: TextIO | None = None,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> None:
    kind = "note" if issubclass(category, SkerryNote) else "warning"
    print(f"skerry: {kind}: {message}", file=sys.stderr)


def _stop(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    """Leave through the `finally` clauses, so that no half-written file stays behind."""
    sys.exit(128 + number)
