"""The command line: thin commands over the steps on files, and the one place where errors become messages.

Nothing heavy is imported before a command runs, for in a workflow of many small jobs the start of the process is most
of its time.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn, cast

from skerry.cli.failures import failure_in_words
from skerry.cli.messages import Messages
from skerry.cli.signals import end_if_signalled, end_process_in_time, heed_signals
from skerry.cli.start_up import end_quickly, ignore_garbage
from skerry.cli.streams import forget_impossible_widths, standard_streams
from skerry.cli.telling import begin_telling
from skerry.errors import SkerryWarning

__all__ = ["BAD_INPUT", "INTERRUPTED", "main", "run"]

BAD_INPUT = 2
INTERRUPTED = 130


def run() -> NoReturn:
    """Run the command line of the process, and end that."""
    address = os.environ.get("SKERRY_SERVER")
    if address is not None:
        from skerry.cli.served import asked_of_server

        status = asked_of_server(address, sys.argv[1:])
        if status is not None:
            sys.exit(status)
    end_process_in_time()
    ignore_garbage()
    with standard_streams():
        status = main()
    end_quickly()
    sys.exit(status)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the process.

    Returns
    -------
    int
        Exit status: 0, 2 for a bad input or a wrong use, 130 after an interrupt, 141 where the reader of the standard
        output has gone, that of Snakemake for `run`.
    """
    heed_signals()
    try:
        try:
            return _main(arguments)
        except Exception:
            # What is compiled may put an error of its own in the place of a signal's, as pydantic-core does.
            end_if_signalled()
            raise
    except KeyboardInterrupt:
        return INTERRUPTED


def _main(arguments: Sequence[str] | None) -> int:
    forget_impossible_widths()
    import logging

    import typer

    from skerry.cli.app import build_command_line

    begin_telling()
    given = sys.argv[1:] if arguments is None else list(arguments)
    command_line = build_command_line()
    messages = Messages(given, command_line.flags)
    # Typer shows this error of use only; what all of them have in common is its parent.
    usage_error = cast("type[Exception]", typer.BadParameter.__base__)
    with warnings.catch_warnings():
        # Those of other packages, and what they log, are for who develops, and asks Python for them.
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
            logging.lastResort = logging.NullHandler()
        warnings.simplefilter("always", SkerryWarning)
        warnings.showwarning = messages.show_warning
        try:
            status = command_line.main(args=given, prog_name="skerry", standalone_mode=False)
            sys.stdout.flush()
        except usage_error as error:
            messages.show_error(_usage(error, command_line.called))
            return BAD_INPUT
        except typer.Abort:
            return INTERRUPTED
        except Exception as error:
            end_if_signalled()
            told = failure_in_words(error)
            if told is None:
                raise
            messages.show_error(told)
            return BAD_INPUT
    return status if isinstance(status, int) else 0


def _usage(error: Any, called: Any) -> str:
    """One line for a wrong use of the command line, or of the subcommand that it calls."""
    command = "skerry" if called is None else f"skerry {called.name}"
    if wrong := getattr(error, "option_name", None) if hasattr(error, "possibilities") else None:
        meant = _closest_flag(wrong, error.ctx)
        return f"No such option: {wrong}{f'; did you mean {meant}?' if meant else ''}; see {command} --help"
    from skerry.config.validation import in_plain_words

    problem = in_plain_words(error.format_message()).rstrip(".")
    for parameter in () if called is None else called.params:
        if parameter.nargs > 1 and f"'{parameter.opts[0]}'" in problem:
            problem += f"; {parameter.opts[0]} takes {parameter.nargs} values, {parameter.metavar}"
    return f"{problem}; see {command} --help"


def _closest_flag(wrong: str, context: Any) -> str | None:
    """Flag of a subcommand that is most like one that it does not have, as its help calls it."""
    from difflib import get_close_matches

    from skerry.config.flags import STEP_OPTIONS, other_flags

    shown = {flag: flag for p in context.command.params for flag in (*p.opts, *p.secondary_opts)} if context else {}
    older = other_flags(context.info_name) if context and context.info_name in STEP_OPTIONS else {}
    known = {**older, **shown}
    return next((known[flag] for flag in get_close_matches(wrong, known, 1)), None)
