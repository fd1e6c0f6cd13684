"""Trials: a command, a fault, and what is left of both; then the command once more, undisturbed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import stat
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

from benchmarks.faults.commands import COMMANDS, Command
from benchmarks.faults.faults import KINDS
from benchmarks.faults.inputs import SETS, copy_inputs, make_inputs
from benchmarks.faults.oracle import Tree, files_in, judge_files, judge_told, outputs_in
from benchmarks.faults.process import Ended, Running
from benchmarks.faults.trial import After, Kind, Trial

__all__ = ["Bench", "Result", "Undisturbed", "all_trials", "at_each_call", "in_rotation"]

_SHARE_OF_PROCESSES = 0.1


@dataclass(frozen=True)
class Undisturbed:
    """What a command does if nothing happens to it."""

    outputs: Tree
    ended: Ended


@dataclass
class Result:
    """What a fault led to."""

    index: int
    command: str
    kind: str
    problems: list[str]
    status: int = 0
    told: str = ""
    at: int | None = None
    older: bool = False
    seconds: float = field(default=0.0, compare=False)

    def as_json(self) -> dict[str, object]:
        """For a line of a file."""
        return asdict(self)


class Bench:
    """A directory in which commands are tried.

    Parameters
    ----------
    directory : Path
        Empty; all files are in it.
    refused : collection of str
        What of `interposer.REFUSED` its disk cannot do.
    """

    def __init__(self, directory: Path, refused: Collection[str] = ()) -> None:
        self.directory, self._refused = directory, refused
        self._made = directory / "made"
        self._made.mkdir()
        self._known: dict[tuple[str, str, frozenset[str]], Undisturbed] = {}
        make_inputs(self._made, self._make)

    @staticmethod
    def _make(words: Sequence[str], within: Path) -> None:
        ended = Running(words, within).wait()
        if ended.status:
            raise RuntimeError(f"{' '.join(words)}: {ended.err}")

    @cached_property
    def can_mount(self) -> bool:
        """Whether file systems can be mounted."""
        place = self.directory / "mounted"
        place.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(place)], capture_output=True, check=False).returncode:
            return False
        subprocess.run(["umount", str(place)], check=True)
        return True

    def can_try(self, kind: Kind) -> bool:
        """Whether there is here what a kind of fault needs."""
        if kind.needs == "mount":
            return self.can_mount
        # Who may not read the libraries cannot be told of anything.
        return kind.needs != "root" or (os.getuid() == 0 and _is_open_to_all(Path(sys.prefix)))

    def undisturbed(self, command: Command, inputs: str = "in", changed: frozenset[str] = frozenset()) -> Undisturbed:
        """Run a command undisturbed, once.

        Parameters
        ----------
        command : Command
            The command.
        inputs : str
            The set of its inputs.
        changed : frozenset of str
            Those of them that are of the other set.
        """
        key = command.name, inputs, changed
        if key not in self._known:

            def change(place: Path) -> None:
                for name in changed:
                    shutil.copy(place / "in2" / name, place / "in" / name)

            made = self._run_alone(command, change, inputs)
            if made.ended.status and not changed:
                raise RuntimeError(f"{command.line}: {made.ended.err}")
            self._known[key] = made
        return self._known[key]

    def _run_alone(self, command: Command, change: Callable[[Path], None], inputs: str = "in") -> Undisturbed:
        """Run a command undisturbed, after something was done to its inputs."""
        with self._directory("undisturbed", command, {}) as place:
            change(place)
            before = set(files_in(place))
            ended = Running(command.words(inputs), place, module=command.module).wait()
            outputs = outputs_in(files_in(place, _whole(command)), before)
        return Undisturbed({} if ended.status else outputs, ended)

    def _of_inputs_in(self, command: Command, other: Path) -> Tree:
        """Outputs of a command undisturbed, of inputs as they lie elsewhere."""

        def change(place: Path) -> None:
            for name in command.inputs:
                shutil.copy(other / "in" / name, place / "in" / name)

        return self._run_alone(command, change).outputs

    def older(self, command: Command) -> Tree:
        """Outputs of the command as they were made of the other inputs."""
        return self.undisturbed(command, "in2").outputs

    def try_fault(self, command: Command, kind: Kind, index: int, seed: int, at: int | None = None) -> Result:
        """Have a fault happen to a command.

        Parameters
        ----------
        command, kind : Command, Kind
            What happens to what.
        index, seed : int
            Of the trial and of all trials: the same do the same, but for what depends on time.
        at : int, optional
            At which call; default any.
        """
        rng = random.Random(f"{seed} {index} {command.name} {kind.name}")
        there = self.older(command) if command.overwrites and rng.random() < 0.7 else {}
        normal = self.undisturbed(command)
        with self._directory("trial", command, there, mounts=kind.needs == "mount") as place:
            trial = Trial(
                command=command,
                directory=place,
                rng=rng,
                calls=normal.ended.calls,
                seconds=1.0 if kind.fresh else normal.ended.seconds,
                others=self._made / "in2",
                versions=lambda changed: self._versions(command, changed),
                version_now=lambda: self._of_inputs_in(command, place),
                fresh=kind.fresh,
                at=at,
            )
            after = kind.inject(trial)
            problems = self._judge(command, after, there, place)
            # What did all that it does undisturbed, and left nothing, has been judged by its bytes.
            if after.ended.status or self._outputs(command, place) != normal.outputs:
                problems += self._judge_rerun(command, place, normal)
        ended = after.ended
        told = f"{ended.out[-500:]}{ended.err[-1500:]}" if problems else ""
        return Result(index, command.name, kind.name, problems, ended.status, told, at, bool(there), ended.seconds)

    def _versions(self, command: Command, changed: frozenset[str]) -> Tree:
        if changed and changed == frozenset(command.inputs):
            return self.older(command)
        return self.undisturbed(command, changed=changed).outputs

    def _judge(self, command: Command, after: After, before: Tree, place: Path) -> list[str]:
        ended = after.ended
        aborted = command.aborts and ended.status == -signal.SIGABRT
        outputs = self._outputs(command, place)
        versions = after.versions if command.writes else []
        if command.told_in and _tells_of_a_failure(outputs.get(command.told_in, b"")):
            versions = [*versions, outputs]
        problems = judge_files(
            before,
            outputs,
            versions,
            status=ended.status,
            leaves=after.leaves or aborted,
            mixes=after.mixes,
            may_vanish=after.may_vanish,
            broken=after.broken,
            moves="exchanges" in self._refused and ("links" in self._refused or bool(command.whole)),
        )
        if ended.hung:
            problems.append("hung")
        if not after.inputs_changed and not self._has_inputs(command, place):
            problems.append("input")
        if aborted or after.untold:
            return problems
        names = [*command.inputs, *(name.split("/")[-1] for name in outputs), "out", "memory", ".fits", *after.names]
        # A library that ends processes also tells of what it leaves undone.
        lines = [line for line in ended.err.splitlines() if line.startswith("skerry: ") or not command.aborts]
        return problems + judge_told(ended.status, "\n".join(lines), after.statuses, names)

    def _judge_rerun(self, command: Command, place: Path, normal: Undisturbed) -> list[str]:
        for name in SETS:
            shutil.rmtree(place / name)
        copy_inputs(self._made, place, command)
        (place / "out").mkdir(exist_ok=True)
        if not command.overwrites and self._outputs(command, place):
            return []
        again = Running(command.words(), place, module=command.module).wait()
        outputs = self._outputs(command, place)
        left = [name for name in outputs if name not in normal.outputs]
        same = all(outputs.get(name) == content for name, content in normal.outputs.items())
        return [*([] if again.status == 0 and same else ["rerun"]), *(["left"] if left else [])]

    def _has_inputs(self, command: Command, place: Path) -> bool:
        inputs = {f"{name}/{file}": (self._made / name / file).read_bytes() for name in SETS for file in command.inputs}
        return all((place / name).is_file() and (place / name).read_bytes() == inputs[name] for name in inputs)

    def _outputs(self, command: Command, place: Path) -> Tree:
        inputs = {f"{name}/{file}" for name in SETS for file in command.inputs}
        tree = files_in(place, _whole(command))
        if "field.yaml" in command.inputs:
            inputs |= {name for name in tree if name.split("/")[1:2] in (["images"], ["results"])}
        return outputs_in(tree, inputs)

    @contextmanager
    def _directory(self, name: str, command: Command, there: Tree, *, mounts: bool = False) -> Iterator[Path]:
        """Make a directory with the inputs and the older outputs of a command."""
        place = self.directory / name
        (place / "out").mkdir(parents=True)
        if mounts:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place / "out")], check=True)
        try:
            copy_inputs(self._made, place, command)
            for name, content in there.items():
                _put(place / name, content)
            yield place
        finally:
            if mounts:
                subprocess.run(["umount", "-l", str(place / "out")], check=True)
            shutil.rmtree(place)


def _is_open_to_all(directory: Path) -> bool:
    return all(part.stat().st_mode & stat.S_IXOTH for part in (directory, *directory.parents))


def _put(path: Path, content: object) -> None:
    if isinstance(content, bytes):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return
    path.mkdir(parents=True, exist_ok=True)
    for name, part in content:  # type: ignore[attr-defined]
        _put(Path(f"{path}{name}"), part)


def _tells_of_a_failure(page: object) -> bool:
    return isinstance(page, bytes) and b"cannot be read" in page


def _whole(command: Command) -> list[str]:
    return [f"out/{name}" for name in command.whole]


def all_trials(
    seed: int, commands: Sequence[Command] = COMMANDS, kinds: Sequence[Kind] = KINDS
) -> Iterator[tuple[int, Command, Kind]]:
    """Every kind of fault for every command, over and over, in an order that the seed says; of processes a share."""
    pairs = [(command, kind) for command in commands for kind in kinds if kind.is_for(command)]
    index = 0
    turn = 0
    while True:
        rng = random.Random(f"{seed} {turn}")
        for command, kind in rng.sample(pairs, len(pairs)):
            # A process of its own takes ten times as long.
            if kind.fresh and rng.random() > _SHARE_OF_PROCESSES:
                continue
            yield index, command, kind
            index += 1
        turn += 1


def in_rotation(
    seed: int, commands: Sequence[Command] = COMMANDS, kinds: Sequence[Kind] = KINDS
) -> Iterator[tuple[int, Command, Kind]]:
    """Every kind of fault once or more, and every command, as few as there can be; who meets whom says the seed."""
    left, index = deque(random.Random(seed).sample(commands, len(commands))), 0
    unused = set(left)
    while kinds and (index < len(kinds) or unused):
        kind = kinds[index % len(kinds)]
        command = next((command for command in left if kind.is_for(command)), None)
        if command is not None:
            left.remove(command)
            left.append(command)
            unused.discard(command)
            yield index, command, kind
        index += 1


def at_each_call(bench: Bench, command: Command, kinds: Sequence[Kind]) -> Iterator[tuple[Kind, int]]:
    """Some kinds of faults at all calls that a command makes, one after the other."""
    calls = bench.undisturbed(command).ended.calls
    for kind in kinds:
        if kind.calls is not None and kind.is_for(command):
            yield from ((kind, at) for at in range(1, calls[kind.calls] + 1))
