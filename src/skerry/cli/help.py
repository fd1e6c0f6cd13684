"""The help of a subcommand: in panels, as Typer draws them, where the window is wide enough for its flags.

A panel cuts off a flag that does not fit into its column, and what is left of two long ones may be the same. In a
narrower window the help is plain text, under the same headings.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from typer.core import TyperCommand

__all__ = ["MOST_USED", "ORDER", "OrderedCommand", "StepCommand", "width_of_panels"]

MOST_USED = "Most used"
"""Heading of what the help of a subcommand with many flags shows first."""

ORDER = "skerry.order"
"""Key, in what a context keeps, of the names of parameters in the order in which they were given."""

_FRAME = 16
"""Characters of a panel's frame, and between its columns."""
_SWITCH = "BOOLEAN"
"""As long as what a panel shows of a flag that takes no value."""


class StepCommand(TyperCommand):
    """A subcommand whose help shows each flag in full."""

    def get_help_option(self, ctx: Any) -> Any:
        """Make --help, which stands below the other flags where those used most have a panel above them."""
        option = super().get_help_option(ctx)
        if option is not None and any(getattr(p, "rich_help_panel", None) == MOST_USED for p in self.params):
            option.rich_help_panel = "Help"
        return option

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, in panels if they are not too wide."""
        from rich.console import Console

        if any(parameter.name == "no_preset" for parameter in self.params):
            _show_defaults_of_preset(self.params)
        if width_of_panels(self.get_params(ctx)) > Console().width:
            self.rich_markup_mode = None
        super().format_help(ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the parameters as plain text, by the headings of their panels."""
        for heading, parameters in _by_panel(self.get_params(ctx)).items():
            records = [parameter.get_help_record(ctx) for parameter in parameters]
            with formatter.section(heading):
                formatter.write_dl([record for record in records if record is not None])


class OrderedCommand(StepCommand):
    """A subcommand that does what its flags say in the order in which they are given."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words of the command line, and keep in which order the parameters stood there."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        ctx.meta[ORDER] = [parameter.name for parameter in order]
        return super().parse_args(ctx, args)


def width_of_panels(parameters: Iterable[Any]) -> int:
    """Width of a window in which no panel cuts off a flag, characters.

    A panel takes room from the widest of its columns first. So the column of help gets as narrow as that of the flags
    before a flag is cut.
    """
    widths = []
    for shown in _by_panel(parameters).values():
        flags = max(len(",".join(p.opts)) for p in shown)
        opposites = max(len(",".join(p.secondary_opts)) for p in shown)
        kinds = max(len(p.metavar or _SWITCH) for p in shown)
        widths.append(2 * max(flags, opposites) + min(flags, opposites) + kinds + _FRAME)
    return max(widths)


def _show_defaults_of_preset(parameters: Iterable[Any]) -> None:
    """Show as defaults what the preset sets that a subcommand begins with, and what holds without it."""
    from skerry.config.default_presets import DEFAULT_PRESET
    from skerry.config.presets import preset_values

    preset = preset_values(DEFAULT_PRESET)
    for parameter in parameters:
        value, own = preset.get(parameter.name), parameter.default
        if value is not None and value != own:
            if value is False and own is True:
                # Of a switch only the flag of one value would be shown, and any text would be taken for "on".
                value, own = (flags[0].removeprefix("--") for flags in (parameter.secondary_opts, parameter.opts))
                parameter.is_bool_flag = False
            # Only the help has it: what is shown in place of a default, `show_default`, stands in brackets twice.
            parameter.default = value if own in (None, False) else f"{value}; {own} with --no-preset"
            parameter.show_default = True


def _by_panel(parameters: Iterable[Any]) -> dict[str, list[Any]]:
    """Parameters by the headings of their panels, in the order in which Typer shows those."""
    panels: dict[str, list[Any]] = {"Arguments": [], "Options": []}
    for parameter in parameters:
        if not getattr(parameter, "hidden", False):
            usual = "Arguments" if parameter.param_type_name == "argument" else "Options"
            panels.setdefault(getattr(parameter, "rich_help_panel", None) or usual, []).append(parameter)
    return {heading: shown for heading, shown in panels.items() if shown}
