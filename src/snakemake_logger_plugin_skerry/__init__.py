"""What Snakemake tells of a run, as lines of JSON on standard error, for `skerry run` to put into words.

Snakemake finds its plugins by the names of modules, and loads all that there are whenever it starts. So this one stands
beside the package `skerry` and imports nothing of it; it is used where `--logger skerry` is given.
"""

from __future__ import annotations

import json
import logging
import sys
from contextlib import suppress

from snakemake_interface_logger_plugins.base import LogHandlerBase

__all__ = ["EVENT_MARK", "LogHandler"]

EVENT_MARK = "snakemake event: "
"""What a line of JSON begins with, so that it is told from what others write to standard error."""

_EVENTS = ("run_info", "job_info", "job_finished", "job_error", "group_error", "error")
_KEYS = (
    "stats",
    "jobid",
    "job_id",
    "rule_name",
    "rule_msg",
    "wildcards",
    "output",
    "log",
    "aux_logs",
    "reason",
    "job_error_info",
    "exception",
)


class LogHandler(LogHandlerBase):
    """A log handler that writes those events which tell how a run fares, and whatever is a warning or worse."""

    def __post_init__(self) -> None:
        """Become a handler of `logging`, which older interfaces of Snakemake leave to the plugin."""
        logging.Handler.__init__(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record as a line.

        Parameters
        ----------
        record : LogRecord
            Of Snakemake or one of its plugins.
        """
        event = str(getattr(record, "event", None) or "")
        if event not in _EVENTS and (event or record.levelno < logging.WARNING):
            return
        told = {key: value for key in _KEYS if (value := getattr(record, key, None)) is not None}
        told |= {"event": event, "level": record.levelname, "text": record.getMessage()}
        # Whoever reads may have been killed; the run goes on without.
        with suppress(OSError, ValueError):
            sys.stderr.write(f"{EVENT_MARK}{json.dumps(told, default=_plain)}\n")
            sys.stderr.flush()

    @property
    def writes_to_stream(self) -> bool:
        """Yes: in the place of Snakemake's own messages."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """No."""
        return False

    @property
    def has_filter(self) -> bool:
        """Yes, `_EVENTS`: what Snakemake would leave out has to be known."""
        return True

    @property
    def has_formatter(self) -> bool:
        """Yes, JSON."""
        return True

    @property
    def needs_rulegraph(self) -> bool:
        """No."""
        return False


def _plain(value: object) -> object:
    """Turn what JSON does not know into text, but for collections."""
    return list(value) if isinstance(value, set | tuple) else str(value)
