"""Groups of commands, each under a heading of the help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["BY_HAND", "Command", "CommandGroup"]

BY_HAND = "Masks: looked at, and changed by hand"
"""Heading of several groups, which are one in the help."""


@dataclass(frozen=True)
class Command:
    """A subcommand: the function behind it, and what the help and the parser need to know."""

    name: str
    example: str
    function: Callable[..., Any]
    step: str | None
    takes_beam: bool
    takes_planes: bool
    passes_on: bool
    makes_mask: bool
    computes: bool
    in_order: bool


@dataclass
class CommandGroup:
    """Subcommands under a heading, in the order in which they are used."""

    heading: str
    commands: list[Command] = field(default_factory=list)

    def command(
        self,
        name: str,
        example: str,
        *,
        step: str | None = None,
        takes_beam: bool = False,
        takes_planes: bool = False,
        passes_on: bool = False,
        makes_mask: bool = False,
        computes: bool = True,
        in_order: bool = False,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Add a function as a subcommand.

        Parameters
        ----------
        name, example : str
            What the help shows.
        step : str, optional
            A key of `skerry.config.flags.STEP_OPTIONS`, whose options the subcommand takes.
        takes_beam : bool
            Whether it takes the flags of a restoring beam, and has them as its argument `beam`.
        takes_planes : bool
            Whether it takes the flags that choose planes of a cube, and has them as its argument `planes`.
        passes_on : bool
            Whether it takes further arguments, to pass them on.
        makes_mask : bool
            Whether it makes a mask, of which it reports.
        computes : bool
            Whether it works on pixels, and so takes the flags that bound its memory and threads.
        in_order : bool
            Whether it matters in which order its flags are given.
        """

        def add(function: Callable[..., Any]) -> Callable[..., Any]:
            self.commands.append(
                Command(
                    name, example, function, step, takes_beam, takes_planes, passes_on, makes_mask, computes, in_order
                )
            )
            return function

        return add
