"""The command line, put together of the subcommands in the order in which a user meets them.

The help lists all subcommands, but of one only is it asked what parameters it takes: they are made when it is called.
So `skerry --help` needs neither NumPy nor pydantic, and takes 0.12 s of processor time instead of 0.19 s.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from skerry import __version__
from skerry.cli import edit, fields, images, imaging, pictures, regions, statistics, steps
from skerry.cli.beam_options import with_beam
from skerry.cli.groups import Command
from skerry.cli.help import OrderedCommand, StepCommand
from skerry.cli.messages import flags_of
from skerry.cli.parameters import with_limits
from skerry.cli.plane_options import with_planes
from skerry.cli.reports import with_report
from skerry.cli.step_options import with_options

__all__ = ["GROUPS", "CommandLine", "build_command_line"]

GROUPS = (
    images.group,
    steps.group,
    pictures.group,
    statistics.group,
    edit.group,
    regions.group,
    imaging.group,
    fields.group,
)
_COMMANDS = {command.name: command for group in GROUPS for command in group.commands}


class CommandLine(TyperGroup):
    """All subcommands as the help lists them; one is completed with its parameters when it is called."""

    called: Any = None
    """The subcommand that runs."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the subcommand that the command line names, to be run, explained or completed by the shell."""
        name, _, rest = super().resolve_command(ctx, args)
        if name is not None:
            self.called = _with_parameters(_COMMANDS[name])
        return name, self.called, rest

    def flags(self) -> dict[str, str]:
        """What the subcommand that runs calls its parameters."""
        return {} if self.called is None else flags_of(self.called.params)


def build_command_line() -> CommandLine:
    """Put the command line together."""
    app = typer.Typer(
        name="skerry",
        cls=CommandLine,
        help="CLEAN masks for radio-interferometric imaging: islands of real emission, for every beam and every round.",
        epilog="A first try: skerry simulate demo; skerry run demo/field.yaml --cores 2",
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_skerry)
    for group in GROUPS:
        for command in group.commands:
            _add(app, command, _not_called, group.heading)
    command_line = get_command(app)
    assert isinstance(command_line, CommandLine)
    return command_line


def _with_parameters(command: Command) -> Any:
    """Make a subcommand with all its parameters."""
    function = with_beam(command.function) if command.takes_beam else command.function
    # Of 'extract-beam' and 'edit' --union is another one: of pixels of the mosaic, and with another mask.
    makes_union = command.makes_mask and command.name not in ("extract-beam", "edit")
    unites = makes_union or command.name == "export"
    if command.takes_planes:
        function = with_planes(function, unites=unites, takes_one=command.name == "plot")
    function = function if command.step is None else with_options(command.step)(function)
    function = with_report(function) if command.makes_mask else function
    app = typer.Typer(add_completion=False, rich_markup_mode="rich")
    _add(app, command, with_limits(function, command.name) if command.computes else function)
    return get_command(app)


def _add(app: typer.Typer, command: Command, function: Callable[..., Any], heading: str | None = None) -> None:
    settings: dict[str, Any] = {}
    if command.passes_on:
        settings = {"allow_extra_args": True, "ignore_unknown_options": True}
    if command.step is not None:
        settings = {"token_normalize_func": partial(_present_flag, command.step)}
    paragraphs = (inspect.getdoc(command.function) or "").split("\n\n")
    app.command(
        command.name,
        cls=OrderedCommand if command.in_order else StepCommand,
        help="\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs),
        rich_help_panel=heading,
        epilog=f"Example: {command.example}",
        context_settings=settings,
    )(function)


def _present_flag(step: str, name: str) -> str:
    """Flag that a subcommand shows for another one that it understands; both without hyphens in front."""
    from skerry.config.flags import other_flags

    return other_flags(step).get(f"--{name}", f"--{name}").removeprefix("--")


def _not_called() -> None:
    """Stand for a subcommand of which a line of the help is shown."""


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"skerry {__version__}")
        raise typer.Exit


def _skerry(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())
