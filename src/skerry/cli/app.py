"""The command line, put together of the commands in the order in which a user meets them.

Only the command that is invoked gets its parameters; of the others the help shows a line. So their help needs neither
NumPy nor pydantic, and comes at once.
"""

from __future__ import annotations

import inspect
from typing import Annotated

import typer

from skerry import __version__
from skerry.cli import fields, images, imaging, steps
from skerry.cli.help import GroupedHelp
from skerry.cli.parameters import with_limits, with_options

__all__ = ["GROUPS", "build_app"]

GROUPS = (images.group, steps.group, imaging.group, fields.group)


def build_app(invoked: str | None) -> typer.Typer:
    """Command line in which one subcommand, if any, is ready to run and the others are there for the help."""
    app = typer.Typer(
        name="skerry",
        cls=GroupedHelp,
        help="CLEAN masks for radio-interferometric imaging: islands of real emission, for every beam and every round.",
        epilog="A first try: skerry simulate demo; skerry run demo/field.yaml --cores 2",
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_skerry)
    for group in GROUPS:
        for command in group.commands:
            function = _not_invoked
            if command.name == invoked:
                function = command.function if command.step is None else with_options(command.step)(command.function)
                function = function if command.passes_on else with_limits(function)
            passed_on = {"allow_extra_args": True, "ignore_unknown_options": True} if command.passes_on else None
            app.command(
                command.name,
                help=inspect.getdoc(command.function),
                rich_help_panel=group.heading,
                epilog=f"Example: {command.example}",
                context_settings=passed_on,
            )(function)
    return app


def _not_invoked() -> None:
    """Stand for a command of which only the help is shown."""


def _skerry(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"skerry {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
