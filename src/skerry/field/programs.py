"""The programs that a field's commands call, looked for before anything runs: an imager may be hours away.

Only what is certain is spoken of. A command is bash, and may load a module or change its PATH before it calls a
program: from there on nothing is known.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from skerry.errors import SkerryError, SkerryWarning

if TYPE_CHECKING:
    from skerry.field.keys import FieldConfig

__all__ = ["check_programs", "missing_programs"]

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_PLAIN = re.compile(r"~?[\w./+@-]+")
_REDIRECTION = re.compile(r"\d*[<>]&[\d-]+|&>>?")
_PASSING_ON = {"command", "env", "exec", "nice", "nohup", "time", "stdbuf"}
"""What runs the program whose name follows it, options aside."""
_BUILTINS = frozenset(
    "[ : break cd continue declare echo false getopts kill let local popd printf pushd pwd read readonly return shift "  # noqa: SIM905
    "test times trap true type typeset ulimit umask unset wait".split()
)
_CHANGING = frozenset(
    ". alias cd conda eval export function hash mamba micromamba ml module popd pushd set shopt source spack ! "  # noqa: SIM905
    "[[ case do done elif else esac fi for if select then until while { }".split()
)
"""After these a name may mean anything: they change where programs are, or make of a command more than a list."""


def check_programs(field: FieldConfig, *, is_here: bool = True) -> None:
    """Check that the programs that a field's commands call are on the PATH.

    Parameters
    ----------
    field : FieldConfig
        The field.
    is_here : bool
        Whether the commands run on this machine; where they do not, its programs say little of those on the others.

    Raises
    ------
    SkerryError
        If one is not; of other machines a `SkerryWarning`.
    """
    for key, name in missing_programs(field).items():
        problem = f"{field.field}: {key} calls {name}, which is not on the PATH"
        if is_here:
            raise SkerryError(f"{problem}; install it, load its module before this run, or write its whole path")
        warnings.warn(SkerryWarning(f"{problem} of this machine; make sure that it is where jobs run"), stacklevel=2)


def missing_programs(field: FieldConfig) -> dict[str, str]:
    """Programs that a field's commands call and that are not here.

    Parameters
    ----------
    field : FieldConfig
        The field.

    Returns
    -------
    dict of str to str
        The first of each command that is missing, by the key of the command, as ``{"imager.command": "wsclean"}``.
    """
    commands = {"imager.command": field.imager, "calibrate.command": field.calibrate}
    missing = {}
    for key, given in commands.items():
        absent = (name for name in _called(given.command) if shutil.which(name) is None) if given is not None else ()
        name = next(iter(absent), None)
        if name is not None:
            missing[key] = name
    return missing


def _called(command: str) -> Iterator[str]:
    """Names of the programs that a command is certain to look for, in their order."""
    if "PATH=" in command or "(" in command:
        return
    text = _REDIRECTION.sub(" ", command.replace("\\\n", " "))
    lexer = shlex.shlex(text, posix=False, punctuation_chars=";&|\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    at_begin = True
    passed_on = False
    for word in lexer:
        if set(word) <= set(";&|\n"):
            at_begin, passed_on = True, False
        elif not at_begin or _ASSIGNMENT.match(word) or (passed_on and word.startswith("-")):
            continue
        elif word in _CHANGING or not _PLAIN.fullmatch(word) or (passed_on and word.isdigit()):
            return
        elif word in _PASSING_ON:
            passed_on = True
        else:
            at_begin = False
            if word not in _BUILTINS:
                yield os.path.expanduser(word)  # noqa: PTH111 - of a user whom nobody knows it is the word
