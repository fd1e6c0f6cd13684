"""A command to which something is to happen, what came of it, and what a kind of fault is."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.commands import Command
from benchmarks.faults.interposer import Action, Calls, Strike
from benchmarks.faults.oracle import Tree
from benchmarks.faults.process import Ended, Running

__all__ = ["After", "Kind", "Trial"]


@dataclass
class Trial:
    """A command in a directory of its own, to which something is to happen.

    Attributes
    ----------
    command : Command
        The command.
    directory : Path
        Where its inputs and its older outputs are.
    rng : Random
        Says where a fault strikes.
    calls : mapping of Calls to int
        How many calls it makes undisturbed.
    seconds : float
        How long it takes undisturbed.
    others : Path
        Where the inputs are of which the older outputs were made.
    versions : callable
        Gives the outputs of the command with some inputs in place of its own, those of the other set.
    version_now : callable
        Gives the outputs of the command of its inputs as they are by now.
    """

    command: Command
    directory: Path
    rng: random.Random
    calls: Mapping[Calls, int]
    seconds: float
    others: Path
    versions: Callable[[frozenset[str]], Tree]
    version_now: Callable[[], Tree]
    fresh: bool = False
    at: int | None = None
    """At which call, in place of any."""

    def run(self, *, inputs: str = "in", **how: object) -> Running:
        """Start the command."""
        words = self.command.words(inputs)
        return Running(words, self.directory, module=self.command.module, fresh=self.fresh, **how)  # type: ignore[arg-type]

    def strike(self, calls: Calls, action: Action, value: int = 0) -> Strike:
        """A fault at one of the calls."""
        at = self.at or self.rng.randint(1, max(1, self.calls[calls]))
        return Strike(calls, at, action, value)

    def new(self) -> Tree:
        """Its outputs undisturbed."""
        return self.versions(frozenset())


@dataclass
class After:
    """What a command came to, and what may have followed."""

    ended: Ended
    statuses: set[int]
    versions: list[Tree]
    leaves: bool = False
    mixes: bool = False
    may_vanish: bool = False
    broken: bool = False
    untold: bool = False
    """Whether it ended before there was anyone to say so."""
    inputs_changed: bool = False
    names: Sequence[str] = ()
    """What an error may name beside inputs and outputs."""


@dataclass(frozen=True)
class Kind:
    """A kind of fault.

    Attributes
    ----------
    name : str
        In words.
    inject : callable
        Does it to a trial.
    reads, writes : bool
        Whether it is for commands with inputs, with outputs alone.
    calls : Calls, optional
        At which calls it strikes.
    needs : str
        "" or what it cannot do without: "mount", "root".
    fresh : bool
        Whether it is tried on processes of their own alone.
    """

    name: str
    inject: Callable[[Trial], After]
    reads: bool = False
    writes: bool = False
    calls: Calls | None = None
    needs: str = ""
    fresh: bool = False

    def is_for(self, command: Command) -> bool:
        """Whether it can happen to a command."""
        return (command.writes or not self.writes) and (bool(command.inputs) or not self.reads)
