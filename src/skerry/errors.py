"""The two ways in which skerry speaks to its user: an error ends the command, a warning does not.

Every problem a user can cause is raised as a `SkerryError` whose text names the file, says what is wrong and what to
do. The command line is the only place that turns it into a line on stderr and exit status 2.

A text names parameters and options in backquotes, as Python and the YAML do: "`rms`: must be above zero". The command
line puts its own flags in their place.
"""

from __future__ import annotations

__all__ = ["SkerryError", "SkerryNote", "SkerryWarning"]


class SkerryError(Exception):
    """A bad input or an impossible request; the text is one line meant for the user."""


class SkerryWarning(UserWarning):
    """Something the user should know about a result that is still valid."""


class SkerryNote(SkerryWarning):
    """Something the user asked to be told."""
