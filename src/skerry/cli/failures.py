"""What ends a command, in the words of a message: what was raised for its user, and what the system has refused.

Where a file is opened, the error names it and what to do; here is what the system may refuse anywhere, for want of
memory, threads or open files, or by a name or a place that nobody has asked about.
"""

from __future__ import annotations

import errno
import re

from skerry.config.input_files import reason_of
from skerry.errors import SkerryError

__all__ = ["failure_in_words"]

_MEMORY = "not enough memory"
_MORE = "give less `memory` than the process may take, raise its limit ('ulimit -v'), or cut the image"
_REFUSED = re.compile(r"Unable to allocate ([\d.]+) (bytes|[KMGTPE]iB)\b")
"""What NumPy says of an array that it does not get."""
_FILES = "too many open files; raise the limit ('ulimit -n'), or give fewer files"
_THREADS = "no more threads can be started; give `threads` 1, or raise the limit of processes ('ulimit -u')"
_NOT_LOADED = ("failed to map segment", "cannot allocate memory", "cannot open shared object", "too many open files")
"""What the system says of a library that it does not load."""


def failure_in_words(error: Exception) -> str | None:
    """Say why a command ends.

    Parameters
    ----------
    error : Exception
        What came out of it.

    Returns
    -------
    str, or None
        A message; None if it is an error of the program itself.
    """
    if isinstance(error, SkerryError):
        return str(error)
    if isinstance(error, MemoryError):
        found = _REFUSED.match(str(error))
        more = f": the system refuses the process {found[1]} {found[2]} more" if found else ""
        return f"{_MEMORY}{more}; {_MORE}"
    if isinstance(error, OSError):
        return _of_system(error)
    said = str(error)
    if isinstance(error, RuntimeError) and "can't start new thread" in said:
        return _THREADS
    if isinstance(error, ImportError) and any(words in said.lower() for words in _NOT_LOADED):
        return _FILES if "open files" in said or "Too many" in said else f"{_MEMORY}; {_MORE}"
    return None


def _of_system(error: OSError) -> str:
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return _FILES
    if error.errno == errno.ENOMEM:
        return f"{_MEMORY}; {_MORE}"
    if error.errno == errno.EAGAIN:
        return _THREADS
    if error.filename is None:
        return f"the system refuses what the command needs: {reason_of(error)}; see to that, and run it again"
    name = error.filename if isinstance(error.filename, str) else repr(error.filename)
    return f"{name}: cannot be used: {reason_of(error)}; check the name, and who may read and write it"
