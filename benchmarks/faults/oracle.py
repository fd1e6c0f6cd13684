"""What must hold after a fault: of the files, of what is told, of the exit status.

It knows no subcommand and no fault, only what was there before, what there may be afterwards, and what there is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

__all__ = ["PROBLEMS", "Content", "Tree", "files_in", "judge_files", "judge_told", "outputs_in"]

Content: TypeAlias = bytes | tuple[tuple[str, bytes], ...]
"""Of a file, or of a directory that is one output."""
Tree: TypeAlias = dict[str, Content]
"""Files by their names below a directory."""

PROBLEMS = {
    "torn": "an output that is neither the old one nor a whole new one",
    "lost": "an output that was there and is not",
    "split": "some outputs of a command old and some new, though it was not killed",
    "left": "another file that it left",
    "input": "an input that it changed",
    "status": "an exit status that is not true of the outputs, or not that of the fault",
    "message": "not one line of an error where one is due, or another one, or a traceback",
    "hung": "no end",
    "rerun": "a rerun that fails, or gives other bytes than without the fault",
}
"""What may be found, and what it means."""

_TEMPORARY = re.compile(r"(^|/)\.[^/]+\.(tmp|old)(/|$)")


def files_in(directory: Path, whole: Collection[str] = ()) -> Tree:
    """Read a directory.

    Parameters
    ----------
    directory : Path
        Where.
    whole : collection of str
        Names of directories that are one output.

    Returns
    -------
    dict
        All files; a directory that is one output is one of them, an empty one a file without content.
    """
    found: Tree = {}
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        part = next((part for part in whole if name == part or name.startswith(f"{part}/")), None)
        if part is not None:
            within = () if path.is_dir() else ((name.removeprefix(part), path.read_bytes()),)
            of_part = found.get(part, ())
            found[part] = (*of_part, *within) if isinstance(of_part, tuple) else within
        elif path.is_file():
            found[name] = path.read_bytes()
    return found


def outputs_in(tree: Tree, inputs: Iterable[str]) -> Tree:
    """What is not an input."""
    return {name: content for name, content in tree.items() if name not in set(inputs)}


def judge_files(
    before: Mapping[str, Content],
    after: Mapping[str, Content],
    versions: Sequence[Mapping[str, Content]],
    *,
    status: int,
    leaves: bool,
    mixes: bool = False,
    may_vanish: bool = False,
    broken: bool = False,
    moves: bool = False,
) -> list[str]:
    """Hold outputs against what they may be.

    Parameters
    ----------
    before, after : mapping of str to bytes
        Outputs before and after the fault.
    versions : sequence of mapping of str to bytes
        The whole new outputs of which they may be.
    status : int
        Exit status of the command, negative if it was killed.
    leaves : bool
        Whether temporary files may stay, because the command was killed or could not remove them.
    mixes : bool
        Whether each output may be of another version.
    may_vanish : bool
        Whether the fault took outputs away.
    broken : bool
        Whether nothing could be changed any more, not even put back.
    moves : bool
        Whether the disk is one on which what is replaced has to make way first, so that a process that is killed may
        leave it under another name; a rerun gives it back.

    Returns
    -------
    list of str
        Keys of `PROBLEMS`.
    """
    problems = []
    new_names = {name for version in versions for name in version}
    for name in {*before, *new_names}:
        there = after.get(name)
        if there is None:
            moved = moves and status < 0 and _is_aside(name, before, after)
            if name in before and not may_vanish and not moved:
                problems.append("lost")
        elif there != before.get(name) and all(there != version.get(name) for version in versions):
            problems.append("torn")
    left = {name for name in after if name not in new_names and name not in before}
    if any(not (leaves and _TEMPORARY.search(name)) for name in left):
        problems.append("left")
    outputs = {name: after.get(name) for name in new_names}
    is_new = any(all(outputs[name] == version.get(name) for name in version) for version in versions)
    is_old = all(content == before.get(name) for name, content in outputs.items())
    if status >= 0 and not (mixes or may_vanish or broken or is_new or is_old):
        problems.append("split")
    if (status == 0 and versions and not (is_new or mixes or may_vanish)) or (
        status == 2 and not (is_old or may_vanish or broken)
    ):
        problems.append("status")
    return problems


def _is_aside(name: str, before: Mapping[str, Content], after: Mapping[str, Content]) -> bool:
    """Whether an output is there, whole, under the name of what makes way."""
    directory, slash, last = name.rpartition("/")
    begin = f"{directory}{slash}.{last}."
    return any(
        found.startswith(begin) and (".old/" in found or (found.endswith(".old") and content == before[name]))
        for found, content in after.items()
    )


def judge_told(
    status: int, told: str, statuses: Collection[int], names: Collection[str], *, command: str = "skerry"
) -> list[str]:
    """Hold an exit status and what was told on standard error against what they may be.

    Parameters
    ----------
    status : int
        Exit status, negative if it was killed.
    told : str
        Standard error.
    statuses : collection of int
        Those that the fault may lead to.
    names : collection of str
        Of files, one of which an error names.
    command : str
        What errors begin with.

    Returns
    -------
    list of str
        Keys of `PROBLEMS`.
    """
    problems = [] if status in statuses else ["status"]
    lines = told.splitlines()
    errors = [line for line in lines if line.startswith(f"{command}: error: ")]
    others = [line for line in lines if not line.startswith(f"{command}: ")]
    wanted = 1 if status == 2 else 0
    names_one = not errors or any(name in errors[0] for name in names)
    if len(errors) != wanted or others or not names_one or (errors and lines[-1] != errors[0]):
        problems.append("message")
    return problems
